// SPDX-License-Identifier: Apache-2.0
//
// The turn itself: what it does first, how much it takes at once, when the next one is wanted, and what it says of
// itself; and the batches of its context.
#include "dataplane/worker.h"

#include <gtest/gtest.h>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::worker_test {
namespace {

using model::Drop;

model::ForwardingPlan plan_of(model::TfsMode mode) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.rate_bits_per_second = 1'400 * 8 * 1'000;
  return site_plan(Site::kA, tfs);
}

TEST(Worker, WithoutAPlanItTakesNothingAndWantsNothing) {
  Plane plane;
  plane.io().give(kLan, ip_frame("10.1.0.9", "10.2.0.9", 60));
  plane.turn(at_ns(0));
  EXPECT_EQ(plane.workers[0]->next_deadline(), kNever);
  EXPECT_FALSE(plane.workers[0]->busy());
  EXPECT_FALSE(plane.workers[0]->holds_packets());
  EXPECT_TRUE(plane.io().waiting());
  EXPECT_EQ(plane.pool.buffers_out(), 0u);
}

// A turn is bounded by one burst from each port, so the longest turn bounds the jitter.
TEST(Worker, ATurnTakesOneBurstFromEachPort) {
  Plane plane;
  ASSERT_TRUE(plane.apply(plan_of(model::TfsMode::kOnDemand)));
  Peer peer(plan_of(model::TfsMode::kOnDemand).tunnels[0]);
  for (unsigned i = 0; i < 50; ++i) {
    plane.io().give(kLan, ip_frame("10.1.0.9", "172.16.0.1", 60));
    plane.io().give(kWan, peer.seal(aggfrag_payload(0, Octets(40))));
  }
  plane.turn(at_ns(0));
  EXPECT_EQ(plane.drops(Drop::kNoRoute), dataplane::kBurst);
  EXPECT_EQ(plane.tunnel().rx_pkts, dataplane::kBurst);
  EXPECT_TRUE(plane.workers[0]->busy());
  plane.turn(at_ns(1));
  EXPECT_EQ(plane.drops(Drop::kNoRoute), 50u);
  EXPECT_EQ(plane.tunnel().rx_pkts, 50u);
  plane.turn(at_ns(2));
  EXPECT_FALSE(plane.workers[0]->busy());
  const model::WorkerStats stats = plane.publisher->stats().workers[0];
  EXPECT_EQ(stats.turns, 3u);
  EXPECT_EQ(stats.busy_turns, 2u);
}

// What arrives in the turn of a slot goes with a later one: the slot does not wait for it.
TEST(Worker, EmissionStandsInFrontOfReception) {
  Plane plane;
  ASSERT_TRUE(plane.apply(plan_of(model::TfsMode::kFixed)));
  plane.turn(at_ns(-1));
  plane.io().give(kLan, ip_frame("10.1.0.9", "10.2.0.9", 60));
  plane.turn(at_ns(0));
  EXPECT_EQ(plane.sent(kWan).size(), 1u);
  EXPECT_EQ(plane.tunnel().tx_all_pad_pkts, 1u);
  EXPECT_EQ(plane.tunnel().queue_pkts, 1u);
  EXPECT_EQ(plane.workers[0]->next_deadline(), at_ns(1'000'000) - kBuildAhead);
}

TEST(Worker, BuildsAheadByItsParameterAndSendsAtTheSlot) {
  for (const Nanos ahead : {Nanos(1), Nanos(20'000), Nanos(3'500'000)}) {
    Plane plane({.build_ahead = ahead});
    ASSERT_TRUE(plane.apply(plan_of(model::TfsMode::kFixed)));
    plane.run_until(at_ns(5'400'000));
    EXPECT_EQ(plane.sent(kWan).size(), 6u);
    for (std::size_t k = 0; k < 6; ++k)
      EXPECT_EQ(to_ns(plane.sent(kWan)[k].when), static_cast<std::int64_t>(k) * 1'000'000);
    const std::uint64_t built =
        static_cast<std::uint64_t>((at_ns(5'399'999) + ahead - at_ns(0)).count()) / 1'000'000 + 1;
    EXPECT_EQ(plane.tunnel().tx_all_pad_pkts, built);
    EXPECT_TRUE(plane.bury());
  }
}

TEST(Worker, TheLongestTurnIsKept) {
  Plane plane;
  plane.workers[0]->turn_took(Nanos(50));
  plane.workers[0]->turn_took(Nanos(90));
  plane.workers[0]->turn_took(Nanos(70));
  EXPECT_EQ(plane.publisher->stats().workers[0].longest_turn_ns, 90u);
}

TEST(Worker, EventsThatFindNoRoomAreCountedAndHarmless) {
  Plane plane({.events = 2, .neighbours_known = false});
  ASSERT_TRUE(plane.apply(plan_of(model::TfsMode::kOnDemand)));
  for (unsigned i = 0; i < 5; ++i) plane.io().give(kLan, ip_frame("10.1.0.9", "10.1.0." + std::to_string(20 + i), 60));
  plane.settle(at_ns(0));
  EXPECT_EQ(plane.events().size(), 2u);
  EXPECT_EQ(plane.publisher->stats().workers[0].events_lost, 3u);
  EXPECT_TRUE(plane.bury());
}

struct WorkerContextTest : ::testing::Test {
  Packet packet() {
    Packet taken;
    EXPECT_TRUE(io.acquire({&taken, 1}));
    taken.set_length(60);
    return taken;
  }
  MemoryIo io{256, 1'024};
  dataplane::PrefixTable routes;
  std::unique_ptr<esp::Cipher> cipher = crypto::make_openssl_cipher();
  dataplane::EventRing events{4};
  std::unique_ptr<dataplane::WorkerContext> context =
      std::make_unique<dataplane::WorkerContext>(io, routes, *cipher, events, 16, 16);
};

TEST_F(WorkerContextTest, FramesLeaveInBurstsInTheirOrder) {
  for (unsigned i = 0; i < 70; ++i) {
    Packet frame = packet();
    frame.data[0] = static_cast<std::byte>(i);
    context->send(PortId{static_cast<std::uint16_t>(i % 2 == 0 ? 1 : 5)}, frame);
  }
  EXPECT_EQ(io.sent[1].size(), 32u);  // a full burst does not wait
  EXPECT_EQ(io.sent[5].size(), 32u);
  context->flush();
  ASSERT_EQ(io.sent[1].size(), 35u);
  for (unsigned i = 0; i < 35; ++i) EXPECT_EQ(io.sent[1][i].frame[0], static_cast<std::byte>(2 * i));
  EXPECT_EQ(io.sent[5].size(), 35u);
  EXPECT_EQ(io.buffers_out(), 0u);
}

TEST_F(WorkerContextTest, WhatIsDroppedIsCountedAndGivenBack) {
  for (unsigned i = 0; i < 100; ++i) context->drop(packet(), Drop::kNoRoute);
  EXPECT_LT(io.buffers_out(), 64u);  // in batches
  context->flush();
  EXPECT_EQ(io.buffers_out(), 0u);
  EXPECT_EQ(context->counters.drops[static_cast<std::size_t>(Drop::kNoRoute)].load(), 100u);
  io.transmit_limit = 0;
  context->send(PortId{0}, packet());
  context->flush();
  EXPECT_EQ(context->counters.drops[static_cast<std::size_t>(Drop::kPortFull)].load(), 1u);
  EXPECT_EQ(io.buffers_out(), 0u);
}

}  // namespace
}  // namespace levelgate::testing::worker_test
