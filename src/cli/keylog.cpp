// SPDX-License-Identifier: Apache-2.0
//
// `levelgate keylog`: the static keys of a configuration as Wireshark's table esp_sa, without a daemon. For labs: it
// says so on every run. Keys that IKE negotiates are written by the daemon alone, where management.keylog asks for it.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/here_and_now.h"
#include "cli/verbs.h"
#include "config/load.h"
#include "keylog/wireshark_tables.h"

namespace levelgate::cli {
namespace {

struct KeyLogOptions {
  std::string config = kDefaultConfig;
  std::string version = "wireshark-4.4";
};

Exit run_keylog(const KeyLogOptions& options) {
  const config::Loaded loaded = config::load_file(options.config, here_and_now());
  if (!loaded.config) {
    fmt::print(stderr, "{}", config::render(loaded));
    return Exit::kConfigInvalid;
  }
  const auto version = keylog::wireshark_named(options.version).value_or(model::WiresharkVersion::k4_4);
  std::string table, negotiated;
  for (const model::TunnelConfig& tunnel : loaded.config->tunnels) {
    if (!tunnel.outbound || !tunnel.inbound) {
      negotiated += (negotiated.empty() ? "" : ", ") + tunnel.name;
      continue;
    }
    table += keylog::esp_line(version, {tunnel.name, tunnel.local, tunnel.remote, *tunnel.outbound});
    table += keylog::esp_line(version, {tunnel.name, tunnel.remote, tunnel.local, *tunnel.inbound});
  }
  fmt::print(stderr, "levelgate: for labs only: whoever reads this can decrypt the traffic of these tunnels\n");
  if (!negotiated.empty()) {
    fmt::print(stderr,
               "levelgate: keys of {} are made by IKE; the daemon writes them where management.keylog says so\n",
               negotiated);
  }
  fmt::print("{}", table);
  return table.empty() ? Exit::kNoSuchObject : Exit::kOk;
}

}  // namespace

void add_keylog(CLI::App& app, CommandLine& line) {
  auto* verb =
      app.add_subcommand("keylog", "for labs: print a configuration's static keys as Wireshark's table esp_sa");
  auto options = std::make_shared<KeyLogOptions>();
  verb->add_option("--config", options->config, "the configuration")->capture_default_str();
  verb->add_option("--for", options->version, "whose table")
      ->check(CLI::IsMember({"wireshark-4.0", "wireshark-4.4"}))
      ->capture_default_str();
  verb->callback([options, &line] { line.exit = run_keylog(*options); });
}

}  // namespace levelgate::cli
