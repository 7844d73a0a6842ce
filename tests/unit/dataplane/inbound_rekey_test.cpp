// SPDX-License-Identifier: Apache-2.0
//
// Two inbound SAs of one tunnel: the newer takes over without overtaking, the older goes without a loss, and control
// learns when the peer has changed (RFC 7296 §2.8, RFC 9347 §2.2.3).
#include <gtest/gtest.h>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::inbound_rekey_test {
namespace {

using model::Drop;
using std::chrono::milliseconds;

Octets inner(unsigned mark) { return ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100, mark)); }

model::EspSa second_sa() {
  model::EspSa sa;
  sa.spi = Spi{0x3003};
  sa.key = lab_key(9);
  return sa;
}

struct InboundRekeyTest : ::testing::Test {
  void start(model::TfsMode mode = model::TfsMode::kOnDemand) {
    model::TfsSettings tfs;
    tfs.mode = mode;
    tfs.rate_bits_per_second = 11'200'000;  // of fixed mode
    tfs.receive.lost_packet_timer = plan_timer;
    plan = site_plan(Site::kA, tfs);
    plan.tunnels[0].inbound.insert(plan.tunnels[0].inbound.begin(), second_sa());
    ASSERT_TRUE(plane.apply(plan));
    plane.turn(at_ns(0));
    fresh = std::make_unique<Peer>(plan.tunnels[0], 0);
    old = std::make_unique<Peer>(plan.tunnels[0], 1);
  }
  void arrive(const Frame& frame) {
    plane.io().give(kWan, frame);
    plane.settle(plane.clock);
  }
  static Frame from(Peer& peer, unsigned mark) { return peer.seal(aggfrag_payload(0, inner(mark))); }
  // The marks of what left on the protected side.
  std::vector<unsigned> delivered() {
    std::vector<unsigned> marks;
    for (const Sent& sent : plane.sent(kLan)) {
      marks.push_back(load_be<std::uint32_t>(sent.frame.data() + wire::kEthernetOctets + wire::kIpv4Octets));
    }
    return marks;
  }
  void apply() {
    ASSERT_TRUE(plane.apply(plan));
    plane.settle(plane.clock);
    plane.publisher->reclaim();
  }
  std::vector<model::Event> proven() {
    std::vector<model::Event> events = plane.events();
    std::erase_if(events, [](const model::Event& event) { return event.kind != model::EventKind::kInboundProven; });
    return events;
  }

  Nanos plan_timer = milliseconds(5);
  model::ForwardingPlan plan;
  Plane plane;
  std::unique_ptr<Peer> fresh, old;
};

using Marks = std::vector<unsigned>;

TEST_F(InboundRekeyTest, WhatIsBehindTheFirstPacketOfTheNewSaComesInFrontOfIt) {
  start();
  arrive(from(*old, 1));
  const Frame late = from(*old, 2);
  arrive(from(*fresh, 3));
  EXPECT_EQ(delivered(), (Marks{1}));
  arrive(late);
  EXPECT_EQ(delivered(), (Marks{1, 2}));
  plane.run_until(plane.clock + milliseconds(6));
  EXPECT_EQ(delivered(), (Marks{1, 2, 3}));
  arrive(from(*fresh, 4));
  EXPECT_EQ(delivered(), (Marks{1, 2, 3, 4})) << "the takeover is over";
  EXPECT_EQ(plane.tunnel().rx_missed_pkts, 0u);
  EXPECT_EQ(plane.all_drops(), 0u);
  EXPECT_TRUE(plane.bury());
}

// Not even when the old SA has a gap that its own timer would keep open longer.
TEST_F(InboundRekeyTest, AFullWindowEndsTheTakeoverAndTheOldSaDeliversFirst) {
  start();
  arrive(from(*old, 1));
  arrive(from(*fresh, 10));
  plane.run_until(plane.clock + milliseconds(2));
  old->lose();
  arrive(from(*old, 3));
  for (unsigned mark = 11; mark < 13; ++mark) arrive(from(*fresh, mark));
  EXPECT_EQ(delivered(), (Marks{1}));
  arrive(from(*fresh, 13));
  EXPECT_EQ(delivered(), (Marks{1, 3, 10, 11, 12, 13}));
  EXPECT_EQ(plane.tunnel().rx_missed_pkts, 1u);
  EXPECT_TRUE(plane.bury());
}

TEST_F(InboundRekeyTest, WithoutAnOlderSaNothingWaits) {
  start();
  arrive(from(*old, 1));
  EXPECT_EQ(delivered(), (Marks{1}));
}

// It may have sent one packet, which is under way.
TEST_F(InboundRekeyTest, AnOlderSaThatWasNeverHeardIsWaitedForAsWell) {
  start();
  arrive(from(*fresh, 2));
  EXPECT_EQ(delivered(), (Marks{}));
  arrive(from(*old, 1));
  plane.run_until(plane.clock + milliseconds(6));
  EXPECT_EQ(delivered(), (Marks{1, 2}));
}

// However slow the tunnel is: a rekey holds it up for a moment only.
TEST_F(InboundRekeyTest, TheWaitIsShort) {
  plan_timer = std::chrono::seconds(1);
  start();
  arrive(from(*old, 1));
  arrive(from(*fresh, 2));
  plane.run_until(plane.clock + milliseconds(21));
  EXPECT_EQ(delivered(), (Marks{1, 2}));
}

// The first number of the new SA may itself be displaced or lost.
TEST_F(InboundRekeyTest, ALostFirstPacketIsMissedOnceAndNothingElse) {
  start();
  arrive(from(*old, 1));
  fresh->lose();
  arrive(from(*fresh, 2));
  plane.run_until(plane.clock + milliseconds(6));
  EXPECT_EQ(delivered(), (Marks{1, 2}));
  EXPECT_EQ(plane.tunnel().rx_missed_pkts, 1u);
}

TEST_F(InboundRekeyTest, WhatTheOldSaHoldsIsDeliveredWhenItGoes) {
  start();
  arrive(from(*old, 1));
  old->lose();
  arrive(from(*old, 3));
  arrive(from(*old, 4));
  plan.tunnels[0].inbound.pop_back();
  plane.io().give(kWan, from(*fresh, 5));  // in the turn that sees the new plan
  apply();
  plane.run_until(plane.clock + milliseconds(6));
  EXPECT_EQ(delivered(), (Marks{1, 3, 4, 5}));
  EXPECT_EQ(plane.all_drops(), 0u);
  EXPECT_TRUE(plane.bury());
}

TEST_F(InboundRekeyTest, WhatIsHeldGoesWithItsTunnelWhenThatGoes) {
  start();
  old->lose();
  arrive(from(*old, 3));
  EXPECT_TRUE(plane.bury());
  EXPECT_EQ(plane.drops(Drop::kTunnelClosing), 1u);
  EXPECT_TRUE(delivered().empty());
}

TEST_F(InboundRekeyTest, TheFirstAuthenticPacketIsToldAndSeenInTheCounts) {
  start();
  Frame forged = from(*fresh, 1);
  forged.back() ^= std::byte{1};
  arrive(forged);
  arrive(from(*old, 1));
  std::vector<model::Event> events = proven();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].spi, plan.tunnels[0].inbound[1].spi);
  EXPECT_EQ(plane.publisher->stats().tunnels[0].inbound[0].packets, 0u);
  arrive(from(*old, 2));
  arrive(from(*fresh, 3));
  plan.tunnels[0].tfs.receive.reorder_window = 9;  // rebuilds the running parts: nothing is proven a second time
  apply();
  arrive(from(*fresh, 4));
  events = proven();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].spi, Spi{0x3003});
  EXPECT_EQ(events[0].tunnel, TunnelId{0});
  const model::NamedTunnelStats stats = plane.publisher->stats().tunnels[0];
  ASSERT_EQ(stats.inbound.size(), 2u);
  EXPECT_EQ(stats.inbound[0].spi, Spi{0x3003});
  EXPECT_EQ(stats.inbound[0].packets, 2u);
  EXPECT_EQ(stats.inbound[0].remaining, ~std::uint64_t{0} - 3) << "the forged one took number 1";
  EXPECT_EQ(stats.inbound[1].packets, 2u);
  EXPECT_EQ(stats.inbound[0].octets + stats.inbound[1].octets, stats.counters.rx_octets);
}

// RFC 9347 §5.1: what an SA carries is negotiated with it. The tunnel's mode follows the outbound SA; an older inbound
// one goes on as it was.
TEST_F(InboundRekeyTest, AnSaCarriesWhatItWasMadeForWhateverTheModeBecomes) {
  start(model::TfsMode::kFixed);
  plan.tunnels[0].inbound[0].payload = model::SaPayload::kIp;
  plan.tunnels[0].inbound[1].payload = model::SaPayload::kAggfrag;
  for (model::EspSa& sa : plan.tunnels[0].inbound) sa.key = lab_key(40 + sa.spi.value);
  apply();
  fresh = std::make_unique<Peer>(plan.tunnels[0], 0);
  old = std::make_unique<Peer>(plan.tunnels[0], 1);
  const auto plain = [&](unsigned mark) { return fresh->seal(inner(mark), wire::kProtocolIpv4); };
  arrive(from(*old, 1));
  arrive(plain(2));
  const Frame half = old->seal(aggfrag_payload(0, part(inner(3), 0, 60)));
  arrive(half);
  plan.tunnels[0].tfs.mode = model::TfsMode::kPlain;
  apply();
  arrive(old->seal(aggfrag_payload(40, part(inner(3), 60, 100))));  // not even a half packet is lost
  arrive(plain(4));
  EXPECT_EQ(delivered(), (Marks{1, 2, 3, 4}));
  arrive(old->seal(inner(5), wire::kProtocolIpv4));
  EXPECT_EQ(plane.drops(Drop::kNextHeader), 1u);
  arrive(from(*fresh, 6));
  EXPECT_EQ(plane.drops(Drop::kNextHeader), 2u);
  EXPECT_EQ(plane.all_drops(), 2u);
  EXPECT_TRUE(plane.bury());
}

}  // namespace
}  // namespace levelgate::testing::inbound_rekey_test
