// SPDX-License-Identifier: Apache-2.0
//
// Starts of EAL that fail, and one that does not: each in a child, since EAL starts once in a process. A fault names
// the key to change; what EAL prints goes to the sink and nowhere else.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "dpdk/eal.h"
#include "dpdk/port.h"
#include "dpdk/tables.h"

namespace levelgate::testing::eal_start_test {
namespace {

dpdk::EalSettings no_huge(std::uint64_t mebibytes, std::optional<std::uint32_t> core = {}) {
  return {.no_huge = true, .memory_octets = mebibytes << 20, .main_core = core, .pci = false};
}

// What a child does with EAL; EAL has ended before the child tells how it went and exits.
using Work = std::function<Result<void>(dpdk::Eal& eal)>;
[[noreturn]] void in_a_child(const dpdk::EalSettings& settings, const Work& work, const dpdk::Eal::LogSink& sink = {}) {
  const Result<void> done = [&]() -> Result<void> {
    const auto started = dpdk::Eal::start(settings, sink);
    if (!started) return std::unexpected(started.error());
    return work(**started);
  }();
  if (!done) std::fprintf(stderr, "fault %d: %s\n", static_cast<int>(done.error().fault), done.error().what.c_str());
  std::exit(done ? 0 : 1);
}
Result<void> nothing(dpdk::Eal&) { return {}; }
Result<void> tables(dpdk::Eal&) {
  const auto made = dpdk::make_fib_tables();
  return made ? Result<void>() : std::unexpected(made.error());
}
Result<void> buffers(dpdk::Eal&) {
  const auto made = dpdk::BufferPool::make("start", 4'096, 9'280);
  return made ? Result<void>() : std::unexpected(made.error());
}
Result<void> another_start(dpdk::Eal& eal) {
  if (dpdk::Eal::start(no_huge(128), {}).has_value()) return failure(Fault::kInternal, "started twice");
  return buffers(eal);  // the first one goes on
}

const auto kDone = ::testing::ExitedWithCode(0);
const auto kTold = ::testing::ExitedWithCode(1);

TEST(EalStart, NamesItsVersion) { EXPECT_EQ(dpdk::Eal::version().rfind("DPDK ", 0), 0u) << dpdk::Eal::version(); }

TEST(EalStart, WithoutHugePages) {
  EXPECT_EXIT(in_a_child(no_huge(128), nothing,
                         [](dpdk::Eal::Word, std::string_view line) {
                           std::fprintf(stderr, "<%s>", std::string(line).c_str());
                         }),
              kDone, "<EAL: ");
}

TEST(EalStart, OnACoreThatIsNotThere) {
  EXPECT_EXIT(in_a_child(no_huge(128, 9'999), nothing), kTold, "dataplane.main-core");
}

TEST(EalStart, WithTooLittleMemoryForTables) {
  EXPECT_EXIT(in_a_child(no_huge(32), tables), kTold, "route tables.*dataplane.memory");
}

TEST(EalStart, WithTooLittleMemoryForBuffers) {
  EXPECT_EXIT(in_a_child(no_huge(4), buffers), kTold, "4096 packet buffers.*dataplane.memory");
}

// In one process the second start is a fault, not a crash.
TEST(EalStart, Twice) { EXPECT_EXIT(in_a_child(no_huge(128), another_start), kDone, ""); }

}  // namespace
}  // namespace levelgate::testing::eal_start_test
