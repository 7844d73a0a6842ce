// SPDX-License-Identifier: Apache-2.0
//
// Tunnels whose ESP packets travel in TCP (RFC 9329): what a worker puts into its ring to control and when, and that
// what comes out of a connection is handled like what came by a port.
#include <gtest/gtest.h>

#include "support/no_alloc_scope.h"
#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::streamed_test {
namespace {

using model::Drop;
using model::Encapsulation;
using std::chrono::milliseconds;

constexpr StreamId kStream{7};
constexpr std::size_t kOuterHeaders = wire::kEthernetOctets + wire::kIpv4Octets;

struct StreamedTest : ::testing::Test {
  void start(model::TfsMode mode, PlaneOptions options = {}) {
    model::TfsSettings tfs;
    tfs.mode = mode;
    tfs.packet_size = 500;
    tfs.rate_bits_per_second = 500 * 8 * 1'000;  // a slot each millisecond
    tfs.max_queue_delay = std::chrono::seconds(10);
    plan = site_plan(Site::kA, tfs);
    plan.tunnels[0].encapsulation = Encapsulation::kTcp;
    plan.tunnels[0].stream = kStream;
    plan.tunnels[0].worker = WorkerId{static_cast<std::uint16_t>(options.workers - 1)};
    plane = std::make_unique<Plane>(options);
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(-1));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
  }
  void offer(std::size_t octets = 100, unsigned mark = 0) {
    plane->io().give(kLan, ip_frame("10.1.0.9", "10.2.0.9", octets, mark));
  }
  // What stands in the ring to control, oldest first.
  std::vector<Octets> streamed(std::size_t worker = 0) {
    std::vector<Octets> packets;
    for (auto& ring = plane->streams[worker]->outbound; const auto record = ring.front(); ring.pop()) {
      EXPECT_EQ(record->head.tunnel, TunnelId{0});
      packets.emplace_back(record->octets.begin(), record->octets.end());
    }
    return packets;
  }
  std::optional<Peer::Opened> open(const Octets& esp) { return peer->open(Frame(kOuterHeaders) + esp); }
  // A packet of the peer, from its SPI on.
  Octets esp(const Octets& inner) {
    const bool plain = plan.tunnels[0].tfs.mode == model::TfsMode::kPlain;
    const Frame frame =
        peer->seal(plain ? inner : aggfrag_payload(0, inner), plain ? wire::kProtocolIpv4 : wire::kNextHeaderAggfrag);
    return part(frame, kOuterHeaders, frame.size());
  }
  Octets esp() { return esp(ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100))); }
  void arrive(const Octets& packet, StreamId stream = kStream, std::size_t worker = 0) {
    ASSERT_TRUE(plane->streams[worker]->inbound.push(stream, packet));
    plane->settle(plane->clock);
  }
  std::vector<model::Event> moves(std::size_t worker = 0) {
    std::vector<model::Event> events = plane->events(worker);
    std::erase_if(events, [](const model::Event& event) {
      return event.kind != model::EventKind::kStreamMoved && event.kind != model::EventKind::kPeerMoved;
    });
    return events;
  }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
};

// Slot by slot, and each of one size: how full the tunnel is shows in neither.
TEST_F(StreamedTest, FixedModeHandsOverOnePacketOfOneSizeAtEachSlotWhateverTheLoad) {
  for (const bool loaded : {false, true}) {
    start(model::TfsMode::kFixed);
    std::vector<Octets> payloads;
    for (int slot = 0; slot < 50; ++slot) {
      if (loaded && slot < 40) offer(60 + static_cast<std::size_t>(slot * 31 % 700), static_cast<unsigned>(slot));
      plane->run_until(at_ns(slot * 1'000'000));
      ASSERT_TRUE(streamed().empty()) << "not before its slot";
      plane->run_until(at_ns(slot * 1'000'000 + 2));
      const std::vector<Octets> now = streamed();
      ASSERT_EQ(now.size(), 1u) << slot;
      EXPECT_EQ(now[0].size(), 500 - wire::kIpv4Octets) << "as long as if it had an IP header of its own";
      const auto opened = open(now[0]);
      ASSERT_TRUE(opened);
      payloads.push_back(opened->payload);
    }
    EXPECT_EQ(inner_packets(payloads).size(), loaded ? 40u : 0u);
    const model::TunnelStats stats = plane->tunnel();
    EXPECT_EQ(stats.tx_pkts, 50u);
    EXPECT_EQ(stats.slots, 50u);
    EXPECT_EQ(stats.tx_octets, 50 * (500 - wire::kIpv4Octets + dataplane::kStreamLengthOctets));
    EXPECT_TRUE(plane->sent(kWan).empty());
    EXPECT_TRUE(plane->bury());
  }
}

TEST_F(StreamedTest, EachModeHandsOverWhatItSends) {
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain}) {
    start(mode);
    for (unsigned i = 0; i < 20; ++i) offer(100, i);
    plane->run_until(at_ns(20'000'000));
    std::vector<Octets> payloads;
    for (const Octets& packet : streamed()) {
      const auto opened = open(packet);
      ASSERT_TRUE(opened);
      payloads.push_back(opened->payload);
    }
    EXPECT_EQ(mode == model::TfsMode::kPlain ? payloads.size() : inner_packets(payloads).size(), 20u);
    const model::NamedTunnelStats stats = plane->publisher->stats().tunnels[0];
    EXPECT_EQ(stats.counters.tx_pkts, payloads.size());
    EXPECT_EQ(stats.counters.inner_tx_pkts, 20u);
    EXPECT_EQ(plane->all_drops(), 0u);
    EXPECT_TRUE(plane->sent(kWan).empty());
    EXPECT_TRUE(plane->bury());
  }
}

// Nobody empties the ring: it takes what it can hold and no more, the newest are dropped under their name, and every
// slot and buffer is accounted for.
TEST_F(StreamedTest, AFullRingDropsTheNewestUnderItsName) {
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain}) {
    start(mode, {.stream_octets = 4'096});
    for (int i = 0; i < 60; ++i) {
      offer(400);
      plane->run_until(plane->clock + milliseconds(1));
    }
    const std::vector<Octets> held = streamed();
    const model::TunnelStats stats = plane->tunnel();
    EXPECT_GT(held.size(), 4u);
    EXPECT_LE(held.size(), 4'096u / 400);
    EXPECT_EQ(stats.tx_pkts, held.size());
    EXPECT_EQ(stats.tx_drop_pkts, plane->drops(Drop::kTcpOutboundFull));
    EXPECT_EQ(plane->all_drops(), plane->drops(Drop::kTcpOutboundFull));
    std::uint64_t octets = 0;
    for (std::size_t i = 0; i < held.size(); ++i) {
      EXPECT_EQ(open(held[i])->number, i + 1) << "the oldest stay";
      octets += held[i].size() + dataplane::kStreamLengthOctets;
    }
    EXPECT_EQ(stats.tx_octets, octets);
    const std::uint64_t made = plane->publisher->stats().tunnels[0].outbound->packets;
    if (mode == model::TfsMode::kFixed) {
      EXPECT_EQ(stats.slots, stats.tx_pkts + stats.skipped_slots);
      EXPECT_EQ(stats.skipped_slots, stats.tx_drop_pkts);
    } else {
      EXPECT_EQ(made, stats.tx_pkts + stats.tx_drop_pkts);
    }
    EXPECT_TRUE(plane->bury());
  }
}

// A next hop means nothing to such a tunnel, a connection everything: without one what is inside waits.
TEST_F(StreamedTest, NothingLeavesWithoutAConnectionAndNoNextHopIsAskedFor) {
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain}) {
    start(mode, {.neighbours_known = false});
    plan.tunnels[0].stream = StreamId{};
    ASSERT_TRUE(plane->apply(plan, plane->clock));
    offer();
    plane->run_until(plane->clock + milliseconds(5));
    EXPECT_TRUE(streamed().empty());
    EXPECT_EQ(plane->tunnel().inner_tx_pkts, 0u);
    EXPECT_EQ(plane->all_drops(), 0u);
    plan.tunnels[0].stream = kStream;
    ASSERT_TRUE(plane->apply(plan, plane->clock));
    plane->run_until(plane->clock + milliseconds(5));
    EXPECT_EQ(plane->tunnel().inner_tx_pkts, 1u);
    const std::vector<Octets> packets = streamed();
    ASSERT_FALSE(packets.empty());
    EXPECT_EQ(open(packets[0])->number, 1u);
    EXPECT_TRUE(plane->events().empty());
  }
}

// The carrier changes under a running schedule: no number is used twice or left out, and what was built leaves as it
// was built.
TEST_F(StreamedTest, NumbersAndSlotsGoOnWhenTheCarrierChanges) {
  start(model::TfsMode::kFixed, {.build_ahead = std::chrono::microseconds(2'500)});
  std::vector<std::uint64_t> numbers;
  std::size_t seen = 0;
  for (int slot = 0; slot < 60; ++slot) {
    if (slot % 10 == 9) {
      const bool tcp = plan.tunnels[0].encapsulation == Encapsulation::kTcp;
      plan.tunnels[0].encapsulation = tcp ? Encapsulation::kNone : Encapsulation::kTcp;
      plan.tunnels[0].stream = tcp ? StreamId{} : kStream;
      ASSERT_TRUE(plane->apply(plan, plane->clock));
    }
    plane->run_until(at_ns(slot * 1'000'000 + 2));
    for (const Octets& packet : streamed()) numbers.push_back(open(packet)->number);
    for (; seen < plane->sent(kWan).size(); ++seen)
      numbers.push_back(peer->open(plane->sent(kWan)[seen].frame)->number);
    ASSERT_EQ(numbers.size(), static_cast<std::size_t>(slot) + 1) << "one at each slot";
    ASSERT_EQ(numbers.back(), static_cast<std::uint64_t>(slot) + 1);
  }
  EXPECT_EQ(plane->tunnel().skipped_slots, 0u);
  EXPECT_TRUE(plane->bury());
}

TEST_F(StreamedTest, WhatComesOutOfAConnectionIsHandledLikeWhatCameByAPort) {
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kPlain}) {
    start(mode);
    const Octets good = esp();
    const std::size_t octets_of_it = good.size() + dataplane::kStreamLengthOctets;
    arrive(good);
    ASSERT_EQ(plane->sent(kLan).size(), 1u);
    EXPECT_TRUE(same_ip(plane->sent(kLan)[0].frame, after_hops(ip_frame("10.2.0.9", "10.1.0.9", 100), 1)));
    EXPECT_EQ(plane->tunnel().rx_octets, octets_of_it);
    EXPECT_EQ(plane->publisher->stats().tunnels[0].inbound[0].octets, octets_of_it);
    arrive(good);
    EXPECT_EQ(plane->drops(Drop::kReplay), 1u);
    Octets forged = esp();
    forged.back() ^= std::byte{1};
    arrive(forged);
    EXPECT_EQ(plane->drops(Drop::kAuthFailed), 1u);
    Octets foreign = esp();
    foreign[0] ^= std::byte{1};
    arrive(foreign);
    EXPECT_EQ(plane->drops(Drop::kUnknownSpi), 1u);
    for (const std::size_t octets : {0u, 1u, 7u}) arrive(Octets(octets));
    Octets cut = esp();
    cut.resize(16);
    arrive(cut);
    EXPECT_EQ(plane->drops(Drop::kEspMalformed), 4u);
    EXPECT_EQ(plane->all_drops(), 7u);
    EXPECT_EQ(plane->sent(kLan).size(), 1u);
    EXPECT_TRUE(moves().empty());
    EXPECT_TRUE(plane->bury());
  }
}

TEST_F(StreamedTest, WhatNoBufferHoldsIsDroppedUnderItsName) {
  start(model::TfsMode::kPlain, {.buffers = 64, .buffer_octets = 2'048, .stream_octets = 16'384});
  arrive(Octets(2'048));
  EXPECT_EQ(plane->drops(Drop::kInnerTooBig), 1u);
  plane->io().dry = true;
  arrive(esp());
  EXPECT_EQ(plane->drops(Drop::kNoBuffer), 1u);
  plane->io().dry = false;
  arrive(esp());
  EXPECT_EQ(plane->sent(kLan).size(), 1u);
  EXPECT_TRUE(plane->bury());
}

// A path marks packets, and a stream has none: no octet of the packet is taken for a header that is not there. These
// SPIs would read as CE and as ECT, in either family.
TEST_F(StreamedTest, NoMarkIsSeenInWhatCameOutOfAConnection) {
  for (const std::uint32_t spi : {0x45030001U, 0x45010001U, 0x60300001U, 0x60100001U}) {
    start(model::TfsMode::kPlain);
    plan.tunnels[0].inbound[0].spi = Spi{spi};
    ASSERT_TRUE(plane->apply(plan, plane->clock));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
    arrive(esp());
    EXPECT_EQ(plane->sent(kLan).size(), 1u);
    EXPECT_EQ(plane->tunnel().ecn_ce_pkts + plane->tunnel().ecn_unexpected_pkts, 0u);
    EXPECT_EQ(plane->all_drops(), 0u);
  }
}

// RFC 9329 §6.1: the connection by which the last valid packet came; neither a forged nor a replayed
// nor an older one says so.
TEST_F(StreamedTest, AnotherConnectionIsToldOfByAuthenticNewPacketsOnly) {
  start(model::TfsMode::kOnDemand);
  arrive(esp());
  EXPECT_TRUE(moves().empty());
  const Octets older = esp();
  const Octets newest = esp();
  arrive(newest);
  arrive(older, StreamId{8});
  arrive(newest, StreamId{8});
  Octets forged = esp();
  forged.back() ^= std::byte{1};
  arrive(forged, StreamId{8});
  EXPECT_TRUE(moves().empty());
  for (int i = 0; i < 20; ++i) arrive(esp(), StreamId{8});
  const std::vector<model::Event> told = moves();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, model::EventKind::kStreamMoved);
  EXPECT_EQ(told[0].tunnel, TunnelId{0});
  EXPECT_EQ(told[0].spi, plan.tunnels[0].inbound[0].spi);
  EXPECT_EQ(told[0].count, 8u);
  plane->run_until(plane->clock + milliseconds(300));
  arrive(esp(), StreamId{8});
  EXPECT_EQ(moves().size(), 1u) << "an event may be lost: it is told again";
  plan.tunnels[0].stream = StreamId{8};
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  plane->run_until(plane->clock + milliseconds(300));
  arrive(esp(), StreamId{8});
  EXPECT_TRUE(moves().empty()) << "until control has followed";
}

TEST_F(StreamedTest, ATunnelThatIsNotInTcpFollowsNoConnection) {
  for (const auto planned : {Encapsulation::kNone, Encapsulation::kUdp}) {
    start(model::TfsMode::kOnDemand);
    const Octets packet = esp();
    plan.tunnels[0].encapsulation = planned;
    plan.tunnels[0].stream = StreamId{};
    ASSERT_TRUE(plane->apply(plan, plane->clock));
    arrive(packet);
    EXPECT_EQ(plane->sent(kLan).size(), 1u) << "it is authentic all the same";
    EXPECT_TRUE(moves().empty());
  }
}

TEST_F(StreamedTest, ABarePacketForATunnelInTcpIsTakenAndMovesNothing) {
  start(model::TfsMode::kOnDemand);
  plane->io().give(kWan, peer->seal(aggfrag_payload(0, ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100)))));
  plane->settle(plane->clock);
  EXPECT_EQ(plane->sent(kLan).size(), 1u);
  EXPECT_TRUE(moves().empty());
}

// Control may give a packet to any worker: it goes on to the one that owns the SA, with what is known of where it came
// from.
TEST_F(StreamedTest, AnotherWorkersPacketReachesItsOwner) {
  start(model::TfsMode::kOnDemand, {.workers = 2});
  arrive(esp(), StreamId{8}, 0);
  EXPECT_EQ(plane->tunnel().rx_pkts, 1u);
  EXPECT_EQ(plane->all_drops(), 0u);
  const std::vector<model::Event> told = moves(1);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].count, 8u);
  EXPECT_TRUE(plane->bury());
}

// What a turn takes is one burst, so a full ring delays no slot by more than that.
TEST_F(StreamedTest, ATurnTakesOneBurst) {
  start(model::TfsMode::kOnDemand);
  for (std::size_t i = 0; i < 2 * dataplane::kBurst; ++i) {
    ASSERT_TRUE(plane->streams[0]->inbound.push(kStream, esp()));
  }
  plane->turn(plane->clock);
  EXPECT_EQ(plane->tunnel().rx_pkts, dataplane::kBurst);
  EXPECT_TRUE(plane->workers[0]->busy());
  plane->settle(plane->clock);
  EXPECT_EQ(plane->tunnel().rx_pkts, 2 * dataplane::kBurst);
}

TEST_F(StreamedTest, ATurnAllocatesNothing) {
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain}) {
    start(mode, {.stream_octets = 65'536});
    plane->io().record = false;
    std::vector<Octets> packets;
    for (int i = 0; i < 40; ++i) packets.push_back(esp());
    for (int i = 0; i < 40; ++i) offer();
    std::size_t next = 0;
    std::uint64_t out = 0;
    Instant now = at_ns(0);
    const auto round = [&] {
      (void)plane->streams[0]->inbound.push(kStream, packets[next++]);
      now += milliseconds(1);
      plane->io().now = now;
      plane->workers[0]->turn(now);
      for (auto& ring = plane->streams[0]->outbound; ring.front(); ring.pop()) ++out;
    };
    for (int i = 0; i < 20; ++i) round();
    NoAllocScope scope;
    for (int i = 0; i < 20; ++i) round();
    EXPECT_EQ(scope.allocations(), 0u);
    EXPECT_GT(out, 0u);
    EXPECT_EQ(plane->tunnel().rx_pkts, 40u);
  }
}

}  // namespace
}  // namespace levelgate::testing::streamed_test
