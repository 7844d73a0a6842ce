// SPDX-License-Identifier: Apache-2.0
//
// `levelgate bench`: what a gateway is measured by.
#include <CLI/CLI.hpp>

#include "cli/bench_verbs.h"

namespace levelgate::cli {

void add_bench(CLI::App& app, CommandLine& line) {
  auto* bench = app.add_subcommand("bench", "measure a gateway: handshake, tfc");
  bench->require_subcommand(1);
  add_bench_handshake(*bench, line);
  add_bench_tfc(*bench, line);
}

}  // namespace levelgate::cli
