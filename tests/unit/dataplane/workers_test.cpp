// SPDX-License-Identifier: Apache-2.0
//
// Several workers in one thread: tunnels are pinned to different ones, packets come in on any, and the outcome is that
// of a single worker.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::workers_test {
namespace {

using model::Drop;

constexpr std::size_t kTunnels = 4;

std::string network(std::size_t tunnel) { return "10.2" + std::to_string(tunnel) + ".0."; }

// Site A with four tunnels, pinned in turn to `workers` workers.
model::ForwardingPlan four_tunnels(std::size_t workers, model::TfsMode mode = model::TfsMode::kFixed) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.rate_bits_per_second = 50'000'000;
  tfs.max_queue_delay = std::chrono::seconds(10);
  model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  const model::TunnelPlan first = plan.tunnels[0];
  plan.tunnels.clear();
  for (std::size_t i = 0; i < kTunnels; ++i) {
    model::TunnelPlan tunnel = first;
    tunnel.id = TunnelId{static_cast<std::uint32_t>(i)};
    tunnel.name = "site" + std::to_string(i);
    tunnel.remote = address("198.51.100." + std::to_string(i + 2));
    tunnel.worker = WorkerId{static_cast<std::uint16_t>(i % workers)};
    tunnel.outbound->spi = Spi{static_cast<std::uint32_t>(0x1000 + i)};
    tunnel.outbound->key = lab_key(static_cast<unsigned>(10 + i));
    tunnel.inbound[0].spi = Spi{static_cast<std::uint32_t>(0x2000 + i)};
    tunnel.inbound[0].key = lab_key(static_cast<unsigned>(20 + i));
    plan.tunnels.push_back(tunnel);
    plan.routes.push_back({prefix(network(i) + "0/24"), model::ToTunnel{tunnel.id}});
  }
  return plan;
}

struct Outcome {
  std::vector<std::vector<std::pair<std::int64_t, std::size_t>>> wire;  // by tunnel: when, how large
  std::vector<std::multiset<Octets>> sent;                              // by tunnel: inner packets
  std::multiset<Frame> inside;
  std::vector<std::uint64_t> inner_tx, inner_rx, tx, rx, rx_octets, dropped;
  model::DropCounts drops{};
  bool operator==(const Outcome&) const = default;
};

Outcome play(std::size_t workers, unsigned seed) {
  Plane plane({.workers = workers, .buffers = 2'048, .buffer_octets = 4'096});
  const model::ForwardingPlan plan = four_tunnels(workers);
  EXPECT_TRUE(plane.apply(plan));
  plane.turn(at_ns(-1));
  std::vector<std::unique_ptr<Peer>> peers;
  for (const model::TunnelPlan& tunnel : plan.tunnels) peers.push_back(std::make_unique<Peer>(tunnel));
  std::mt19937 random(seed);
  for (unsigned i = 0; i < 400; ++i) {
    const std::size_t tunnel = random() % kTunnels;
    const std::size_t octets = 60 + random() % 1'200;
    const std::size_t edge = random() % 2;  // drawn in any case, so that the loads are equal
    const unsigned fate = random() % 16;
    EdgeIo& io = plane.io(workers == 1 ? 0 : edge);
    const unsigned hops = fate == 0 ? 1 : 64;
    if (random() % 2 == 0) {
      io.give(kLan, ip_frame("10.1.0.9", network(tunnel) + "7", octets, i, hops));
    } else {
      Frame frame =
          peers[tunnel]->seal(aggfrag_payload(0, ip_of(ip_frame(network(tunnel) + "7", "10.1.0.9", octets, i))));
      if (fate == 1) frame.back() ^= std::byte{1};
      if (fate == 2) io.give(kWan, frame);
      io.give(kWan, frame);
    }
    if (i % 8 == 0) plane.run_until(plane.clock + Nanos(random() % 300'000));
  }
  plane.run_until(plane.clock + std::chrono::milliseconds(500));
  Outcome outcome;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    for (const Sent& sent : plane.sent(kLan, worker)) outcome.inside.insert(sent.frame);
  }
  for (std::size_t i = 0; i < kTunnels; ++i) {
    const model::TunnelStats stats = plane.tunnel(i);
    outcome.wire.emplace_back();
    std::vector<Octets> payloads;
    for (const Sent& sent : plane.sent(kWan, i % workers)) {
      const auto opened = peers[i]->open(sent.frame);
      if (!opened) continue;  // another tunnel's
      outcome.wire.back().emplace_back(to_ns(sent.when), sent.frame.size());
      payloads.push_back(opened->payload);
    }
    const std::vector<Octets> packets = inner_packets(payloads);
    outcome.sent.emplace_back(packets.begin(), packets.end());
    outcome.inner_tx.push_back(stats.inner_tx_pkts);
    outcome.inner_rx.push_back(stats.inner_rx_pkts);
    outcome.tx.push_back(stats.tx_pkts);
    outcome.rx.push_back(stats.rx_pkts);
    outcome.rx_octets.push_back(stats.rx_octets);
    outcome.dropped.push_back(stats.rx_drop_pkts + stats.tx_drop_pkts);
  }
  outcome.drops = plane.publisher->stats().drops;
  EXPECT_TRUE(plane.bury());
  return outcome;
}

TEST(Workers, TwoAndThreeDoWhatOneDoes) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const Outcome one = play(1, seed);
    EXPECT_GT(one.inside.size(), 100u);
    EXPECT_GT(one.drops[static_cast<std::size_t>(Drop::kReplay)], 0u);
    EXPECT_GT(one.drops[static_cast<std::size_t>(Drop::kAuthFailed)], 0u);
    for (const auto& packets : one.sent) EXPECT_GT(packets.size(), 20u);
    for (const std::size_t workers : {2u, 3u}) {
      const Outcome several = play(workers, seed);
      EXPECT_TRUE(several.wire == one.wire) << seed;
      EXPECT_TRUE(several.sent == one.sent) << seed;
      EXPECT_TRUE(several.inside == one.inside) << seed;
      EXPECT_EQ(several.inner_tx, one.inner_tx);
      EXPECT_EQ(several.inner_rx, one.inner_rx);
      EXPECT_EQ(several.rx, one.rx);
      EXPECT_EQ(several.rx_octets, one.rx_octets);
      EXPECT_EQ(several.dropped, one.dropped);
      EXPECT_EQ(several.drops, one.drops);
    }
  }
}

struct TwoWorkers : ::testing::Test {
  void start(PlaneOptions options = {}) {
    options.workers = 2;
    plane = std::make_unique<Plane>(options);
    plan = four_tunnels(2, model::TfsMode::kOnDemand);
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(0));
  }
  void turn_of(std::size_t worker) { plane->workers[worker]->turn(plane->clock); }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
};

TEST_F(TwoWorkers, AFullRingDropsByNameAndLosesNoBuffer) {
  start({.ring = 4});
  Peer peer(plan.tunnels[1]);
  for (unsigned i = 0; i < 10; ++i) plane->io(0).give(kLan, ip_frame("10.1.0.9", network(1) + "7", 60, i));
  turn_of(0);
  EXPECT_EQ(plane->drops(Drop::kWorkerRingFull), 6u);
  turn_of(1);
  for (unsigned i = 0; i < 10; ++i) {
    plane->io(0).give(kWan, peer.seal(aggfrag_payload(0, ip_of(ip_frame(network(1) + "7", "10.1.0.9", 60, i)))));
  }
  turn_of(0);
  EXPECT_EQ(plane->drops(Drop::kWorkerRingFull), 12u);
  plane->settle(plane->clock);
  EXPECT_EQ(plane->tunnel(1).inner_tx_pkts, 4u);
  EXPECT_EQ(plane->tunnel(1).inner_rx_pkts, 4u);
  EXPECT_EQ(plane->all_drops(), 12u);
  EXPECT_TRUE(plane->bury());
}

TEST_F(TwoWorkers, WhatIsOnItsWayToATunnelThatGoesIsDropped) {
  start();
  Peer peer(plan.tunnels[1]);
  plane->io(0).give(kLan, ip_frame("10.1.0.9", network(1) + "7", 60));
  plane->io(0).give(kWan, peer.seal(aggfrag_payload(0, ip_of(ip_frame(network(1) + "7", "10.1.0.9", 60)))));
  turn_of(0);
  EXPECT_EQ(plane->pool.buffers_out(), 2u);
  EXPECT_TRUE(plane->bury());
  EXPECT_EQ(plane->drops(Drop::kTunnelClosing), 1u);
  EXPECT_EQ(plane->drops(Drop::kUnknownSpi), 1u);
}

// Ids are places in the plan. A packet that was on its way to a tunnel must not reach the peer of another one that took
// its place: no selector of that one was asked.
TEST_F(TwoWorkers, WhatIsOnItsWayNeverEntersTheTunnelThatTookThePlace) {
  start();
  plane->io(0).give(kLan, ip_frame("10.1.0.9", network(1) + "7", 60));
  turn_of(0);
  model::ForwardingPlan fewer = plan;
  fewer.tunnels.erase(fewer.tunnels.begin() + 1);
  fewer.tunnels[1].id = TunnelId{1};  // site2, on worker 0
  fewer.tunnels[2].id = TunnelId{2};
  std::swap(fewer.tunnels[1], fewer.tunnels[2]);  // site3, on worker 1, takes the place of site1
  fewer.tunnels[1].id = TunnelId{1};
  fewer.tunnels[2].id = TunnelId{2};
  std::erase_if(fewer.routes,
                [](const model::Route& route) { return std::holds_alternative<model::ToTunnel>(route.target); });
  ASSERT_EQ(fewer.tunnels[1].worker, WorkerId{1});
  ASSERT_TRUE(plane->apply(fewer));
  plane->settle(plane->clock);
  EXPECT_TRUE(plane->sent(kWan, 0).empty());
  EXPECT_TRUE(plane->sent(kWan, 1).empty());
  EXPECT_EQ(plane->drops(Drop::kTunnelClosing), 1u);
}

// A change of the plan that leaves the tunnel alone loses nothing that is on its way to it, wherever it stands now.
TEST_F(TwoWorkers, WhatIsOnItsWayToATunnelThatStaysArrives) {
  start();
  plane->io(0).give(kLan, ip_frame("10.1.0.9", network(1) + "7", 60));
  turn_of(0);
  plan.tunnels[1].selectors.remote = {model::TrafficSelector::from(prefix("10.0.0.0/8"))};
  ASSERT_TRUE(plane->apply(plan));
  plane->settle(plane->clock);
  EXPECT_EQ(plane->sent(kWan, 1).size(), 1u);
  EXPECT_EQ(plane->all_drops(), 0u);
}

}  // namespace
}  // namespace levelgate::testing::workers_test
