// SPDX-License-Identifier: Apache-2.0
//
// transport: fallback and auto between two engines, over paths that let UDP pass, TCP, both or nothing (RFC 9329 §5.1).
#include <gtest/gtest.h>

#include <algorithm>

#include "ikewire/ike_header.h"
#include "support/case_count.h"
#include "support/ike_forge.h"
#include "support/ike_transports.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_fallback_test {
namespace {

using namespace std::chrono_literals;
using model::Encapsulation;
using model::EncapsulationChoice;
using model::Transport;

WorldTunnel both_fall_back() { return tunnel_by(Transport::kFallback, Transport::kFallback); }

constexpr NetworkFaults kNoUdp{.loss = 1.1};  // TCP has faults of its own

struct FallbackWorld : IkeWorld {
  explicit FallbackWorld(std::uint64_t seed, const WorldTunnel& tunnel, NetworkFaults faults_ = {})
      : IkeWorld(seed, faults_) {
    tap = [this](int from, std::vector<std::byte>& octets) {
      const auto header = ikewire::read_ike_header(octets).header;
      const bool first = header.exchange == ikewire::Exchange::kIkeSaInit && from == 0;
      if (first) init_spis.push_back(header.initiator_spi.value);
      return false;
    };
    start(tunnel.policy(0), tunnel.policy(1));
  }
  bool settles(Nanos within = 30s) {
    return run_until([&] { return settled(); }, within);
  }
  bool over_tcp() { return only_state(node(0))->path.over_tcp() && only_state(node(1))->path.over_tcp(); }
  Encapsulation carrier(int number) { return node(number).children.at(node(number).sends_by).up.encapsulation; }
  bool esp_flows() {
    const std::uint64_t before[] = {node(0).got_esp, node(1).got_esp};
    if (!node(0).send_esp() || !node(1).send_esp()) return false;
    run_for(1s);
    return node(0).got_esp == before[0] + 1 && node(1).got_esp == before[1] + 1;
  }
  std::size_t told(std::string_view id) { return times_told(node(0), id); }
  // Both lose the SA in order, and node 0 begins anew.
  void begin_anew() {
    node(0).carry_out(node(0).engine->terminate(moment(), "east"));
    run_for(500ms);
    init_spis.clear();
  }

  std::vector<std::uint64_t> init_spis;  // of each IKE_SA_INIT request of node 0
};

// [9329-5.1-a, 9329-5.1-b]
TEST(IkeFallback, WhereUdpIsSilentAllGoesByTcp) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    FallbackWorld world(seed, both_fall_back(), kNoUdp);
    const Instant begun = world.now();
    ASSERT_TRUE(world.run_until([&] { return world.told(ikestate::kFallsBack) == 1; }, 30s));
    EXPECT_LT(world.now() - begun, 8s);
    world.run_for(10ms);
    EXPECT_EQ(world.streams.called, 1u) << "without a pause";
    ASSERT_TRUE(world.settles()) << world.story();
    EXPECT_TRUE(world.over_tcp());
    EXPECT_EQ(world.carrier(0), Encapsulation::kTcp);
    EXPECT_EQ(world.carrier(1), Encapsulation::kTcp);
    EXPECT_TRUE(world.esp_flows());
    EXPECT_EQ(world.told(ikestate::kFallsBack), 1u);
    EXPECT_EQ(world.told(ikestate::kPeerUnreachable), 0u);
    const std::size_t tries = limits::kTriesBeforeTcp + ikemessage::short_tries(limits::kUnknownFirstRetry);
    ASSERT_EQ(world.init_spis.size(), tries + 1);
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(world.init_spis, world.init_spis[0])), tries)
        << "the one over TCP is another SA";
    EXPECT_EQ(world.broken(), "");
  }
}

TEST(IkeFallback, WhereUdpPassesItStaysThere) {
  for (const Transport wish : {Transport::kFallback, Transport::kAuto}) {
    FallbackWorld world(9, tunnel_by(wish, wish));
    ASSERT_TRUE(world.settles()) << world.story();
    world.run_for(600s);
    EXPECT_TRUE(world.settled());
    EXPECT_FALSE(world.over_tcp());
    EXPECT_EQ(world.streams.called, 0u);
    EXPECT_EQ(world.carrier(0), Encapsulation::kNone);
  }
}

// A lossy path is no silent one: one answer is enough.
TEST(IkeFallback, AnAnswerKeepsItOnUdp) {
  WorldTunnel tunnel = both_fall_back();
  tunnel.second.ike->ike.proposals = {"aes256gcm16-prfsha384-ecp256"};
  tunnel.second.ike->ike.post_quantum = model::PostQuantum::kOff;
  FallbackWorld world(10, tunnel);
  world.run_for(100s);
  EXPECT_GE(world.told(ikestate::kNoProposal), 1u);
  EXPECT_EQ(world.told(ikestate::kFallsBack), 0u);
  EXPECT_EQ(world.streams.called, 0u);
}

// ESP that is to stay out of TCP stays out of it: then IKE alone falls back.
TEST(IkeFallback, TheOperatorsWordForEspHolds) {
  FallbackWorld world(11, tunnel_by(Transport::kFallback, Transport::kFallback, EncapsulationChoice::kNone), kNoUdp);
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_TRUE(world.over_tcp());
  EXPECT_TRUE(only_state(world.node(0))->peer.separate_transports);
  EXPECT_EQ(world.carrier(0), Encapsulation::kNone);
}

WorldTunnel auto_with_large_keys() {
  WorldTunnel tunnel = tunnel_by(Transport::kAuto, Transport::kAuto);
  for (model::TunnelConfig* one : {&tunnel.first, &tunnel.second}) {
    one->ike->large_keys = model::LargeKeys{"mceliece348864f", 100'000'000};
  }
  return tunnel;
}

// Large keys ask for TCP; where it is blocked it goes without, and says so once.
TEST(IkeFallback, AutoWithLargeKeysGoesApartAndWithoutTcpStaysOnUdp) {
  const WorldTunnel tunnel = auto_with_large_keys();
  FallbackWorld apart(12, tunnel);
  ASSERT_TRUE(apart.settles()) << apart.story();
  EXPECT_TRUE(apart.over_tcp());
  EXPECT_EQ(apart.carrier(0), Encapsulation::kNone) << "UDP passes: ESP goes beside it";
  FallbackWorld blocked(13, tunnel);
  blocked.streams.blocked = true;
  ASSERT_TRUE(blocked.settles(60s)) << blocked.story();  // with the half-open SA of the first attempt
  EXPECT_FALSE(blocked.over_tcp());
  blocked.run_for(300s);
  EXPECT_TRUE(blocked.settled());
  EXPECT_EQ(blocked.told(ikestate::kTcpBlocked), 1u);
}

TEST(IkeFallback, AutoRemembersThatAPathLosesMessages) {
  std::size_t bad = 0, good = 0;
  for (std::uint64_t seed = 20; seed < 36; ++seed) {
    FallbackWorld world(seed, auto_with_large_keys(), {.loss = seed % 4 == 0 ? 0 : 0.4});
    world.streams.blocked = true;
    const auto is_up = [&] {
      const ikestate::SaState* const sa = only_state(world.node(0));
      return sa != nullptr && sa->established_at != kNever;
    };
    ASSERT_TRUE(world.run_until(is_up, 600s)) << world.story();
    const bool lossy = only_state(world.node(0))->attempt.repeats >= limits::kRepeatsOfBadPath;
    ++(lossy ? bad : good);
    world.faults = {};
    ASSERT_TRUE(world.settles()) << world.story();
    world.streams.blocked = false;
    world.run_for(limits::kTransportMemory + 1s);
    world.begin_anew();
    ASSERT_TRUE(world.settles()) << world.story();
    EXPECT_EQ(world.over_tcp(), !lossy) << seed;
  }
  EXPECT_GT(bad, 3u) << "or the path was too good";
  EXPECT_GT(good, 3u);
}

// What worked is begun with for ten minutes; then UDP is first again.
TEST(IkeFallback, WhatWorkedIsRememberedForAWhile) {
  FallbackWorld world(14, both_fall_back(), kNoUdp);
  ASSERT_TRUE(world.settles());
  world.begin_anew();
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_EQ(world.init_spis.size(), 1u) << "at once over TCP";
  EXPECT_TRUE(world.over_tcp());
  world.run_for(limits::kTransportMemory);
  EXPECT_TRUE(world.settled() && world.over_tcp()) << "an SA that is up stays where it is";
  world.faults = {};
  world.begin_anew();
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_FALSE(world.over_tcp());
}

// A network that changes under a tunnel: the peer counts as gone, and the next attempt finds the way.
TEST(IkeFallback, ATunnelSurvivesThatUdpIsBlockedAndOpened) {
  FallbackWorld world(15, both_fall_back());
  ASSERT_TRUE(world.settles());
  world.faults = kNoUdp;
  world.run_for(300s);
  ASSERT_TRUE(world.run_until([&] { return world.settled() && world.over_tcp(); }, 60s)) << world.story();
  world.faults = {};
  world.streams.blocked = true;
  world.streams.reset_all();
  ASSERT_TRUE(world.run_until([&] { return world.settled() && !world.over_tcp(); }, 400s)) << world.story();
  EXPECT_EQ(world.broken(), "");
}

// Nothing passes: both are tried in turn, for ever and with bounds; then whatever opens first.
TEST(IkeFallback, WhereNothingPassesItKeepsTrying) {
  for (const bool udp : {true, false}) {
    FallbackWorld world(16, both_fall_back(), kNoUdp);
    world.streams.blocked = true;
    world.run_for(600s);
    EXPECT_GT(world.told(ikestate::kFallsBack), 10u);
    EXPECT_LE(world.told(ikestate::kFallsBack), 100u);
    EXPECT_LE(world.streams.called, 100u);
    EXPECT_LE(world.node(0).engine->size(), 1u);
    if (udp) {
      world.faults = {};
    } else {
      world.streams.blocked = false;
    }
    ASSERT_TRUE(world.settles(60s)) << world.story();
    EXPECT_EQ(world.over_tcp(), !udp);
    EXPECT_EQ(world.broken(), "");
  }
}

// Who answers with fallback takes what comes: UDP, and TCP with and without ESP in it.
TEST(IkeFallback, WhoAnswersTakesBoth) {
  for (const Transport first : {Transport::kUdp, Transport::kSeparate, Transport::kTcp}) {
    for (const bool whole : {false, true}) {
      if (whole && first != Transport::kTcp) continue;
      WorldTunnel tunnel = tunnel_by(first, Transport::kFallback);
      tunnel.first.ike->esp_in_tcp = whole;
      FallbackWorld world(17, tunnel);
      ASSERT_TRUE(world.settles()) << world.story();
      EXPECT_EQ(world.over_tcp(), first != Transport::kUdp);
      EXPECT_EQ(world.carrier(1), whole ? Encapsulation::kTcp : Encapsulation::kNone);
    }
  }
}

// A peer that never heard of TCP is tried over UDP again; nothing worse comes of it.
TEST(IkeFallback, APeerWithoutTcpIsFoundWhenUdpIsBack) {
  FallbackWorld world(18, tunnel_by(Transport::kFallback, Transport::kUdp), kNoUdp);
  world.run_for(60s);
  EXPECT_TRUE(world.node(0).children.empty());
  world.faults = {};
  ASSERT_TRUE(world.settles(60s)) << world.story();
  EXPECT_FALSE(world.over_tcp());
}

// Weather of both kinds, changing: in the end, with one of both open, the tunnel is up and agreed on.
TEST(IkeFallback, InAnyWeatherItComesUp) {
  for (std::size_t i = 0; i < cases(60); ++i) {
    std::mt19937_64 dice(i);
    constexpr Transport kWishes[] = {Transport::kFallback, Transport::kAuto};
    FallbackWorld world(200 + i, tunnel_by(kWishes[dice() % 2], kWishes[dice() % 2]));
    for (int step = 0; step < 8; ++step) {
      world.faults.loss = dice() % 3 == 0 ? 1.1 : dice() % 2 == 0 ? 0.3 : 0;
      world.streams.blocked = dice() % 2 == 0;
      if (dice() % 4 == 0) world.streams.reset_all();
      world.run_for(Nanos(static_cast<std::int64_t>(dice() % 60'000'000'000)));
    }
    const bool udp = dice() % 2 == 0;
    world.faults.loss = udp ? 0 : 1.1;
    world.streams.blocked = udp;
    world.streams.reset_all();
    ASSERT_EQ(world.broken(), "") << i << world.story();
    ASSERT_TRUE(world.run_until([&] { return world.settled() && world.over_tcp() != udp; }, 600s))
        << i << world.what_disagrees() << world.story();
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_fallback_test
