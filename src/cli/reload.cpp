// SPDX-License-Identifier: Apache-2.0
//
// `levelgate reload`: has the daemon read its file again, waits for the outcome and prints it. A refused file leaves
// the daemon as it was, and this command with exit code 3.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>

#include "cli/daemon_talk.h"
#include "cli/verbs.h"

namespace levelgate::cli {
namespace {

namespace json = boost::json;

bool flag(const json::object& from, const char* key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

Exit run_reload(CommandLine& line) {
  const auto reply = ask_daemon(line, apiclient::Method::kPost, "/v1/reload");
  if (!reply) return line.exit;
  boost::system::error_code error;
  const auto parsed = json::parse(reply->body, error);
  if (error || !parsed.is_object()) {
    fmt::print(stderr, "levelgate: the daemon's answer cannot be read\n");
    return Exit::kFailed;
  }
  const json::object& answer = parsed.as_object();
  const bool done = flag(answer, "done");
  if (line.output == OutputForm::kJson) {
    fmt::print("{}", reply->body);
  } else if (const auto* lines = answer.if_contains("lines");
             lines != nullptr && lines->is_array() && (!line.quiet || !done)) {
    std::FILE* const out = done ? stdout : stderr;
    for (const auto& text : lines->as_array()) {
      if (text.is_string()) fmt::print(out, "{}\n", std::string_view(text.as_string()));
    }
  }
  if (done) return Exit::kOk;
  return flag(answer, "readable") ? Exit::kFailed : Exit::kConfigInvalid;
}

}  // namespace

void add_reload(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("reload", "have the daemon read its configuration again");
  verb->add_flag("--wait")->description("wait for the outcome (always done)");
  verb->callback([&line] { line.exit = run_reload(line); });
}

}  // namespace levelgate::cli
