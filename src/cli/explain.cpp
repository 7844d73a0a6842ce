// SPDX-License-Identifier: Apache-2.0
//
// `levelgate explain`: cause and cure of an id of a finding or a log line, or of a drop reason, from the tables that
// print them elsewhere.
#include <fmt/core.h>
#include <levelgate/model/drops.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>

#include "cli/verbs.h"
#include "control/notice_ids.h"
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

Exit explain(const std::string& what) {
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
  fmt::print(stderr, "levelgate: nothing is called \"{}\": an id such as LG-CFG-012, or a drop reason such as replay\n",
             what);
  return Exit::kNoSuchObject;
}

}  // namespace

void add_explain(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("explain", "cause and cure of an id (LG-CFG-012) or of a drop reason (replay)");
  auto what = std::make_shared<std::string>();
  verb->add_option("ID", *what, "what a message or a table named")->required();
  verb->callback([what, &line] { line.exit = explain(*what); });
}

}  // namespace levelgate::cli
