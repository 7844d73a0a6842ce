// SPDX-License-Identifier: Apache-2.0
//
// The larger of the two estimates (RFC 9347 §3), the smoothing of RFC 5348 §4.3, and echoes that are not ours.
#include "congestion/round_trip.h"

#include <gtest/gtest.h>

namespace levelgate::congestion::round_trip_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(5'000'000'000);

wire::CongestionHeader echo(Instant stamped, Nanos echo_delay = 0ms, Nanos transmit = 0ms) {
  wire::CongestionHeader header;
  header.techo = RoundTrip::stamp(stamped);
  header.echo_delay_us = wire::microseconds_of(echo_delay);
  header.transmit_delay_us = wire::microseconds_of(transmit);
  return header;
}

// [9347-3-c]
TEST(RoundTrip, SubtractsTheEchoDelay) {
  RoundTrip trip;
  EXPECT_EQ(trip.estimate(), Nanos(0));
  EXPECT_TRUE(trip.heard(echo(kStart, 30ms), kStart + 80ms, 1ms));
  trip.smooth();
  EXPECT_EQ(trip.estimate(), 50ms);
}

// [9347-3-c]
TEST(RoundTrip, IsNeverShorterThanBothGaps) {
  RoundTrip trip;
  EXPECT_TRUE(trip.heard(echo(kStart, 0ms, 40ms), kStart + 10ms, 25ms));
  trip.smooth();
  EXPECT_EQ(trip.estimate(), 65ms);
}

TEST(RoundTrip, SmoothsByNineTenths) {
  RoundTrip trip;
  trip.heard(echo(kStart), kStart + 100ms, 0ms);
  trip.smooth();
  trip.heard(echo(kStart + 1s), kStart + 1s + 200ms, 0ms);
  trip.smooth();
  EXPECT_NEAR(static_cast<double>(trip.estimate().count()), 110e6, 10);
  trip.smooth();  // no sample since
  EXPECT_NEAR(static_cast<double>(trip.estimate().count()), 110e6, 10);
}

TEST(RoundTrip, EchoCountsOnce) {
  RoundTrip trip;
  EXPECT_TRUE(trip.heard(echo(kStart), kStart + 100ms, 0ms));
  EXPECT_FALSE(trip.heard(echo(kStart, 50ms), kStart + 150ms, 0ms));
  EXPECT_FALSE(trip.heard(echo(kStart - 1ms), kStart + 150ms, 0ms));
  EXPECT_TRUE(trip.heard(echo(kStart + 1ms), kStart + 150ms, 0ms));
}

TEST(RoundTrip, NoEchoNoNews) {
  RoundTrip trip;
  EXPECT_FALSE(trip.heard(wire::CongestionHeader{}, kStart, 0ms));
  EXPECT_FALSE(trip.heard(echo(kStart + 1s), kStart, 0ms));   // from the future
  EXPECT_FALSE(trip.heard(echo(kStart - 20s), kStart, 0ms));  // from a past without meaning
}

TEST(RoundTrip, GoesOnAfterALongSilence) {
  RoundTrip trip;
  EXPECT_TRUE(trip.heard(echo(kStart), kStart + 1ms, 0ms));
  for (const Nanos silence : {Nanos(1min), Nanos(20min), Nanos(40min), Nanos(70min), Nanos(24h)}) {
    const Instant later = kStart + silence;
    EXPECT_TRUE(trip.heard(echo(later), later + 1ms, 0ms)) << silence.count();
  }
}

TEST(RoundTrip, SaturatedEchoDelayIsNoSample) {
  RoundTrip trip;
  EXPECT_TRUE(trip.heard(echo(kStart, 3s), kStart + 4s, 0ms));
  trip.smooth();
  EXPECT_EQ(trip.estimate(), Nanos(0));
}

TEST(RoundTrip, StampIsNeverZero) {
  EXPECT_NE(RoundTrip::stamp(at_ns(0)), 0u);
  EXPECT_NE(RoundTrip::stamp(at_ns((std::int64_t{1} << 32) * 1000)), 0u);
}

}  // namespace
}  // namespace levelgate::congestion::round_trip_test
