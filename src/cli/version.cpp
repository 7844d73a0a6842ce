// SPDX-License-Identifier: Apache-2.0
//
// `levelgate version`: which program this is, and the protocol that it speaks (RFC 9347).
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "cli/verbs.h"

namespace levelgate::cli {

void add_version(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("version", "print the version");
  verb->callback([&line] {
    if (line.output == OutputForm::kJson) {
      fmt::print("{{\"schema\":1,\"version\":\"{}\"}}\n", LEVELGATE_VERSION);
    } else {
      fmt::print("levelgate {}\n", LEVELGATE_VERSION);
    }
  });
}

}  // namespace levelgate::cli
