// SPDX-License-Identifier: Apache-2.0
//
// Frames of one direction without any interface: what is spared, what is held, and that nothing is read beyond a frame.
#include "support/link_emulator/direction.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

namespace levelgate::testing::direction_test {
namespace {

using namespace std::chrono_literals;
using Frame = std::vector<std::byte>;

constexpr Instant kStart = at_ns(1'000'000'000);

Frame frame_of(unsigned type, std::initializer_list<unsigned> behind) {
  Frame frame(14);
  frame[12] = std::byte(type >> 8);
  frame[13] = std::byte(type & 0xFF);
  for (const unsigned octet : behind) frame.push_back(std::byte(octet));
  return frame;
}

Frame ipv6(unsigned next, std::initializer_list<unsigned> behind) {
  Frame frame = frame_of(0x86DD, {0x60, 0, 0, 0, 0, 0, next, 255});
  frame.resize(14 + 40);
  for (const unsigned octet : behind) frame.push_back(std::byte(octet));
  return frame;
}

Direction direction(const pathmodel::PathSettings& settings, std::size_t most_octets = 1 << 20, bool spares = true) {
  return {pathmodel::PathStages{{Nanos(0), settings}}, 1, kStart, most_octets, spares};
}

std::vector<Frame> delivered(Direction& direction, Instant now) {
  std::vector<Frame> frames;
  direction.deliver(now, [&](std::span<const std::byte> frame) {
    frames.emplace_back(frame.begin(), frame.end());
    return true;
  });
  return frames;
}

TEST(NeighbourTalk, IsWhatTheLinkSaysForItself) {
  EXPECT_TRUE(is_neighbour_talk(frame_of(0x0806, {})));
  for (const unsigned kind : {133U, 134U, 135U, 136U, 137U}) EXPECT_TRUE(is_neighbour_talk(ipv6(58, {kind})));
  EXPECT_TRUE(is_neighbour_talk(ipv6(0, {58, 0, 5, 2, 0, 0, 1, 0, 143})));
  EXPECT_FALSE(is_neighbour_talk(ipv6(58, {128})));  // an echo request
  EXPECT_FALSE(is_neighbour_talk(ipv6(17, {135})));
  EXPECT_FALSE(is_neighbour_talk(ipv6(0, {17, 0, 5, 2, 0, 0, 1, 0, 143})));
  EXPECT_FALSE(is_neighbour_talk(frame_of(0x0800, {0x45})));
}

TEST(NeighbourTalk, NothingIsReadBeyondTheFrame) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    Frame frame(random() % 80);
    for (std::byte& octet : frame) octet = static_cast<std::byte>(random() % 4 == 0 ? random() : 0);
    if (frame.size() > 14) frame[12] = std::byte{0x86}, frame[13] = std::byte{0xDD};
    frame.shrink_to_fit();
    (void)is_neighbour_talk(frame);
    Direction one = direction({});
    one.take(kStart, frame);
    EXPECT_EQ(delivered(one, kStart).size(), 1u);
  }
}

TEST(Direction, NeighboursPassADeadPathWithItsDelayOnlyIfAsked) {
  pathmodel::PathSettings settings;
  settings.down = true;
  settings.delay = 5ms;
  const Frame arp = frame_of(0x0806, {1, 2, 3});
  Direction sparing = direction(settings), strict = direction(settings, 1 << 20, false);
  sparing.take(kStart, arp);
  strict.take(kStart, arp);
  EXPECT_TRUE(delivered(sparing, kStart + 5ms - 1ns).empty());
  EXPECT_EQ(delivered(sparing, kStart + 5ms), std::vector<Frame>{arp});
  EXPECT_EQ(sparing.counts().spared_pkts, 1u);
  EXPECT_EQ(sparing.path().offered_pkts, 0u);
  EXPECT_TRUE(delivered(strict, kStart + 1s).empty());
  EXPECT_EQ(strict.path().down_pkts, 1u);
}

TEST(Direction, HoldsNoMoreThanItMay) {
  pathmodel::PathSettings settings;
  settings.delay = 1s;
  settings.duplicated = 1;
  const Frame hundred = Frame(114, std::byte{1});
  Direction one = direction(settings, std::size_t{3} * (114 + 64));
  for (int i = 0; i < 5; ++i) one.take(kStart, hundred);
  EXPECT_EQ(one.under_way(), 3u);
  EXPECT_EQ(one.counts().memory_pkts, 7u);
  EXPECT_EQ(delivered(one, kStart + 1s).size(), 3u);
  EXPECT_EQ(one.counts().written_pkts, 3u);
  one.take(kStart + 2s, hundred);  // the room is there again
  EXPECT_EQ(one.under_way(), 2u);
}

TEST(Direction, OneBitBehindTheEthernetHeaderIsFlippedInEachCopy) {
  pathmodel::PathSettings settings;
  settings.corrupted = 1;
  settings.duplicated = 1;
  Direction one = direction(settings);
  const Frame sent(20, std::byte{0});
  for (int i = 0; i < 300; ++i) one.take(kStart, sent);
  const std::vector<Frame> frames = delivered(one, kStart);
  ASSERT_EQ(frames.size(), 600u);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    int bits = 0;
    for (std::size_t place = 0; place < 20; ++place) {
      bits += std::popcount(std::to_integer<unsigned>(frames[i][place]));
      if (place < 14) {
        EXPECT_EQ(frames[i][place], std::byte{0});
      }
    }
    EXPECT_EQ(bits, 1);
    EXPECT_EQ(frames[i], frames[i - i % 2]);
  }
}

}  // namespace
}  // namespace levelgate::testing::direction_test
