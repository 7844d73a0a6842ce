// SPDX-License-Identifier: Apache-2.0
//
// `levelgate export`: what the gateway is and does, in the forms that management systems read. From the running daemon,
// or, for its configuration alone, from a file without one.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "api/endpoints.h"
#include "cli/daemon_talk.h"
#include "cli/here_and_now.h"
#include "cli/verbs.h"
#include "config/load.h"
#include "management/yang.h"

namespace levelgate::cli {
namespace {

Exit from_daemon(CommandLine& line, const char* target) {
  const auto reply = ask_daemon(line, apiclient::Method::kGet, target);
  if (!reply) return line.exit;
  if (reply->status != 200) {
    fmt::print(stderr, "levelgate: the daemon answered {}\n", reply->status);
    return Exit::kFailed;
  }
  fmt::print("{}", reply->body);
  return Exit::kOk;
}

Exit from_file(const std::string& path) {
  const config::Loaded loaded = config::load_file(path, here_and_now());
  if (!loaded.config) {
    fmt::print(stderr, "{}", config::render(loaded));
    return Exit::kConfigInvalid;
  }
  fmt::print("{}", api::pretty_json(management::yang_instance(*loaded.config, nullptr)));
  return Exit::kOk;
}

}  // namespace

void add_export(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("export", "the running gateway for management systems");
  verb->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  auto* yang = verb->add_subcommand("yang-json", "configuration and state by RFC 9061 and RFC 9348, as RFC 7951 JSON");
  yang->add_option("--config", *file, "of this file, without the daemon: configuration only")->type_name("FILE");
  yang->callback(
      [file, &line] { line.exit = file->empty() ? from_daemon(line, "/v1/export/yang-json") : from_file(*file); });
  auto* prometheus = verb->add_subcommand("prometheus", "counters in Prometheus' text format");
  prometheus->callback([&line] { line.exit = from_daemon(line, "/v1/export/prometheus"); });
}

}  // namespace levelgate::cli
