// SPDX-License-Identifier: Apache-2.0
//
// Once made, a tunnel's queue allocates nothing, whatever comes; and it costs memory only for what waits.
#include <gtest/gtest.h>

#include <vector>

#include "queueing/class_queue.h"
#include "support/inner_traffic.h"
#include "support/no_alloc_scope.h"

namespace levelgate::queueing::queueing_no_alloc_test {
namespace {

TEST(QueueingNoAlloc, PushAndPop) {
  testing::InnerTraffic traffic;
  std::vector<Packet> packets;
  for (std::uint32_t flow = 0; flow < 3'000; ++flow) packets.push_back(traffic.make(flow, 60 + flow % 1400, at_ns(0)));
  std::vector<ClassSettings> classes(3, {300, {}});
  for (ClassSettings& one : classes) one.queue.wait.max_wait = std::chrono::milliseconds(20);
  PacketStore store(1'000);
  ClassQueue queue(classes);
  std::uint64_t lost = 0, sent = 0;
  testing::NoAllocScope scope;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const Instant now = at_ns(i * 50'000LL);
    (void)queue.push(store, i % 3, i * 7, packets[i % packets.size()], now, SIZE_MAX);
    if (i % 3 != 0) continue;
    if (queue.front(store, now, [&](const Packet&, Loss, std::size_t) { ++lost; }) == nullptr) continue;
    queue.begin(store);
    (void)queue.pop(store);
    ++sent;
  }
  while (!queue.empty()) (void)queue.discard(store);
  EXPECT_EQ(scope.allocations(), 0u);
  EXPECT_GT(lost, 1'000u);
  EXPECT_GT(sent, 10'000u);
}

// What a tunnel costs whose queue is empty; docs/operations.md says so.
TEST(QueueingNoAlloc, AnIdleTunnelIsSmall) {
  EXPECT_LE(sizeof(FairQueue), 10'240u);
  EXPECT_LE(sizeof(WaitingPacket), 48u);
}

}  // namespace
}  // namespace levelgate::queueing::queueing_no_alloc_test
