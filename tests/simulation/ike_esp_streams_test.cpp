// SPDX-License-Identifier: Apache-2.0
//
// IKE and ESP in one TCP connection between two engines (RFC 9329 §5, §6.1): which stream the Child SAs are told of,
// when it ends, when another one takes its place, and who refuses whom.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/case_count.h"
#include "support/ike_forge.h"
#include "support/ike_transports.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_esp_streams_test {
namespace {

using namespace std::chrono_literals;
using model::Encapsulation;
using model::Transport;

// Both in one connection, where `whole` says so.
WorldTunnel over_tcp(bool first_whole = true, bool second_whole = true) {
  WorldTunnel tunnel;
  tunnel.first.ike->ike.transport = tunnel.second.ike->ike.transport = Transport::kTcp;
  tunnel.first.ike->esp_in_tcp = first_whole;
  tunnel.second.ike->esp_in_tcp = second_whole;
  return tunnel;
}

struct EspWorld : IkeWorld {
  explicit EspWorld(std::uint64_t seed, const WorldTunnel& tunnel = over_tcp(), NetworkFaults faults_ = {})
      : IkeWorld(seed, faults_) {
    start(tunnel.policy(0), tunnel.policy(1));
  }
  bool settles(Nanos within = 10s) {
    return run_until([&] { return settled(); }, within);
  }
  const ikestate::ChildUp& sending(int number) { return node(number).children.at(node(number).sends_by).up; }
  // A packet of each side is taken, and arrives.
  bool esp_flows() {
    if (!settled() || !sending(0).path.over_tcp() || !sending(1).path.over_tcp()) return false;
    const std::uint64_t before[] = {node(0).got_esp, node(1).got_esp};
    if (!node(0).send_esp() || !node(1).send_esp()) return false;
    run_for(1s);
    return node(0).got_esp == before[0] + 1 && node(1).got_esp == before[1] + 1;
  }
  // Tried each second.
  bool esp_comes_to_flow(Nanos within) {
    const Instant until = now() + within;
    while (!esp_flows()) {
      if (now() >= until) return false;
      run_for(1s);
    }
    return true;
  }
  std::size_t told(int number, std::string_view id) { return times_told(node(number), id); }
  void rekey(int number, ike::RekeyTarget what) {
    node(number).carry_out(node(number).engine->rekey(moment(), node(number).policy->name, what));
  }
};

// [9329-5-b, 9329-6.1-p]
TEST(IkeEspStreams, AllOfATunnelGoesByOneConnection) {
  EspWorld world(1);
  ASSERT_TRUE(world.settles()) << world.story();
  for (const int number : {0, 1}) {
    const ikestate::SaState& sa = *only_state(world.node(number));
    EXPECT_FALSE(sa.peer.separate_transports);
    EXPECT_EQ(world.sending(number).encapsulation, Encapsulation::kTcp);
    EXPECT_EQ(world.sending(number).path, sa.path);
  }
  EXPECT_TRUE(world.esp_flows());
  world.run_for(600s);
  EXPECT_TRUE(world.settled() && world.esp_flows());
  EXPECT_EQ(world.streams.made, 1u);
  EXPECT_EQ(world.node(0).sent_datagrams + world.node(1).sent_datagrams + 4, world.streams.frames)
      << "IKE's messages and four packets";
  EXPECT_EQ(world.broken(), "");
}

// [9329-6.6-a]
TEST(IkeEspStreams, BehindANatNoDatagramLeavesAndNoneKeepsAMapping) {
  EspWorld world(2, over_tcp(), {.nat = true});
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_EQ(world.sending(0).encapsulation, Encapsulation::kTcp);
  world.run_for(100s);
  world.streams.reset_all();
  world.run_for(100s);
  EXPECT_TRUE(world.esp_flows());
  EXPECT_EQ(world.node(0).sent_keepalives + world.node(1).sent_keepalives, 0u);
}

// [9329-6.1-f]
TEST(IkeEspStreams, WithoutAConnectionPacketsHaveNoneAndWithTheNextOneTheyGoOn) {
  EspWorld world(3);
  ASSERT_TRUE(world.settles());
  const std::uint64_t spi = only_state(world.node(0))->own_spi();
  world.streams.blocked = true;
  world.streams.reset_all();
  for (const int number : {0, 1}) {
    EXPECT_EQ(world.sending(number).path.stream, StreamId{});
    EXPECT_FALSE(world.node(number).send_esp());
  }
  world.run_for(10s);
  EXPECT_EQ(world.sending(0).path.stream, StreamId{}) << "one that is called is none yet";
  world.streams.blocked = false;
  ASSERT_TRUE(world.esp_comes_to_flow(30s)) << world.story();
  EXPECT_EQ(only_state(world.node(0))->own_spi(), spi) << "the same SA";
  EXPECT_EQ(world.told(0, ikestate::kPeerGone) + world.told(1, ikestate::kPeerGone), 0u);
  EXPECT_EQ(world.broken(), "");
}

// A packet that proves itself takes the SA along as a message does, the requests of IKE with it [9329-6.1-g,
// 9329-6.1-q, 9329-6.1-r].
TEST(IkeEspStreams, TheOtherSideFollowsAPacketAlone) {
  EspWorld world(4);
  ASSERT_TRUE(world.settles());
  const StreamId old = only_state(world.node(1))->path.stream;
  bool silent = true;
  world.tap = [&](int from, std::vector<std::byte>&) { return silent && from == 0; };  // IKE of the caller
  world.streams.break_for(0);
  ASSERT_TRUE(world.run_until([&] { return world.streams.open(1) == 2; }, 2s));
  EXPECT_EQ(only_state(world.node(1))->path.stream, old);
  ASSERT_TRUE(world.node(0).send_esp());
  world.run_for(100ms);
  const ikestate::SaState& sa = *only_state(world.node(1));
  EXPECT_GT(sa.path.stream, old);
  EXPECT_EQ(world.sending(1).path.stream, sa.path.stream);
  EXPECT_TRUE(std::ranges::count(world.streams.proven[1], sa.path.stream) == 1) << "it is no stranger's any more";
  silent = false;
  world.rekey(1, ike::RekeyTarget::kChildren);
  world.run_for(5s);
  EXPECT_TRUE(world.settled() && world.esp_flows()) << world.story();
  EXPECT_EQ(world.broken(), "");
}

// What was on its way when a stream ended is told late, and proves nothing any more; nor does an older one.
TEST(IkeEspStreams, APacketOfAStreamThatIsOverMovesNothing) {
  EspWorld world(5);
  ASSERT_TRUE(world.settles());
  IkeNode& node = world.node(1);
  const StreamId first = only_state(node)->path.stream;
  world.streams.reset_all();
  node.carry_out(node.engine->esp_arrived(world.moment(), node.sends_by, first));
  EXPECT_EQ(world.sending(1).path.stream, StreamId{});
  world.run_for(5s);
  const ikestate::Path second = only_state(node)->path;
  ASSERT_GT(second.stream, first);
  node.carry_out(node.engine->esp_arrived(world.moment(), node.sends_by, first));
  EXPECT_EQ(only_state(node)->path, second);
  EXPECT_EQ(world.sending(1).path.stream, second.stream);
}

TEST(IkeEspStreams, PacketsOfASeparateSaMoveNothing) {
  EspWorld world(6, over_tcp(false, false));
  ASSERT_TRUE(world.settles());
  IkeNode& node = world.node(1);
  const ikestate::Path before = only_state(node)->path;
  node.carry_out(node.engine->esp_arrived(world.moment(), node.sends_by, node.engine->next_stream()));
  EXPECT_EQ(only_state(node)->path, before);
  EXPECT_EQ(world.sending(1).encapsulation, Encapsulation::kNone);
}

TEST(IkeEspStreams, RekeyedSasStayInTheConnectionAndFollowTheNextOne) {
  for (const int by : {0, 1}) {
    EspWorld world(7 + static_cast<std::uint64_t>(by));
    ASSERT_TRUE(world.settles());
    for (const auto what : {ike::RekeyTarget::kIke, ike::RekeyTarget::kChildren, ike::RekeyTarget::kIke}) {
      world.rekey(by, what);
      world.run_for(3s);
      ASSERT_TRUE(world.settled() && world.esp_flows()) << world.story();
      EXPECT_EQ(world.sending(1 - by).encapsulation, Encapsulation::kTcp);
    }
    EXPECT_EQ(world.streams.made, 1u);
    world.streams.reset_all();
    world.run_for(3s);
    EXPECT_TRUE(world.settled() && world.esp_flows()) << world.story();
    EXPECT_EQ(world.streams.made, 2u);
    EXPECT_EQ(world.broken(), "");
  }
}

// One side wants all in one connection, the other one only IKE: both say so.
TEST(IkeEspStreams, WhoWantsItApartAndWhoWantsItWholeDoNotMeet) {
  EspWorld whole(9, over_tcp(true, false));
  whole.run_for(5s);
  EXPECT_TRUE(whole.node(0).children.empty());
  EXPECT_GE(whole.told(1, ikestate::kSeparateRefused), 1u) << whole.story();
  EspWorld apart(10, over_tcp(false, true));
  apart.run_for(5s);
  EXPECT_TRUE(apart.node(0).children.empty());
  EXPECT_GE(apart.told(0, ikestate::kSeparateRefused), 1u) << apart.story();
}

// Two tunnels with one peer's address: the first message gets one answer for both, and who turns out to be the other
// one is refused rather than carried against its word.
TEST(IkeEspStreams, ALaterIdentityDoesNotChangeTheTransport) {
  EspWorld world(12, over_tcp(false, true));
  WorldTunnel other = over_tcp(false, false);
  other.second.name = "north";
  other.second.ike->remote_id.text = "somebody.example";
  world.node(1).engine->configure({other.policy(1), world.node(1).policy});
  world.run_for(5s);
  EXPECT_TRUE(world.node(0).children.empty() && world.node(1).children.empty()) << world.story();
  EXPECT_EQ(world.broken(), "");
}

// Who would be met over TCP with ESP in it is met over UDP as ever, where the other side begins there.
TEST(IkeEspStreams, OverUdpNothingChanges) {
  WorldTunnel tunnel = over_tcp();
  tunnel.first.ike->ike.transport = Transport::kSeparate;
  tunnel.first.ike->esp_in_tcp = false;
  EspWorld world(11, tunnel);
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_EQ(world.streams.called, 0u);
  EXPECT_EQ(world.sending(0).encapsulation, Encapsulation::kNone);
}

// Whatever happens to streams and SAs, packets go by the stream of their IKE SA at every moment (the world looks after
// each step), and by one that is there in the end.
TEST(IkeEspStreams, AfterEveryFaultPacketsFlowAgain) {
  for (std::size_t i = 0; i < cases(120); ++i) {
    std::mt19937_64 dice(i);
    EspWorld world(100 + i);
    for (int step = 0; step < 12; ++step) {
      world.run_for(Nanos(static_cast<std::int64_t>(dice() % 3'000'000'000)));
      (void)world.node(0).send_esp();
      (void)world.node(1).send_esp();
      if (!world.streams.harm(10'000)) {
        world.rekey(static_cast<int>(dice() % 2),
                    dice() % 2 == 0 ? ike::RekeyTarget::kIke : ike::RekeyTarget::kChildren);
      }
    }
    world.streams.blocked = false;
    ASSERT_EQ(world.broken(), "") << i << world.story();
    ASSERT_TRUE(world.esp_comes_to_flow(400s)) << i << world.what_disagrees() << world.story();
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_esp_streams_test
