// SPDX-License-Identifier: Apache-2.0
//
// What holds for every load: a turn allocates nothing, and in fixed mode the wire is a function of the clock alone (RFC
// 9347 §2.4.1).
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/no_alloc_scope.h"
#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::laws_test {
namespace {

using model::Drop;
using model::TfsMode;

model::ForwardingPlan plan_of(TfsMode mode, unsigned seed) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.rate_bits_per_second = 40'000'000 + seed * 77'777;
  tfs.packet_size = seed % 2 == 0 ? 1'400 : 600;
  tfs.fragment = seed % 3 != 0;
  tfs.init_delay = std::chrono::microseconds(200);
  tfs.receive.lost_packet_timer = std::chrono::milliseconds(2);
  model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  if (seed % 2 != 0) {
    std::vector<model::QosClass>& classes = plan.tunnels[0].qos.classes;
    classes.insert(classes.begin(), model::QosClass{});
    classes[0].name = "six";
    classes[0].selectors.local = {model::TrafficSelector::from(IpPrefix::parse("fd01::/16").value())};
    classes[0].share = 300;
    classes[0].max_queue_delay = std::chrono::milliseconds(1);
    classes[1].share = 700;
  }
  plan.neighbours = {{kWan, address("198.51.100.2"), MacAddress{{std::byte{4}}}},
                     {kLan, address("10.1.0.9"), MacAddress{{std::byte{4}}}}};
  return plan;
}

// Everything a network can do to a gateway, both sides.
class Storm {
 public:
  Storm(const model::ForwardingPlan& plan, unsigned seed)
      : peer_(plan.tunnels[0]), plain_(plan.tunnels[0].tfs.mode == TfsMode::kPlain), engine_(seed) {}

  void blow(EdgeIo& io) {
    if (random_() % 2 == 0) {
      io.give(kLan, from_inside());
    } else {
      from_outside(io);
    }
  }

 private:
  Frame from_inside() {
    const std::size_t octets = 48 + random_() % 1'400;
    switch (random_() % 10) {
      case 0:
        return ip_frame("10.1.0.9", "10.2.0.9", octets, ++mark_, 1);  // an ICMP error
      case 1:
        return ip_frame("10.1.0.9", "10.1.7." + std::to_string(random_() % 200), octets);  // waits for a neighbour
      case 2:
        return ip_frame("10.1.0.9", "172.16.0.1", octets);
      case 3:
        return ip_frame("fd01::9", "fd02::9", octets, ++mark_);
      case 4: {
        Frame damaged = ip_frame("10.1.0.9", "10.2.0.9", octets);
        damaged[random_() % 40] ^= static_cast<std::byte>(1 + random_() % 255);
        return damaged;
      }
      default:
        return ip_frame("10.1.0.9", "10.2.0.9", octets, ++mark_);
    }
  }
  void from_outside(EdgeIo& io) {
    const Octets inner = ip_of(ip_frame("10.2.0.9", "10.1.0.9", 48 + random_() % 1'000, ++mark_, 1 + random_() % 20));
    Frame frame;
    if (plain_) {
      frame = peer_.seal(inner, 4);
    } else if (random_() % 4 == 0) {
      frame = peer_.seal(aggfrag_payload(0, part(inner, 0, 44)));  // its rest may come, or not
      rest_ = part(inner, 44, inner.size());
    } else {
      frame = peer_.seal(aggfrag_payload(static_cast<unsigned>(rest_.size()), rest_ + inner));
      rest_.clear();
    }
    const unsigned fate = random_() % 12;
    if (fate == 0) return;                                         // lost
    if (fate == 1) frame[30 + random_() % 20] ^= std::byte{0x10};  // damaged
    if (fate == 2) std::swap(frame, kept_);                        // out of order
    if (fate == 3) io.give(kWan, frame);                           // twice
    if (!frame.empty()) io.give(kWan, frame);
    if (fate == 4) io.give(kWan, ip_frame("192.0.2.1", "10.1.0.9", 60));  // clear text
  }

  Peer peer_;
  bool plain_;
  std::minstd_rand engine_;
  unsigned random_() { return static_cast<unsigned>(engine_()); }
  unsigned mark_ = 0;
  Octets rest_;
  Frame kept_;
};

TEST(Laws, ATurnAllocatesNothingInAnyModeWhateverComes) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
      const model::ForwardingPlan plan = plan_of(mode, seed);
      Plane plane({.buffer_octets = 4'096, .neighbours_known = false});
      ASSERT_TRUE(plane.apply(plan));
      plane.turn(at_ns(-1));
      Storm storm(plan, seed);
      for (int i = 0; i < 600; ++i) storm.blow(plane.io());
      plane.io().record = false;
      std::mt19937 random(seed);
      std::size_t allocations = 0;
      for (int i = 0; i < 400; ++i) {
        NoAllocScope scope;
        plane.turn(plane.clock + Nanos(random() % 300'000));
        allocations += scope.allocations();
      }
      {
        NoAllocScope scope;
        plane.run_until(plane.clock + std::chrono::seconds(3));
        allocations += scope.allocations();
      }
      EXPECT_EQ(allocations, 0u);
      EXPECT_GT(plane.drops(Drop::kInnerTtl), 0u);
      EXPECT_GT(plane.drops(Drop::kNoNeighbour), 0u);
      EXPECT_GT(plane.drops(Drop::kReplay), 0u);
      EXPECT_GT(plane.tunnel().inner_rx_pkts, 50u);
      EXPECT_GT(plane.tunnel().inner_tx_pkts, 50u);
      if (mode != TfsMode::kPlain) {
        EXPECT_GT(plane.tunnel().rx_missed_pkts, 0u);
      }
      EXPECT_TRUE(plane.bury());
    }
  }
}

// What an observer of the wire sees of one packet: when, how large, and everything in front of the numbers.
using Sighting = std::tuple<std::int64_t, std::size_t, Octets>;

std::vector<Sighting> watch(unsigned seed, int storms) {
  const model::ForwardingPlan plan = plan_of(TfsMode::kFixed, seed);
  Plane plane({.buffer_octets = 4'096, .neighbours_known = false});
  EXPECT_TRUE(plane.apply(plan, at_ns(12'345)));
  plane.turn(at_ns(-1));
  Storm storm(plan, seed);
  std::mt19937 random(seed);
  for (int i = 0; i < storms; ++i) {
    for (unsigned burst = random() % 8; burst-- > 0;) storm.blow(plane.io());
    plane.run_until(plane.clock + Nanos(1 + random() % 400'000));
  }
  plane.run_until(at_ns(300'000'000));
  std::vector<Sighting> seen;
  for (const Sent& sent : plane.sent(kWan)) {
    seen.emplace_back(to_ns(sent.when), sent.frame.size(), part(sent.frame, 0, wire::kEthernetOctets + 24));
  }
  EXPECT_TRUE(plane.bury());
  return seen;
}

TEST(Laws, InFixedModeTheWireIsAFunctionOfTheClockUnderAnyLoad) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const std::vector<Sighting> idle = watch(seed, 0);
    ASSERT_GT(idle.size(), 500u);
    for (const int storms : {20, 300}) EXPECT_TRUE(watch(seed, storms) == idle) << seed;
  }
}

// The turns come when they come: whoever delays them moves packets within the catch-up rule, and no load does.
TEST(Laws, WithTheSameLateTurnsTheWireIsTheSameUnderAnyLoad) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    std::vector<std::pair<std::int64_t, std::size_t>> seen[2];
    for (const bool loaded : {false, true}) {
      const model::ForwardingPlan plan = plan_of(TfsMode::kFixed, seed);
      Plane plane({.buffers = 2'048, .buffer_octets = 4'096, .neighbours_known = false});
      ASSERT_TRUE(plane.apply(plan));
      Storm storm(plan, seed);
      std::mt19937 random(seed);
      for (int i = 0; i < 500; ++i) {
        const Nanos later(random() % (i % 50 == 0 ? 9'000'000 : 200'000));
        for (int k = 0; loaded && k < 5; ++k) storm.blow(plane.io());
        plane.turn(plane.clock + later);
      }
      for (const Sent& sent : plane.sent(kWan)) seen[loaded].emplace_back(to_ns(sent.when), sent.frame.size());
      const model::TunnelStats stats = plane.tunnel();
      EXPECT_EQ(stats.slots, stats.tx_pkts + stats.skipped_slots);
      EXPECT_GT(stats.skipped_slots, 0u);
      EXPECT_GT(stats.late_slots, 0u);
    }
    EXPECT_TRUE(seen[0] == seen[1]) << seed;
  }
}

}  // namespace
}  // namespace levelgate::testing::laws_test
