// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of an SA behind a whole worker: what leaves on the protected side, and under which name everything
// else is counted, each thing once (RFC 9347 §2.2.3, RFC 9348).
#include "dataplane/inbound.h"

#include <random>

#include "support/no_alloc_scope.h"
#include "unit/dataplane/inbound_arrivals.h"

namespace levelgate::testing::inbound_test {
namespace {

using dataplane::PacketIo;
using model::Drop;
using std::chrono::milliseconds;

model::TfsSettings settings(model::TfsMode mode = model::TfsMode::kOnDemand) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.receive.lost_packet_timer = milliseconds(5);
  return tfs;
}

struct InboundTest : InboundArrivals {
  void start(const model::TfsSettings& tfs, PlaneOptions options = {}) {
    start_plan(site_plan(Site::kA, tfs), options);
  }
};

TEST_F(InboundTest, AnAuthenticPacketThatSaysNothingIsCountedOnceUnderItsName) {
  const Octets cut_block = octets({0x45, 0, 0, 19}) + Octets(40);
  const Octets huge_block = octets({0x60, 0, 0, 0, 0xff, 0xff}) + Octets(40);
  const struct {
    Octets payload;
    std::uint8_t next_header;
    Drop reason;
    bool errored;
  } cases[] = {
      {{}, wire::kNextHeaderAggfrag, Drop::kAggfragMalformed, true},
      {octets({0}), wire::kNextHeaderAggfrag, Drop::kAggfragMalformed, true},
      {octets({0, 0, 0}), wire::kNextHeaderAggfrag, Drop::kAggfragMalformed, true},
      {octets({1, 0, 0, 0, 9, 9, 9, 9}), wire::kNextHeaderAggfrag, Drop::kAggfragMalformed, true},
      {octets({2, 0, 0, 0, 9, 9, 9, 9}), wire::kNextHeaderAggfrag, Drop::kAggfragSubType, true},
      {aggfrag_payload(0, octets({0x50, 1, 2, 3, 4})), wire::kNextHeaderAggfrag, Drop::kAggfragBlock, true},
      {aggfrag_payload(0, cut_block), wire::kNextHeaderAggfrag, Drop::kAggfragBlock, true},
      {aggfrag_payload(0, huge_block), wire::kNextHeaderAggfrag, Drop::kAggfragBlock, true},
      {aggfrag_payload(500, Octets(40)), wire::kNextHeaderAggfrag, Drop::kAggfragOrphan, false},
      {{}, 59, Drop::kDummy, false},
      {Octets(100), 59, Drop::kDummy, false},
      {{}, 4, Drop::kNextHeader, true},
      {inner(100), 4, Drop::kNextHeader, true},
  };
  for (const auto& c : cases) {
    start(settings());
    arrive(c.payload, c.next_header);
    EXPECT_EQ(plane->drops(c.reason), 1u) << name_of(c.reason) << " of " << c.payload.size();
    EXPECT_EQ(plane->all_drops(), 1u) << name_of(c.reason);
    EXPECT_EQ(plane->tunnel().rx_pkts, 1u);
    EXPECT_EQ(plane->tunnel().rx_drop_pkts, 1u);
    EXPECT_EQ(plane->tunnel().rx_errored_pkts, c.errored ? 1u : 0u) << name_of(c.reason);
    EXPECT_TRUE(plane->bury());
  }
}

TEST_F(InboundTest, WhatIsNotAuthenticIsNamedAndChangesNothing) {
  start(settings());
  const Frame good = peer->seal(aggfrag_payload(0, inner(100)));
  Frame forged = good;
  forged.back() ^= std::byte{1};
  arrive(forged);
  EXPECT_EQ(plane->drops(Drop::kAuthFailed), 1u);
  Frame unknown = good;
  unknown[wire::kEthernetOctets + wire::kIpv4Octets] ^= std::byte{1};
  arrive(unknown);
  EXPECT_EQ(plane->drops(Drop::kUnknownSpi), 1u);
  EXPECT_EQ(plane->tunnel().rx_pkts, 0u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 1u);  // an unknown SPI is of no tunnel
  arrive(good);
  EXPECT_EQ(delivered().size(), 1u);
  arrive(good);
  EXPECT_EQ(plane->drops(Drop::kReplay), 1u);
  EXPECT_EQ(plane->tunnel().rx_pkts, 1u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 2u);
}

TEST_F(InboundTest, ADuplicateInTheSameBurstIsAReplay) {
  start(settings());
  const Frame frame = peer->seal(aggfrag_payload(0, inner(100)));
  plane->io().give(kWan, frame);
  arrive(frame);
  EXPECT_EQ(delivered().size(), 1u);
  EXPECT_EQ(plane->drops(Drop::kReplay), 1u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 1u);
}

TEST_F(InboundTest, WrongPaddingIsMalformedEsp) {
  start(settings());
  arrive(peer->seal(aggfrag_payload(0, inner(100)), wire::kNextHeaderAggfrag, 77));
  EXPECT_EQ(plane->drops(Drop::kEspMalformed), 1u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 1u);
}

TEST_F(InboundTest, OctetsAreThoseOfTheWholeOuterPacket) {
  for (const auto encapsulation : {model::Encapsulation::kNone, model::Encapsulation::kUdp}) {
    model::ForwardingPlan wanted = site_plan(Site::kA, settings());
    wanted.tunnels[0].encapsulation = encapsulation;
    start_plan(wanted);
    const Frame frame = peer->seal(aggfrag_payload(0, inner(333)));
    arrive(frame);
    EXPECT_EQ(plane->tunnel().rx_octets, frame.size() - wire::kEthernetOctets);
    EXPECT_EQ(plane->tunnel().inner_rx_octets, 333u);
    EXPECT_EQ(plane->tunnel().inner_rx_pkts, 1u);
  }
}

// The peer's packets may have any size and come at any time, whatever our own are like.
// [9347-2-c]
TEST_F(InboundTest, SizesAndTimesAreThePeersOwnAffair) {
  for (const model::TfsMode mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand}) {
    model::TfsSettings tfs = settings(mode);
    tfs.rate_bits_per_second = 1'400 * 8 * 1'000;
    start(tfs);
    std::mt19937 random(2);
    std::vector<Octets> wanted;
    for (unsigned i = 0; i < 300; ++i) {
      const Octets packet = inner(48 + random() % 1'300, i);
      wanted.push_back(forwarded(packet));
      arrive(aggfrag_payload(0, packet + Octets(random() % 3 == 0 ? random() % 7'000 : 0)), wire::kNextHeaderAggfrag);
      const int distance = static_cast<int>(random() % 3);  // at once, soon, late
      if (distance != 0) wait(distance == 1 ? Nanos(random() % 10'000) : Nanos(random() % 500'000'000));
    }
    EXPECT_EQ(delivered(), wanted);
    EXPECT_EQ(plane->all_drops(), 0u);
  }
}

TEST_F(InboundTest, PaddingIsCountedByKind) {
  start(settings());
  arrive(aggfrag_payload(0, Octets(200)), wire::kNextHeaderAggfrag);
  arrive(aggfrag_payload(0, inner(100) + Octets(30)), wire::kNextHeaderAggfrag);
  arrive(aggfrag_payload(0, inner(100)), wire::kNextHeaderAggfrag);
  const model::TunnelStats stats = plane->tunnel();
  EXPECT_EQ(stats.rx_all_pad_pkts, 1u);
  EXPECT_EQ(stats.rx_all_pad_octets, 200u);
  EXPECT_EQ(stats.rx_extra_pad_pkts, 1u);
  EXPECT_EQ(stats.rx_extra_pad_octets, 30u);
  EXPECT_EQ(stats.inner_rx_pkts, 2u);
  EXPECT_EQ(plane->all_drops(), 0u);
}

TEST_F(InboundTest, ABadBlockSparesTheBlocksBeforeItAndThePayloadsBehindIt) {
  start(settings());
  arrive(aggfrag_payload(0, inner(60, 1) + octets({0x90, 0, 0, 0}) + inner(60, 2)), wire::kNextHeaderAggfrag);
  arrive(aggfrag_payload(0, inner(60, 3)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(delivered(), (std::vector<Octets>{forwarded(inner(60, 1)), forwarded(inner(60, 3))}));
}

// [9347-2.5-c]
TEST_F(InboundTest, EarlyPacketsWaitForTheMissingOneAndComeOutInOrder) {
  start(settings());
  std::vector<Frame> frames;
  std::vector<Octets> wanted;
  for (unsigned i = 0; i < 4; ++i) {
    frames.push_back(peer->seal(aggfrag_payload(0, inner(80, i))));
    wanted.push_back(forwarded(inner(80, i)));
  }
  for (const std::size_t i : {3u, 2u, 1u}) arrive(frames[i]);
  EXPECT_TRUE(delivered().empty());
  EXPECT_EQ(plane->tunnel().reorder_held_pkts, 3u);
  EXPECT_TRUE(plane->workers[0]->holds_packets());
  arrive(frames[0]);
  EXPECT_EQ(delivered(), wanted);
  EXPECT_EQ(plane->tunnel().reorder_held_pkts, 0u);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 0u);
}

// The gap is given up exactly when its time has passed, by the clock of the worker.
// [9347-2.2.3-d]
TEST_F(InboundTest, AGapIsGivenUpAtItsDeadlineAndWhatComesLaterIsLate) {
  start(settings());
  const Frame lost = peer->seal(aggfrag_payload(0, inner(80, 0)));
  const Instant opened = plane->clock;
  arrive(aggfrag_payload(0, inner(80, 1)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(plane->workers[0]->next_deadline(), opened + milliseconds(5));
  plane->turn(opened + milliseconds(5) - Nanos(1));
  EXPECT_TRUE(delivered().empty());
  plane->turn(opened + milliseconds(5));
  EXPECT_EQ(delivered().size(), 1u);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 1u);
  arrive(lost);
  EXPECT_EQ(plane->drops(Drop::kAggfragLate), 1u);
  EXPECT_EQ(plane->tunnel().late_pkts, 1u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 1u);
  EXPECT_EQ(plane->all_drops(), 1u);
}

TEST_F(InboundTest, ALatePacketOfAnotherKindIsCountedOnce) {
  start(settings());
  const Frame dummy = peer->seal(Octets(50), 59);
  arrive(aggfrag_payload(0, inner(80)), wire::kNextHeaderAggfrag);
  wait(milliseconds(6));
  arrive(dummy);
  EXPECT_EQ(plane->all_drops(), 1u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 1u);
}

TEST_F(InboundTest, AJumpBeyondTheWindowGivesUpWhatIsTooFarBehind) {
  start(settings());
  arrive(aggfrag_payload(0, inner(80, 0)), wire::kNextHeaderAggfrag);
  peer->lose(1'000);
  arrive(aggfrag_payload(0, inner(80, 1)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 997u);  // three are still within the window
  wait(milliseconds(6));
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 1'000u);
  EXPECT_EQ(delivered().size(), 2u);
}

TEST_F(InboundTest, FragmentsAreJoinedOverPaddingAndOverNothingElse) {
  start(settings());
  const Octets packet = inner(1'000, 7);
  arrive(aggfrag_payload(0, part(packet, 0, 400)), wire::kNextHeaderAggfrag);
  arrive(aggfrag_payload(0, Octets(100)), wire::kNextHeaderAggfrag);
  arrive(aggfrag_payload(600, part(packet, 400, 900)), wire::kNextHeaderAggfrag);
  EXPECT_TRUE(delivered().empty());
  arrive(aggfrag_payload(100, part(packet, 900, 1'000)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(packet)});
  arrive(aggfrag_payload(0, part(packet, 0, 400)), wire::kNextHeaderAggfrag);
  arrive(Octets(40), wire::kProtocolIpv4);  // uses up the number (RFC 9347 §2.3)
  arrive(aggfrag_payload(600, part(packet, 400, 1'000)), wire::kNextHeaderAggfrag);
  EXPECT_TRUE(delivered().empty());
  EXPECT_EQ(plane->drops(Drop::kAggfragIncomplete), 1u);
  EXPECT_EQ(plane->tunnel().inner_rx_incomplete_pkts, 1u);
  EXPECT_EQ(plane->drops(Drop::kAggfragOrphan), 1u);
  EXPECT_EQ(plane->drops(Drop::kNextHeader), 1u);
}

TEST_F(InboundTest, ADummyBetweenFragmentsIsLikePadding) {
  start(settings());
  const Octets packet = inner(1'000, 7);
  arrive(aggfrag_payload(0, part(packet, 0, 400)), wire::kNextHeaderAggfrag);
  arrive(Octets(40), 59);
  arrive(aggfrag_payload(600, part(packet, 400, 1'000)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(packet)});
  EXPECT_EQ(plane->drops(Drop::kDummy), 1u);
  EXPECT_EQ(plane->tunnel().rx_all_pad_pkts, 0u);
  EXPECT_EQ(plane->tunnel().inner_rx_incomplete_pkts, 0u);
}

TEST_F(InboundTest, ALostFragmentCostsItsPacketOnly) {
  start(settings());
  const Octets packet = inner(1'000, 7);
  arrive(aggfrag_payload(0, inner(90, 1) + part(packet, 0, 400)), wire::kNextHeaderAggfrag);
  peer->lose();
  arrive(aggfrag_payload(100, part(packet, 900, 1'000) + inner(90, 2)), wire::kNextHeaderAggfrag);
  wait(milliseconds(6));
  EXPECT_EQ(delivered(), (std::vector<Octets>{forwarded(inner(90, 1)), forwarded(inner(90, 2))}));
  EXPECT_EQ(plane->tunnel().inner_rx_incomplete_pkts, 1u);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 1u);
}

// One that began and never goes on is given up, so that it pins no buffer.
TEST_F(InboundTest, AnUnfinishedPacketIsGivenUpInTheEnd) {
  for (const std::size_t begun : {400u, 3u}) {
    start(settings());
    arrive(aggfrag_payload(0, part(inner(1'000), 0, begun)), wire::kNextHeaderAggfrag);
    EXPECT_TRUE(plane->workers[0]->holds_packets());
    EXPECT_NE(plane->workers[0]->next_deadline(), kNever);
    wait(std::chrono::seconds(2));
    EXPECT_FALSE(plane->workers[0]->holds_packets());
    EXPECT_EQ(plane->workers[0]->next_deadline(), kNever);
    EXPECT_EQ(plane->drops(Drop::kAggfragIncomplete), 1u);
    EXPECT_EQ(plane->tunnel().inner_rx_incomplete_pkts, 1u);
    EXPECT_EQ(plane->pool.buffers_out(), 0u);
  }
}

TEST_F(InboundTest, APacketLargerThanItsBufferIsPassedOverAndCountedOnce) {
  start(settings(), {.buffer_octets = PacketIo::kHeadroom + 1'500});
  const Octets packet = inner(2'000);
  arrive(aggfrag_payload(0, inner(90, 1) + part(packet, 0, 1'000)), wire::kNextHeaderAggfrag);
  arrive(aggfrag_payload(1'000, part(packet, 1'000, 2'000) + inner(90, 2)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(plane->drops(Drop::kInnerTooBig), 1u);
  EXPECT_EQ(plane->all_drops(), 1u);
  EXPECT_EQ(delivered(), (std::vector<Octets>{forwarded(inner(90, 1)), forwarded(inner(90, 2))}));
}

TEST_F(InboundTest, WithoutBuffersInnerPacketsAreDroppedByName) {
  start(settings());
  plane->io().dry = true;
  arrive(aggfrag_payload(0, inner(90, 1) + inner(90, 2)), wire::kNextHeaderAggfrag);
  plane->io().dry = false;
  EXPECT_EQ(plane->drops(Drop::kNoBuffer), 2u);
  arrive(aggfrag_payload(0, inner(90, 3)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(90, 3))});
}

TEST_F(InboundTest, PlainModeTakesIpAndNothingElse) {
  start(settings(model::TfsMode::kPlain));
  arrive(inner(100, 1), wire::kProtocolIpv4);
  arrive(inner(100, 2) + Octets(60), wire::kProtocolIpv4);  // TFC padding, RFC 4303 §2.7
  EXPECT_EQ(delivered(), (std::vector<Octets>{forwarded(inner(100, 1)), forwarded(inner(100, 2))}));
  arrive(aggfrag_payload(0, inner(100)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(plane->drops(Drop::kNextHeader), 1u);
  arrive(Octets(100), 59);
  EXPECT_EQ(plane->drops(Drop::kDummy), 1u);
  EXPECT_EQ(plane->tunnel().rx_errored_pkts, 1u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 2u);
  arrive(Octets(30), wire::kProtocolIpv4);
  arrive({}, wire::kProtocolIpv6);
  EXPECT_EQ(plane->drops(Drop::kInnerMalformed), 2u);
  Octets wrong = inner(100);
  wrong[10] ^= std::byte{1};
  arrive(wrong, wire::kProtocolIpv4);
  EXPECT_EQ(plane->drops(Drop::kInnerChecksum), 1u);
  EXPECT_EQ(plane->tunnel().inner_rx_pkts, 2u);
}

// The proportional timer: one and a half windows of the packets' own distance (RFC 9347 §2.2.3), as learnt.
TEST_F(InboundTest, TheLostTimerFollowsTheDistanceOfArrivals) {
  model::TfsSettings tfs = settings();
  tfs.receive.lost_packet_timer.reset();
  start(tfs);
  for (int i = 0; i < 300; ++i) {
    plane->turn(plane->clock + milliseconds(2));
    arrive(aggfrag_payload(0, Octets(60)), wire::kNextHeaderAggfrag);
  }
  peer->lose();
  plane->turn(plane->clock + milliseconds(2));
  arrive(aggfrag_payload(0, inner(60)), wire::kNextHeaderAggfrag);
  const Nanos waits = plane->workers[0]->next_deadline() - plane->clock;
  EXPECT_NEAR(static_cast<double>(waits.count()), 2e6 * (3 + 1) * 1.5, 1e4);
}

// An SA whose running parts were rebuilt goes on where the peer is, and does so without a single allocation.
TEST_F(InboundTest, ARebuiltSaTakesUpThePeersNumbersWithoutAllocating) {
  start(settings());
  for (unsigned i = 0; i < 100; ++i) arrive(aggfrag_payload(0, inner(80, i)), wire::kNextHeaderAggfrag);
  EXPECT_EQ(delivered().size(), 100u);
  plan.tunnels[0].tfs.receive.reorder_window = 16;
  ASSERT_TRUE(plane->apply(plan));
  plane->turn(plane->clock);
  plane->io().give(kWan, peer->seal(aggfrag_payload(0, inner(80, 100))));
  plane->io().record = false;
  {
    NoAllocScope scope;
    plane->turn(plane->clock);
    EXPECT_EQ(scope.allocations(), 0u);
  }
  EXPECT_EQ(plane->io().sent_count[kLan.value], 101u);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 0u);
  EXPECT_EQ(plane->all_drops(), 0u);
}

TEST_F(InboundTest, BurialGivesBackWhatIsHeldAndCountsIt) {
  start(settings());
  arrive(aggfrag_payload(0, part(inner(1'000), 0, 400)), wire::kNextHeaderAggfrag);
  peer->lose();
  arrive(aggfrag_payload(0, inner(80)), wire::kNextHeaderAggfrag);
  arrive(Octets(40), 59);
  EXPECT_NE(plane->pool.buffers_out(), 0u);
  EXPECT_TRUE(plane->bury());
  EXPECT_EQ(plane->drops(Drop::kTunnelClosing), 1u);
  EXPECT_EQ(plane->drops(Drop::kAggfragIncomplete), 1u);
  EXPECT_EQ(plane->drops(Drop::kDummy), 1u);
  EXPECT_EQ(plane->all_drops(), 3u);
}

}  // namespace
}  // namespace levelgate::testing::inbound_test
