// SPDX-License-Identifier: Apache-2.0
//
// The sending rate from reports and time (RFC 5348 §4): slow start, the equation, halving, floor and ceiling.
#include "congestion/rate_control.h"

#include <gtest/gtest.h>

#include "congestion/throughput.h"

namespace levelgate::congestion::rate_control_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(1'000'000'000);
constexpr std::uint32_t kOctets = 1000;
constexpr std::uint64_t kPacket = kOctets * 8;  // bits: limits below read as packets per second
constexpr RateLimits kLimits{10 * kPacket, 10'000 * kPacket, kOctets};

// Reports every 10 ms over a path of 100 ms.
struct Path {
  explicit Path(const RateLimits& limits = kLimits) : rate(limits, kStart) {}
  void report(std::uint32_t loss_event_rate, Nanos rtt = 100ms) {
    now += 10ms;
    wire::CongestionHeader header;
    header.loss_event_rate = loss_event_rate;
    header.techo = RoundTrip::stamp(now - rtt);
    rate.take(header, now);
  }
  void report_for(Nanos span, std::uint32_t loss_event_rate, Nanos rtt = 100ms) {
    for (const Instant end = now + span; now < end;) report(loss_event_rate, rtt);
  }

  RateControl rate;
  Instant now = kStart;
};

TEST(RateControl, BeginsAtTheFloorAndWaits) {
  RateControl rate(kLimits, kStart);
  EXPECT_EQ(rate.bits_per_second(), kLimits.floor);
  EXPECT_EQ(rate.deadline(), kStart + 2s);
  rate.expire(kStart + 1min);
  EXPECT_EQ(rate.bits_per_second(), kLimits.floor);
}

// RFC 5348 §4.2: min(4 s, max(2 s, 4380)) / R, which is 4 packets of 1,000 octets in 100 ms.
TEST(RateControl, FirstReportGivesTheInitialRate) {
  Path path;
  path.report(0, 400ms);
  EXPECT_DOUBLE_EQ(path.rate.packets_per_second(), 10);
  Path faster;
  faster.report(0);
  EXPECT_DOUBLE_EQ(faster.rate.packets_per_second(), 40);
  Path large(RateLimits{72'000 * 10, 8'000'000'000, 9000});
  large.report(0);
  EXPECT_DOUBLE_EQ(large.rate.packets_per_second(), 20);
}

// [9347-B-b]
TEST(RateControl, SlowStartDoublesEachRoundTripUpToTheCeiling) {
  Path path;
  path.report(0);
  double before = path.rate.packets_per_second();
  for (int trip = 0; trip < 7; ++trip) {
    for (int i = 0; i < 10; ++i) path.report(0);
    EXPECT_LE(path.rate.packets_per_second(), 2 * before);
    before = path.rate.packets_per_second();
  }
  EXPECT_DOUBLE_EQ(before, 40 * 128);
  path.report_for(1s, 0);
  EXPECT_EQ(path.rate.bits_per_second(), kLimits.ceiling);
}

// [9347-2.4.2-a]
TEST(RateControl, FollowsTheEquation) {
  for (const std::uint32_t inverse : {20u, 50u, 100u, 500u, 1000u}) {
    Path path;
    path.report_for(3s, inverse);
    EXPECT_NEAR(path.rate.packets_per_second(), packets_per_round_trip(1.0 / inverse) / 0.1, 1) << inverse;
  }
}

// [9347-2.4.2-a]
TEST(RateControl, FallsAtOnceAndRisesTwofold) {
  Path path;
  path.report_for(5s, 1000);
  const double high = path.rate.packets_per_second();
  path.report(20);
  const double low = path.rate.packets_per_second();
  EXPECT_LT(low, high / 4);
  for (int i = 0; i < 9; ++i) path.report(1'000'000);
  EXPECT_LE(path.rate.packets_per_second(), 2 * low);
  path.report_for(1s, 1'000'000);
  EXPECT_GT(path.rate.packets_per_second(), high);
}

// RFC 9347 §2.4.2: after four round trips without a report the rate is halved, and again after the next timeout.
// [9347-2.4.2-a]
TEST(RateControl, HalvesWhenReportsStop) {
  Path path;
  path.report_for(10s, 1000);
  const double before = path.rate.packets_per_second();
  const Nanos timeout = 4 * path.rate.round_trip();
  EXPECT_EQ(path.rate.deadline(), path.now + timeout);
  path.rate.expire(path.now + timeout - Nanos(1));
  EXPECT_DOUBLE_EQ(path.rate.packets_per_second(), before);
  path.rate.expire(path.now + timeout);
  EXPECT_DOUBLE_EQ(path.rate.packets_per_second(), before / 2);
  path.rate.expire(path.now + 2 * timeout);
  EXPECT_DOUBLE_EQ(path.rate.packets_per_second(), before / 4);
  path.rate.expire(path.now + 1h);
  EXPECT_EQ(path.rate.bits_per_second(), kLimits.floor);
  path.now += 1h;
  path.report_for(3s, 1000);
  EXPECT_NEAR(path.rate.packets_per_second(), before, before / 50);
}

// A peer that hears nothing of us repeats its last echo: that is no report.
TEST(RateControl, RepeatedEchoDoesNotHoldTheTimer) {
  Path path;
  path.report_for(10s, 1000);
  const double before = path.rate.packets_per_second();
  wire::CongestionHeader header;
  header.loss_event_rate = 1000;
  header.techo = RoundTrip::stamp(path.now - 100ms);
  for (int i = 1; i < 1000; ++i) EXPECT_FALSE(path.rate.take(header, path.now + i * 1ms));
  EXPECT_LE(path.rate.packets_per_second(), before / 4);
}

TEST(RateControl, KeepsToItsFloor) {
  Path path;
  path.report_for(10s, 1);
  EXPECT_EQ(path.rate.bits_per_second(), kLimits.floor);
}

TEST(RateControl, EqualLimitsAreAFixedRate) {
  Path path(RateLimits{999'983, 999'983, kOctets});
  path.report_for(1s, 0);
  EXPECT_EQ(path.rate.bits_per_second(), 999'983u);
  path.report_for(1s, 2);
  EXPECT_EQ(path.rate.bits_per_second(), 999'983u);
  path.rate.expire(path.now + 1h);
  EXPECT_EQ(path.rate.bits_per_second(), 999'983u);
}

TEST(RateControl, RestartBeginsAtTheFloorAgain) {
  Path path;
  path.report_for(5s, 0);
  path.rate.restart(kLimits, path.now);
  EXPECT_EQ(path.rate.bits_per_second(), kLimits.floor);
  path.report(0);
  EXPECT_DOUBLE_EQ(path.rate.packets_per_second(), 40);
}

// Packets of another size leave at another pace; bits per second stay.
TEST(RateControl, ASizeChangesThePaceOnly) {
  Path path;
  path.report_for(2s, 500);
  const std::uint64_t before = path.rate.bits_per_second();
  ASSERT_GT(before, kLimits.floor);
  ASSERT_LT(before, kLimits.ceiling);
  const double pace = path.rate.packets_per_second();
  RateLimits half = kLimits;
  half.octets = kLimits.octets / 2;
  path.rate.resize(half);
  EXPECT_NEAR(static_cast<double>(path.rate.bits_per_second()), static_cast<double>(before), 2);
  EXPECT_NEAR(path.rate.packets_per_second(), pace * kLimits.octets / half.octets, 1e-6 * pace);
  Path fixed(RateLimits{999'983, 999'983, 1400});
  fixed.rate.resize({999'983, 999'983, 1236});
  EXPECT_EQ(fixed.rate.bits_per_second(), 999'983u);
}

}  // namespace
}  // namespace levelgate::congestion::rate_control_test
