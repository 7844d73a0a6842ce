// SPDX-License-Identifier: Apache-2.0
//
// What is lost on purpose, and what it costs.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "support/tcp_pair.h"

namespace levelgate::tcpmodel::repair_test {
namespace {

using namespace std::chrono_literals;
using testing::TcpPair;

constexpr std::size_t kCaller = TcpPair::kCaller, kCalled = TcpPair::kCalled;
constexpr Nanos kRoundTrip = 100ms;

struct Repair : ::testing::Test {
  static pathmodel::PathSettings path() {
    pathmodel::PathSettings made;
    made.delay = kRoundTrip / 2;
    return made;
  }
  TcpPair pair{path(), 1};
  std::set<std::uint64_t> lost;  // segments that carry something, by their number on the path
  std::uint64_t number = 0;

  // How long a stream of so many segments takes.
  Nanos takes(std::size_t segments) {
    pair.drops = [this](std::size_t side, const Segment& segment) {
      return side == kCaller && segment.carries() && lost.contains(number++);
    };
    pair.call();
    const std::vector<std::byte> text(segments * kSegmentMost);
    pair.write(kCaller, text);
    EXPECT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 60s));
    const Nanos taken = pair.since();
    pair.run_for(10s);
    return taken;
  }
};

TEST_F(Repair, OneLostSegmentCostsOneRepeatAndOneRoundTrip) {
  lost = {3};
  EXPECT_EQ(takes(10), 250ms);
  EXPECT_EQ(pair.seen(kCaller).repeats, 1u);
}

TEST_F(Repair, ManyGapsInOneFlightAreRepairedTogether) {
  lost = {2, 4, 6};
  EXPECT_EQ(takes(10), 250ms);
  EXPECT_EQ(pair.seen(kCaller).repeats, 3u);
}

// The repeat is known to be lost by what left after it and arrived.
TEST_F(Repair, ALostRepeatIsFoundWithoutTheTimer) {
  std::vector<Instant> left;
  pair.drops = [&](std::size_t side, const Segment& segment) {
    if (side != kCaller || !segment.carries() || segment.at != 3 * kSegmentMost) return false;
    left.push_back(pair.now());
    return left.size() < 3;
  };
  pair.call();
  const std::vector<std::byte> text(60 * kSegmentMost);
  pair.write(kCaller, text);
  ASSERT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 60s));
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[1] - left[0], kRoundTrip);
  EXPECT_EQ(left[2] - left[1], kRoundTrip);
  EXPECT_EQ(pair.seen(kCaller).repeats, 2u);
}

// Behind the last segment comes nothing that could tell: the probe does, after two round trips.
TEST_F(Repair, ALostTailIsFoundByAProbe) {
  lost = {8, 9};
  const Nanos taken = takes(10);
  EXPECT_GE(taken, 100ms + 200ms);
  EXPECT_LE(taken, 100ms + 500ms);
  EXPECT_EQ(pair.seen(kCaller).repeats, 2u);
}

TEST_F(Repair, AFlightThatIsLostAsAWholeWaitsForTheTimer) {
  for (std::uint64_t i = 0; i <= 10; ++i) lost.insert(i);  // and the probe
  const Nanos taken = takes(10);
  EXPECT_GE(taken, 100ms + 300ms);
  EXPECT_LE(taken, 100ms + 1'200ms);
}

// And then one segment leaves, two when it was acknowledged, four: the window bounds repeats as well.
TEST_F(Repair, TheTimerRepeatsNoWholeFlight) {
  std::map<Nanos, int> left;
  pair.drops = [&](std::size_t side, const Segment& segment) {
    if (side != kCaller || !segment.carries()) return false;
    ++left[pair.since()];
    return number++ <= 10;
  };
  pair.call();
  const std::vector<std::byte> text(10 * kSegmentMost);
  pair.write(kCaller, text);
  ASSERT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 60s));
  std::vector<int> counts;
  for (const auto& [when, count] : left) counts.push_back(count);
  ASSERT_GE(counts.size(), 5u);
  EXPECT_EQ((std::vector<int>(counts.begin(), counts.begin() + 4)), (std::vector<int>{10, 1, 1, 2}));
  EXPECT_LE(*std::max_element(counts.begin() + 4, counts.end()), 4);
}

// What stands alone is acknowledged after 40 ms, with the second one at once.
TEST_F(Repair, EverySecondSegmentIsAcknowledged) {
  (void)takes(10);
  EXPECT_EQ(pair.seen(kCalled).packets, 1u + 5);
  const std::vector<std::byte> one(100);
  const Instant before = pair.now();
  pair.write(kCaller, one);
  pair.run_for(1s);
  EXPECT_EQ(pair.seen(kCalled).packets, 1u + 6);
  EXPECT_EQ(pair.seen(kCalled).moments.back(), before + kRoundTrip / 2 + kDelayedAck);
}

// A sender that waits for the gap shall not wait for the delay as well (RFC 5681 §4.2).
TEST_F(Repair, WhatFillsAGapIsAcknowledgedAtOnce) {
  lost = {8};
  const Nanos taken = takes(10);
  const std::vector<Instant>& acknowledged = pair.seen(kCalled).moments;
  EXPECT_EQ(acknowledged.back(), TcpPair::kBegin + taken);
}

TEST_F(Repair, WhatCannotBeAcknowledgedEndsTheConnectionAfterItsPatience) {
  pair.call();
  pair.run_for(1s);
  pair.drops = [](std::size_t, const Segment&) { return true; };
  const std::vector<std::byte> one(100);
  const Instant before = pair.now();
  pair.write(kCaller, one);
  pair.run_until([&] { return pair.end(kCaller).ended(); }, 100s);
  EXPECT_EQ(pair.now(), before + 300ms + 20s);
  pair.drops = [](std::size_t, const Segment&) { return false; };
  EXPECT_FALSE(pair.end(kCalled).ended());
  pair.write(kCalled, one);
  pair.run_for(1s);
  EXPECT_TRUE(pair.end(kCalled).ended()) << "who writes to what is gone is told";
}

}  // namespace
}  // namespace levelgate::tcpmodel::repair_test
