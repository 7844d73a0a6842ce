// SPDX-License-Identifier: Apache-2.0
//
// First in, first out, bounded, and its octets always the sum of what is in it.
#include "aggfrag/inner_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace levelgate::aggfrag {
namespace {

Packet packet_of(std::uint32_t octets, std::uint16_t mark = 0) {
  Packet packet;
  packet.length = octets;
  packet.reserved = mark;
  return packet;
}

TEST(InnerQueue, IsEmptyAtBirth) {
  const InnerQueue queue(8);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.full());
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.octets(), 0u);
}

TEST(InnerQueue, RefusesWhenFullAndStaysAsItWas) {
  InnerQueue queue(4);
  for (std::uint16_t i = 0; i < 4; ++i) ASSERT_TRUE(queue.push(packet_of(100, i)));
  EXPECT_TRUE(queue.full());
  EXPECT_FALSE(queue.push(packet_of(7, 99)));
  EXPECT_EQ(queue.octets(), 400u);
  EXPECT_EQ(queue.size(), 4u);
  for (std::uint16_t i = 0; i < 4; ++i) EXPECT_EQ(queue.pop().reserved, i);
  EXPECT_EQ(queue.octets(), 0u);
}

TEST(InnerQueue, HoldsAtLeastWhatWasAskedFor) {
  for (std::size_t asked = 1; asked <= 70; ++asked) {
    InnerQueue queue(asked);
    for (std::size_t i = 0; i < asked; ++i) ASSERT_TRUE(queue.push(packet_of(1))) << asked;
  }
}

// Octets beyond 32 bits: a queue of large packets may hold them.
TEST(InnerQueue, CountsOctetsIn64Bits) {
  InnerQueue queue(131'072);
  for (int i = 0; i < 70'000; ++i) ASSERT_TRUE(queue.push(packet_of(65'575)));
  EXPECT_EQ(queue.octets(), 70'000ull * 65'575);
}

TEST(InnerQueue, KeepsOrderAndSumAgainstADeque) {
  InnerQueue queue(16);
  std::deque<Packet> model;
  std::mt19937 random(1);
  std::uint64_t sum = 0;
  for (std::uint16_t i = 0; i < 20'000; ++i) {
    if (random() % 2 == 0 && !model.empty()) {
      ASSERT_EQ(queue.front().reserved, model.front().reserved);
      ASSERT_EQ(queue.pop().reserved, model.front().reserved);
      sum -= model.front().length;
      model.pop_front();
    } else {
      const Packet packet = packet_of(static_cast<std::uint32_t>(random() % 9000), i);
      const bool room = model.size() < 16;
      ASSERT_EQ(queue.push(packet), room);
      if (room) {
        model.push_back(packet);
        sum += packet.length;
      }
    }
    ASSERT_EQ(queue.octets(), sum);
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.empty(), model.empty());
    ASSERT_EQ(queue.full(), model.size() == 16);
    for (std::size_t at = 0; at < model.size(); ++at) ASSERT_EQ(queue.at(at).reserved, model[at].reserved);
  }
}

}  // namespace
}  // namespace levelgate::aggfrag
