// SPDX-License-Identifier: Apache-2.0
//
// Python packages of an installation, in share/levelgate beside the folder of this program: found and run, with the
// terminal and the exit code their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/verbs.h"

namespace levelgate::cli {

// Runs the package with the paths of this program and of the daemon, what `line` says of output, and `options`. What it
// cannot do it says on standard error.
[[nodiscard]] Exit run_python_package(std::string_view package, const std::vector<std::string>& options,
                                      const CommandLine& line);

}  // namespace levelgate::cli
