// SPDX-License-Identifier: Apache-2.0
//
// What is reported to the peer (RFC 9347 §3, §6.1.2): echoes, loss events, marks.
#include "congestion/reporter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace levelgate::congestion::reporter_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(1'000'000'000);

struct Peer {
  explicit Peer(std::uint32_t displaced = 3, bool ecn = false) : reporter(displaced, ecn) { header.rtt_us = 50'000; }
  // One packet a millisecond.
  void send(bool arrives = true, bool marked = false) {
    ++position;
    header.tval = static_cast<std::uint32_t>(position);
    if (arrives) reporter.arrived(position, kStart + position * 1ms, marked, &header);
  }
  void send_many(int count) {
    for (int i = 0; i < count; ++i) send();
  }
  [[nodiscard]] wire::CongestionHeader report(Nanos later = 0ms) const {
    wire::CongestionHeader to;
    reporter.report(kStart + position * 1ms + later, to);
    return to;
  }

  Reporter reporter;
  wire::CongestionHeader header;
  std::uint64_t position = 0;
};

TEST(Reporter, EchoesTheLatestStampAndItsAge) {
  Peer peer;
  EXPECT_EQ(peer.report().techo, 0u);
  peer.send();
  EXPECT_EQ(peer.report(7ms).techo, 1u);
  EXPECT_EQ(peer.report(7ms).echo_delay_us, 7000u);
  peer.send();
  EXPECT_EQ(peer.report().techo, 2u);
  EXPECT_EQ(peer.report().echo_delay_us, 0u);
}

// RFC 9347 §3: only the first receipt of a TVal is timed.
// [9347-3-b]
TEST(Reporter, RepeatedStampKeepsItsTime) {
  Reporter reporter(3, false);
  wire::CongestionHeader header;
  header.tval = 99;
  reporter.arrived(1, kStart, false, &header);
  reporter.arrived(2, kStart + 5ms, false, &header);
  wire::CongestionHeader report;
  reporter.report(kStart + 8ms, report);
  EXPECT_EQ(report.techo, 99u);
  EXPECT_EQ(report.echo_delay_us, 8000u);
}

TEST(Reporter, OvertakenStampIsNotTheLatest) {
  Reporter reporter(3, false);
  wire::CongestionHeader header;
  for (const std::uint32_t position : {1u, 3u, 2u}) {
    header.tval = position;
    reporter.arrived(position, kStart + position * 1ms, false, &header);
  }
  wire::CongestionHeader report;
  reporter.report(kStart + 10ms, report);
  EXPECT_EQ(report.techo, 3u);
}

TEST(Reporter, NoLossIsZero) {
  Peer peer;
  peer.send_many(1000);
  EXPECT_EQ(peer.report().loss_event_rate, 0u);
  EXPECT_FALSE(peer.report().marks_counted);
  EXPECT_EQ(peer.reporter.losses(), 0u);
}

// One packet a millisecond, an RTT of 50 ms: every 200th is lost, so that each is an event.
TEST(Reporter, RegularLossIsItsInterval) {
  Peer peer;
  for (int i = 0; i < 20; ++i) {
    peer.send_many(199);
    peer.send(false);
  }
  peer.send_many(10);
  EXPECT_NEAR(peer.report().loss_event_rate, 200, 1);
  EXPECT_EQ(peer.reporter.losses(), 20u);
}

// Losses within one RTT are one event (RFC 5348 §5.2): five lost in 40 ms count once.
TEST(Reporter, LossesOfOneRoundTripAreOneEvent) {
  Peer peer;
  for (int i = 0; i < 20; ++i) {
    peer.send_many(160);
    for (int burst = 0; burst < 40; ++burst) peer.send(burst % 8 != 0);
  }
  peer.send_many(10);
  EXPECT_NEAR(peer.report().loss_event_rate, 200, 1);
  EXPECT_EQ(peer.reporter.losses(), 100u);
}

// A gap that spans many round trips is many events.
TEST(Reporter, LongGapIsManyEvents) {
  Peer peer;
  peer.send_many(1000);
  for (int i = 0; i < 1000; ++i) peer.send(false);
  peer.send_many(10);
  EXPECT_NEAR(peer.report().loss_event_rate, 51, 3);
  EXPECT_EQ(peer.reporter.losses(), 1000u);
}

TEST(Reporter, AdvertisedRoundTripDecides) {
  Peer peer;
  peer.header.rtt_us = 1'000'000;
  for (int i = 0; i < 60; ++i) {
    peer.send_many(199);
    peer.send(false);
  }
  peer.send_many(10);
  EXPECT_NEAR(peer.report().loss_event_rate, 1200, 10);  // events lie more than a second apart: every sixth loss
}

TEST(Reporter, ReorderingIsNotReported) {
  Reporter reporter(3, false);
  wire::CongestionHeader header;
  header.rtt_us = 1000;
  for (std::uint64_t group = 0; group < 500; ++group) {
    for (const std::uint64_t position : {3u, 1u, 2u}) {
      reporter.arrived(group * 3 + position, kStart + group * 3ms, false, &header);
    }
  }
  EXPECT_EQ(reporter.loss_event_rate(), 0u);
}

// RFC 9347 §3.1: a marked packet counts as lost, and E says so.
// [9347-3.1-a]
TEST(Reporter, MarksCountWhereAgreed) {
  for (const bool ecn : {true, false}) {
    Peer peer(3, ecn);
    for (int i = 0; i < 20; ++i) {
      peer.send_many(199);
      peer.send(true, true);
    }
    EXPECT_EQ(peer.report().marks_counted, ecn);
    EXPECT_NEAR(peer.report().loss_event_rate, ecn ? 200 : 0, 1);
    EXPECT_EQ(peer.reporter.losses(), 0u);
  }
}

// RFC 5348 §6.3.1: after the first loss the report allows about the rate that came in: 1,000 a second, R = 50 ms.
TEST(Reporter, FirstIntervalGivesTheReceivedRate) {
  Peer peer;
  peer.send_many(1000);
  peer.send(false);
  peer.send_many(3);
  const double p = 1.0 / peer.report().loss_event_rate;
  const double packets = 1 / (std::sqrt(2 * p / 3) + 12 * std::sqrt(3 * p / 8) * p * (1 + 32 * p * p));
  EXPECT_NEAR(packets, 50, 4);
}

TEST(Reporter, PacketsWithoutHeaderCountForLossOnly) {
  Reporter reporter(3, false);
  for (std::uint64_t position = 1; position < 300; ++position) {
    if (position % 100 != 0) reporter.arrived(position, kStart + position * 10ms, false, nullptr);
  }
  wire::CongestionHeader report;
  reporter.report(kStart, report);
  EXPECT_EQ(report.techo, 0u);
  EXPECT_NE(report.loss_event_rate, 0u);
}

// RFC 9347 §6.1.2: P is a state. Payloads of sub-type 0 behind a probe say nothing, and it goes on to hold.
TEST(Reporter, AProbeInFrontOfASilentPayloadIsNoLoss) {
  for (const bool probing : {true, false}) {
    Peer peer;
    peer.header.probing = probing;
    peer.send_many(10);
    peer.send(false);
    for (int i = 0; i < 5; ++i) {
      ++peer.position;
      peer.reporter.arrived(peer.position, kStart + peer.position * 1ms, false, nullptr);
    }
    EXPECT_EQ(peer.report().techo, 10u);
    peer.header.probing = false;
    peer.send_many(5);
    EXPECT_EQ(peer.report().loss_event_rate == 0, probing);
    peer.send(false);
    peer.send_many(5);
    EXPECT_NE(peer.report().loss_event_rate, 0u);
  }
}

}  // namespace
}  // namespace levelgate::congestion::reporter_test
