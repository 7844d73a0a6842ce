// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the shell stand on: EAL, started once for the whole program in network namespaces of its own, so
// that kernel interfaces go with it. `--huge-pages` on the command line says on what memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "dpdk/eal.h"
#include "dpdk/port.h"

namespace levelgate::testing {

struct Shell {
  bool huge_pages = false;
  bool own_network = false;
  std::unique_ptr<dpdk::Eal> eal;
  std::string why_not;       // EAL did not start
  bool lacks_pages = false;  // for that reason
  std::string last_lines;    // what EAL printed
};
[[nodiscard]] Shell& shell();

class ShellTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (shell().eal != nullptr) return;
    if (shell().huge_pages && shell().lacks_pages) GTEST_SKIP() << shell().why_not;
    FAIL() << shell().why_not << "\n" << shell().last_lines;
  }
};

}  // namespace levelgate::testing
