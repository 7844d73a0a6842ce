// SPDX-License-Identifier: Apache-2.0
//
// Two data planes whose rate follows the path between them (RFC 9347 §2.4.2, §3), in virtual time: the rate, the wire
// under load, reports that stop, the breaker.
#include <gtest/gtest.h>

#include "support/peer.h"
#include "support/two_way.h"
#include "wire/congestion_header.h"

namespace levelgate::testing::congestion_gateways_test {
namespace {

using namespace std::chrono_literals;

model::TfsSettings fixed(std::uint64_t rate = 5'000'000, std::uint32_t packet_size = 1400) {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kFixed;
  tfs.packet_size = packet_size;
  tfs.rate_bits_per_second = rate;
  return tfs;
}

model::TfsSettings controlled(std::uint64_t ceiling = 5'000'000, std::uint32_t packet_size = 1400) {
  model::TfsSettings tfs = fixed(ceiling, packet_size);
  tfs.congestion.controlled = true;
  return tfs;
}

// ECT(0).
Frame capable(std::size_t octets, unsigned mark) {
  Frame frame = ip_frame("10.1.0.9", "10.2.0.9", octets, mark);
  std::byte* const ip = frame.data() + wire::kEthernetOctets;
  const auto before = load_be<std::uint16_t>(ip);
  const auto after = static_cast<std::uint16_t>(before | 2u);
  store_be<std::uint16_t>(ip, after);
  store_be<std::uint16_t>(ip + 10, wire::checksum_adjust(load_be<std::uint16_t>(ip + 10), before, after));
  return frame;
}

double bits_per_second(const Direction& direction, std::size_t from, Nanos span) {
  double octets = 0;
  for (std::size_t i = from; i < direction.passed.size(); ++i) {
    octets += static_cast<double>(direction.passed[i].frame.size() - 14);
  }
  return octets * 8 / std::chrono::duration<double>(span).count();
}

struct Said {
  Instant when;
  wire::CongestionHeader header;
};

// What the payloads of one direction report, all of them; `plan` is the sender's.
std::vector<Said> reports_of(const Direction& direction, const model::ForwardingPlan& plan) {
  Peer peer(plan.tunnels[0]);
  std::vector<Said> all;
  for (const Sent& sent : direction.passed) {
    const auto opened = peer.open(sent.frame);
    EXPECT_TRUE(opened && opened->payload[0] == std::byte{1}) << all.size();
    if (opened) all.push_back({sent.when, wire::read_congestion(opened->payload.data())});
  }
  return all;
}

// Moments and sizes on the wire.
std::vector<std::pair<std::int64_t, std::size_t>> wire_of(const Direction& direction) {
  std::vector<std::pair<std::int64_t, std::size_t>> wire;
  for (const Sent& sent : direction.passed) wire.emplace_back(to_ns(sent.when), sent.frame.size());
  return wire;
}

TEST(CongestionGateways, RisesFromTheFloorToTheCeiling) {
  TwoWay pair(controlled(), controlled());
  pair.run(500ms);
  EXPECT_LT(pair.to_b.passed.size(), 10u);  // ten packets a second
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
  EXPECT_NEAR(static_cast<double>(pair.a.tunnel().path_rtt_us), 20'000, 500);
  const std::size_t before = pair.to_b.passed.size();
  pair.run(10s);
  EXPECT_NEAR(bits_per_second(pair.to_b, before, 10s), 5e6, 2e4);
  EXPECT_EQ(pair.a.tunnel().skipped_slots, 0u);
  EXPECT_EQ(pair.a.tunnel().late_slots, 0u);
}

TEST(CongestionGateways, FollowsABottleneck) {
  TwoWay pair(controlled(20'000'000), controlled(20'000'000));
  pair.to_b.bits_per_second = 4e6;
  pair.run(30s);
  const std::size_t before = pair.to_b.passed.size();
  pair.run(30s);
  EXPECT_NEAR(bits_per_second(pair.to_b, before, 30s), 4e6, 6e5);
  EXPECT_NE(pair.a.tunnel().path_loss_interval_outbound, 0u);
  EXPECT_EQ(pair.a.tunnel().path_loss_interval_inbound, 0u);
  EXPECT_EQ(pair.b.tunnel().path_loss_interval_inbound, pair.a.tunnel().path_loss_interval_outbound);
}

// D11: the wire of an idle and a saturated tunnel is one, both ways, while the rate rises, falls and is halved.
TEST(CongestionGateways, LoadDoesNotMoveTheWire) {
  std::vector<std::pair<std::int64_t, std::size_t>> forth[2];
  std::vector<std::pair<std::int64_t, std::size_t>> back[2];
  for (const int loaded : {0, 1}) {
    TwoWay pair(controlled(), controlled());
    pair.to_b.lost_of_1000 = 10;
    if (loaded == 1) pair.load(317us);  // more than the tunnel carries
    pair.run(20s);
    pair.to_b.bits_per_second = 1e6;
    pair.run(20s);
    pair.to_a.lost_of_1000 = 1000;
    pair.run(3s);
    pair.to_a.lost_of_1000 = 0;
    pair.run(10s);
    forth[loaded] = wire_of(pair.to_b);
    back[loaded] = wire_of(pair.to_a);
    if (loaded == 1) {
      EXPECT_GT(pair.inner_delivered, 1000u);
      EXPECT_GT(pair.a.drops(model::Drop::kTfsQueueDelay), 1000u);
    }
  }
  EXPECT_GT(forth[0].size(), 5000u);
  EXPECT_EQ(forth[0], forth[1]);
  EXPECT_EQ(back[0], back[1]);
}

TEST(CongestionGateways, FallsToTheFloorWhenReportsStop) {
  TwoWay pair(controlled(), controlled());
  pair.run(10s);
  pair.to_a.lost_of_1000 = 1000;
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 1400u * 8 * 10);
  pair.to_a.lost_of_1000 = 0;
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
}

// What waits two slots at the rate of now is no standing queue, and what waits eight is one, however long a slot was
// before: who can hear it (RFC 3168 §5) is told of the tunnel as it is.
TEST(CongestionGateways, MarksFollowTheSlotOfNow) {
  model::TfsSettings tfs = controlled();
  tfs.congestion.min_rate = 1'000'000;  // a slot in 11.2 ms, and in 2.24 ms at the ceiling
  tfs.max_queue_delay = 30ms;           // half of it is between two slots of the one and of the other
  TwoWay pair(tfs, tfs);
  constexpr unsigned kTimes = 16;  // at as many moments between two slots
  unsigned sent = 0;
  // Packets of 1,200 octets, a little more than one in a slot.
  const auto marked = [&](unsigned packets) {
    const auto of_now = [&] { return pair.a.publisher.stats().tunnels.at(0).classes.at(0); };
    const std::uint64_t before = of_now().marked_pkts;
    for (unsigned i = 0; i < kTimes * packets; ++i) {
      pair.a.io.give(kLan, capable(1200, ++sent));
      if (i % packets != packets - 1) continue;
      pair.a.turn(pair.now);
      pair.run(97'300us);
    }
    EXPECT_EQ(of_now().sent_pkts, sent);
    return of_now().marked_pkts - before;
  };
  pair.run(10s);
  ASSERT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
  EXPECT_GE(marked(9), kTimes);
  pair.to_a.lost_of_1000 = 1000;
  pair.run(10s);
  ASSERT_EQ(pair.a.tunnel().path_rate_bits_per_second, 1'000'000u);
  EXPECT_EQ(marked(3), 0u);
}

// One end follows congestion, the other is fixed and only reports because it was asked to.
// [9347-6.1.4-b]
TEST(CongestionGateways, FixedPeerReportsWhenAsked) {
  model::TfsSettings asked = fixed();
  asked.congestion.reports_wanted = true;
  TwoWay pair(controlled(), asked);
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
  TwoWay silent(controlled(), fixed());
  silent.run(10s);
  EXPECT_EQ(silent.a.tunnel().path_rate_bits_per_second, 1400u * 8 * 10);
}

// Both ends report in each packet from the first one on, and so at least once in what they take for the round trip; the
// one that asked, and the one that was asked and is fixed.
// [9347-2.4.2-b, 9347-2.4.2-c, 9347-2.4.2-d, 9347-6.1.2-a, 9347-6.1.4-b]
TEST(CongestionGateways, EachPacketOfBothEndsReports) {
  for (const bool both : {false, true}) {
    model::TfsSettings asked = both ? controlled() : fixed(1'120'000);  // a packet in 10 ms
    asked.congestion.reports_wanted = !both;
    TwoWay pair(controlled(), asked);
    pair.load(3ms);
    pair.run(20s);
    const std::vector<Said> forth = reports_of(pair.to_b, pair.plan_a);
    const std::vector<Said> back = reports_of(pair.to_a, pair.plan_b);
    EXPECT_EQ(forth.front().header.rtt_us, 0u);
    EXPECT_EQ(back.front().header.rtt_us, 0u);
    EXPECT_NE(forth.back().header.rtt_us, 0u);
    EXPECT_NE(back.back().header.rtt_us, 0u);
    for (const std::vector<Said>* const said : {&forth, &back}) {
      ASSERT_GT(said->size(), 100u);
      for (std::size_t i = 1; i < said->size(); ++i) {
        const std::chrono::microseconds round_trip((*said)[i].header.rtt_us);
        if (round_trip.count() == 0) continue;  // none known, and this packet reports as all do
        EXPECT_LE((*said)[i].when - (*said)[i - 1].when, round_trip) << i;
      }
    }
    EXPECT_NE(forth.back().header.techo, 0u);
    EXPECT_NE(back.back().header.techo, 0u);
  }
}

TEST(CongestionGateways, ReportsCostTwentyOctetsAPacket) {
  model::TfsSettings plain = fixed();
  plain.fragment = false;
  model::TfsSettings reporting = plain;
  reporting.congestion.reports_wanted = true;
  for (const std::uint32_t taken : {1342u, 1322u}) {
    TwoWay pair(taken == 1342 ? plain : reporting, plain);
    pair.a.io.give(kLan, with_df(ip_frame("10.1.0.9", "10.2.0.9", taken, 1)));
    pair.a.io.give(kLan, with_df(ip_frame("10.1.0.9", "10.2.0.9", taken + 1, 2)));
    pair.run(100ms);
    EXPECT_EQ(pair.inner_delivered, 1u) << taken;
  }
}

// RFC 9347 §3.1.
TEST(CongestionGateways, MarksCountWhereAgreed) {
  for (const bool ecn : {true, false}) {
    model::TfsSettings tfs = controlled();
    tfs.congestion.counts_marks = ecn;
    TwoWay pair(tfs, tfs);
    pair.run(5s);
    pair.to_b.marks = true;
    pair.run(5s);
    EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second < 1'000'000u, ecn);
  }
}

TEST(CongestionGateways, RekeyIsNoLoss) {
  TwoWay pair(controlled(), controlled());
  pair.run(5s);
  for (unsigned rekey = 0; rekey < 5; ++rekey) {
    model::EspSa fresh;
    fresh.spi = Spi{0x5000 + rekey};
    fresh.key = lab_key(10 + rekey);
    pair.plan_b.tunnels[0].inbound.insert(pair.plan_b.tunnels[0].inbound.begin(), fresh);
    pair.plan_a.tunnels[0].outbound = fresh;
    pair.apply();
    pair.run(2s);
  }
  EXPECT_EQ(pair.a.tunnel().path_loss_interval_outbound, 0u);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
}

// [9347-2.4.1-c, 9347-2.4.2.1-a]
TEST(CongestionGateways, BreakerStopsAFixedTunnelUntilItIsCleared) {
  model::TfsSettings tfs = fixed();
  tfs.congestion.breaker = model::BreakerSettings{50, 5s, model::BreakerAction::kStop, {}};
  model::TfsSettings asked = fixed();
  asked.congestion.reports_wanted = true;
  TwoWay pair(tfs, asked);
  pair.load(5ms);
  pair.run(20s);
  EXPECT_EQ(pair.a.tunnel().breaker_trips, 0u);
  pair.to_b.lost_of_1000 = 300;
  pair.run(20s);
  EXPECT_EQ(pair.a.tunnel().breaker_trips, 1u);
  EXPECT_EQ(pair.a.tunnel().breaker_state, 2u);
  EXPECT_EQ(pair.a.tunnel().breaker_cause, 0u);
  EXPECT_GE(pair.a.tunnel().breaker_loss_permille, 50u);
  const std::size_t sent = pair.to_b.passed.size();
  pair.run(10s);
  EXPECT_EQ(pair.to_b.passed.size(), sent);
  EXPECT_GT(pair.a.drops(model::Drop::kTfsBreakerOpen), 1000u);
  pair.to_b.lost_of_1000 = 0;
  ++pair.plan_a.tunnels[0].breaker_clears;
  pair.apply();
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().breaker_state, 0u);
  EXPECT_NEAR(bits_per_second(pair.to_b, sent, 10s), 5e6, 1e5);
  EXPECT_EQ(pair.a.tunnel().breaker_trips, 1u);
}

TEST(CongestionGateways, BreakerReducesToTheFloor) {
  model::TfsSettings tfs = fixed();
  tfs.congestion.min_rate = 500'000;
  tfs.congestion.breaker = model::BreakerSettings{50, 5s, model::BreakerAction::kFloor, 20s};
  model::TfsSettings asked = fixed();
  asked.congestion.reports_wanted = true;
  TwoWay pair(tfs, asked);
  pair.run(5s);
  pair.to_b.bits_per_second = 1e6;
  pair.run(15s);
  EXPECT_EQ(pair.a.tunnel().breaker_state, 1u);
  const std::size_t before = pair.to_b.passed.size();
  pair.run(5s);
  EXPECT_NEAR(bits_per_second(pair.to_b, before, 5s), 5e5, 3e4);
  pair.to_b.bits_per_second = 0;
  pair.run(20s);
  EXPECT_EQ(pair.a.tunnel().breaker_state, 0u);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
}

// A reload in the middle: the mode changes to and fro without a lost number.
TEST(CongestionGateways, ModeChangesByReload) {
  TwoWay pair(fixed(), fixed());
  pair.run(2s);
  pair.plan_a.tunnels[0].tfs = pair.plan_b.tunnels[0].tfs = controlled();
  pair.apply();
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
  pair.plan_b.tunnels[0].tfs.receive.reorder_window = 9;
  pair.apply();
  pair.run(10s);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
  EXPECT_EQ(pair.a.tunnel().path_loss_interval_outbound, 0u);
  pair.plan_a.tunnels[0].tfs = pair.plan_b.tunnels[0].tfs = fixed();
  pair.apply();
  pair.run(2s);
  EXPECT_EQ(pair.b.tunnel().rx_missed_pkts, 0u);
  EXPECT_EQ(pair.b.tunnel().rx_errored_pkts, 0u);
}

}  // namespace
}  // namespace levelgate::testing::congestion_gateways_test
