// SPDX-License-Identifier: Apache-2.0
//
// The lost packet timer: as configured, or in proportion to the rate, within its bounds (RFC 9347 §2.2.3).
#include "aggfrag/lost_timer.h"

#include <gtest/gtest.h>

namespace levelgate::aggfrag::lost_timer_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LostTimer, OneAndAHalfWindowsOfPackets) {
  const LostTimer timer(std::nullopt, milliseconds(2));
  EXPECT_EQ(timer.after(0), milliseconds(3));
  EXPECT_EQ(timer.after(3), milliseconds(12));
  EXPECT_EQ(timer.after(31), milliseconds(96));
}

TEST(LostTimer, BetweenAMillisecondAndASecond) {
  EXPECT_EQ(LostTimer(std::nullopt, microseconds(1)).after(31), milliseconds(1));
  EXPECT_EQ(LostTimer(std::nullopt, seconds(9)).after(65'535), seconds(1));
}

TEST(LostTimer, WhatIsConfiguredHoldsWhateverArrives) {
  LostTimer timer(microseconds(10), milliseconds(2));
  for (int i = 0; i < 100; ++i) timer.arrived(at_ns(i * 50'000'000LL));
  timer.assume(seconds(1));
  EXPECT_EQ(timer.after(100), microseconds(10));
}

TEST(LostTimer, LearnsTheDistanceOfArrivals) {
  LostTimer timer(std::nullopt, milliseconds(100));
  for (int i = 0; i < 300; ++i) timer.arrived(at_ns(i * 4'000'000LL));
  EXPECT_NEAR(static_cast<double>(timer.interval().count()), 4e6, 1e3);
  timer.assume(milliseconds(10));
  EXPECT_EQ(timer.after(1), milliseconds(30));
}

// A peer that sends on demand pauses for hours; that says little about its rate.
TEST(LostTimer, APauseCountsAsASecondAtMost) {
  LostTimer timer(std::nullopt, milliseconds(1));
  timer.arrived(at_ns(0));
  timer.arrived(at_ns(0) + std::chrono::hours(10));
  EXPECT_LT(timer.interval(), milliseconds(64));
}

}  // namespace
}  // namespace levelgate::aggfrag::lost_timer_test
