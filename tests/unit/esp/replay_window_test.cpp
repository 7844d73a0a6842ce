// SPDX-License-Identifier: Apache-2.0
//
// The replay window against an oracle that remembers every number: exhaustively where that is possible, at random and
// at the edges of words, windows and the number space where it is not.
#include "esp/replay_window.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "support/no_alloc_scope.h"

namespace levelgate::esp::replay_window_test {
namespace {

// RFC 4303 §3.4.3 said with a set: accepted are numbers of the SA that are not left of the window and not seen before.
class Oracle {
 public:
  Oracle(std::uint64_t window, std::uint64_t first) : window_(window), first_(first) {}

  [[nodiscard]] bool acceptable(std::uint64_t n) const {
    if (n < first_ || seen_.contains(n)) return false;
    return seen_.empty() || *seen_.rbegin() < n || *seen_.rbegin() - n < window_;
  }
  bool mark(std::uint64_t n) {
    const bool good = acceptable(n);
    if (good) seen_.insert(n);
    return good;
  }

 private:
  std::uint64_t window_;
  std::uint64_t first_;
  std::set<std::uint64_t> seen_;
};

TEST(ReplayWindow, TakesEachNumberOnce) {
  ReplayWindow window(64, EspSeq{1});
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    ASSERT_TRUE(window.acceptable(EspSeq{n}));
    ASSERT_TRUE(window.mark(EspSeq{n}));
    ASSERT_FALSE(window.acceptable(EspSeq{n}));
    ASSERT_FALSE(window.mark(EspSeq{n}));
    ASSERT_EQ(window.highest(), EspSeq{n});
  }
}

TEST(ReplayWindow, RefusesNumbersBelowTheFirst) {
  ReplayWindow window(64, EspSeq{100});
  EXPECT_EQ(window.highest(), EspSeq{99});
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_FALSE(window.mark(EspSeq{n})) << n;
  EXPECT_TRUE(window.mark(EspSeq{100}));
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_FALSE(window.mark(EspSeq{n})) << n;
}

// RFC 4303 §3.3.3: the counter is 0 when the SA is made and the first packet bears 1.
TEST(ReplayWindow, NeverTakesZero) {
  ReplayWindow window(64, EspSeq{0});
  EXPECT_FALSE(window.mark(EspSeq{0}));
  EXPECT_TRUE(window.mark(EspSeq{1}));
}

TEST(ReplayWindow, LeftEdgeIsExact) {
  for (const std::uint32_t size : {64u, 65u, 66u, 100u, 127u, 128u, 4096u, 65535u, 65536u}) {
    ReplayWindow window(size, EspSeq{1});
    const std::uint64_t highest = 1'000'000;
    ASSERT_TRUE(window.mark(EspSeq{highest}));
    EXPECT_FALSE(window.acceptable(EspSeq{highest - size})) << size;
    EXPECT_TRUE(window.mark(EspSeq{highest - size + 1})) << size;
    EXPECT_FALSE(window.mark(EspSeq{highest - size + 1})) << size;
  }
}

// The word that holds the left edge is never the one that holds the highest number, wherever in a word either lies.
TEST(ReplayWindow, LeftEdgeSurvivesAtEveryOffset) {
  for (std::uint32_t size = 64; size <= 64 * 5; ++size) {
    for (std::uint64_t offset = 0; offset < 64; ++offset) {
      const std::uint64_t left = 6400 + offset;
      ReplayWindow window(size, EspSeq{1});
      ASSERT_TRUE(window.mark(EspSeq{left}));
      for (std::uint64_t n = left + 1; n < left + size; ++n) ASSERT_TRUE(window.mark(EspSeq{n})) << size << ' ' << n;
      ASSERT_FALSE(window.mark(EspSeq{left})) << "replay accepted, window " << size << " from " << left;
    }
  }
}

TEST(ReplayWindow, JumpForgetsWhatItLeavesOnly) {
  for (std::uint64_t jump = 1; jump < 1000; ++jump) {
    ReplayWindow window(256, EspSeq{1});
    Oracle oracle(256, 1);
    for (std::uint64_t n = 1; n <= 300; n += 3) ASSERT_EQ(window.mark(EspSeq{n}), oracle.mark(n));
    const std::uint64_t far = 298 + jump;
    ASSERT_EQ(window.mark(EspSeq{far}), oracle.mark(far));
    for (std::uint64_t n = 1; n <= far + 2; ++n) {
      ASSERT_EQ(window.acceptable(EspSeq{n}), oracle.acceptable(n)) << "jump " << jump << " number " << n;
    }
  }
}

// A jump over half of all numbers costs no more than the window has words.
TEST(ReplayWindow, JumpToTheEndOfAllNumbers) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  ReplayWindow window(65536, EspSeq{1});
  ASSERT_TRUE(window.mark(EspSeq{7}));
  ASSERT_TRUE(window.mark(EspSeq{kLast}));
  EXPECT_EQ(window.highest(), EspSeq{kLast});
  EXPECT_FALSE(window.mark(EspSeq{kLast}));
  EXPECT_FALSE(window.mark(EspSeq{7}));
  EXPECT_FALSE(window.mark(EspSeq{8}));
  EXPECT_FALSE(window.acceptable(EspSeq{kLast - 65536}));
  EXPECT_TRUE(window.mark(EspSeq{kLast - 65535}));
  EXPECT_TRUE(window.mark(EspSeq{kLast - 1}));
}

// Every sequence of four marks among numbers that lie around the edges of the smallest window.
TEST(ReplayWindow, ExhaustiveAroundTheEdges) {
  std::vector<std::uint64_t> numbers;
  for (const std::uint64_t around : {4ULL, 64ULL, 66ULL, 128ULL, 192ULL, 260ULL}) {
    for (std::uint64_t n = around - 1; n <= around + 1; ++n) numbers.push_back(n);
  }
  const std::size_t count = numbers.size();
  for (std::size_t code = 0; code < count * count * count * count; ++code) {
    ReplayWindow window(64, EspSeq{4});
    Oracle oracle(64, 4);
    std::size_t rest = code;
    for (int step = 0; step < 4; ++step, rest /= count) {
      const std::uint64_t n = numbers[rest % count];
      ASSERT_EQ(window.mark(EspSeq{n}), oracle.mark(n)) << "case " << code << " step " << step;
    }
    for (const std::uint64_t n : numbers) ASSERT_EQ(window.acceptable(EspSeq{n}), oracle.acceptable(n)) << code;
  }
}

class ReplayWindowAtRandom : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(ReplayWindowAtRandom, EqualsTheOracle) {
  const std::uint32_t size = GetParam();
  std::mt19937_64 random(size);
  for (const std::uint64_t base :
       {std::uint64_t{1}, (std::uint64_t{1} << 32) - 70'000, ~std::uint64_t{0} - 5'000'000}) {
    ReplayWindow window(size, EspSeq{base});
    Oracle oracle(size, base);
    std::uint64_t head = base;
    for (int step = 0; step < 30'000; ++step) {
      const std::uint64_t roll = random() % 100;
      if (roll < 50) ++head;
      if (roll == 50) head += random() % (size / 8);
      const std::uint64_t back = random() % (roll < 90 ? 70 : size + size / 8 + 1);
      const std::uint64_t n = head - std::min(back, head - base);
      ASSERT_EQ(window.acceptable(EspSeq{n}), oracle.acceptable(n)) << "step " << step << " number " << n;
      ASSERT_EQ(window.mark(EspSeq{n}), oracle.mark(n)) << "step " << step << " number " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ReplayWindowAtRandom, ::testing::Values(64, 66, 100, 1024, 4096, 40'000, 65'536));

TEST(ReplayWindow, MarkingAllocatesNothing) {
  ReplayWindow window(65536, EspSeq{1});
  testing::NoAllocScope scope;
  for (std::uint64_t n = 1; n < 1'000'000'000; n += n / 3 + 1) (void)window.mark(EspSeq{n});
  EXPECT_EQ(scope.allocations(), 0u);
}

}  // namespace
}  // namespace levelgate::esp::replay_window_test
