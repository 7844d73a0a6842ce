// SPDX-License-Identifier: Apache-2.0
//
// Once made, nothing of the heart allocates: not in the steady state, not under loss and disorder, not on a jump.
#include <gtest/gtest.h>

#include <array>

#include "aggfrag/pacer.h"
#include "aggfrag/receiver.h"
#include "aggfrag/reorder_window.h"
#include "aggfrag/sender.h"
#include "support/aggfrag_stream.h"
#include "support/fifo_source.h"
#include "support/no_alloc_scope.h"

namespace levelgate::aggfrag::aggfrag_no_alloc_test {
namespace {

// One buffer for whatever packet is open.
struct BufferSink {
  std::array<std::byte, 9216> buffer{};
  std::uint64_t delivered = 0;
  std::uint64_t lost = 0;
  Bytes begin(std::uint32_t octets) { return Bytes(buffer).first(octets); }
  void deliver() { ++delivered; }
  void abandon() { ++lost; }
  void incomplete() { ++lost; }
};

TEST(AggfragNoAlloc, SenderAndReceiver) {
  std::array<testing::Octets, 3> packets = {testing::inner_packet(4, 40), testing::inner_packet(6, 1500),
                                            testing::inner_packet(4, 9000)};
  testing::FifoSource queue(256);
  Sender sender(Fragmentation::kAllowed);
  Receiver receiver(9216);
  BufferSink sink;
  std::array<std::byte, 1446> payload{};
  std::uint64_t consumed = 0;
  testing::NoAllocScope scope;
  for (std::uint64_t number = 1; number <= 20'000; ++number) {
    if (number % 1000 < 900) {
      for (testing::Octets& packet : packets) (void)queue.push(testing::view_of(packet));
    }
    const Filled filled = sender.fill(queue, payload);
    consumed += filled.consumed;
    if (number % 97 == 0) continue;  // lost
    (void)receiver.accept(EspSeq{number}, payload, sink);
  }
  EXPECT_EQ(scope.allocations(), 0u);
  EXPECT_GT(sink.delivered, consumed / 2);
  EXPECT_GT(sink.lost, 0u);
}

TEST(AggfragNoAlloc, ReorderWindow) {
  ReorderWindow<int> window(64, EspSeq{1});
  std::uint64_t present = 0;
  std::uint64_t lost = 0;
  testing::NoAllocScope scope;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t number = 1 + (i ^ 5) + i / 1000 * 1'000'000'000;
    const Instant now = at_ns(static_cast<std::int64_t>(i * 100));
    const auto settle = [&] {
      int value = 0;
      std::uint64_t first = 0;
      std::uint64_t count = 0;
      for (Next next; (next = window.next(now, &value, &first, &count)) != Next::kWait;) {
        next == Next::kPresent ? ++present : ++lost;
      }
    };
    if (window.insert(EspSeq{number}, 1, now, Nanos(5'000)) == Inserted::kMakeRoom) {
      settle();
      (void)window.insert(EspSeq{number}, 1, now, Nanos(5'000));
    }
    settle();
  }
  window.drain([](int) {});
  EXPECT_EQ(scope.allocations(), 0u);
  EXPECT_GT(present, 19'000u);
  EXPECT_GT(lost, 10u);
}

TEST(AggfragNoAlloc, Pacer) {
  Pacer pacer(at_ns(0), 1500, 999'999'937, 8);
  testing::NoAllocScope scope;
  std::uint64_t came = 0;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const Pacer::Due due = pacer.take(at_ns(i * i * 100));
    came += due.send + due.skipped;
  }
  EXPECT_EQ(scope.allocations(), 0u);
  EXPECT_EQ(came, pacer.next_slot());
}

}  // namespace
}  // namespace levelgate::aggfrag::aggfrag_no_alloc_test
