// SPDX-License-Identifier: Apache-2.0
//
// The program's own main: EAL before the first test, and its end behind the last one. Listing tests starts nothing.
#include <gtest/gtest.h>
#include <sched.h>

#include <string_view>

#include "shell.h"

namespace levelgate::testing {

Shell& shell() {
  static Shell one;
  return one;
}

namespace {

class EalEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    Shell& it = shell();
    it.own_network = ::unshare(CLONE_NEWNET) == 0;
    auto started =
        dpdk::Eal::start({.no_huge = !it.huge_pages, .memory_octets = 256u << 20, .main_core = {}, .pci = false},
                         [&it](dpdk::Eal::Word, std::string_view line) { it.last_lines.append(line) += '\n'; });
    if (started) {
      it.eal = std::move(*started);
    } else {
      it.why_not = started.error().what;
      it.lacks_pages = started.error().fault == Fault::kNoMemory;
    }
  }
  void TearDown() override { shell().eal.reset(); }
};

}  // namespace
}  // namespace levelgate::testing

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  for (int i = 1; i < count; ++i) {
    if (std::string_view(arguments[i]) == "--huge-pages") levelgate::testing::shell().huge_pages = true;
  }
  ::testing::AddGlobalTestEnvironment(new levelgate::testing::EalEnvironment);
  return RUN_ALL_TESTS();
}
