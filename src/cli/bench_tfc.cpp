// SPDX-License-Identifier: Apache-2.0
//
// `levelgate bench tfc`: the confidentiality test. What it measures and judges is a Python package.
#include <CLI/CLI.hpp>

#include "cli/bench_verbs.h"
#include "cli/python_package.h"

namespace levelgate::cli {

void add_bench_tfc(CLI::App& bench, CommandLine& line) {
  auto* tfc = bench.add_subcommand("tfc", "test whether the outer wire tells anything about the load inside");
  // What stands behind the verb is the test's own, --help included.
  tfc->set_help_flag();
  tfc->prefix_command();
  tfc->fallthrough(false);
  tfc->callback([tfc, &line] { line.exit = run_python_package("tfc", tfc->remaining(), line); });
}

}  // namespace levelgate::cli
