// SPDX-License-Identifier: Apache-2.0
//
// Classic McEliece after authentication: traffic flows under the first keys at once, the IKE SA is rekeyed with a large
// key, then its children; over bad paths, with peers that have no such thing, and bounded against those that lie.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "ikewire/ike_header.h"
#include "support/case_count.h"
#include "support/figure.h"
#include "support/ike_insider.h"
#include "support/ike_large.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_large_keys_test {
namespace {

using namespace std::chrono_literals;

TEST(IkeLargeKeys, EverySetProtectsTheIkeSaAndThenItsChild) {
  for (const char* const method : {"mceliece348864", "mceliece348864f", "mceliece460896f", "mceliece6688128f",
                                   "mceliece6960119f", "mceliece8192128f"}) {
    IkeWorld world(1);
    const WorldTunnel tunnel = tunnel_with(method);
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
    const ChildId first = world.node(0).children.begin()->first;
    ASSERT_TRUE(
        world.run_until([&] { return is_protected(world) && world.node(0).children.begin()->first != first; }, 20s))
        << method << "\n"
        << world.story();
    world.node(0).engine->each([&](const ike::IkeSa& sa) {
      ASSERT_EQ(sa.state().suite.additional.size(), 2u);
      EXPECT_TRUE(sa.state().post_quantum);
    });
    EXPECT_EQ(world.broken(), "");
  }
}

// Before authentication nothing of it is negotiated: who has no such thing sees one notification and a vendor id.
TEST(IkeLargeKeys, WithoutTheOtherSideNothingChanges) {
  for (const bool first : {true, false}) {
    IkeWorld world(2);
    const WorldTunnel tunnel = tunnel_with("mceliece348864f", first, !first);
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
    const ChildId child = world.node(0).children.begin()->first;
    world.run_for(30s);
    EXPECT_TRUE(world.settled());
    EXPECT_EQ(world.node(0).children.begin()->first, child);
    world.node(0).engine->each([&](const ike::IkeSa& sa) { EXPECT_FALSE(sa.state().large_key); });
    IkeNode& node = world.node(0);
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, ike::RekeyTarget::kIke));
    world.run_for(5s);
    EXPECT_TRUE(world.settled()) << world.story();
  }
}

// Each side has another set: there is none in common, and what was negotiated before goes on.
TEST(IkeLargeKeys, DifferentSetsLeaveTheTunnelUp) {
  IkeWorld world(3);
  WorldTunnel tunnel = tunnel_with("mceliece348864f");
  tunnel.second.ike->large_keys->method = "mceliece460896f";
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  world.run_for(30s);
  EXPECT_TRUE(world.settled()) << world.what_disagrees() << world.story();
  world.node(0).engine->each([&](const ike::IkeSa& sa) { EXPECT_FALSE(sa.state().large_key); });
}

// A megabyte key at 100 Mbit/s, 100 ms there and back, one packet of ten lost.
TEST(IkeLargeKeys, LossCostsRepeatsAndNotMinutes) {
  std::vector<double> seconds;
  double octets = 0;
  const std::uint64_t seeds = kFewCases ? 2 : 20;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    IkeWorld world(seed);
    const WorldTunnel tunnel = tunnel_with("mceliece6688128f");
    world.faults.least_delay = world.faults.most_delay = 50ms;
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 60s)) << seed << world.story();
    const Instant up = world.now();
    const std::uint64_t octets_before = world.node(0).sent_octets;
    world.faults.loss = 0.1;
    ASSERT_TRUE(world.run_until([&] { return is_protected(world); }, 120s)) << seed << world.story();
    seconds.push_back(std::chrono::duration<double>(world.now() - up).count());
    octets += static_cast<double>(world.node(0).sent_octets - octets_before) / 1'044'992 / static_cast<double>(seeds);
    EXPECT_EQ(world.broken(), "") << seed;
  }
  EXPECT_LT(octets, 1.5) << "what is there is not sent again";
  std::ranges::sort(seconds);
  print_figure("1 MB key, 100 Mbit/s, 100 ms, 10 % loss: large-key protection " +
               std::to_string(seconds[seconds.size() / 2]) + " s after the tunnel is up (median), at most " +
               std::to_string(seconds.back()) + " s; octets sent over the key's: " + std::to_string(octets));
}

// Faults of every kind end in agreement.
TEST(IkeLargeKeys, EverySeedEndsInAgreement) {
  for (std::uint64_t seed = 1; seed <= (kFewCases ? 2u : 12u); ++seed) {
    IkeWorld world(seed, {.loss = 0.05, .duplicate = 0.05, .flip = 0.01, .least_delay = 1ms, .most_delay = 40ms});
    const WorldTunnel tunnel = tunnel_with("mceliece348864f");
    world.start(tunnel.policy(0), tunnel.policy(1), seed % 2 == 0);
    world.run_for(60s);
    world.faults = {};
    ASSERT_TRUE(world.run_until([&] { return is_protected(world); }, 120s))
        << seed << " " << world.what_disagrees() << world.story();
    EXPECT_EQ(world.broken(), "") << seed;
  }
}

// Fragments leave at the pace that the policy says, not in a burst.
TEST(IkeLargeKeys, FragmentsKeepThePace) {
  IkeWorld world(4);
  const WorldTunnel tunnel = tunnel_with("mceliece348864f", true, true, 10'000'000);
  std::vector<Instant> sent;
  std::size_t octets = 0;
  world.tap = [&](int from, std::vector<std::byte>& datagram) {
    if (from == 0 && datagram.size() > 1'000) {
      sent.push_back(world.now());
      octets += datagram.size();
    }
    return false;
  };
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return is_protected(world); }, 20s)) << world.story();
  ASSERT_GT(sent.size(), 200u);
  const double seconds = std::chrono::duration<double>(sent.back() - sent[sent.size() - 200]).count();
  EXPECT_GT(seconds, 200 * 1'200 * 8 / 10e6 * 0.8);
  std::size_t burst = 0, longest = 0;
  for (std::size_t i = 1; i < sent.size(); ++i) {
    burst = sent[i] == sent[i - 1] ? burst + 1 : 0;
    longest = std::max(longest, burst);
  }
  EXPECT_LE(longest, 8u);
}

// What a receiver holds meanwhile is the key, and nothing when it has it.
TEST(IkeLargeKeys, AReceiverHoldsOneKey) {
  IkeWorld world(5);
  const WorldTunnel tunnel = tunnel_with("mceliece348864f");
  std::size_t most = 0;
  const auto looked_at = [&] {
    world.node(1).engine->each([&](const ike::IkeSa& sa) { most = std::max(most, sa.held_octets()); });
    return is_protected(world);
  };
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until(looked_at, 20s)) << world.story();
  EXPECT_GT(most, 250'000u);
  EXPECT_LE(most, 261'120u + 1'024);
  world.node(1).engine->each([&](const ike::IkeSa& sa) { EXPECT_EQ(sa.held_octets(), 0u); });
}

// The key of a rekey is there before its timer fires: one at each side, another one when the configuration asks for
// another set, and none when the SA is gone.
TEST(IkeLargeKeys, TheKeyOfARekeyIsMadeAheadOfIt) {
  IkeWorld world(6);
  WorldTunnel tunnel = tunnel_with("mceliece348864f");
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) end->ike->ike.rekey = 600s;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return is_protected(world) && world.settled(); }, 70s)) << world.story();
  const auto ready = [&](int number) {
    const crypto::GeneratedKey* found = nullptr;
    world.node(number).engine->each([&](const ike::IkeSa& sa) { found = sa.state().ready_key.get(); });
    return found == nullptr ? std::string() : std::string(found->method().name);
  };
  Instant rekey_at = kNever;
  int first = 0;
  for (const int number : {0, 1}) {
    EXPECT_EQ(ready(number), "") << "not for hours before";
    world.node(number).engine->each([&](const ike::IkeSa& sa) {
      if (sa.state().rekey_at < rekey_at) first = number;
      rekey_at = std::min(rekey_at, sa.state().rekey_at);
    });
  }
  world.run_for(rekey_at - world.now() - 30s);
  EXPECT_EQ(ready(first), "mceliece348864f");
  for (const int number : {0, 1}) {
    (number == 0 ? tunnel.first : tunnel.second).ike->large_keys->method = "mceliece460896f";
    world.node(number).policy = tunnel.policy(number);
    world.node(number).engine->configure({world.node(number).policy});
  }
  world.run_for(1s);
  EXPECT_EQ(ready(first), "mceliece460896f") << "the set of now";
  const std::uint64_t before = to_ns(rekey_at);
  ASSERT_TRUE(world.run_until(
      [&] {
        bool renewed = false;
        world.node(first).engine->each([&](const ike::IkeSa& sa) {
          renewed = renewed || (to_ns(sa.state().established_at) >= static_cast<std::int64_t>(before) &&
                                sa.state().phase == ikestate::Phase::kEstablished);
        });
        return renewed && world.settled();
      },
      120s))
      << world.story();
  EXPECT_EQ(ready(0), "");
  EXPECT_EQ(ready(1), "") << "what was made for an SA that is gone";
  EXPECT_TRUE(is_protected(world)) << "and nothing regresses";
}

class SpokenLargeKeys : public SpokenIke {
 protected:
  static ikemessage::Payloads large_request() {
    ikemessage::PayloadWriter out;
    const IkeOctetRow key(261'120, std::byte{7});
    out.add(PayloadType::kKe, ikewire::KeyExchange{ikewire::KeMethod::kMceliece348864f, key});
    return out.take();
  }
};

// A peer that is proven, and sends a key that nobody agreed to: it makes nobody hold more than an ordinary message.
TEST_F(SpokenLargeKeys, WithoutAnAgreementNobodyHoldsMore) {
  for (const Exchange exchange : {Exchange::kIkeFollowupKe, Exchange::kCreateChildSa, Exchange::kInformational}) {
    world.faults = {};
    if (!insider) {
      establish(tunnel_with("mceliece348864f"));
      ASSERT_TRUE(world.run_until([&] { return is_protected(world) && world.settled(); }, 70s)) << world.story();
      enter();
    }
    cut = true;
    const auto id = ikewire::MessageId{sa(0).awaited_request()};
    ikewire::IkeHeader head = header(exchange, kRequest, id);
    for (const IkeOctetRow& part : insider->say(head, large_request(), 1'248)) {
      (void)tell(part);
      EXPECT_LE(sa(0).held_octets(), limits::kReassembledOctets);
    }
    EXPECT_EQ(sa(0).held_octets(), 0u) << "more fragments than an ordinary message has are not taken";
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_large_keys_test
