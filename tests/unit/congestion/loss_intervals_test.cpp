// SPDX-License-Identifier: Apache-2.0
//
// The weighted mean of RFC 5348 §5.4 on histories worked out by hand.
#include "congestion/loss_intervals.h"

#include <gtest/gtest.h>

namespace levelgate::congestion::loss_intervals_test {
namespace {

constexpr Instant kWhen = at_ns(1);

TEST(LossIntervals, NothingBeforeTheFirstEvent) {
  const LossIntervals intervals;
  EXPECT_FALSE(intervals.any());
  EXPECT_FALSE(intervals.marks_counted());
}

TEST(LossIntervals, FirstIntervalIsTheSyntheticOne) {
  LossIntervals intervals;
  intervals.begin(1000, kWhen, Cause::kLoss, 40);
  EXPECT_TRUE(intervals.any());
  EXPECT_DOUBLE_EQ(intervals.mean(1000), 40);
  EXPECT_DOUBLE_EQ(intervals.mean(1038), 40);  // I_0 is 39: not yet large enough to count
  EXPECT_DOUBLE_EQ(intervals.mean(1099), 100);
}

TEST(LossIntervals, WeightsOfEightIntervals) {
  LossIntervals intervals;
  std::uint64_t position = 0;
  intervals.begin(position, kWhen, Cause::kLoss, 10);
  for (const std::uint64_t length : {20u, 30u, 40u, 50u, 60u, 70u, 80u, 90u}) {
    position += length;
    intervals.begin(position, kWhen, Cause::kLoss, 1);
  }
  // I_1 to I_8: 90, 80, ... 20; the synthetic one has left. Weights 1 1 1 1 .8 .6 .4 .2, their sum 6.
  const double without = (90 + 80 + 70 + 60 + 0.8 * 50 + 0.6 * 40 + 0.4 * 30 + 0.2 * 20) / 6;
  EXPECT_DOUBLE_EQ(intervals.mean(position), without);
  const double with_open = (600 + 90 + 80 + 70 + 0.8 * 60 + 0.6 * 50 + 0.4 * 40 + 0.2 * 30) / 6;
  EXPECT_DOUBLE_EQ(intervals.mean(position + 599), with_open);
}

TEST(LossIntervals, MarkIsRememberedAsLongAsItsInterval) {
  LossIntervals intervals;
  intervals.begin(1, kWhen, Cause::kMark, 10);
  EXPECT_TRUE(intervals.marks_counted());
  for (std::uint64_t event = 1; event <= 8; ++event) {
    intervals.begin(1 + event * 10, kWhen, Cause::kLoss, 1);
    EXPECT_TRUE(intervals.marks_counted()) << event;
  }
  intervals.begin(1000, kWhen, Cause::kLoss, 1);
  EXPECT_FALSE(intervals.marks_counted());
}

TEST(LossIntervals, PositionsThatFallAreHarmless) {
  LossIntervals intervals;
  intervals.begin(100, kWhen, Cause::kLoss, 10);
  intervals.begin(50, kWhen, Cause::kLoss, 10);
  EXPECT_GE(intervals.mean(0), 1.0);
}

}  // namespace
}  // namespace levelgate::congestion::loss_intervals_test
