// SPDX-License-Identifier: Apache-2.0
//
// Both ends of congestion control over paths in virtual time: the rate against the equation, company at a bottleneck,
// reports that stop, and the breaker (RFC 9347 §2.4.2, §3, RFC 5348, RFC 8084).
#include <gtest/gtest.h>

#include "congestion/throughput.h"
#include "support/case_count.h"
#include "support/path_world.h"
#include "support/reno_flow.h"

namespace levelgate::testing::congestion_path_test {
namespace {

using congestion::BreakerAction;
using congestion::BreakerCause;
using congestion::BreakerState;
using congestion::PathSettings;

PathSettings controlled(std::uint64_t ceiling, std::uint32_t octets = 1400) {
  PathSettings settings;
  settings.limits = {std::uint64_t{octets} * 8 * 10, ceiling, octets};
  settings.reduced = settings.limits.floor;
  return settings;
}

PathSettings fixed(std::uint64_t rate, std::uint32_t octets = 1400) {
  PathSettings settings;
  settings.limits = {rate, rate, octets};
  settings.reduced = rate / 10;
  return settings;
}

// The mean of the rate over a span, in packets per second.
double mean_rate(PathPair& pair, PathEnd& end, Nanos span) {
  const std::uint64_t before = end.sent;
  pair.world.run(span);
  return static_cast<double>(end.sent - before) / std::chrono::duration<double>(span).count();
}

// RFC 9347 Appendix B over a grid.
// [9347-2.4.2-a]
TEST(CongestionPath, RateIsTheEquation) {
  for (const double loss : {0.002, 0.01, 0.05}) {
    for (const Nanos rtt : {Nanos(20ms), Nanos(100ms), Nanos(300ms)}) {
      for (const std::uint32_t octets : {256u, 1400u, 9000u}) {
        if (kFewCases && octets != 1400) continue;
        PathSettings settings = controlled(10'000'000'000, octets);
        settings.limits.floor = std::uint64_t{octets} * 8;
        PathPair pair(settings, fixed(std::uint64_t{octets} * 8 * 2000, octets));
        pair.to_right.loss = loss;
        pair.to_right.delay = pair.to_left.delay = rtt / 2;
        pair.start();
        pair.world.run(60s);
        double expected = 0;  // the equation's mean over time, of p and R as they are
        double mean_interval = 0;
        for (int i = 0; i < 1200; ++i) {
          pair.world.after(i * 100ms, [&] {
            const congestion::RateControl& control = pair.left.control.rate();
            const double seconds = std::chrono::duration<double>(control.round_trip()).count();
            const double p = 1.0 / control.loss_event_rate();
            expected += congestion::packets_per_round_trip(p) / seconds / 1200;
            mean_interval += 1 / p / 1200;
          });
        }
        const double rate = mean_rate(pair, pair.left, 120s);
        EXPECT_NEAR(rate, expected, 0.1 * expected) << loss << " " << rtt.count() << " " << octets;
        // Independent losses: what is lost within one round trip of another is no event of its own.
        EXPECT_LT(1 / mean_interval, loss * 1.2);
        EXPECT_GT(1 / mean_interval, loss * 0.5);
      }
    }
  }
}

TEST(CongestionPath, CleanPathReachesTheCeilingAndStays) {
  const PathSettings settings = controlled(20'000'000);
  PathPair pair(settings, settings);
  pair.start();
  pair.world.run(5s);
  const double rate = mean_rate(pair, pair.left, 60s);
  EXPECT_NEAR(rate, 20e6 / (1400 * 8), 1);
  EXPECT_EQ(pair.left.control.bits_per_second(), 20'000'000u);
  EXPECT_NEAR(std::chrono::duration<double>(pair.left.control.rate().round_trip()).count(), 0.04, 0.002);
}

TEST(CongestionPath, ReorderingCostsNothing) {
  PathSettings settings = controlled(10'000'000);
  settings.displaced = 8;
  PathPair pair(settings, settings);
  pair.to_right.overtakes = 0.1;
  pair.to_right.held = 5ms;  // four and a half slots
  pair.start();
  pair.world.run(60s);
  EXPECT_EQ(pair.left.control.bits_per_second(), 10'000'000u);
  EXPECT_EQ(pair.left.control.rate().loss_event_rate(), 0u);
}

TEST(CongestionPath, FollowsABottleneck) {
  const PathSettings settings = controlled(50'000'000);
  PathPair pair(settings, settings);
  pair.to_right.bits_per_second = 8'000'000;
  pair.start();
  pair.world.run(30s);
  EXPECT_NEAR(mean_rate(pair, pair.left, 60s) * 1400 * 8, 8e6, 1.2e6);
  pair.to_right.bits_per_second = 2'000'000;
  pair.world.run(30s);
  EXPECT_NEAR(mean_rate(pair, pair.left, 60s) * 1400 * 8, 2e6, 0.4e6);
  pair.to_right.bits_per_second = 20'000'000;
  pair.world.run(60s);
  EXPECT_NEAR(mean_rate(pair, pair.left, 60s) * 1400 * 8, 20e6, 4e6);
}

// RFC 5348 §1: "reasonably fair", generally within a factor of two of a TCP flow under the same conditions.
// [9347-B-a]
TEST(CongestionPath, SharesWithTcp) {
  for (const Nanos delay : {Nanos(10ms), Nanos(40ms)}) {
    const PathSettings settings = controlled(50'000'000);
    PathPair pair(settings, settings);
    pair.to_right.bits_per_second = 10'000'000;
    pair.to_right.delay = pair.to_left.delay = delay;
    RenoFlow tcp(pair.world, pair.to_right, delay, 1400);
    pair.start();
    tcp.start();
    pair.world.run(30s);
    const std::uint64_t tunnel_before = pair.right.heard;
    const std::uint64_t tcp_before = tcp.delivered;
    pair.world.run(300s);
    const double ratio =
        static_cast<double>(pair.right.heard - tunnel_before) / static_cast<double>(tcp.delivered - tcp_before);
    RecordProperty("ratio", std::to_string(ratio));
    EXPECT_GT(ratio, 0.5) << delay.count();
    EXPECT_LT(ratio, 2.0) << delay.count();
  }
}

TEST(CongestionPath, HalvesWhenReportsStopAndRecovers) {
  const PathSettings settings = controlled(20'000'000);
  PathPair pair(settings, settings);
  pair.start();
  pair.world.run(10s);
  ASSERT_EQ(pair.left.control.bits_per_second(), 20'000'000u);
  pair.to_left.dead = true;
  pair.world.run(150ms);  // less than four round trips of 40 ms
  EXPECT_EQ(pair.left.control.bits_per_second(), 20'000'000u);
  pair.world.run(60ms);
  EXPECT_EQ(pair.left.control.bits_per_second(), 10'000'000u);
  pair.world.run(60s);
  EXPECT_EQ(pair.left.control.bits_per_second(), settings.limits.floor);
  pair.to_left.dead = false;
  pair.world.run(10s);
  EXPECT_EQ(pair.left.control.bits_per_second(), 20'000'000u);
}

// The peer goes on sending but hears nothing: its repeated echoes are no reports.
TEST(CongestionPath, ForwardPathDead) {
  const PathSettings settings = controlled(20'000'000);
  PathPair pair(settings, settings);
  pair.start();
  pair.world.run(10s);
  pair.to_right.dead = true;
  pair.world.run(60s);
  EXPECT_EQ(pair.left.control.bits_per_second(), settings.limits.floor);
}

// RFC 9347 §3.1.
TEST(CongestionPath, MarksSlowDownWhereAgreed) {
  for (const bool ecn : {true, false}) {
    PathSettings settings = controlled(50'000'000);
    settings.counts_marks = ecn;
    PathPair pair(settings, settings);
    pair.to_right.marks = 0.01;
    pair.start();
    pair.world.run(30s);
    EXPECT_EQ(pair.left.control.bits_per_second() == 50'000'000u, !ecn);
    EXPECT_EQ(pair.right.control.header_at(pair.world.now()).marks_counted, ecn);
  }
}

TEST(CongestionPath, BreakerOfAFixedTunnelTripsOnPersistentLoss) {
  for (const std::uint64_t rate : {200'000u, 5'000'000u, 20'000'000u}) {
    PathSettings settings = fixed(rate);
    settings.breaker = {0.05, 10s, BreakerAction::kStop, {}};
    PathPair pair(settings, fixed(rate));
    pair.to_right.loss = 0.01;
    pair.start();
    pair.world.run(120s);
    EXPECT_TRUE(pair.left.trips.empty()) << rate;
    EXPECT_EQ(pair.left.control.bits_per_second(), rate);
    pair.to_right.loss = 0.3;
    pair.world.run(5s);
    EXPECT_TRUE(pair.left.trips.empty()) << rate;
    pair.world.run(60s);
    ASSERT_EQ(pair.left.trips.size(), 1u) << rate;
    EXPECT_EQ(pair.left.control.breaker()->cause(), BreakerCause::kReportedLoss);
    EXPECT_EQ(pair.left.control.bits_per_second(), 0u);
    const std::uint64_t sent = pair.left.sent;
    pair.world.run(60s);
    EXPECT_EQ(pair.left.sent, sent);
    pair.to_right.loss = 0;
    pair.left.control.clear_breaker(pair.world.now());
    pair.world.run(60s);
    EXPECT_EQ(pair.left.control.bits_per_second(), rate);
    EXPECT_EQ(pair.left.trips.size(), 1u);
  }
}

TEST(CongestionPath, BreakerReducesAndClearsByTime) {
  PathSettings settings = fixed(5'000'000);
  settings.breaker = {0.05, 10s, BreakerAction::kFloor, 30s};
  PathPair pair(settings, fixed(5'000'000));
  pair.start();
  pair.to_right.loss = 0.3;
  pair.left.watch = [&] {  // the smaller rate is what the path bears
    if (pair.left.control.breaker_state() == BreakerState::kReduced) pair.to_right.loss = 0;
  };
  pair.world.run(30s);
  EXPECT_EQ(pair.left.control.breaker_state(), BreakerState::kReduced);
  EXPECT_EQ(pair.left.control.bits_per_second(), 500'000u);
  pair.world.run(60s);
  EXPECT_EQ(pair.left.control.breaker_state(), BreakerState::kClosed);
  EXPECT_EQ(pair.left.control.bits_per_second(), 5'000'000u);
  EXPECT_EQ(pair.left.trips.size(), 1u);
}

TEST(CongestionPath, BreakerTripsOnSilence) {
  PathSettings settings = fixed(5'000'000);
  settings.breaker = {0.05, 10s, BreakerAction::kStop, {}};
  PathPair pair(settings, fixed(5'000'000));
  pair.start();
  pair.world.run(10s);
  pair.to_right.dead = true;
  pair.world.run(9s);
  EXPECT_TRUE(pair.left.trips.empty());
  pair.world.run(10s);
  ASSERT_EQ(pair.left.trips.size(), 1u);
  EXPECT_EQ(pair.left.control.breaker()->cause(), BreakerCause::kNoReports);
}

}  // namespace
}  // namespace levelgate::testing::congestion_path_test
