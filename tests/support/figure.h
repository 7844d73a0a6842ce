// SPDX-License-Identifier: Apache-2.0
//
// What a test measured, for people: docs/confidentiality.md names the commands that print these lines.
#pragma once

#include <cstdio>
#include <string>

namespace levelgate::testing {

inline void print_figure(const std::string& what) { std::printf("[  FIGURE  ] %s\n", what.c_str()); }

}  // namespace levelgate::testing
