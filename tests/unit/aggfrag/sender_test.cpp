// SPDX-License-Identifier: Apache-2.0
//
// What a payload holds for a given queue: whole packets, fragments, padding, and the BlockOffset in front of them. The
// example of RFC 9347's appendix stands here octet for octet.
#include "aggfrag/sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>
#include <vector>

#include "support/aggfrag_stream.h"
#include "support/fifo_source.h"

namespace levelgate::aggfrag::sender_test {
namespace {

using testing::block_offset_of;
using testing::inner_packet;
using testing::Octets;
using testing::pad;
using testing::part;
using testing::payload_of;

// A sender with its queue, and the packets in it.
class Bench {
 public:
  explicit Bench(Fragmentation fragmentation = Fragmentation::kAllowed) : sender_(fragmentation) {}

  const Octets& add(unsigned version, std::uint32_t octets) {
    packets_.push_back(inner_packet(version, octets, static_cast<unsigned>(packets_.size())));
    EXPECT_TRUE(queue_.push(testing::view_of(packets_.back())));
    return packets_.back();
  }
  // One payload, out of a buffer that was full of other octets.
  Octets fill(std::size_t octets) {
    Octets payload(octets, std::byte{0xdb});
    last = sender_.fill(queue_, payload);
    return payload;
  }
  Octets fill_unpadded(std::size_t octets) {
    Octets payload(octets, std::byte{0xdb});
    last = sender_.fill_unpadded(queue_, payload);
    const auto untouched = [](std::byte octet) { return octet == std::byte{0xdb}; };
    EXPECT_TRUE(std::all_of(payload.begin() + last.payload_octets, payload.end(), untouched));
    payload.resize(last.payload_octets);
    return payload;
  }
  Sender& sender() { return sender_; }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  const Octets& packet(std::size_t index) { return packets_[index]; }

  Filled last;

 private:
  testing::FifoSource queue_{1024};
  Sender sender_;
  std::deque<Octets> packets_;
};

TEST(Sender, EmptyQueueGivesPaddingOnly) {
  Bench bench;
  EXPECT_EQ(bench.fill(1404), payload_of(0, {pad(1400)}));
  EXPECT_TRUE(bench.last.all_pad);
  EXPECT_EQ(bench.last.pad_octets, 1400u);
  EXPECT_EQ(bench.last.data_octets, 0u);
  EXPECT_EQ(bench.last.payload_octets, 1404u);
}

TEST(Sender, SmallestPayloadOfAll) {
  Bench bench;
  EXPECT_EQ(bench.fill(5), payload_of(0, {pad(1)}));
  const Octets& packet = bench.add(4, 20);
  for (std::size_t at = 0; at < 20; ++at) {
    EXPECT_EQ(bench.fill(5), payload_of(at == 0 ? 0 : 20 - at, {part(packet, at, 1)}));
    EXPECT_EQ(bench.last.consumed, at == 19 ? 1u : 0u);
  }
  EXPECT_EQ(bench.fill(5), payload_of(0, {pad(1)}));
}

TEST(Sender, PacketsStandBehindEachOtherAndPaddingIsZero) {
  Bench bench;
  const Octets& a = bench.add(4, 20);
  const Octets& b = bench.add(6, 40);
  const Octets& c = bench.add(4, 999);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {a, b, c, pad(341)}));
  EXPECT_EQ(bench.last.consumed, 3u);
  EXPECT_EQ(bench.last.data_octets, 1059u);
  EXPECT_EQ(bench.last.pad_octets, 341u);
  EXPECT_FALSE(bench.last.all_pad);
  EXPECT_EQ(bench.waiting(), 0u);
}

TEST(Sender, ExactFitHasNeitherPaddingNorFragment) {
  Bench bench;
  const Octets& a = bench.add(4, 400);
  const Octets& b = bench.add(6, 1000);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {a, b}));
  EXPECT_EQ(bench.last.pad_octets, 0u);
  EXPECT_EQ(bench.sender().head_offset(), 0u);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {pad(1400)}));
}

// What does not end in time is not begun, and a smaller one goes first; what has begun goes on.
TEST(Sender, NothingIsBegunThatDoesNotEndBeforeTheHorizon) {
  Bench bench;
  const Octets& a = bench.add(4, 1000);
  const Octets& b = bench.add(4, 1500);
  bench.sender().set_horizon(1099);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {a, pad(400)}));
  bench.sender().set_horizon(100);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {part(b, 0, 1400)}));
  bench.sender().set_horizon(0);
  EXPECT_EQ(bench.fill(1404), payload_of(100, {part(b, 1400, 100), pad(1300)}));
  const Octets& c = bench.add(4, 1401);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {pad(1400)}));
  EXPECT_TRUE(bench.last.all_pad);
  bench.sender().set_horizon(UINT64_MAX);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {part(c, 0, 1400)}));
}

// RFC 9347 §2.2.3: between two fragments as well, of another size too.
TEST(Sender, PaddingMayGoBetweenFragments) {
  Bench bench;
  const Octets& a = bench.add(4, 1500);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {part(a, 0, 1400)}));
  Octets payload(2004, std::byte{0xdb});
  const Filled filled = bench.sender().fill_padding(payload);
  EXPECT_EQ(payload, payload_of(0, {pad(2000)}));
  EXPECT_TRUE(filled.all_pad);
  EXPECT_EQ(filled.pad_octets, 2000u);
  EXPECT_EQ(bench.fill(1404), payload_of(100, {part(a, 1400, 100), pad(1300)}));
}

// RFC 9347 §6.1.2: 24 octets of header, whatever is behind it, and a fragment that goes on under the other sub-type.
TEST(Sender, AReportStandsInFrontOfTheBlocks) {
  wire::CongestionHeader report;
  report.loss_event_rate = 99;
  report.rtt_us = 12'345;
  report.tval = 7;
  const auto reported = [&](std::uint16_t offset, const std::vector<Octets>& blocks) {
    Octets payload(wire::kAggfragCongestionOctets);
    wire::write_congestion(payload.data(), offset, report);
    for (const Octets& block : blocks) payload.insert(payload.end(), block.begin(), block.end());
    return payload;
  };
  Bench bench;
  bench.sender().report(report);
  EXPECT_EQ(bench.fill(124), reported(0, {pad(100)}));
  EXPECT_TRUE(bench.last.all_pad);
  EXPECT_EQ(bench.last.pad_octets, 100u);
  const Octets& a = bench.add(4, 60);
  const Octets& b = bench.add(4, 200);
  EXPECT_EQ(bench.fill(124), reported(0, {a, part(b, 0, 40)}));
  EXPECT_EQ(bench.last.payload_octets, 124u);
  EXPECT_EQ(bench.last.data_octets, 100u);
  EXPECT_EQ(bench.fill(124), reported(160, {part(b, 40, 100)}));
  bench.sender().report_nothing();
  EXPECT_EQ(bench.fill(124), payload_of(60, {part(b, 140, 60), pad(60)}));
  bench.sender().report(report);
  EXPECT_EQ(bench.fill_unpadded(124), reported(0, {}));
}

// RFC 9347 appendix A.
TEST(Sender, ExampleOfTheAppendix) {
  Bench bench;
  for (const std::uint32_t octets : {750u, 750u, 60u, 240u, 3000u}) bench.add(4, octets);
  const Octets& second = bench.packet(1);
  const Octets& large = bench.packet(4);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {bench.packet(0), part(second, 0, 650)}));
  EXPECT_EQ(bench.sender().head_offset(), 650u);
  EXPECT_EQ(bench.fill(1404),
            payload_of(100, {part(second, 650, 100), bench.packet(2), bench.packet(3), part(large, 0, 1000)}));
  EXPECT_EQ(bench.fill(1404), payload_of(2000, {part(large, 1000, 1400)}));
  EXPECT_EQ(bench.last.consumed, 0u);
  EXPECT_EQ(bench.fill(1404), payload_of(600, {part(large, 2400, 600), pad(800)}));
  EXPECT_EQ(bench.last.consumed, 1u);
  EXPECT_EQ(bench.last.pad_octets, 800u);
  EXPECT_FALSE(bench.last.all_pad);
  EXPECT_EQ(bench.waiting(), 0u);
}

// RFC 9347 §2.2.3: the offset is what is left of the packet, not what this payload holds of it.
// [9347-2.2.3-j]
TEST(Sender, BlockOffsetIsNeverClipped) {
  Bench bench;
  bench.add(6, 65'575);
  std::uint32_t sent = 0;
  while (bench.waiting() != 0) {
    const Octets payload = bench.fill(104);
    ASSERT_EQ(block_offset_of(payload), sent == 0 ? 0 : 65'575 - sent);
    sent += bench.last.data_octets;
  }
  EXPECT_EQ(sent, 65'575u);
}

// A fragment that ends a packet exactly with its payload leaves the next one to begin at offset 0.
TEST(Sender, OffsetAfterAPacketThatEndsWithItsPayload) {
  Bench bench;
  bench.add(4, 200);
  bench.add(4, 20);
  (void)bench.fill(104);
  EXPECT_EQ(block_offset_of(bench.fill(104)), 100);
  EXPECT_EQ(bench.last.consumed, 1u);
  EXPECT_EQ(block_offset_of(bench.fill(104)), 0);
  EXPECT_EQ(bench.last.consumed, 1u);
}

// Room for the length field or none: no runt, and not an octet more of padding than that takes.
TEST(Sender, FirstFragmentShowsTheLengthField) {
  for (const unsigned version : {4u, 6u}) {
    for (std::uint32_t space = 1; space <= 60; ++space) {
      Bench bench;
      const Octets& whole = bench.add(4, 1400 - space);
      const Octets& next = bench.add(version, 1000);
      if (space < 6) {
        EXPECT_EQ(bench.fill(1404), payload_of(0, {whole, pad(space)})) << space;
        EXPECT_EQ(block_offset_of(bench.fill(1404)), 0);
      } else {
        EXPECT_EQ(bench.fill(1404), payload_of(0, {whole, part(next, 0, space)})) << space;
        EXPECT_EQ(block_offset_of(bench.fill(1404)), 1000 - space);
      }
      EXPECT_EQ(bench.waiting(), 0u);
    }
  }
}

// The remainder of the largest IPv6 packet must fit the 16 bits of BlockOffset.
TEST(Sender, LargestPacketIsSplitOnlyWhereItsRemainderCanBeTold) {
  for (const std::uint32_t space : {6u, 39u, 40u, 41u}) {
    Bench bench;
    bench.add(4, 1400 - space);
    bench.add(6, 65'575);
    (void)bench.fill(1404);
    const bool split = space >= 40;
    EXPECT_EQ(bench.last.pad_octets, split ? 0 : space);
    EXPECT_EQ(block_offset_of(bench.fill(1404)), split ? 65'575 - space : 0);
  }
}

// [9347-6.1.4-c]
TEST(Sender, WithoutFragmentationAPacketStartsOnlyWhereItFits) {
  Bench bench(Fragmentation::kForbidden);
  const Octets& a = bench.add(4, 900);
  const Octets& b = bench.add(4, 501);
  const Octets& c = bench.add(6, 1400);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {a, pad(500)}));
  EXPECT_EQ(bench.fill(1404), payload_of(0, {b, pad(899)}));
  EXPECT_EQ(bench.fill(1404), payload_of(0, {c}));
}

// It never starts what it could not end; the owner keeps such packets out of the queue.
TEST(Sender, WithoutFragmentationAPacketThatNeverFitsIsNotSplit) {
  Bench bench(Fragmentation::kForbidden);
  bench.add(4, 1401);
  EXPECT_EQ(bench.fill(1404), payload_of(0, {pad(1400)}));
  EXPECT_TRUE(bench.last.all_pad);
  EXPECT_EQ(bench.waiting(), 1u);
  EXPECT_EQ(bench.sender().head_offset(), 0u);
}

// A fragment cannot continue under another SA (RFC 9347 §2.2.3).
// [9347-2.2.3-g]
TEST(Sender, RestartSendsTheHalfSentPacketFromItsBegin) {
  Bench bench;
  const Octets& packet = bench.add(4, 150);
  EXPECT_EQ(bench.fill(104), payload_of(0, {part(packet, 0, 100)}));
  bench.sender().restart_packet();
  EXPECT_EQ(bench.sender().head_offset(), 0u);
  EXPECT_EQ(bench.fill(104), payload_of(0, {part(packet, 0, 100)}));
  EXPECT_EQ(bench.fill(104), payload_of(50, {part(packet, 100, 50), pad(50)}));
}

TEST(Sender, UnpaddedIsAsLongAsItsData) {
  Bench bench;
  EXPECT_EQ(bench.fill_unpadded(1404), payload_of(0, {}));
  EXPECT_TRUE(bench.last.all_pad);
  EXPECT_EQ(bench.last.pad_octets, 0u);
  const Octets& a = bench.add(4, 20);
  EXPECT_EQ(bench.fill_unpadded(1404), payload_of(0, {a}));
  const Octets& b = bench.add(4, 1500);
  EXPECT_EQ(bench.fill_unpadded(1404), payload_of(0, {part(b, 0, 1400)}));
  EXPECT_EQ(bench.fill_unpadded(1404), payload_of(100, {part(b, 1400, 100)}));
  EXPECT_FALSE(bench.last.all_pad);
}

// Under saturation not an octet goes to waste but what the rule on first fragments takes. By counters, exactly.
TEST(Sender, GoodputAtSaturation) {
  // Outer packets of 1280, 1400, 1500 and 9000 octets over IPv4 with a 16-octet ICV.
  for (const std::size_t room : {1222u, 1342u, 1442u, 8942u}) {
    Octets payload(4 + room);
    for (std::uint32_t octets = 40; octets <= 1500; ++octets) {
      Octets packet = inner_packet(4, octets);
      testing::FifoSource queue(256);
      Sender sender(Fragmentation::kAllowed);
      std::uint64_t data = 0;
      constexpr std::uint64_t kPayloads = 40;
      for (std::uint64_t i = 0; i < kPayloads; ++i) {
        while (!queue.full()) (void)queue.push(testing::view_of(packet));
        const Filled filled = sender.fill(queue, payload);
        ASSERT_LT(filled.pad_octets, kMinFragment) << octets << " in " << room;
        ASSERT_EQ(filled.data_octets + filled.pad_octets, room);
        data += filled.data_octets;
      }
      ASSERT_GE(data * 1000, kPayloads * room * 995) << octets << " in " << room;
    }
  }
}

}  // namespace
}  // namespace levelgate::aggfrag::sender_test
