// SPDX-License-Identifier: Apache-2.0
//
// What stands behind `levelgate bench`, each in a file of its own.
#pragma once

#include "cli/verbs.h"

namespace levelgate::cli {

void add_bench_handshake(CLI::App& bench, CommandLine& line);
void add_bench_tfc(CLI::App& bench, CommandLine& line);

}  // namespace levelgate::cli
