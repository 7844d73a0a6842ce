// SPDX-License-Identifier: Apache-2.0
//
// What single packets meet, with figures that can be worked out by hand.
#include "pathmodel/path.h"

#include <gtest/gtest.h>

#include "pathmodel/in_transit.h"

namespace levelgate::pathmodel::path_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(5'000'000'000);

Instant arrival(const Outcome& outcome) { return outcome.copies != 0 ? outcome.moments[0] : kNever; }

TEST(Path, WithoutSettingsIsAWire) {
  Path path(PathSettings{}, 1, kStart);
  const Outcome outcome = path.offer(kStart + 3ms, 1500);
  EXPECT_EQ(outcome.copies, 1u);
  EXPECT_EQ(arrival(outcome), kStart + 3ms);
  EXPECT_EQ(path.counts().delivered_octets, 1500u);
}

TEST(Path, ALineTakesTheTimeOfItsOctets) {
  PathSettings settings;
  settings.bits_per_second = 1'000'000;
  settings.overhead_octets = 38;
  settings.delay = 20ms;
  Path path(settings, 1, kStart);
  EXPECT_EQ(arrival(path.offer(kStart, 1212)), kStart + 10ms + 20ms);
  EXPECT_EQ(arrival(path.offer(kStart, 87)), kStart + 11ms + 20ms);  // behind it
  EXPECT_EQ(arrival(path.offer(kStart + 50ms, 87)), kStart + 51ms + 20ms);
  EXPECT_EQ(path.counts().longest_wait, Nanos(10ms));
}

TEST(Path, SmallFramesCostTheirOverheadEach) {
  PathSettings settings;
  settings.bits_per_second = 8'000;
  settings.overhead_octets = 10;
  settings.frame_octets = 100;
  Path path(settings, 1, kStart);
  EXPECT_EQ(path.offer(kStart, 100).leaves, kStart + 110ms);
  EXPECT_EQ(path.offer(kStart + 1s, 101).leaves, kStart + 1s + 121ms);
  EXPECT_EQ(path.offer(kStart + 2s, 0).leaves, kStart + 2s + 10ms);
}

TEST(Path, AFullQueueDropsWhatComes) {
  PathSettings settings;
  settings.bits_per_second = 8'000;  // an octet each millisecond
  settings.queue_octets = 250;
  Path path(settings, 1, kStart);
  EXPECT_EQ(path.offer(kStart, 1000).drop, Drop::kNone);  // an idle line takes anything
  EXPECT_EQ(path.offer(kStart, 100).drop, Drop::kQueue);
  EXPECT_EQ(path.offer(kStart + 849ms, 100).drop, Drop::kQueue);  // 151 are left
  const Outcome fits = path.offer(kStart + 850ms, 100);
  EXPECT_EQ(fits.drop, Drop::kNone);
  EXPECT_EQ(fits.leaves, kStart + 1100ms);
  EXPECT_EQ(path.offer(kStart + 850ms, 1).drop, Drop::kQueue);
  EXPECT_EQ(path.counts().queue_pkts, 3u);
}

TEST(Path, AQueueMayBeBoundedByTheWait) {
  PathSettings settings;
  settings.bits_per_second = 8'000;
  settings.queue_wait = 150ms;
  Path path(settings, 1, kStart);
  EXPECT_EQ(path.offer(kStart, 100).drop, Drop::kNone);
  EXPECT_EQ(path.offer(kStart, 51).drop, Drop::kNone);  // waits 100 ms
  EXPECT_EQ(path.offer(kStart, 1).drop, Drop::kQueue);  // would wait 151 ms
  EXPECT_EQ(path.offer(kStart + 1ms, 1).drop, Drop::kNone);
}

TEST(Path, WhatIsLongerThanTheMtuIsDropped) {
  PathSettings settings;
  settings.mtu = 1280;
  Path path(settings, 1, kStart);
  EXPECT_EQ(path.offer(kStart, 1280).drop, Drop::kNone);
  EXPECT_EQ(path.offer(kStart, 1281).drop, Drop::kTooLong);
  EXPECT_EQ(path.counts().too_long_pkts, 1u);
}

TEST(Path, ABlackHoleTakesWhatLeavesTheLineInIt) {
  PathSettings settings;
  settings.delay = 100ms;
  Path path(with_black_hole(settings, 1s, 2s), 1, kStart);
  EXPECT_EQ(path.offer(kStart + 1s - 1ns, 1).copies, 1u);  // passes, though it arrives later
  EXPECT_EQ(path.offer(kStart + 1s, 1).drop, Drop::kDown);
  EXPECT_EQ(path.offer(kStart + 2s - 1ns, 1).drop, Drop::kDown);
  EXPECT_EQ(path.offer(kStart + 2s, 1).copies, 1u);
}

TEST(Path, ARateThatChangesServesWhatWaits) {
  PathSettings fast, slow;
  fast.bits_per_second = 80'000;
  slow.bits_per_second = 8'000;
  slow.queue_octets = 700;
  Path path(PathStages{{0s, fast}, {1s, slow}, {2s, fast}}, 1, kStart);
  // 500 octets in the first stage's last 50 ms, 1000 in the second, the rest in the third.
  EXPECT_EQ(path.offer(kStart + 950ms, 1600).leaves, kStart + 2010ms);
  // 500 in the second's rest and 100 in the third: 600 wait.
  EXPECT_EQ(path.offer(kStart + 1500ms, 101).drop, Drop::kQueue);
  EXPECT_EQ(path.offer(kStart + 1500ms, 100).leaves, kStart + 2020ms);
}

TEST(Path, AStageWithoutARateEmptiesTheQueue) {
  PathSettings slow;
  slow.bits_per_second = 8'000;
  Path path(PathStages{{0s, slow}, {1s, PathSettings{}}}, 1, kStart);
  EXPECT_EQ(path.offer(kStart, 5'000).leaves, kStart + 1s);
  EXPECT_EQ(path.offer(kStart + 500ms, 5'000).leaves, kStart + 1s);
}

TEST(Path, AChangeCountsFromNowOn) {
  PathSettings slow, fast;
  slow.delay = 100ms;
  fast.delay = 10ms;
  Path path(PathStages{{0s, slow}, {1s, PathSettings{}}}, 1, kStart);
  EXPECT_EQ(arrival(path.offer(kStart, 1)), kStart + 100ms);
  path.change(fast, kStart + 200ms);
  EXPECT_EQ(arrival(path.offer(kStart + 200ms, 1)), kStart + 210ms);
  EXPECT_EQ(arrival(path.offer(kStart + 3s, 1)), kStart + 3010ms);
  path.change(slow, kStart + 3s);
  EXPECT_EQ(arrival(path.offer(kStart + 3s, 1)), kStart + 3100ms);
  EXPECT_EQ(path.beside(kStart + 4s), kStart + 4100ms);
}

TEST(Path, AShorterDelayDoesNotTurnTheOrderRound) {
  PathSettings far, near;
  far.delay = 100ms;
  near.delay = 10ms;
  Path path(PathStages{{0s, far}, {1s, near}}, 1, kStart);
  EXPECT_EQ(arrival(path.offer(kStart + 999ms, 1)), kStart + 1099ms);
  EXPECT_EQ(arrival(path.offer(kStart + 1s, 1)), kStart + 1099ms);
  EXPECT_EQ(arrival(path.offer(kStart + 2s, 1)), kStart + 2010ms);
}

TEST(Path, WhatIsHeldBackIsOvertaken) {
  PathSettings settings;
  settings.delay = 10ms;
  settings.reordered = 0.5;
  settings.held_back = 7ms;
  Path path(settings, 3, kStart);
  std::uint64_t held = 0;
  for (int i = 0; i < 100; ++i) {
    const Nanos late = arrival(path.offer(kStart + i * 1ms, 1)) - (kStart + i * 1ms + 10ms);
    ASSERT_TRUE(late == Nanos(0) || late == Nanos(7ms)) << late.count();
    if (late != Nanos(0)) ++held;
  }
  EXPECT_EQ(path.counts().held_back_pkts, held);
  EXPECT_GT(held, 30u);
}

TEST(Path, EveryPacketTwiceOrNoneOrOneBit) {
  PathSettings settings;
  settings.duplicated = 1;
  settings.corrupted = 1;
  Path twice(settings, 1, kStart);
  std::uint64_t most = 0;
  for (int i = 0; i < 200; ++i) {
    const Outcome outcome = twice.offer(kStart, 3);
    EXPECT_EQ(outcome.copies, 2u);
    ASSERT_TRUE(outcome.flipped_bit);
    EXPECT_LT(*outcome.flipped_bit, 24u);
    most = std::max(most, *outcome.flipped_bit);
  }
  EXPECT_EQ(most, 23u);
  EXPECT_FALSE(twice.offer(kStart, 0).flipped_bit);
  settings.loss = 1;
  Path none(settings, 1, kStart);
  EXPECT_EQ(none.offer(kStart, 3).drop, Drop::kLoss);
}

// What a seed says is said for good: recorded runs name it.
TEST(Path, ASeedKeepsItsMeaning) {
  PathSettings settings;
  settings.loss = 0.1;
  Path path(settings, 7, kStart);
  std::vector<std::uint64_t> lost;
  for (int i = 0; i < 60; ++i) {
    if (const Outcome outcome = path.offer(kStart, 1); outcome.drop == Drop::kLoss) lost.push_back(outcome.number);
  }
  EXPECT_EQ(lost, (std::vector<std::uint64_t>{5, 26, 50}));
}

TEST(InTransit, GivesWhatHasArrivedInTheOrderOfArrival) {
  InTransit<int> under_way;
  EXPECT_EQ(under_way.next(), kNever);
  under_way.add(kStart + 2ms, 1);
  under_way.add(kStart + 1ms, 2);
  under_way.add(kStart + 2ms, 3);
  under_way.add(kStart + 1ms, 4);
  EXPECT_EQ(under_way.next(), kStart + 1ms);
  EXPECT_FALSE(under_way.take(kStart));
  EXPECT_EQ(under_way.take(kStart + 5ms), 2);
  EXPECT_EQ(under_way.take(kStart + 5ms), 4);
  EXPECT_FALSE(under_way.take(kStart + 2ms - 1ns));
  EXPECT_EQ(under_way.take(kStart + 5ms), 1);
  EXPECT_EQ(under_way.take(kStart + 5ms), 3);
  EXPECT_TRUE(under_way.empty());
}

}  // namespace
}  // namespace levelgate::pathmodel::path_test
