// SPDX-License-Identifier: Apache-2.0
//
// `levelgate show` (stub)
#include <CLI/CLI.hpp>

#include "cli/verbs.h"

namespace levelgate::cli {
void add_show(CLI::App&, CommandLine&) {}
void add_reload(CLI::App&, CommandLine&) {}
}  // namespace levelgate::cli
