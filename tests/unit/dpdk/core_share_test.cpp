// SPDX-License-Identifier: Apache-2.0
//
// Who may have a core at once: a worker that naps, not one that hardly does; and no fluttering in between.
#include "dpdk/core_share.h"

#include <gtest/gtest.h>

namespace levelgate::dpdk::core_share_test {
namespace {

using Change = CoreShare::Change;

constexpr Nanos kWindow = CoreShare::kWindow;

// Windows one after the other, each with the given thousandths asleep.
class CoreShareTest : public testing::Test {
 protected:
  Change window_asleep(int thousandths) {
    share_.napped(kWindow * thousandths / 1000);
    now_ += kWindow;
    return share_.turned(now_);
  }

  Instant now_ = at_ns(5'000'000'000);
  CoreShare share_{now_};
};

TEST_F(CoreShareTest, BeginsOrdinaryAndAWholeWindowDecides) {
  share_.napped(kWindow - Nanos(1));
  EXPECT_EQ(share_.turned(now_ + kWindow - Nanos(1)), Change::kNone);
  EXPECT_EQ(share_.turned(now_ + kWindow), Change::kToUrgent);
}

TEST_F(CoreShareTest, NeverAsleepIsNeverUrgent) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(window_asleep(0), Change::kNone);
}

TEST_F(CoreShareTest, AQuarterAsleepIsEnoughAndLessIsNot) {
  EXPECT_EQ(window_asleep(249), Change::kNone);
  EXPECT_EQ(window_asleep(250), Change::kToUrgent);
}

// A worker that becomes busy loses its right within one window: the longest that it can keep others waiting.
TEST_F(CoreShareTest, BusyLosesItAtOnce) {
  ASSERT_EQ(window_asleep(900), Change::kToUrgent);
  EXPECT_EQ(window_asleep(124), Change::kToOrdinary);
  EXPECT_EQ(window_asleep(900), Change::kToUrgent);
}

TEST_F(CoreShareTest, BetweenTheBoundsNothingChanges) {
  EXPECT_EQ(window_asleep(150), Change::kNone);
  ASSERT_EQ(window_asleep(600), Change::kToUrgent);
  for (const int asleep : {249, 125, 200, 150}) EXPECT_EQ(window_asleep(asleep), Change::kNone) << asleep;
  ASSERT_EQ(window_asleep(100), Change::kToOrdinary);
  for (const int asleep : {249, 125, 200, 150}) EXPECT_EQ(window_asleep(asleep), Change::kNone) << asleep;
}

// What was asleep in one window does not count in the next one.
TEST_F(CoreShareTest, EachWindowCountsAnew) {
  ASSERT_EQ(window_asleep(1000), Change::kToUrgent);
  EXPECT_EQ(window_asleep(0), Change::kToOrdinary);
}

// A turn that was held up makes a longer window; the share is of the time that really passed.
TEST_F(CoreShareTest, ALongWindowIsMeasuredByItsOwnLength) {
  ASSERT_EQ(window_asleep(900), Change::kToUrgent);
  share_.napped(kWindow);
  EXPECT_EQ(share_.turned(now_ + kWindow * 10), Change::kToOrdinary);
}

}  // namespace
}  // namespace levelgate::dpdk::core_share_test
