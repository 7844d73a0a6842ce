// SPDX-License-Identifier: Apache-2.0
//
// Classic McEliece in IKE_INTERMEDIATE: the first Child SA has it already; of strangers only those whose address is
// proven may bring one, one at a time, and what they hold ends with their progress.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "ikewire/ike_header.h"
#include "support/case_count.h"
#include "support/ike_insider.h"
#include "support/ike_large.h"
#include "support/ike_ppk.h"

namespace levelgate::testing::ike_large_before_auth_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using ikewire::IkeDirection;

bool is_of(const std::vector<std::byte>& datagram, Exchange exchange, IkeDirection direction) {
  const auto header = ikewire::read_ike_header(datagram).header;
  return header.exchange == exchange && header.direction == direction;
}

TEST(IkeLargeBeforeAuth, TheFirstChildHasIt) {
  for (const char* const method : {"mceliece348864f", "mceliece460896", "mceliece6688128f", "mceliece8192128f"}) {
    IkeWorld world(1);
    const WorldTunnel tunnel = tunnel_before_auth(method);
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 20s)) << method << world.story();
    EXPECT_TRUE(is_protected(world)) << "before any traffic";
    world.node(0).engine->each([&](const ike::IkeSa& sa) {
      ASSERT_EQ(sa.state().suite.additional.size(), 2u) << "behind ML-KEM";
      EXPECT_TRUE(sa.state().post_quantum);
      EXPECT_EQ(sa.state().established_at, sa.state().children.begin()->second.made);
    });
    EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u);
    EXPECT_EQ(world.node(1).engine->counts().cookies_asked, 1u) << "without any load";
    const ChildId child = world.node(0).children.begin()->first;
    world.run_for(30s);
    EXPECT_EQ(world.node(0).children.begin()->first, child) << "nothing is to be renewed";
    EXPECT_EQ(world.broken(), "");
  }
}

// Who has it later gets it later, whichever side that is.
TEST(IkeLargeBeforeAuth, AnOtherwiseMindedPeerGetsItAfterwards) {
  for (const bool first : {true, false}) {
    IkeWorld world(2);
    WorldTunnel tunnel = tunnel_before_auth("mceliece348864f");
    (first ? tunnel.first : tunnel.second).ike->large_keys->when = model::LargeKeyTime::kAfterAuth;
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
    EXPECT_FALSE(is_protected(world));
    EXPECT_EQ(world.node(1).engine->counts().cookies_asked, 0u);
    EXPECT_TRUE(world.run_until([&] { return is_protected(world); }, 20s)) << world.story();
  }
}

TEST(IkeLargeBeforeAuth, APeerWithoutItIsServedAsEver) {
  for (const bool first : {true, false}) {
    IkeWorld world(3);
    WorldTunnel tunnel = tunnel_before_auth("mceliece348864f");
    (first ? tunnel.first : tunnel.second).ike->large_keys.reset();
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
    EXPECT_NE(world.story().find("LG-IKE-065"), std::string::npos) << "who has it is told what the other lacks";
  }
}

// ML-KEM twice, McEliece, and a PPK in the last of the three exchanges.
TEST(IkeLargeBeforeAuth, TakesItsPlaceAmongOtherRounds) {
  IkeWorld world(4);
  WorldTunnel tunnel = tunnel_before_auth("mceliece348864f");
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_mlkem1024"};
    end->ike->ppk = ppks({ppk_of("a", 'a')}, true, model::PpkExchange::kIntermediate);
  }
  std::size_t rounds = 0;
  world.tap = [&](int, std::vector<std::byte>& octets) {
    rounds += is_of(octets, Exchange::kIkeIntermediate, IkeDirection::kResponse) ? 1 : 0;
    return false;
  };
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 20s)) << world.story();
  EXPECT_TRUE(is_protected(world));
  EXPECT_GE(rounds, 3u);
  world.node(1).engine->each([&](const ike::IkeSa& sa) {
    EXPECT_EQ(sa.state().suite.additional.size(), 3u);
    EXPECT_TRUE(sa.state().ppk.used.has_value());
  });
}

TEST(IkeLargeBeforeAuth, LossOfFragmentsCostsRepeats) {
  for (std::uint64_t seed = 1; seed <= (kFewCases ? 1u : 6u); ++seed) {
    IkeWorld world(seed, {.loss = 0.15, .duplicate = 0.05, .least_delay = 20ms, .most_delay = 60ms});
    const WorldTunnel tunnel = tunnel_before_auth("mceliece348864f", 10'000'000);
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 120s)) << seed << world.story();
    EXPECT_TRUE(is_protected(world));
    EXPECT_EQ(world.broken(), "") << seed;
  }
}

// The longest key at the slowest pace takes a minute and three quarters: longer than any other handshake may.
TEST(IkeLargeBeforeAuth, ProgressKeepsAHandshakeAlive) {
  IkeWorld world(5);
  const WorldTunnel tunnel = tunnel_before_auth("mceliece6688128f", 100'000);
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(60s);
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 1u);
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 90s)) << world.story();
  EXPECT_TRUE(is_protected(world));
}

// One that stops in the middle holds its place for ten seconds more, and the whole for no longer than three minutes.
TEST(IkeLargeBeforeAuth, ThatWhichStandsStillIsDropped) {
  IkeWorld world(6);
  const WorldTunnel tunnel = tunnel_before_auth("mceliece348864f", 1'000'000);
  bool cut = false;
  world.tap = [&](int, std::vector<std::byte>&) { return cut; };
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(1500ms);
  std::size_t held = 0;
  world.node(1).engine->each([&](const ike::IkeSa& sa) { held = sa.held_octets(); });
  ASSERT_GT(held, 50'000u) << world.ladder.text();
  cut = true;
  world.run_for(9s);
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 1u);
  world.run_for(2s);
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u);
  EXPECT_EQ(world.node(1).engine->size(), 0u);
  world.run_for(10s);
  EXPECT_TRUE(world.node(0).up.empty());
  EXPECT_LT(world.node(0).engine->size(), 2u) << "it begins anew instead of sending into the void";
  cut = false;
  EXPECT_TRUE(world.run_until([&] { return world.settled() && is_protected(world); }, 60s)) << world.story();
}

// Either side forgets everything between two rounds, or in the middle of the key.
TEST(IkeLargeBeforeAuth, RestartsBetweenRoundsHeal) {
  for (const int who : {0, 1}) {
    for (const Nanos after : {Nanos(30ms), Nanos(60ms), Nanos(100ms), Nanos(400ms)}) {
      IkeWorld world(7);
      const WorldTunnel tunnel = tunnel_before_auth("mceliece348864f", 4'000'000);
      world.start(tunnel.policy(0), tunnel.policy(1));
      world.at(world.now() + after, [&] { world.node(who).restart(); });
      ASSERT_TRUE(world.run_until([&] { return world.settled() && is_protected(world); }, 60s))
          << who << world.story() << world.ladder.text();
      EXPECT_EQ(world.broken(), "");
      EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u);
    }
  }
}

// The first request without a cookie costs no state, whatever it offers.
TEST(IkeLargeBeforeAuth, AnUnprovenAddressGetsACookieAndNothingElse) {
  IkeWorld world(8);
  const WorldTunnel tunnel = tunnel_before_auth("mceliece348864f");
  bool cookie = false;
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    const auto message = clear_init(octets);
    if (from == 1 && message && message->has(ikewire::NotifyType::kCookie)) {
      cookie = true;
      return true;
    }
    return false;
  };
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(20s);
  EXPECT_TRUE(cookie);
  EXPECT_EQ(world.node(1).engine->size(), 0u);
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u);
}

// A peer that chooses a large key and announces nothing of the extension is not believed.
TEST(IkeLargeBeforeAuth, AnAnswerWithoutTheAnnouncementIsNotTaken) {
  IkeWorld world(9);
  const WorldTunnel tunnel = tunnel_before_auth("mceliece348864f");
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    // The number of BIG_PAYLOADS becomes one of nobody.
    const std::array<std::byte, 2> number{std::byte{50510 >> 8}, std::byte{50510 & 0xff}};
    if (from != 1 || !is_of(octets, Exchange::kIkeSaInit, IkeDirection::kResponse)) return false;
    const auto found = std::ranges::search(octets, number);
    if (!found.empty()) found.front() = std::byte{0xee};
    return false;
  };
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(20s);
  EXPECT_TRUE(world.node(0).up.empty());
  EXPECT_NE(world.story().find("LG-IKE-065"), std::string::npos) << world.story();
  EXPECT_NE(world.story().find("BIG_PAYLOADS"), std::string::npos) << world.story();
}

}  // namespace
}  // namespace levelgate::testing::ike_large_before_auth_test
