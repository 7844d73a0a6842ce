// SPDX-License-Identifier: Apache-2.0
//
// `levelgate explain`: cause and cure of an id of a finding or a log line, or of a drop reason, from the tables that
// print them elsewhere; or of a tunnel's last failure, which the running daemon knows.
#include <fmt/core.h>
#include <levelgate/model/drops.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cctype>
#include <cstdio>
#include <memory>
#include <optional>

#include "api/query_text.h"
#include "cli/daemon_talk.h"
#include "cli/verbs.h"
#include "control/notice_ids.h"
#include "ikestate/report_ids.h"
#include "syntax/finding_ids.h"

namespace levelgate::cli {
namespace {

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void print_text(std::string_view name, std::string_view cause, std::string_view cure) {
  fmt::print("{}: {}\n", name, cause);
  if (!cure.empty()) fmt::print("  cure: {}\n", cure);
}

std::optional<Exit> explain_elsewhere(const std::string& what) {
  for (const auto& text : syntax::kFindingTexts) {
    if (syntax::finding_name(text.id) != upper_case(what)) continue;
    print_text(syntax::finding_name(text.id), text.cause, text.cure);
    return Exit::kOk;
  }
  for (const auto& text : control::kNoticeTexts) {
    if (text.id != upper_case(what)) continue;
    print_text(text.id, text.cause, text.cure);
    return Exit::kOk;
  }
  for (const auto& text : model::kDropTexts) {
    if (text.name != what) continue;
    print_text(text.name, text.meaning, text.cure);
    return Exit::kOk;
  }
  return std::nullopt;
}

std::optional<Exit> explain_id(const std::string& what) {
  for (const auto& text : ikestate::kReportTexts) {
    if (text.id != upper_case(what)) continue;
    print_text(text.id, text.cause, text.cure);
    return Exit::kOk;
  }
  return explain_elsewhere(what);
}

void print_lines(const std::string& body) {
  boost::system::error_code error;
  const boost::json::value answer = boost::json::parse(body, error);
  const auto* const object = error ? nullptr : answer.if_object();
  const auto* const lines = object != nullptr ? object->if_contains("lines") : nullptr;
  if (lines == nullptr || !lines->is_array()) return;
  for (const auto& text : lines->as_array()) {
    if (text.is_string()) fmt::print("{}\n", std::string_view(text.as_string()));
  }
}

Exit nothing_called(const std::string& what) {
  fmt::print(
      stderr,
      "levelgate: nothing is called \"{}\": an id such as LG-CFG-012, a drop reason such as replay, or a tunnel\n",
      what);
  return Exit::kNoSuchObject;
}

Exit explain_tunnel(const std::string& what, CommandLine& line) {
  if (upper_case(what).starts_with("LG-")) return nothing_called(what);
  const bool table = line.output == OutputForm::kTable;
  const auto reply = ask_daemon(line, apiclient::Method::kGet,
                                "/v1/explain?name=" + api::percent_encoded(what) + (table ? "&form=table" : ""));
  if (!reply) {
    fmt::print(stderr,
               "levelgate: \"{}\" is no id such as LG-CFG-012 and no drop reason such as replay; tunnels are known to "
               "a running daemon only\n",
               what);
    return line.exit;
  }
  if (reply->status != 200) return nothing_called(what);
  if (table) {
    print_lines(reply->body);
  } else {
    fmt::print("{}", reply->body);
  }
  return Exit::kOk;
}

}  // namespace

void add_explain(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand(
      "explain", "cause and cure of an id (LG-CFG-012), of a drop reason (replay), or of a tunnel's failure");
  auto what = std::make_shared<std::string>();
  verb->add_option("WHAT", *what, "what a message or a table named, or a tunnel")->required();
  verb->callback([what, &line] {
    const auto known = explain_id(*what);
    line.exit = known ? *known : explain_tunnel(*what, line);
  });
}

}  // namespace levelgate::cli
