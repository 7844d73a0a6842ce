// SPDX-License-Identifier: Apache-2.0
//
// IKE over TCP between two engines, ESP beside it: segmentation, stalls, resets at any octet, half-closed and doubled
// streams, and what happens where TCP does not pass (RFC 9329, draft-ietf-ipsecme-ikev2-reliable-transport-04).
#include <gtest/gtest.h>

#include <algorithm>

#include "ikewire/ike_header.h"
#include "support/case_count.h"
#include "support/ike_forge.h"
#include "support/ike_transports.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_streams_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using model::Transport;

WorldTunnel separate() { return tunnel_by(Transport::kSeparate, Transport::kSeparate); }

struct StreamWorld : IkeWorld {
  explicit StreamWorld(std::uint64_t seed, const WorldTunnel& tunnel = separate(), NetworkFaults faults_ = {})
      : IkeWorld(seed, faults_) {
    start(tunnel.policy(0), tunnel.policy(1));
  }
  bool settles(Nanos within = 10s) {
    return run_until([&] { return settled(); }, within);
  }
  bool both_over_tcp() {
    for (const int number : {0, 1}) {
      const ikestate::SaState* const sa = only_state(node(number));
      if (sa == nullptr || !sa->path.over_tcp() || !sa->stream.up) return false;
    }
    return true;
  }
  std::size_t told(std::string_view id) { return times_told(node(0), id) + times_told(node(1), id); }
  void rekey(int number) {
    node(number).carry_out(node(number).engine->rekey(moment(), node(number).policy->name, ike::RekeyTarget::kIke));
  }
};

// [9329-2-b, 9329-6.5-a, 9329-6.5-b, 9329-9-a]
TEST(IkeStreams, AfterInitOverUdpAllElseGoesOverTcpAndEspStays) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    StreamWorld world(seed);
    world.streams.most_segment = seed % 2 == 0 ? 1 : 1448;
    std::size_t datagrams = 0, streamed = 0;
    world.tap = [&](int, std::vector<std::byte>& octets) {
      const auto header = ikewire::read_ike_header(octets).header;
      ++(header.exchange == Exchange::kIkeSaInit ? datagrams : streamed);
      return false;
    };
    ASSERT_TRUE(world.settles()) << world.story();
    EXPECT_TRUE(world.both_over_tcp());
    EXPECT_EQ(datagrams, 2u);
    EXPECT_EQ(world.streams.frames, streamed);
    for (const int number : {0, 1}) {
      const auto& up = world.node(number).children.begin()->second.up;
      EXPECT_FALSE(up.path.over_tcp());
      EXPECT_EQ(up.path.local.port, ikestate::kNatPort);
      EXPECT_EQ(up.encapsulation, model::Encapsulation::kNone);
    }
    world.run_for(600s);
    EXPECT_TRUE(world.settled());
    EXPECT_EQ(world.streams.made, 1u) << "one connection for an SA";
    EXPECT_EQ(datagrams, 2u);
    EXPECT_EQ(world.broken(), "");
  }
}

// [9329-6.6-a]
TEST(IkeStreams, BehindANatEspIsInUdpAndItsMappingIsKept) {
  StreamWorld world(3, separate(), {.nat = true});
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_TRUE(world.both_over_tcp());
  const auto& ours = world.node(0).children.begin()->second.up;
  const auto& theirs = world.node(1).children.begin()->second.up;
  EXPECT_EQ(ours.encapsulation, model::Encapsulation::kUdp);
  EXPECT_EQ(theirs.encapsulation, model::Encapsulation::kUdp);
  EXPECT_EQ(theirs.path.remote.port, ikestate::kNatPort + world.faults.nat_shift) << "as IKE_SA_INIT came";
  world.run_for(100s);
  EXPECT_GE(world.node(0).sent_keepalives, 4u);
}

TEST(IkeStreams, OneSideWithoutItStaysOnUdp) {
  for (const auto& [first, second] :
       {std::pair(Transport::kSeparate, Transport::kUdp), std::pair(Transport::kUdp, Transport::kSeparate)}) {
    StreamWorld world(4, tunnel_by(first, second));
    ASSERT_TRUE(world.settles()) << world.story();
    EXPECT_EQ(world.streams.called, 0u);
    EXPECT_FALSE(only_state(world.node(0))->path.over_tcp());
  }
}

// TCP turns out blocked after UDP proved fine: UDP it is, and that is said once.
TEST(IkeStreams, WhereTcpIsBlockedIkeStaysOnUdpAndSaysSoOnce) {
  StreamWorld world(5);
  world.streams.blocked = true;
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 60s)) << world.story();
  EXPECT_FALSE(only_state(world.node(0))->path.over_tcp());
  EXPECT_EQ(world.told(ikestate::kTcpBlocked), 1u);
  EXPECT_EQ(world.streams.called, 1u);
  world.run_for(300s);
  EXPECT_TRUE(world.settled());
  EXPECT_EQ(world.told(ikestate::kTcpBlocked), 1u);
}

// [9329-6.1-c, 9329-6.1-d, 9329-6.1-e]
TEST(IkeStreams, TheStreamEndsWithItsSa) {
  StreamWorld world(6);
  ASSERT_TRUE(world.settles());
  EXPECT_EQ(world.streams.open(0) + world.streams.open(1), 2u);
  world.node(0).wants = false;
  world.node(0).carry_out(world.node(0).engine->terminate(world.moment(), "east"));
  world.run_for(5s);
  EXPECT_EQ(world.node(0).engine->size() + world.node(1).engine->size(), 0u);
  EXPECT_EQ(world.streams.open(0) + world.streams.open(1), 0u);
  EXPECT_EQ(world.node(1).engine->holdings().stream_entries, 0u);
  EXPECT_EQ(world.told(ikestate::kPeerGone), 0u);
}

// [9329-6.1-k, 9329-6.1-p]
TEST(IkeStreams, ARekeyedSaSharesTheStreamAndKeepsIt) {
  for (const int number : {0, 1, 0, 1}) {
    StreamWorld world(7 + static_cast<std::uint64_t>(number));
    ASSERT_TRUE(world.settles());
    for (const int by : {number, 1 - number, number}) {
      const std::uint64_t before = only_state(world.node(0))->own_spi();
      world.rekey(by);
      ASSERT_TRUE(
          world.run_until([&] { return world.settled() && only_state(world.node(0))->own_spi() != before; }, 10s))
          << world.story();
    }
    EXPECT_EQ(world.streams.made, 1u);
    EXPECT_TRUE(world.both_over_tcp());
    // Who made the first connection makes the next one, whoever rekeyed last.
    world.streams.reset_all();
    world.run_for(5s);
    EXPECT_EQ(world.streams.made, 2u);
    EXPECT_TRUE(world.settled() && world.both_over_tcp()) << world.story();
  }
}

// [9329-6.1-f, 9329-6.2-b, 9329-10-c]
TEST(IkeStreams, AResetCostsNoSaAndWhatWasAskedIsAskedAgain) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    StreamWorld world(seed);
    ASSERT_TRUE(world.settles());
    const std::uint64_t before = only_state(world.node(0))->own_spi();
    world.rekey(seed % 2 == 0 ? 0 : 1);
    world.run_for(Nanos(static_cast<std::int64_t>(seed) * 500'000));
    world.streams.reset_all();
    ASSERT_TRUE(world.run_until([&] { return world.settled() && only_state(world.node(0))->own_spi() != before; }, 20s))
        << seed << world.story();
    world.run_for(5s);
    EXPECT_TRUE(world.both_over_tcp());
    EXPECT_EQ(world.told(ikestate::kPeerGone), 0u);
    EXPECT_EQ(world.broken(), "");
  }
}

// [9329-6.2-a]
TEST(IkeStreams, NothingIsSentAgainWhileTheStreamIsUp) {
  StreamWorld world(9);
  ASSERT_TRUE(world.settles());
  const std::uint64_t sent = world.node(0).sent_datagrams;
  world.streams.stalled_until = world.now() + 30s;
  world.rekey(0);
  world.run_for(29s);
  EXPECT_EQ(world.node(0).sent_datagrams, sent + 1);
  world.run_for(10s);
  EXPECT_TRUE(world.settled()) << world.story();
  EXPECT_EQ(world.streams.made, 1u);
}

// Only one side knows that the stream is dead: the responder has the old one until the new one has proven itself
// [9329-6.1-g, 9329-6.1-q, 9329-6.1-r, 9329-6.1-s].
TEST(IkeStreams, ANewStreamBesideTheOldOneTakesTheSaAlong) {
  StreamWorld world(10);
  ASSERT_TRUE(world.settles());
  const StreamId old = only_state(world.node(1))->path.stream;
  world.streams.break_for(0);
  ASSERT_TRUE(world.run_until([&] { return world.streams.open(1) == 2; }, 2s));
  EXPECT_EQ(only_state(world.node(1))->path.stream, old);
  world.run_for(2s);
  EXPECT_EQ(world.streams.open(1), 1u);
  EXPECT_GT(only_state(world.node(1))->path.stream, old);
  world.rekey(1);
  world.run_for(5s);
  EXPECT_TRUE(world.settled()) << world.story();
  EXPECT_EQ(world.told(ikestate::kPeerGone), 0u);
}

TEST(IkeStreams, AHalfClosedStreamIsReplaced) {
  for (const int side : {0, 1}) {
    StreamWorld world(11);
    ASSERT_TRUE(world.settles());
    world.streams.half_close(side);
    world.run_for(2s);
    world.rekey(1 - side);
    // The responder does not call: where it alone lost the stream, its request waits for the initiator's next sign.
    world.run_for(side == 0 ? 200s : 10s);
    EXPECT_EQ(world.node(0).engine->size(), 1u) << world.story();
    EXPECT_TRUE(world.settled()) << world.story();
    EXPECT_EQ(world.broken(), "");
  }
}

// A copy of an old message on another stream proves nothing.
TEST(IkeStreams, ReplayedOnANewerStreamAMessageMovesNothing) {
  StreamWorld world(12);
  std::vector<std::byte> last;
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    if (from == 0) last = octets;
    return false;
  };
  ASSERT_TRUE(world.settles());
  world.rekey(0);
  world.run_for(5s);
  const ikestate::Path before = only_state(world.node(1))->path;
  IkeNode& node = world.node(1);
  const ikestate::Path attackers{before.local, {*IpAddress::parse("203.0.113.9"), 1234}, node.engine->next_stream()};
  for (int i = 0; i < 3; ++i) node.carry_out(node.engine->datagram(world.moment(), attackers, last));
  last.back() ^= std::byte{1};
  node.carry_out(node.engine->datagram(world.moment(), attackers, last));
  EXPECT_EQ(only_state(world.node(1))->path, before);
  EXPECT_TRUE(std::ranges::find(world.streams.proven[1], attackers.stream) == world.streams.proven[1].end());
}

// What comes by UDP is answered there, and the SA stays on its stream.
TEST(IkeStreams, UdpAndTcpForOneSa) {
  StreamWorld world(13);
  ASSERT_TRUE(world.settles());
  IkeNode& node = world.node(1);
  const ikestate::Path before = only_state(node)->path;
  std::vector<std::byte> request;
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    if (from != 0 || !request.empty()) return false;
    request = octets;
    return true;
  };
  world.rekey(0);
  ASSERT_TRUE(world.run_until([&] { return !request.empty(); }, 5s));
  world.tap = nullptr;
  const ikestate::Path by_udp = only_state(node)->datagram_path;
  ikestate::Effects effects = node.engine->datagram(world.moment(), by_udp, request);
  node.carry_out(std::move(effects));
  world.run_for(5s);
  EXPECT_EQ(only_state(node)->path, before);
  EXPECT_TRUE(world.settled()) << world.story();
}

// A large key leaves as few fragments, without pacing and without acknowledgements [9329-7.5-a, 9329-7.5-b].
WorldTunnel with_large_keys() {
  WorldTunnel tunnel = separate();
  for (model::TunnelConfig* one : {&tunnel.first, &tunnel.second}) {
    one->ike->large_keys = model::LargeKeys{"mceliece348864f", 1'000'000};
  }
  return tunnel;
}
bool has_large_key(StreamWorld& world) {
  return world.settled() && only_state(world.node(0))->large_key && only_state(world.node(1))->large_key;
}

TEST(IkeStreams, LargeKeysGoOverTcpInFewFragments) {
  StreamWorld world(14, with_large_keys());
  std::size_t fragments = 0, acks = 0;
  world.tap = [&](int, std::vector<std::byte>& octets) {
    fragments += octets.size() > 20'000 ? 1 : 0;
    acks += ikewire::read_ike_header(octets).header.exchange == Exchange::kFragmentAck ? 1 : 0;
    return false;
  };
  ASSERT_TRUE(world.run_until([&] { return has_large_key(world); }, 20s)) << world.story();
  EXPECT_EQ(fragments, 4u) << "261,120 octets";
  EXPECT_EQ(acks, 0u);
  EXPECT_LT(world.now() - at_ns(1'000'000'000), 5s) << "at the configured pace it would take longer";
  EXPECT_EQ(world.streams.made, 1u);
}

// What the caller sends on a connection that begins with its large key, up to the end of that.
std::size_t octets_with_large_key() {
  StreamWorld world(20, with_large_keys());
  EXPECT_TRUE(world.settles());
  for (int i = 0; i < 2; ++i) {
    world.streams.reset_all();
    EXPECT_TRUE(world.run_until([&] { return world.streams.sent_by_last_caller() > 261'120; }, 20s));
  }
  return world.streams.sent_by_last_caller();
}

// At every place of a large key a reset only means another connection: each octet of what is before the first frame and
// of its header, those where one frame ends and another begins, and places all over (LEVELGATE_LONG=1: each octet of
// all). Some resets follow one another before the key gets through.
TEST(IkeStreams, ResetWithinALargeKey) {
  const std::size_t all = octets_with_large_key();
  ASSERT_LT(all, 261'120u + 1'000);
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i <= 48; ++i) places.push_back(i);
  const std::size_t rest = all - places.size();
  for (std::size_t frame = 1; frame < 4; ++frame) {
    for (std::size_t i = 0; i < 6; ++i) places.push_back(6 + frame * 65'531 - 3 + i);
  }
  const std::size_t spread = seeds(60, rest);
  for (std::size_t i = 0; i < spread; ++i) places.push_back(all - i * rest / spread);
  if (kFewCases) places.resize(4);
  constexpr std::size_t kInARow = 4;
  std::size_t tried = 0;
  for (std::size_t at = 0; at < places.size(); at += kInARow) {
    StreamWorld world(20 + places[at], with_large_keys());
    ASSERT_TRUE(world.settles());
    world.streams.break_for(0);  // so that the next one is counted from its first octet
    const std::size_t row = std::min(kInARow, places.size() - at);
    for (std::size_t i = 0; i < row; ++i) world.streams.resets_after.push_back(places[at + i]);
    world.streams.reset_all();
    ASSERT_TRUE(world.run_until([&] { return has_large_key(world); }, 300s)) << places[at] << world.story();
    tried += world.streams.resets();
    EXPECT_EQ(world.told(ikestate::kPeerGone), 0u);
    EXPECT_EQ(world.broken(), "");
  }
  EXPECT_EQ(tried, places.size()) << "a key got through before its row of resets was over";
}

// [9329-6.1-o]
TEST(IkeStreams, BrokenSyntaxEndsTheSaAndNotTheConnection) {
  StreamWorld world(15);
  ASSERT_TRUE(world.settles());
  IkeNode& node = world.node(1);
  std::vector<std::byte> shorter(10);
  const ikestate::Path path = only_state(node)->path;
  const ikestate::Effects effects = node.engine->datagram(world.moment(), path, shorter);
  ASSERT_EQ(effects.size(), 1u) << "what is no IKE header ends the connection, and no SA";
  EXPECT_TRUE(std::holds_alternative<ikestate::CloseStream>(effects[0]));
  EXPECT_TRUE(world.settled());
}

// From the first message on.
WorldTunnel by_tcp() { return tunnel_by(Transport::kTcp, Transport::kSeparate); }

// [9329-6.3-a, 9329-6.3-c]
TEST(IkeStreams, BegunOverTcpNothingGoesOverUdpAndNoCookieIsAsked) {
  StreamWorld world(16, by_tcp());
  world.node(1).engine->admit_by({.tiers = {.cookie_at = 0}});
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_EQ(world.node(1).engine->counts().cookies_asked, 0u);
  EXPECT_EQ(world.streams.made, 1u);
  EXPECT_TRUE(world.both_over_tcp());
  EXPECT_EQ(world.node(0).sent_datagrams + world.node(1).sent_datagrams, world.streams.frames);
  EXPECT_FALSE(only_state(world.node(0))->nat.any()) << "the ports of TCP are those that count";
}

// [9329-6.4-b, 9329-6.4-a]
TEST(IkeStreams, InvalidKeIsRetriedOnTheSameConnection) {
  WorldTunnel tunnel = by_tcp();
  tunnel.first.ike->ike.proposals = {"aes256gcm16-prfsha256-x25519-ecp256"};
  tunnel.second.ike->ike.proposals = {"aes256gcm16-prfsha256-ecp256"};
  tunnel.first.ike->ike.post_quantum = tunnel.second.ike->ike.post_quantum = model::PostQuantum::kPreferred;
  StreamWorld world(17, tunnel);
  ASSERT_TRUE(world.settles()) << world.story();
  EXPECT_EQ(world.streams.made, 1u);
}

TEST(IkeStreams, AnErrorOverTcpIsBelievedAtOnce) {
  StreamWorld world(18, tunnel_by(Transport::kTcp, Transport::kUdp));
  ASSERT_TRUE(world.run_until([&] { return world.told(ikestate::kNoProposal) > 0; }, 2s)) << world.story();
  EXPECT_EQ(world.node(0).engine->size(), 0u);
  EXPECT_GE(world.told(ikestate::kSeparateRefused), 1u) << "the other side says why";
}

// Strangers with a connection of their own each are counted as over UDP, and a connection has one SA at most.
TEST(IkeStreams, HalfOpenSasAreLimitedOverTcpAsWell) {
  const WorldTunnel tunnel = by_tcp();
  StreamWorld world(19, tunnel);
  std::vector<std::byte> init;
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    if (from == 0 && init.empty()) init = octets;
    return true;
  };
  ASSERT_TRUE(world.run_until([&] { return !init.empty(); }, 5s));
  IkeNode& node = world.node(1);
  const ikestate::Path one{
      {*IpAddress::parse("192.0.2.2"), 4500}, {*IpAddress::parse("192.0.2.1"), 5}, node.engine->next_stream()};
  for (std::uint8_t i = 0; i < 40; ++i) {
    init[0] = std::byte{i};
    ikestate::Path path = one;
    if (i % 2 == 0) path.stream = node.engine->next_stream();
    path.remote.port = static_cast<std::uint16_t>(1'000 + i);
    node.carry_out(node.engine->datagram(world.moment(), path, init));
  }
  EXPECT_LE(node.engine->half_open(), limits::kHalfOpenOfSource);
  EXPECT_GT(node.engine->counts().puzzles_asked, 0u) << "beyond that an address has to work";
  std::map<StreamId, int> users;
  node.engine->each([&](const ike::IkeSa& sa) { ++users[sa.state().path.stream]; });
  for (const auto& [stream, count] : users) EXPECT_EQ(count, 1);
}

// Everything at once: whatever happens to streams, when it is over the tunnel is up within half a minute.
TEST(IkeStreams, AfterEveryFaultTheTunnelComesBack) {
  for (std::size_t i = 0; i < cases(120); ++i) {
    std::mt19937_64 dice(i);
    const WorldTunnel tunnel = dice() % 3 == 0 ? by_tcp() : dice() % 2 == 0 ? separate() : with_large_keys();
    StreamWorld world(100 + i, tunnel);
    for (int step = 0; step < 12; ++step) {
      world.run_for(Nanos(static_cast<std::int64_t>(dice() % 3'000'000'000)));
      if (!world.streams.harm(100'000)) {
        world.rekey(static_cast<int>(dice() % 2));
      }
    }
    world.streams.blocked = false;
    ASSERT_EQ(world.broken(), "") << i << world.story();
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 400s)) << i << world.what_disagrees() << world.story();
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_streams_test
