// SPDX-License-Identifier: Apache-2.0
//
// Trips on persistent loss and silence, never on a short one (RFC 8084 §4, RFC 9347 §2.4.2.1).
#include "congestion/circuit_breaker.h"

#include <gtest/gtest.h>

#include <random>

namespace levelgate::congestion::circuit_breaker_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(1'000'000'000);
constexpr BreakerSettings kStop{0.05, 8s, BreakerAction::kStop, {}};

struct Watched {
  explicit Watched(const BreakerSettings& settings) : breaker(settings, kStart) {}
  // A turn each 10 ms; a report each time, or none where loss is negative.
  void run(Nanos span, double loss) {
    for (const Instant end = now + span; now < end;) {
      now += 10ms;
      if (loss >= 0) breaker.reported(loss);
      breaker.inbound(arrivals, losses);
      if (breaker.turn(now, 50ms)) ++trips;
    }
  }
  CircuitBreaker breaker;
  Instant now = kStart;
  int trips = 0;
  std::uint64_t arrivals = 0, losses = 0;
};

// [9347-2.4.1-c, 9347-2.4.2.1-a]
TEST(CircuitBreaker, TripsOnceOnPersistentLoss) {
  Watched w(kStop);
  w.run(1min, 0.01);
  EXPECT_EQ(w.trips, 0);
  w.run(7900ms, 0.05);
  EXPECT_EQ(w.trips, 0);
  w.run(2s, 0.05);
  EXPECT_EQ(w.trips, 1);
  EXPECT_EQ(w.breaker.state(), BreakerState::kOpen);
  EXPECT_EQ(w.breaker.cause(), BreakerCause::kReportedLoss);
  EXPECT_DOUBLE_EQ(w.breaker.loss(), 0.05);
  w.run(10min, 0.5);
  EXPECT_EQ(w.trips, 1);
  EXPECT_EQ(w.breaker.state(), BreakerState::kOpen);
}

TEST(CircuitBreaker, IntermittentLossDoesNotTrip) {
  Watched w(kStop);
  for (int i = 0; i < 100; ++i) {
    w.run(6s, 0.3);
    w.run(2s, 0.01);
  }
  EXPECT_EQ(w.trips, 0);
}

// RFC 8084 §4, requirement 15: silence of a peer that reported counts as loss.
TEST(CircuitBreaker, SilenceTripsOnceThePeerHasReported) {
  Watched never(kStop);
  never.run(1h, -1);
  EXPECT_EQ(never.trips, 0);
  Watched stopped(kStop);
  stopped.run(10s, 0);
  stopped.run(12s, -1);
  EXPECT_EQ(stopped.trips, 1);
  EXPECT_EQ(stopped.breaker.cause(), BreakerCause::kNoReports);
}

TEST(CircuitBreaker, OwnArrivalsSpeakWhereThePeerNeverReports) {
  Watched w(kStop);
  for (int i = 0; i < 200; ++i) {
    w.arrivals += 10;
    w.losses += 1;
    w.run(100ms, -1);
  }
  EXPECT_EQ(w.trips, 1);
  EXPECT_EQ(w.breaker.cause(), BreakerCause::kInboundLoss);
}

TEST(CircuitBreaker, FloorThenStop) {
  Watched w({0.05, 8s, BreakerAction::kFloor, {}});
  w.run(10s, 0.2);
  EXPECT_EQ(w.trips, 1);
  EXPECT_EQ(w.breaker.state(), BreakerState::kReduced);
  w.run(1min, 0.01);
  EXPECT_EQ(w.breaker.state(), BreakerState::kReduced);
  w.run(10s, 0.2);
  EXPECT_EQ(w.trips, 2);
  EXPECT_EQ(w.breaker.state(), BreakerState::kOpen);
}

TEST(CircuitBreaker, ClearsAfterItsTimeButNotWhileLossGoesOn) {
  Watched stop({0.05, 8s, BreakerAction::kStop, 30s});
  stop.run(10s, 0.2);
  ASSERT_EQ(stop.breaker.state(), BreakerState::kOpen);
  stop.run(27s, -1);
  EXPECT_EQ(stop.breaker.state(), BreakerState::kOpen);
  stop.run(3s, -1);
  EXPECT_EQ(stop.breaker.state(), BreakerState::kClosed);

  Watched floor({0.05, 100s, BreakerAction::kFloor, 100s});
  floor.run(120s, 0.2);
  ASSERT_EQ(floor.breaker.state(), BreakerState::kReduced);
  floor.run(50s, 0);
  floor.run(60s, 0.2);
  EXPECT_EQ(floor.breaker.state(), BreakerState::kReduced);
  floor.run(30s, 0);
  EXPECT_EQ(floor.breaker.state(), BreakerState::kClosed);
}

TEST(CircuitBreaker, OperatorClears) {
  Watched w(kStop);
  w.run(10s, 0.2);
  w.breaker.clear(w.now);
  EXPECT_EQ(w.breaker.state(), BreakerState::kClosed);
  w.run(7s, 0.2);
  EXPECT_EQ(w.trips, 1);
  w.run(3s, 0.2);
  EXPECT_EQ(w.trips, 2);
}

TEST(CircuitBreaker, RestsWhileNothingIsSent) {
  Watched w(kStop);
  w.run(10s, 0);
  for (int i = 0; i < 1000; ++i) {
    w.breaker.rest(w.now);
    w.run(100ms, -1);
  }
  EXPECT_EQ(w.trips, 0);
}

// A worker that was halted for a minute has heard nothing meanwhile; that is one period, not a minute of evidence.
TEST(CircuitBreaker, HaltedWorkerDoesNotTrip) {
  Watched w(kStop);
  w.run(10s, 0);
  w.now += 1min;
  EXPECT_FALSE(w.breaker.turn(w.now, 50ms));
  w.run(10s, 0);
  EXPECT_EQ(w.trips, 0);
}

// A report of loss events names the share of packets lost, also where many packets fit into a round trip.
TEST(CircuitBreaker, LossEventsNameTheLoss) {
  EXPECT_EQ(loss_of(0, 100), 0);
  EXPECT_DOUBLE_EQ(loss_of(100, 0), 0.01);
  EXPECT_DOUBLE_EQ(loss_of(520, 500), 0.05);
  EXPECT_DOUBLE_EQ(loss_of(3, 500), 1);
  std::mt19937_64 random(3);
  for (const double p : {0.01, 0.05, 0.3}) {
    for (const std::uint64_t in_round_trip : {1u, 10u, 500u}) {
      std::uint64_t packets = 0;
      std::uint64_t events = 0;
      for (std::uint64_t until = 0; packets < 1'000'000; ++packets) {
        if (std::uniform_real_distribution<>(0, 1)(random) >= p || packets <= until) continue;
        ++events;
        until = packets + in_round_trip;
      }
      const auto inverse = static_cast<std::uint32_t>(packets / events);
      EXPECT_NEAR(loss_of(inverse, static_cast<double>(in_round_trip)), p, 0.15 * p) << p << " " << in_round_trip;
    }
  }
}

}  // namespace
}  // namespace levelgate::congestion::circuit_breaker_test
