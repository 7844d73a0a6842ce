// SPDX-License-Identifier: Apache-2.0
//
// The ring between two threads: order, bursts, full and empty; and both ends free-running.
#include "handover/spsc_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace levelgate::handover::spsc_ring_test {
namespace {

TEST(SpscRing, CapacityIsTheNextPowerOfTwo) {
  EXPECT_EQ(SpscRing<int>(0).capacity(), 2u);
  EXPECT_EQ(SpscRing<int>(2).capacity(), 2u);
  EXPECT_EQ(SpscRing<int>(3).capacity(), 4u);
  EXPECT_EQ(SpscRing<int>(256).capacity(), 256u);
  EXPECT_EQ(SpscRing<int>(257).capacity(), 512u);
}

TEST(SpscRing, FullTakesNothingEmptyGivesNothing) {
  SpscRing<int> ring(2);
  int out = 0;
  EXPECT_EQ(ring.pop({&out, 1}), 0u);
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  EXPECT_EQ(ring.pop({&out, 1}), 1u);
  EXPECT_EQ(out, 1);
  EXPECT_TRUE(ring.push(4));
  EXPECT_FALSE(ring.push(5));
  std::array<int, 4> rest{-1, -1, -1, -1};
  EXPECT_EQ(ring.pop(rest), 2u);
  EXPECT_EQ(rest, (std::array<int, 4>{2, 4, -1, -1})) << "beyond what came nothing is written";
  EXPECT_EQ(ring.pop(rest), 0u);
}

TEST(SpscRing, BurstLargerThanTheRoomIsTakenInPart) {
  SpscRing<int> ring(8);
  std::array<int, 12> in;
  std::iota(in.begin(), in.end(), 0);
  EXPECT_EQ(ring.push(in), 8u);
  EXPECT_EQ(ring.push(in), 0u);
  std::array<int, 3> out;
  EXPECT_EQ(ring.pop(out), 3u);
  EXPECT_EQ(ring.push(std::span<const int>(in).subspan(8)), 3u) << "the first three of four";
  std::array<int, 12> all{};
  EXPECT_EQ(ring.pop(all), 8u);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i + 3);
}

TEST(SpscRing, EmptyBurstIsNoFault) {
  SpscRing<int> ring(2);
  EXPECT_EQ(ring.push(std::span<const int>{}), 0u);
  EXPECT_EQ(ring.pop({}), 0u);
  EXPECT_TRUE(ring.push(1));
  EXPECT_EQ(ring.pop({}), 0u);
  EXPECT_EQ(ring.push(std::span<const int>{}), 0u);
}

// Bursts of any size, many times around: a queue that is refused at the capacity.
TEST(SpscRing, BehavesLikeAQueue) {
  std::mt19937 random(2);
  for (const std::size_t capacity : {2u, 4u, 32u}) {
    SpscRing<unsigned> ring(capacity);
    std::deque<unsigned> model;
    unsigned next = 0;
    for (int step = 0; step < 20'000; ++step) {
      std::vector<unsigned> burst(random() % (capacity + 3));
      if (random() % 2 == 0) {
        std::iota(burst.begin(), burst.end(), next);
        const std::size_t taken = ring.push(burst);
        ASSERT_EQ(taken, std::min(burst.size(), capacity - model.size()));
        model.insert(model.end(), burst.begin(), burst.begin() + static_cast<std::ptrdiff_t>(taken));
        next += static_cast<unsigned>(taken);
      } else {
        const std::size_t given = ring.pop(burst);
        ASSERT_EQ(given, std::min(burst.size(), model.size()));
        for (std::size_t i = 0; i < given; ++i, model.pop_front()) ASSERT_EQ(burst[i], model.front());
      }
    }
  }
}

struct Element {
  std::uint64_t number = 0;
  std::uint64_t complement = ~std::uint64_t{0};  // torn or early elements do not match
};

// Both ends run free, in bursts of changing size: every element comes once, whole, in order.
TEST(SpscRingThreads, EveryElementOnceAndInOrder) {
  constexpr std::uint64_t kElements = 200'000;
  SpscRing<Element> ring(64);
  std::thread writer([&] {
    std::mt19937 random(1);
    std::array<Element, 48> burst;
    for (std::uint64_t sent = 0; sent < kElements;) {
      const std::size_t count = std::min<std::uint64_t>(1 + random() % burst.size(), kElements - sent);
      for (std::size_t i = 0; i < count; ++i) burst[i] = {sent + i, ~(sent + i)};
      const std::size_t taken = ring.push(std::span<const Element>(burst).first(count));
      if (taken == 0) std::this_thread::yield();
      sent += taken;
    }
  });
  std::mt19937 random(2);
  std::array<Element, 48> burst;
  std::uint64_t wrong = 0;
  for (std::uint64_t got = 0; got < kElements;) {
    const std::size_t count = ring.pop(std::span(burst).first(1 + random() % burst.size()));
    if (count == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < count; ++i, ++got) {
      wrong += burst[i].number != got || burst[i].complement != ~got ? 1 : 0;
    }
  }
  writer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(ring.pop(burst), 0u);
}

}  // namespace
}  // namespace levelgate::handover::spsc_ring_test
