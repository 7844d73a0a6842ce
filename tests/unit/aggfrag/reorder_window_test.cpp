// SPDX-License-Identifier: Apache-2.0
//
// The window's rules one by one, and against a naive one over every short history. Numbers stand for themselves.
#include "aggfrag/reorder_window.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

#include "support/naive_window.h"

namespace levelgate::aggfrag::reorder_window_test {
namespace {

using testing::NaiveWindow;
using testing::offer;
using testing::Offered;
using testing::settle;
using testing::WindowEvent;
using testing::WindowEvents;

constexpr Nanos kLostAfter = std::chrono::milliseconds(1);
constexpr Instant kNow = at_ns(5'000'000);

class Bench {
 public:
  explicit Bench(std::uint32_t size, std::uint64_t first = 1) : window(size, EspSeq{first}) {}

  Offered arrive(std::uint64_t number, Instant now = kNow, Nanos lost_after = kLostAfter) {
    return offer(window, number, static_cast<int>(number), now, lost_after, events);
  }
  // The numbers that came out present, and forgets them.
  std::vector<std::uint64_t> present() {
    std::vector<std::uint64_t> numbers;
    for (const WindowEvent& event : events) {
      if (!event.present) continue;
      numbers.push_back(event.number);
      EXPECT_EQ(event.value, static_cast<int>(event.number));
    }
    events.clear();
    return numbers;
  }
  [[nodiscard]] std::uint64_t lost() const {
    std::uint64_t count = 0;
    for (const WindowEvent& event : events) count += event.present ? 0 : event.count;
    return count;
  }

  ReorderWindow<int> window;
  WindowEvents events;
};

using Numbers = std::vector<std::uint64_t>;

TEST(ReorderWindow, InOrderPassesThrough) {
  Bench bench(3);
  for (std::uint64_t n = 1; n <= 100; ++n) EXPECT_EQ(bench.arrive(n), Offered::kTaken);
  EXPECT_EQ(bench.present().size(), 100u);
  EXPECT_EQ(bench.window.awaited(), EspSeq{101});
  EXPECT_EQ(bench.window.deadline(), kNever);
}

// A packet displaced by exactly the window still comes in order; one more and it is late.
TEST(ReorderWindow, DisplacedByExactlyTheWindow) {
  for (std::uint32_t size = 0; size <= 70; ++size) {
    Bench bench(size);
    for (std::uint64_t n = 2; n <= 1 + size; ++n) EXPECT_EQ(bench.arrive(n), Offered::kTaken);
    EXPECT_EQ(bench.window.held(), size);
    EXPECT_EQ(bench.lost(), 0u);
    EXPECT_EQ(bench.arrive(1), Offered::kTaken);
    Numbers all(size + 1);
    std::iota(all.begin(), all.end(), 1);
    EXPECT_EQ(bench.present(), all) << size;
    EXPECT_EQ(bench.window.held(), 0u);

    const std::uint64_t next = size + 2;
    for (std::uint64_t n = next + 1; n <= next + size + 1; ++n) EXPECT_EQ(bench.arrive(n), Offered::kTaken);
    EXPECT_EQ(bench.lost(), 1u);
    EXPECT_EQ(bench.arrive(next), Offered::kLate) << size;
  }
}

TEST(ReorderWindow, WithoutAWindowNothingWaits) {
  Bench bench(0);
  EXPECT_EQ(bench.arrive(3), Offered::kTaken);
  EXPECT_EQ(bench.lost(), 2u);
  EXPECT_EQ(bench.present(), Numbers{3});
  EXPECT_EQ(bench.arrive(2), Offered::kLate);
  EXPECT_EQ(bench.arrive(3), Offered::kLate);
  EXPECT_EQ(bench.arrive(4), Offered::kTaken);
  EXPECT_EQ(bench.window.held(), 0u);
  EXPECT_EQ(bench.window.deadline(), kNever);
}

TEST(ReorderWindow, DuplicatesAreTold) {
  Bench bench(4);
  EXPECT_EQ(bench.arrive(3), Offered::kTaken);
  EXPECT_EQ(bench.arrive(3), Offered::kDuplicate);
  EXPECT_EQ(bench.window.held(), 1u);
  EXPECT_EQ(bench.arrive(1), Offered::kTaken);
  EXPECT_EQ(bench.arrive(1), Offered::kLate);
  EXPECT_EQ(bench.present(), Numbers{1});
}

TEST(ReorderWindow, NumbersBelowTheFirstAreLate) {
  Bench bench(4, 100);
  EXPECT_EQ(bench.arrive(99), Offered::kLate);
  EXPECT_EQ(bench.arrive(0), Offered::kLate);
  EXPECT_EQ(bench.arrive(100), Offered::kTaken);
}

TEST(ReorderWindow, MakesRoomInOrder) {
  Bench bench(4);
  for (const std::uint64_t n : {2, 4}) bench.arrive(n);
  EXPECT_TRUE(bench.events.empty());
  EXPECT_EQ(bench.arrive(7), Offered::kTaken);  // 1, 2 give way; 3 is still awaited
  EXPECT_EQ(bench.events, (WindowEvents{{1, 1, false, 0}, {2, 1, true, 2}}));
  EXPECT_EQ(bench.window.awaited(), EspSeq{3});
  EXPECT_EQ(bench.window.held(), 2u);
}

// Inserting alone gives nothing away: the caller is told first.
TEST(ReorderWindow, BeyondTheWindowAsksForRoom) {
  ReorderWindow<int> window(2, EspSeq{1});
  EXPECT_EQ(window.insert(EspSeq{3}, 3, kNow, kLostAfter), Inserted::kHeld);
  EXPECT_EQ(window.insert(EspSeq{4}, 4, kNow, kLostAfter), Inserted::kMakeRoom);
  EXPECT_EQ(window.held(), 1u);
  EXPECT_EQ(window.awaited(), EspSeq{1});
  WindowEvents events;
  settle(window, kNow, events);
  EXPECT_EQ(events, (WindowEvents{{1, 1, false, 0}}));
  EXPECT_EQ(window.insert(EspSeq{4}, 4, kNow, kLostAfter), Inserted::kHeld);
}

TEST(ReorderWindow, PassOnlyWhereNothingIsHeld) {
  ReorderWindow<int> window(4, EspSeq{1});
  EXPECT_FALSE(window.pass(EspSeq{2}));
  EXPECT_TRUE(window.pass(EspSeq{1}));
  EXPECT_FALSE(window.pass(EspSeq{1}));
  EXPECT_EQ(window.insert(EspSeq{3}, 3, kNow, kLostAfter), Inserted::kHeld);
  EXPECT_FALSE(window.pass(EspSeq{2}));
}

// Half of all numbers in one jump: as many answers as the window has places, whatever the jump.
TEST(ReorderWindow, HugeJumpCostsTheWindow) {
  for (const std::uint64_t jump : {std::uint64_t{1} << 31, std::uint64_t{1} << 63, ~std::uint64_t{0} - 10}) {
    ReorderWindow<int> window(64, EspSeq{1});
    for (std::uint64_t n = 2; n <= 64; n += 2) {
      ASSERT_EQ(window.insert(EspSeq{n}, static_cast<int>(n), kNow, kLostAfter), Inserted::kHeld);
    }
    ASSERT_EQ(window.insert(EspSeq{jump}, 1, kNow, kLostAfter), Inserted::kMakeRoom);
    int value = 0;
    std::uint64_t number = 0;
    std::uint64_t count = 0;
    std::uint64_t expected = 1;
    std::size_t answers = 0;
    for (Next next = Next::kPresent; (next = window.next(kNow, &value, &number, &count)) != Next::kWait; ++answers) {
      ASSERT_EQ(number, expected);
      expected += next == Next::kPresent ? 1 : count;
      ASSERT_LE(answers, 2 * 64u + 1);
    }
    EXPECT_EQ(expected, jump - 64);
    EXPECT_EQ(window.awaited(), EspSeq{jump - 64});
    EXPECT_EQ(window.insert(EspSeq{jump}, 1, kNow, kLostAfter), Inserted::kHeld);
    EXPECT_EQ(window.deadline(), kNow + kLostAfter);
  }
}

TEST(ReorderWindow, GapIsGivenUpAtItsDeadlineAndNotBefore) {
  Bench bench(8);
  bench.arrive(4);
  EXPECT_EQ(bench.window.deadline(), kNow + kLostAfter);
  settle(bench.window, kNow + kLostAfter - Nanos(1), bench.events);
  EXPECT_TRUE(bench.events.empty());
  settle(bench.window, kNow + kLostAfter, bench.events);
  EXPECT_EQ(bench.events, (WindowEvents{{1, 3, false, 0}, {4, 1, true, 4}}));
  EXPECT_EQ(bench.window.deadline(), kNever);
  EXPECT_EQ(bench.arrive(3), Offered::kLate);
}

// Each gap has its own deadline, from the arrival that opened it; a later arrival does not move it.
TEST(ReorderWindow, GapsHaveDeadlinesOfTheirOwn) {
  Bench bench(16);
  const Nanos step = std::chrono::microseconds(10);
  bench.arrive(3, kNow);
  bench.arrive(6, kNow + step);
  bench.arrive(9, kNow + 2 * step);
  bench.arrive(5, kNow + 3 * step);
  EXPECT_EQ(bench.window.deadline(), kNow + kLostAfter);
  settle(bench.window, kNow + kLostAfter, bench.events);
  EXPECT_EQ(bench.events, (WindowEvents{{1, 2, false, 0}, {3, 1, true, 3}}));
  EXPECT_EQ(bench.window.deadline(), kNow + step + kLostAfter);
  bench.events.clear();
  settle(bench.window, kNow + step + kLostAfter, bench.events);
  EXPECT_EQ(bench.events, (WindowEvents{{4, 1, false, 0}, {5, 1, true, 5}, {6, 1, true, 6}}));
  EXPECT_EQ(bench.window.deadline(), kNow + 2 * step + kLostAfter);
  EXPECT_EQ(bench.arrive(7, kNow + 2 * step + kLostAfter), Offered::kTaken);
  EXPECT_EQ(bench.window.held(), 0u);
  EXPECT_EQ(bench.window.awaited(), EspSeq{10});
}

// A timer that shrinks does not let a later gap be given up before an earlier one.
TEST(ReorderWindow, DeadlinesNeverDecreaseWithTheNumber) {
  Bench bench(16);
  bench.arrive(2, kNow, std::chrono::milliseconds(10));
  bench.arrive(4, kNow + Nanos(1), std::chrono::milliseconds(1));
  EXPECT_EQ(bench.window.deadline(), kNow + std::chrono::milliseconds(10));
  bench.arrive(1, kNow + Nanos(2));
  EXPECT_EQ(bench.window.deadline(), kNow + std::chrono::milliseconds(10));
  // With nothing held the past is forgotten.
  bench.arrive(3, kNow + Nanos(3));
  bench.arrive(6, kNow + Nanos(4), std::chrono::milliseconds(1));
  EXPECT_EQ(bench.window.deadline(), kNow + Nanos(4) + std::chrono::milliseconds(1));
}

TEST(ReorderWindow, TimerOfZeroHoldsNothingBack) {
  Bench bench(16);
  EXPECT_EQ(bench.arrive(4, kNow, Nanos(0)), Offered::kTaken);
  EXPECT_EQ(bench.events, (WindowEvents{{1, 3, false, 0}, {4, 1, true, 4}}));
}

TEST(ReorderWindow, GivingWayEndsEveryGapBelowWhatIsHeldAndTheWindowGoesOn) {
  Bench bench(16);
  bench.window.give_way();  // nothing is held: nothing happens
  for (const std::uint64_t n : {3, 5, 6}) bench.arrive(n);
  bench.window.give_way();
  settle(bench.window, kNow, bench.events);
  EXPECT_EQ(bench.events,
            (WindowEvents{{1, 2, false, 0}, {3, 1, true, 3}, {4, 1, false, 0}, {5, 1, true, 5}, {6, 1, true, 6}}));
  EXPECT_EQ(bench.arrive(4), Offered::kLate);
  EXPECT_EQ(bench.arrive(8), Offered::kTaken);
  EXPECT_EQ(bench.window.held(), 1u);
  EXPECT_EQ(bench.window.deadline(), kNow + kLostAfter);
}

TEST(ReorderWindow, DrainHandsOutWhatIsHeldInOrder) {
  Bench bench(16);
  for (const std::uint64_t n : {9, 3, 5, 17}) bench.arrive(n);
  std::vector<int> drained;
  bench.window.drain([&](int value) { drained.push_back(value); });
  EXPECT_EQ(drained, (std::vector<int>{3, 5, 9, 17}));
  EXPECT_EQ(bench.window.held(), 0u);
  EXPECT_EQ(bench.window.deadline(), kNever);
  bench.window.drain([](int) { FAIL(); });
}

TEST(ReorderWindow, LargestWindow) {
  constexpr std::uint32_t kLargest = 65'535;
  Bench bench(kLargest);
  for (std::uint64_t n = 1 + kLargest; n >= 2; --n) ASSERT_EQ(bench.arrive(n), Offered::kTaken);
  EXPECT_EQ(bench.window.held(), kLargest);
  EXPECT_EQ(bench.arrive(1), Offered::kTaken);
  EXPECT_EQ(bench.present().size(), kLargest + 1u);
}

// Every history of six arrivals among numbers around a window of two, with time passing in between.
TEST(ReorderWindow, ExhaustiveAgainstTheNaiveOne) {
  constexpr std::uint64_t kNumbers = 7;
  constexpr int kArrivals = 6;
  std::uint64_t histories = 1;
  for (int i = 0; i < kArrivals; ++i) histories *= kNumbers;
  for (std::uint64_t history = 0; history < histories; ++history) {
    ReorderWindow<int> window(2, EspSeq{1});
    NaiveWindow naive(2, 1);
    WindowEvents events;
    WindowEvents expected;
    Instant now = kNow;
    std::uint64_t rest = history;
    for (int i = 0; i < kArrivals; ++i, rest /= kNumbers) {
      const std::uint64_t number = rest % kNumbers;
      now += Nanos(static_cast<std::int64_t>((history * 7 + static_cast<std::uint64_t>(i)) % 5));
      ASSERT_EQ(offer(window, number, i, now, Nanos(6), events), naive.offer(number, i, now, Nanos(6), expected));
      ASSERT_EQ(events, expected) << history;
      ASSERT_EQ(window.awaited().value, naive.awaited()) << history;
      ASSERT_EQ(window.held(), naive.held()) << history;
      ASSERT_EQ(window.deadline(), naive.deadline()) << history;
    }
  }
}

}  // namespace
}  // namespace levelgate::aggfrag::reorder_window_test
