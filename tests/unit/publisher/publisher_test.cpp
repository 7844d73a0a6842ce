// SPDX-License-Identifier: Apache-2.0
//
// Make, keep, bury: what a change of the plan may not disturb, what a failed one leaves alone, and how what is gone
// gives back all it held (architecture §6.3).
#include "publisher/publisher.h"

#include <malloc.h>

#include <functional>
#include <random>
#include <set>

#include "unit/publisher/publishing.h"

namespace levelgate::testing::publisher_test {
namespace {

using model::Drop;
using model::ForwardingPlan;
using std::chrono::milliseconds;

// What A sends reaches B at once; B knows the SAs of all rekeys.
struct Rekeys {
  std::vector<std::int64_t> wire;
  std::vector<Octets> delivered;
  std::uint64_t incomplete = 0, missed = 0, drops = 0;
};

Rekeys play_with_rekeys(const std::vector<Frame>& offered, const std::set<std::size_t>& rekey_before) {
  Plane a({.buffer_octets = 4'096});
  Plane b({.buffer_octets = 4'096});
  ForwardingPlan plan_a = site_plan(Site::kA, fixed());
  ForwardingPlan plan_b = site_plan(Site::kB, fixed());
  std::vector<model::EspSa>& inbound = plan_b.tunnels[0].inbound;
  for (unsigned i = 0; i < 8; ++i) inbound.insert(inbound.begin(), fresh_sa(i));
  EXPECT_TRUE(a.apply(plan_a));
  EXPECT_TRUE(b.apply(plan_b));
  a.turn(at_ns(-1));
  b.turn(at_ns(-1));
  unsigned rekeys = 0;
  Rekeys seen;
  const auto carry = [&] {
    for (const Sent& sent : a.sent(kWan)) {
      seen.wire.push_back(to_ns(sent.when));
      b.run_until(sent.when);
      b.io().give(kWan, sent.frame);
      b.settle(sent.when);
    }
    a.sent(kWan).clear();
  };
  for (std::size_t i = 0; i < offered.size(); ++i) {
    if (rekey_before.contains(i)) {
      plan_a.tunnels[0].outbound = fresh_sa(rekeys++);
      EXPECT_TRUE(a.apply(plan_a, at_ns(999)));  // a start that must not matter
      a.publisher->reclaim();
    }
    a.io().give(kLan, offered[i]);
    a.run_until(a.clock + Nanos(717'123));
    carry();
  }
  a.run_until(at_ns(400'000'000));
  carry();
  b.run_until(at_ns(3'000'000'000));
  for (const Sent& sent : b.sent(kLan)) seen.delivered.push_back(ip_of(sent.frame));
  seen.incomplete = b.tunnel().inner_rx_incomplete_pkts;
  seen.missed = b.tunnel().rx_missed_pkts;
  seen.drops = a.all_drops() + b.all_drops();
  EXPECT_TRUE(a.bury());
  EXPECT_TRUE(b.bury());
  return seen;
}

// The tunnel owns the schedule; the SA only numbers and keys.
// [9347-2.2.3-g]
TEST(Publisher, ARekeyUnderLoadMovesNoSlotAndNoPacket) {
  std::mt19937 random(4);
  std::vector<Frame> offered;
  std::vector<Octets> wanted;
  for (unsigned i = 0; i < 200; ++i) {
    offered.push_back(inner(60 + random() % 1'800, i));
    wanted.push_back(ip_of(after_hops(offered.back(), 2)));
  }
  const Rekeys quiet = play_with_rekeys(offered, {});
  EXPECT_EQ(quiet.delivered, wanted);
  EXPECT_EQ(quiet.wire.size(), 400u);
  const Rekeys rekeyed = play_with_rekeys(offered, {20, 21, 55, 90, 91, 92, 130, 170});
  EXPECT_TRUE(rekeyed.delivered == wanted);  // none lost, twice, or out of order
  EXPECT_EQ(rekeyed.wire, quiet.wire);
  EXPECT_EQ(rekeyed.missed, 0u);
  EXPECT_GT(rekeyed.incomplete, 0u);  // half-sent packets started anew (RFC 9347 §2.2.3)
  EXPECT_LE(rekeyed.incomplete, 8u);
  EXPECT_EQ(rekeyed.drops, rekeyed.incomplete);
}

// RFC 4303 §3.3.3, §3.4.3: whatever else changes, no number is used twice and no replay window is forgotten.
TEST_F(PublisherTest, AnUnchangedSaKeepsItsNumbersAndItsReplayWindow) {
  const std::vector<std::function<void(ForwardingPlan&)>> changes = {
      [](ForwardingPlan& p) { p.tunnels[0].tfs.rate_bits_per_second *= 3; },
      [](ForwardingPlan& p) { p.tunnels[0].tfs.packet_size = 900; },
      [](ForwardingPlan& p) { p.tunnels[0].tfs.mode = model::TfsMode::kOnDemand; },
      [](ForwardingPlan& p) { p.tunnels[0].tfs.mode = model::TfsMode::kPlain; },
      [](ForwardingPlan& p) { p.tunnels[0].tfs.receive.reorder_window = 40; },
      [](ForwardingPlan& p) { p.tunnels[0].tfs.receive.lost_packet_timer = milliseconds(9); },
      [](ForwardingPlan& p) { p.tunnels[0].selectors.local = {model::TrafficSelector::from(prefix("10.0.0.0/8"))}; },
      [](ForwardingPlan& p) { p.neighbours.push_back({kWan, address("198.51.100.2"), MacAddress{{std::byte{4}}}}); },
      [](ForwardingPlan& p) { p.tunnels[0].inbound.insert(p.tunnels[0].inbound.begin(), fresh_sa(0)); },
      [](ForwardingPlan& p) { p.routes.push_back({prefix("10.77.0.0/16"), model::ToTunnel{TunnelId{0}}}); },
      [](ForwardingPlan& p) { p.tunnels[0].encapsulation = model::Encapsulation::kUdp; },
      [](ForwardingPlan& p) {  // another tunnel in front of it: the id moves
        model::TunnelPlan front = p.tunnels[0];
        front.name = "front";
        front.outbound = fresh_sa(1);
        front.inbound = {fresh_sa(2)};
        p.tunnels.insert(p.tunnels.begin(), front);
        p.tunnels[1].id = TunnelId{1};
        p.routes[2].target = model::ToTunnel{TunnelId{1}};
      },
      [](ForwardingPlan& p) { p.max_inner_octets = 4'000; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    start(site_plan(Site::kA, fixed()));
    plane->run_until(at_ns(20'500'000));
    const Frame heard = peer->seal(aggfrag_payload(0, Octets(50)));
    plane->io().give(kWan, heard);
    plane->settle(plane->clock);
    std::uint64_t last = 0;
    for (const Sent& sent : plane->sent(kWan)) last = peer->open(sent.frame)->number;
    EXPECT_EQ(last, 21u);
    plane->sent(kWan).clear();
    changes[i](plan);
    ASSERT_TRUE(plane->apply(plan, plane->clock + Nanos(1)));
    for (int k = 0; k < 4; ++k) {
      plane->turn(plane->clock);
      plane->publisher->reclaim();
    }
    EXPECT_TRUE(plane->publisher->nothing_buried());
    plane->io().give(kLan, inner(200));
    plane->run_until(at_ns(40'500'000));
    Peer same(plan.tunnels.back());
    std::size_t opened_count = 0;
    for (const Sent& sent : plane->sent(kWan)) {
      const auto opened = same.open(sent.frame);
      if (!opened) continue;  // the other tunnel's
      EXPECT_GT(opened->number, last) << "change " << i;
      last = opened->number;
      ++opened_count;
    }
    EXPECT_GT(opened_count, 0u) << "change " << i;
    plane->io().give(kWan, heard);
    plane->settle(plane->clock);
    EXPECT_EQ(plane->drops(Drop::kReplay), 1u) << "change " << i;
    EXPECT_TRUE(plane->bury()) << "change " << i;
  }
}

TEST_F(PublisherTest, ANewSaBeginsWhereThePlanSays) {
  start(site_plan(Site::kA, fixed()));
  plan.tunnels[0].outbound = fresh_sa(1);
  plan.tunnels[0].outbound->first_sequence = EspSeq{500};
  ASSERT_TRUE(plane->apply(plan));
  plane->run_until(at_ns(2'500'000));
  Peer rekeyed(plan.tunnels[0]);
  ASSERT_EQ(plane->sent(kWan).size(), 3u);
  EXPECT_FALSE(rekeyed.open(plane->sent(kWan)[0].frame));  // was built ahead, under the old SA
  EXPECT_EQ(rekeyed.open(plane->sent(kWan)[1].frame)->number, 500u);
  EXPECT_EQ(rekeyed.open(plane->sent(kWan)[2].frame)->number, 501u);
}

// A rekey may bring other selectors, no AGGFRAG, and UDP around ESP (RFC 7296 §2.9.2, §2.23, RFC 9347 §5.1): what is
// sent follows at once, what the old SA still receives goes on.
TEST_F(PublisherTest, WhatAnSaNegotiatesChangesWithItAndTheOldOneGoesOn) {
  ForwardingPlan wanted = site_plan(Site::kA, fixed());
  wanted.tunnels[0].inbound[0].payload = model::SaPayload::kAggfrag;
  start(wanted);
  const auto to_us = [](unsigned mark) { return ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100, mark)); };
  const auto hear = [&](const Frame& frame) {
    plane->io().give(kWan, frame);
    plane->settle(plane->clock);
  };
  const Frame first = peer->seal(aggfrag_payload(0, to_us(1)));
  hear(first);
  plane->run_until(at_ns(2'500'000));
  EXPECT_EQ(plane->sent(kWan).size(), 3u);
  model::TunnelPlan& tunnel = plan.tunnels[0];
  tunnel.inbound.insert(tunnel.inbound.begin(), fresh_sa(1));
  tunnel.inbound[0].payload = model::SaPayload::kIp;
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  tunnel.outbound = fresh_sa(2);
  tunnel.tfs.mode = model::TfsMode::kPlain;
  tunnel.encapsulation = model::Encapsulation::kUdp;
  tunnel.udp_remote_port = 1'024;
  tunnel.selectors.remote = {model::TrafficSelector::from(prefix("10.2.0.0/24"))};
  plane->sent(kWan).clear();
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  plane->io().give(kLan, inner(200));
  plane->io().give(kLan, ip_frame("10.1.0.9", "10.2.1.9", 200));  // no selector's any more
  plane->run_until(at_ns(9'000'000));
  ASSERT_EQ(plane->sent(kWan).size(), 1u) << "no slots in plain mode";
  Peer rekeyed(tunnel);
  const auto opened = rekeyed.open(plane->sent(kWan)[0].frame);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->number, 1u);
  EXPECT_EQ(opened->next_header, wire::kProtocolIpv4);
  hear(first);
  EXPECT_EQ(plane->drops(Drop::kReplay), 1u);
  hear(peer->seal(aggfrag_payload(0, to_us(2))));
  hear(rekeyed.seal(to_us(3), wire::kProtocolIpv4));
  EXPECT_EQ(plane->sent(kLan).size(), 3u);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 0u);
  EXPECT_EQ(plane->all_drops(), 2u) << "the replay, and what no selector permits";
  const model::NamedTunnelStats stats = plane->publisher->stats().tunnels[0];
  EXPECT_EQ(stats.inbound[1].packets, 2u);
  EXPECT_EQ(stats.inbound[0].packets, 1u);
  EXPECT_EQ(stats.outbound->spi, fresh_sa(2).spi);
  EXPECT_EQ(stats.outbound->packets, 1u);
  EXPECT_TRUE(plane->bury());
}

TEST_F(PublisherTest, AnOutboundSaIsCountedFromItsFirstNumberOn) {
  ForwardingPlan wanted = site_plan(Site::kA, fixed());
  wanted.tunnels[0].outbound->esn = false;
  wanted.tunnels[0].outbound->first_sequence = EspSeq{0xffff'fff0};
  start(wanted);
  plane->run_until(at_ns(4'500'000));
  model::SaStats stats = *plane->publisher->stats().tunnels[0].outbound;
  EXPECT_EQ(stats.packets, 5u);
  EXPECT_EQ(stats.octets, 5u * 1'400);
  EXPECT_EQ(stats.remaining, 11u);
  plan.tunnels[0].tfs.packet_size = 900;  // the running parts are made anew: the numbers and their count go on
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  plane->run_until(at_ns(30'000'000));
  stats = *plane->publisher->stats().tunnels[0].outbound;
  EXPECT_EQ(stats.packets, 16u);
  EXPECT_EQ(stats.remaining, 0u);
  plan.tunnels[0].outbound.reset();
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  EXPECT_FALSE(plane->publisher->stats().tunnels[0].outbound);
  EXPECT_TRUE(plane->bury());
}

TEST_F(PublisherTest, AFailedPlanChangesNothing) {
  start(site_plan(Site::kA, fixed()));
  const auto* const before = plane->snapshots.load(0);
  const std::vector<std::function<void(ForwardingPlan&)>> mistakes = {
      [](ForwardingPlan& p) { p.tunnels[0].outbound->key = lab_key(1, 20); },
      [](ForwardingPlan& p) { p.tunnels[0].outbound->key = nullptr; },
      [](ForwardingPlan& p) {
        p.tunnels[0].tfs.packet_size = 500;  // would be rebuilt, were it not for the second tunnel
        p.tunnels.push_back(p.tunnels[0]);
        p.tunnels[1].id = TunnelId{1};
        p.tunnels[1].name = "second";
        p.tunnels[1].inbound = {fresh_sa(1)};
        p.tunnels[1].inbound[0].key = lab_key(7, 3);
      },
  };
  for (const auto& mistake : mistakes) {
    ForwardingPlan bad = plan;
    bad.routes.clear();
    mistake(bad);
    const auto applied = plane->publisher->apply(bad, at_ns(77));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().fault, Fault::kBadInput);
    EXPECT_NE(applied.error().what.find("tunnels."), std::string::npos);
    EXPECT_EQ(plane->snapshots.load(0), before);
    EXPECT_TRUE(plane->publisher->nothing_buried());
    EXPECT_EQ(plane->publisher->stats().tunnels.size(), 1u);
  }
  plane->io().give(kLan, inner(300));
  plane->run_until(at_ns(9'999'999));
  EXPECT_EQ(times(plane->sent(kWan)).size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(peer->open(plane->sent(kWan)[i].frame)->number, i + 1);
  EXPECT_EQ(plane->tunnel().inner_tx_pkts, 1u);
}

TEST_F(PublisherTest, AnEqualPlanIsNoChange) {
  start(site_plan(Site::kA, fixed()));
  const auto* const before = plane->snapshots.load(0);
  ASSERT_TRUE(plane->apply(site_plan(Site::kA, fixed()), at_ns(5)));  // keys are compared by content
  EXPECT_EQ(plane->snapshots.load(0), before);
  EXPECT_TRUE(plane->publisher->nothing_buried());
}

// Numbers under one key must go on; those of a worker cannot be read from outside, so its SAs stay with it.
TEST(Publisher, AnSaMovesToAnotherWorkerOnlyWithNewKeys) {
  Plane plane({.workers = 2});
  ForwardingPlan plan = site_plan(Site::kA, fixed());
  ASSERT_TRUE(plane.apply(plan));
  plan.tunnels[0].worker = WorkerId{1};
  EXPECT_FALSE(plane.apply(plan));
  plan.tunnels[0].outbound = fresh_sa(1);
  EXPECT_FALSE(plane.apply(plan));  // the inbound one would forget its replay window
  plan.tunnels[0].inbound = {fresh_sa(2)};
  EXPECT_TRUE(plane.apply(plan));
  plane.run_until(at_ns(5'000'000));
  EXPECT_EQ(plane.sent(kWan, 0).size(), 0u);
  EXPECT_EQ(plane.sent(kWan, 1).size(), 5u);
  EXPECT_TRUE(plane.bury());
}

TEST(Publisher, BurialTakesTwoSnapshotsThatEveryWorkerPassed) {
  Plane plane({.workers = 2});
  const ForwardingPlan plan = site_plan(Site::kA, fixed());
  ASSERT_TRUE(plane.apply(plan));
  plane.turn(at_ns(-1));
  ASSERT_TRUE(plane.apply({}));
  plane.publisher->reclaim();
  const auto* const closing = plane.snapshots.load(0);
  EXPECT_EQ(closing->closing.size(), 1u);
  EXPECT_GT(plane.pool.buffers_out(), 0u);
  plane.workers[0]->turn(at_ns(0));  // the owner drains it
  EXPECT_EQ(plane.pool.buffers_out(), 0u);
  plane.publisher->reclaim();
  EXPECT_NE(plane.snapshots.load(0), closing);
  EXPECT_TRUE(plane.snapshots.load(0)->closing.empty());
  EXPECT_FALSE(plane.publisher->nothing_buried());
  plane.workers[0]->turn(at_ns(1));
  plane.publisher->reclaim();
  EXPECT_FALSE(plane.publisher->nothing_buried());  // the other one may still be in an older snapshot
  plane.workers[1]->turn(at_ns(1));
  plane.publisher->reclaim();
  EXPECT_TRUE(plane.publisher->nothing_buried());
}

TEST_F(PublisherTest, PlansThatFollowEachOtherFastBuryAll) {
  start(site_plan(Site::kA, fixed()));
  for (unsigned i = 0; i < 40; ++i) {
    plan.tunnels[0].tfs.packet_size = 600 + i * 4;
    plan.tunnels[0].inbound.insert(plan.tunnels[0].inbound.begin(), fresh_sa(i));
    if (i % 3 == 0) plan.tunnels[0].outbound = fresh_sa(100 + i);
    plane->io().give(kLan, inner(900, i));
    ASSERT_TRUE(plane->apply(plan, plane->clock + Nanos(1)));
    if (i % 4 == 0) plane->run_until(plane->clock + milliseconds(2));
    if (i % 5 == 0) plane->publisher->reclaim();
  }
  EXPECT_TRUE(plane->bury());
}

// The new rate begins where the old schedule has its next slot; nothing is lost, and counters go on.
TEST_F(PublisherTest, AChangedRateAndSizeBeginAtTheNextSlot) {
  start(site_plan(Site::kA, fixed()));
  for (unsigned i = 0; i < 30; ++i) plane->io().give(kLan, inner(1'300, i));
  plane->run_until(at_ns(10'500'000));
  EXPECT_EQ(plane->tunnel().tx_pkts, 11u);
  plane->sent(kWan).clear();
  plan.tunnels[0].tfs.packet_size = 700;
  plan.tunnels[0].tfs.rate_bits_per_second = 700 * 8 * 500;
  ASSERT_TRUE(plane->apply(plan, at_ns(12'345'678)));  // a start that must not matter
  plane->run_until(at_ns(18'000'000));
  const std::vector<Sent>& sent = plane->sent(kWan);
  EXPECT_EQ(times(sent), (std::vector<std::int64_t>{11'000'000, 13'000'000, 15'000'000, 17'000'000}));
  for (const Sent& one : sent) EXPECT_EQ(one.frame.size(), 714u);
  plane->run_until(at_ns(200'000'000));
  const model::TunnelStats after = plane->tunnel();
  EXPECT_EQ(after.inner_tx_pkts, 30u);
  EXPECT_EQ(after.slots, after.tx_pkts);
  EXPECT_EQ(plane->all_drops(), 0u);
  EXPECT_TRUE(plane->bury());
}

// An idle tunnel costs at most 256 KiB beyond the shared pools, its place in a snapshot included.
TEST(Publisher, AnIdleTunnelIsSmall) {
  const auto cost_of = [](std::size_t count) {
    Plane plane({.buffers = 16});
    ForwardingPlan plan = site_plan(Site::kA, fixed());
    const model::TunnelPlan first = plan.tunnels[0];
    plan.tunnels.clear();
    for (std::size_t i = 0; i < count; ++i) {
      model::TunnelPlan tunnel = first;
      tunnel.id = TunnelId{static_cast<std::uint32_t>(i)};
      tunnel.name = "site" + std::to_string(i);
      tunnel.outbound = fresh_sa(static_cast<unsigned>(2 * i));
      tunnel.inbound = {fresh_sa(static_cast<unsigned>(2 * i + 1))};
      plan.tunnels.push_back(tunnel);
    }
    const struct mallinfo2 before = mallinfo2();
    EXPECT_TRUE(plane.apply(plan));
    const struct mallinfo2 after = mallinfo2();
    return (after.uordblks + after.hblkhd) - (before.uordblks + before.hblkhd);
  };
  (void)cost_of(1);
  const std::size_t hundred = cost_of(100);
  const std::size_t two_hundred = cost_of(200);
  if (hundred == 0) GTEST_SKIP() << "this allocator does not say what it holds";
  const std::size_t each = (two_hundred - hundred) / 100;
  EXPECT_LE(each, 32u * 1'024);
  EXPECT_GE(each, sizeof(queueing::FairQueue));  // at least the queue: the measure measures
  RecordProperty("octets_per_tunnel", static_cast<int>(each));
}

}  // namespace
}  // namespace levelgate::testing::publisher_test
