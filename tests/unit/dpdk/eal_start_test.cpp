// SPDX-License-Identifier: Apache-2.0
//
// Starts of EAL that fail, and one that does not: each in a child, since EAL starts once in a process. A fault names
// the key to change; what EAL prints goes to the sink and nowhere else.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "dpdk/eal.h"
#include "dpdk/port.h"
#include "dpdk/tables.h"

namespace levelgate::testing {
namespace {

dpdk::EalSettings no_huge(std::uint64_t mebibytes, std::optional<std::uint32_t> core = {}) {
  return {.no_huge = true, .memory_octets = mebibytes << 20, .main_core = core, .pci = false};
}

[[noreturn]] void tell(const Error& error) {
  std::fprintf(stderr, "fault %d: %s\n", static_cast<int>(error.fault), error.what.c_str());
  std::exit(1);
}

std::unique_ptr<dpdk::Eal> start_or_tell(const dpdk::EalSettings& settings, dpdk::Eal::LogSink sink = {}) {
  auto started = dpdk::Eal::start(settings, std::move(sink));
  if (!started) tell(started.error());
  return std::move(*started);
}

const auto kTold = ::testing::ExitedWithCode(1);

TEST(EalStart, NamesItsVersion) { EXPECT_EQ(dpdk::Eal::version().rfind("DPDK ", 0), 0u) << dpdk::Eal::version(); }

TEST(EalStart, WithoutHugePages) {
  EXPECT_EXIT(
      {
        std::string lines;
        {
          const auto eal = start_or_tell(no_huge(128), [&](std::string_view line) { lines.append(line) += '\n'; });
        }
        std::fprintf(stderr, "lines of EAL: %s", lines.c_str());
        std::exit(lines.find("EAL: ") == std::string::npos ? 2 : 0);
      },
      ::testing::ExitedWithCode(0), "^lines of EAL: ");
}

TEST(EalStart, OnACoreThatIsNotThere) { EXPECT_EXIT(start_or_tell(no_huge(128, 9'999)), kTold, "dataplane.main-core"); }

TEST(EalStart, WithTooLittleMemoryForTables) {
  EXPECT_EXIT(
      {
        const auto eal = start_or_tell(no_huge(32));
        const auto tables = dpdk::make_fib_tables();
        if (!tables) tell(tables.error());
        std::exit(0);
      },
      kTold, "dataplane.memory");
}

TEST(EalStart, WithTooLittleMemoryForBuffers) {
  EXPECT_EXIT(
      {
        const auto eal = start_or_tell(no_huge(4));
        const auto pool = dpdk::BufferPool::make(4'096, 9'280);
        if (!pool) tell(pool.error());
        std::exit(0);
      },
      kTold, "4096 packet buffers.*dataplane.memory");
}

// In one process the second start is a fault, not a crash, and the first goes on.
TEST(EalStart, Twice) {
  EXPECT_EXIT(
      {
        const auto settings = no_huge(128);
        const auto first = start_or_tell(settings);
        if (dpdk::Eal::start(settings, {}).has_value()) std::exit(3);
        if (const auto pool = dpdk::BufferPool::make(1'000, 2'000); !pool) tell(pool.error());
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace levelgate::testing
