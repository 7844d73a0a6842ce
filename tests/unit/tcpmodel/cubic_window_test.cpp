// SPDX-License-Identifier: Apache-2.0
//
// Windows and waits by what RFC 9438 and RFC 6298 say of them.
#include "tcpmodel/cubic_window.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tcpmodel/trip_time.h"

namespace levelgate::tcpmodel::cubic_window_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin = at_ns(1'000'000'000);

// A window's worth of acknowledgements in each round trip.
void pass(CubicWindow& window, Instant& now, Nanos span, Nanos round_trip) {
  for (const Instant end = now + span; now < end;) {
    const double flight = window.segments();
    for (double i = 0; i < flight; ++i) window.acknowledged(now, round_trip, 1);
    now += round_trip;
  }
}

TEST(CubicWindow, DoublesEachRoundTripUntilALossTakesThreeTenths) {
  CubicWindow window;
  EXPECT_EQ(window.segments(), 10);
  window.acknowledged(kBegin, 100ms, 10);
  window.acknowledged(kBegin, 100ms, 20);
  EXPECT_EQ(window.segments(), 40);
  EXPECT_TRUE(window.in_slow_start());
  window.lost();
  EXPECT_DOUBLE_EQ(window.segments(), 28);
  EXPECT_FALSE(window.in_slow_start());
}

// Concave up to what it was, where it rests, then convex: K is the cube root of 0.3 W_max / C.
TEST(CubicWindow, ComesBackToWhatItWasAfterK) {
  CubicWindow window;
  window.acknowledged(kBegin, 10ms, 990);
  window.lost();
  const double k = std::cbrt(1'000 * 0.3 / 0.4);
  Instant now = kBegin;
  pass(window, now, Nanos(static_cast<std::int64_t>(k / 2 * 1e9)), 100ms);
  const double halfway = window.segments();
  EXPECT_NEAR(halfway, 1'000 - 300.0 / 8, 10);
  pass(window, now, Nanos(static_cast<std::int64_t>(k / 2 * 1e9)), 100ms);
  EXPECT_NEAR(window.segments(), 1'000, 5);
  pass(window, now, Nanos(static_cast<std::int64_t>(k * 1e9)), 100ms);
  EXPECT_GT(window.segments(), 1'200);
}

// On short paths it does what Reno would, with smaller steps since it gave up less.
TEST(CubicWindow, IsNoSlowerThanReno) {
  CubicWindow window;
  window.acknowledged(kBegin, 10ms, 10);
  window.lost();
  const double before = window.segments();
  Instant now = kBegin;
  pass(window, now, 100ms, 10ms);
  EXPECT_GT(window.segments(), before + 4);
  EXPECT_LT(window.segments(), before + 7);
}

TEST(CubicWindow, ATimeoutBeginsWithOneAndHalvesOnce) {
  CubicWindow window;
  window.acknowledged(kBegin, 10ms, 90);
  window.timed_out(false);
  EXPECT_EQ(window.segments(), 1);
  window.timed_out(true);
  window.acknowledged(kBegin, 10ms, 69);
  EXPECT_DOUBLE_EQ(window.segments(), 70);
  EXPECT_FALSE(window.in_slow_start());
  // It rests at once, and does not come back to what it was (RFC 9438 §4.8).
  Instant now = kBegin;
  pass(window, now, 2s, 300ms);
  EXPECT_LT(window.segments(), 78);
}

TEST(CubicWindow, ASecondLossBeforeTheFirstIsMadeGoodLeavesRoomForOthers) {
  CubicWindow window;
  window.acknowledged(kBegin, 10ms, 90);
  window.lost();
  window.lost();
  EXPECT_DOUBLE_EQ(window.segments(), 49);
  // W_max is 70 * 0.85 now and not 70: with that it rests early.
  Instant now = kBegin;
  const double k = std::cbrt((70 * 0.85 - 49) / 0.4);
  pass(window, now, Nanos(static_cast<std::int64_t>(k * 1e9)), 300ms);
  EXPECT_NEAR(window.segments(), 70 * 0.85, 3);
}

TEST(CubicWindow, AfterSilenceItBeginsAnew) {
  CubicWindow window;
  window.acknowledged(kBegin, 10ms, 90);
  window.idled();
  EXPECT_EQ(window.segments(), 10);
  EXPECT_TRUE(window.in_slow_start());
}

TEST(RoundTrip, WaitsAsRfc6298Says) {
  RoundTrip trip;
  EXPECT_EQ(trip.wait(0), 1s);
  EXPECT_EQ(trip.wait(2), 4s);
  trip.sample(100ms);
  EXPECT_EQ(trip.wait(0), 300ms) << "the variance is half of it: 100 + 4 * 50";
  EXPECT_EQ(trip.wait(3), 2'400ms);
  for (int i = 0; i < 100; ++i) trip.sample(100ms);
  EXPECT_EQ(trip.wait(0), 300ms) << "no less than 200 ms beyond it";
  EXPECT_EQ(trip.least(), 100ms);
  trip.sample(900ms);
  EXPECT_EQ(trip.smoothed(), 200ms);
  EXPECT_GT(trip.wait(0), 1s - 1us);
  EXPECT_EQ(trip.wait(60), 120s);
}

}  // namespace
}  // namespace levelgate::tcpmodel::cubic_window_test
