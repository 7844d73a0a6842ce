// SPDX-License-Identifier: Apache-2.0
//
// Two engines with post-quantum preshared keys (RFC 8784, RFC 9867): every pair of configurations comes to the PPK that
// both have, or to none where both may, or to nothing; and rekeys bring in what a reload has changed.
#include "support/ike_ppk.h"

#include <gtest/gtest.h>

#include "support/ike_forge.h"
#include "support/ike_insider.h"

namespace levelgate::testing::ike_ppk_test {
namespace {

using namespace std::chrono_literals;
using Exchange = model::PpkExchange;
using model::PpkSettings;

const model::Ppk kA = ppk_of("berlin-a", 'a');
const model::Ppk kB = ppk_of("berlin-b", 'b');
const model::Ppk kOtherA = ppk_of("berlin-a", 'x');  // another one under the same id

class PpkPair {
 public:
  PpkPair(const PpkSettings& first, const PpkSettings& second, WorldTunnel tunnel_ = plain_world_tunnel(),
          NetworkFaults faults = {}, std::uint64_t seed = 21)
      : tunnel(std::move(tunnel_)), world(seed, faults) {
    tunnel.first.ike->ppk = first;
    tunnel.second.ike->ppk = second;
    world.start(tunnel.policy(0), tunnel.policy(1));
  }
  bool settles() {
    return world.run_until([this] { return world.settled(); }, 20s);
  }
  // The PPK of both sides' IKE SA and Child SA: "berlin-a/berlin-a".
  std::string used() {
    std::string text;
    for (const int number : {0, 1}) {
      const ikestate::SaState* const sa = only_state(world.node(number));
      if (sa == nullptr || sa->children.empty()) return "nothing";
      const std::string one = ppk_in(sa->ppk.used) + "/" + ppk_in(sa->children.begin()->second.ppk);
      if (!text.empty() && one != text) return text + " here, " + one + " there";
      text = one;
    }
    return text;
  }
  std::optional<ikestate::PpkWay> way() {
    const ikestate::SaState* const sa = only_state(world.node(0));
    return sa != nullptr && sa->ppk.used ? std::optional(sa->ppk.used->way) : std::nullopt;
  }
  bool tells(int number, std::string_view id, std::string_view text = {}) {
    return std::ranges::any_of(world.node(number).reports, [&](const ikestate::Report& report) {
      return report.id == id && report.text.find(text) != std::string::npos;
    });
  }
  void rekey(int number, ike::RekeyTarget what) {
    IkeNode& node = world.node(number);
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, what));
    world.run_for(5s);
    ASSERT_TRUE(world.settled()) << world.what_disagrees() << "\n" << world.story();
  }
  void reload(int number, PpkSettings settings) { reload_ppks(world, number, tunnel, std::move(settings)); }

  WorldTunnel tunnel;
  IkeWorld world;
};

constexpr const char* kHybrid = "aes256gcm16-prfsha384-x25519-ke1_mlkem768";

// [9867-3.1-b]
TEST(IkePpk, EveryPairOfFormsAndDemandsComesToThePpkWhereBothHaveIt) {
  for (const Exchange a : {Exchange::kEither, Exchange::kAuth, Exchange::kIntermediate}) {
    for (const Exchange b : {Exchange::kEither, Exchange::kAuth, Exchange::kIntermediate}) {
      for (const int demands : {0, 1, 2, 3}) {
        SCOPED_TRACE(std::to_string(int(a)) + " " + std::to_string(int(b)) + " " + std::to_string(demands));
        PpkPair pair(ppks({kA}, (demands & 1) != 0, a), ppks({kA}, (demands & 2) != 0, b));
        const bool apart = a != b && a != Exchange::kEither && b != Exchange::kEither;
        ASSERT_EQ(pair.settles(), !apart || demands == 0) << pair.world.story();
        if (apart) {
          EXPECT_EQ(pair.used(), demands == 0 ? "none/none" : "nothing");
          continue;
        }
        EXPECT_EQ(pair.used(), "berlin-a/berlin-a");
        const bool auth = a == Exchange::kAuth || b == Exchange::kAuth;
        EXPECT_EQ(pair.way(), auth ? ikestate::PpkWay::kAuth : ikestate::PpkWay::kIntermediate);
      }
    }
  }
}

// [9867-3.1-e, 9867-3.1-f, 9867-3.1.1-a]
TEST(IkePpk, GoesWithAdditionalKeyExchangesAndSharesTheLastMessage) {
  for (const Exchange form : {Exchange::kAuth, Exchange::kIntermediate}) {
    for (const char* const proposal : {kHybrid, "aes256gcm16-prfsha512-x25519-ke1_mlkem768-ke2_ecp384"}) {
      std::uint32_t last_auth = 0;
      for (const bool with : {false, true}) {
        WorldTunnel tunnel = plain_world_tunnel();
        for (auto* end : {&tunnel.first, &tunnel.second}) {
          end->ike->ike.proposals = {proposal};
          end->ike->ike.post_quantum = model::PostQuantum::kRequired;
          end->ike->ike.fragmentation = true;
        }
        const PpkSettings settings = with ? ppks({kA}, true, form) : PpkSettings{};
        PpkPair pair(settings, settings, tunnel);
        std::uint32_t auth = 0;
        pair.world.tap = [&](int, std::vector<std::byte>& octets) {
          const auto header = ikewire::read_ike_header(octets).header;
          if (header.exchange == ikewire::Exchange::kIkeAuth) auth = header.message_id.value;
          return false;
        };
        ASSERT_TRUE(pair.settles()) << pair.world.story();
        EXPECT_EQ(pair.used(), with ? "berlin-a/berlin-a" : "none/none");
        if (with) {
          EXPECT_EQ(auth, last_auth) << "as many IKE_INTERMEDIATE as without";
        }
        last_auth = auth;
      }
    }
  }
}

// [8784-3-d, 8784-3-e, 8784-3-g, 8784-3-h, 8784-6-e]
TEST(IkePpk, AnUnknownIdIsRefusedOrDoneWithoutByRfc8784) {
  for (const int demands : {0, 1, 2, 3}) {
    SCOPED_TRACE(demands);
    PpkPair pair(ppks({kA}, (demands & 1) != 0, Exchange::kAuth), ppks({kB}, (demands & 2) != 0, Exchange::kAuth));
    ASSERT_EQ(pair.settles(), demands == 0) << pair.world.story();
    EXPECT_EQ(pair.used(), demands == 0 ? "none/none" : "nothing");
    if (demands == 0) {
      for (const int number : {0, 1}) EXPECT_TRUE(pair.tells(number, ikestate::kPpkNotUsed)) << pair.world.story();
      continue;
    }
    EXPECT_TRUE(pair.tells(1, ikestate::kPpkMissing, "\"berlin-a\"")) << pair.world.story();
    EXPECT_TRUE(pair.tells(0, ikestate::kWrongPsk, "no PPK \"berlin-a\"")) << pair.world.story();
  }
}

// [9867-3.1-h, 9867-3.1-i]
TEST(IkePpk, AnUnknownIdIsRefusedOrDoneWithoutByRfc9867) {
  for (const int demands : {0, 1, 2, 3}) {
    for (const bool same_id : {false, true}) {
      SCOPED_TRACE(std::to_string(demands) + (same_id ? " same id" : ""));
      PpkPair pair(ppks({kA}, (demands & 1) != 0), ppks({same_id ? kOtherA : kB}, (demands & 2) != 0));
      ASSERT_EQ(pair.settles(), demands == 0) << pair.world.story();
      EXPECT_EQ(pair.used(), demands == 0 ? "none/none" : "nothing");
      EXPECT_TRUE(pair.tells(1, same_id ? ikestate::kPpkDiffers : ikestate::kPpkMissing, "berlin-a"))
          << pair.world.story();
      if (demands != 0) {
        EXPECT_TRUE(pair.tells(0, ikestate::kPpkMissing, "berlin-a")) << pair.world.story();
      }
      if (demands == 0) {
        EXPECT_TRUE(pair.tells(0, ikestate::kPpkNotUsed)) << pair.world.story();
      }
    }
  }
}

// The table of RFC 8784: whose id is known is taken at its word, whatever NO_PPK_AUTH would prove.
TEST(IkePpk, OtherOctetsUnderTheSameIdFailToAuthenticateAndAreNamed) {
  for (const int demands : {0, 3}) {
    PpkPair pair(ppks({kA}, demands != 0, Exchange::kAuth), ppks({kOtherA}, demands != 0, Exchange::kAuth));
    EXPECT_FALSE(pair.settles());
    EXPECT_TRUE(pair.tells(1, ikestate::kPpkDiffers, "PPK \"berlin-a\"")) << pair.world.story();
    EXPECT_TRUE(pair.tells(0, ikestate::kWrongPsk, "AUTHENTICATION_FAILED")) << pair.world.story();
    EXPECT_TRUE(pair.tells(0, ikestate::kWrongPsk, "PPK \"berlin-a\"")) << pair.world.story();
  }
}

// [8784-3-b, 9867-3.1-d]
TEST(IkePpk, APeerWithoutAnyPpkIsDoneWithoutOrNotAtAll) {
  for (const Exchange form : {Exchange::kEither, Exchange::kAuth, Exchange::kIntermediate}) {
    for (const bool required : {false, true}) {
      for (const int who : {0, 1}) {
        SCOPED_TRACE(std::to_string(int(form)) + (required ? " required " : " optional ") + std::to_string(who));
        const PpkSettings with = ppks({kA}, required, form);
        PpkPair pair(who == 0 ? with : PpkSettings{}, who == 1 ? with : PpkSettings{});
        ASSERT_EQ(pair.settles(), !required) << pair.world.story();
        EXPECT_EQ(pair.used(), required ? "nothing" : "none/none");
        EXPECT_TRUE(pair.tells(who, required ? ikestate::kPpkMissing : ikestate::kPpkNotUsed)) << pair.world.story();
        if (required && who == 1) {
          EXPECT_TRUE(pair.tells(0, ikestate::kNoProposal, "NO_PROPOSAL_CHOSEN"));
        }
      }
    }
  }
}

// libreswan and levelgate refuse so whoever offers no PPK that they demand: an operator who reads of proposals alone
// would look in the wrong place.
TEST(IkePpk, ARefusalInIkeSaInitNamesThePpkThatMayBeMissing) {
  const struct {
    PpkSettings ours, theirs;
    std::string_view told;
  } cases[] = {
      {{}, ppks({kA}), "no PPK, which the peer may demand"},
      {ppks({kA}, false, Exchange::kIntermediate), ppks({kA}, true, Exchange::kAuth), "in IKE_INTERMEDIATE only"},
      {ppks({kA}, false, Exchange::kAuth), ppks({kA}, true, Exchange::kIntermediate), "in IKE_AUTH only"},
  };
  for (const auto& one : cases) {
    PpkPair pair(one.ours, one.theirs);
    ASSERT_FALSE(pair.settles());
    EXPECT_TRUE(pair.tells(0, ikestate::kNoProposal, one.told)) << pair.world.story();
  }
  WorldTunnel apart = plain_world_tunnel();
  apart.second.ike->ike.proposals = {"aes256-sha256-modp2048"};
  PpkPair other(ppks({kA}), ppks({kA}), apart);
  ASSERT_FALSE(other.settles());
  EXPECT_TRUE(other.tells(0, ikestate::kNoProposal));
  EXPECT_FALSE(other.tells(0, ikestate::kNoProposal, "PPK")) << other.world.story();
}

// Whoever must not go on without a PPK keeps to one attempt for as long as it waits, so that the responder holds one
// half-open SA and no more (RFC 8784 §6). [8784-6-c]
TEST(IkePpk, ARefusalForWantOfAPpkIsNoStormOfAttempts) {
  PpkPair pair(ppks({kA}), {});
  std::set<std::uint64_t> attempts;
  pair.world.tap = [&](int from, std::vector<std::byte>& octets) {
    if (from == 0) attempts.insert(ikewire::read_ike_header(octets).header.initiator_spi.value);
    return false;
  };
  pair.world.run_for(150s);
  EXPECT_EQ(attempts.size(), 1u);
}

// [8784-3-a]
TEST(IkePpk, IsOfferedAgainWithACookieAndSurvivesALossyNetwork) {
  for (const Exchange form : {Exchange::kAuth, Exchange::kIntermediate}) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      PpkPair pair(ppks({kA}, seed % 2 == 0, form), ppks({kA}, seed % 2 == 0, form), plain_world_tunnel(),
                   {.loss = 0.2, .duplicate = 0.2}, seed);
      pair.world.node(1).engine->admit_by({.tiers = {.cookie_at = 0}});
      ASSERT_TRUE(pair.world.run_until([&] { return pair.world.settled(); }, 600s)) << pair.world.story();
      EXPECT_EQ(pair.used(), "berlin-a/berlin-a");
      EXPECT_GT(pair.world.node(1).engine->counts().cookies_asked, 0u);
    }
  }
}

// The first of the initiator's that the responder has; RFC 8784 offers one only.
TEST(IkePpk, TheFirstInCommonIsTakenWhereSeveralAreOffered) {
  PpkPair several(ppks({kB, kA}), ppks({kA}));
  ASSERT_TRUE(several.settles()) << several.world.story();
  EXPECT_EQ(several.used(), "berlin-a/berlin-a");
  PpkPair order(ppks({kB, kA}), ppks({kA, kB}));
  ASSERT_TRUE(order.settles());
  EXPECT_EQ(order.used(), "berlin-b/berlin-b");
  PpkPair other(ppks({kOtherA, kB}), ppks({kA, kB}));
  ASSERT_TRUE(other.settles());
  EXPECT_EQ(other.used(), "berlin-b/berlin-b") << "other octets under the first id";
  PpkPair known(ppks({kB, kA}, true, Exchange::kAuth), ppks({kA, kB}, true, Exchange::kAuth));
  ASSERT_TRUE(known.settles());
  EXPECT_EQ(known.used(), "berlin-b/berlin-b");
}

// [9867-3.1-j]
TEST(IkePpk, APpkOfAnotherPeerAtTheSameAddressIsRefusedByName) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.first.ike->ppk = ppks({kA});
  tunnel.second.ike->ppk = ppks({kB}, false);
  WorldTunnel neighbour = tunnel;
  neighbour.second.name = "neighbour";
  neighbour.second.ike->remote_id = {model::IdentityKind::kFqdn, "neighbour.example"};
  neighbour.second.ike->ppk = ppks({kA});
  IkeWorld world(5);
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.node(1).engine->configure({tunnel.policy(1), neighbour.policy(1)});
  world.run_for(10s);
  EXPECT_TRUE(world.node(0).children.empty());
  EXPECT_NE(world.story().find("node 1 LG-IKE-063 the peer uses PPK \"berlin-a\", which is not for"), std::string::npos)
      << world.story();
}

// --- rotation ---

// [9867-3.2-a]
TEST(IkePpk, ARekeyBringsInWhatAReloadHasChanged) {
  for (const Exchange start : {Exchange::kEither, Exchange::kAuth}) {
    for (const int number : {0, 1}) {
      SCOPED_TRACE(std::to_string(int(start)) + " " + std::to_string(number));
      PpkPair pair(ppks({kA}, true, start), ppks({kA}, true, start));
      ASSERT_TRUE(pair.settles());
      for (const int node : {0, 1}) pair.reload(node, ppks({kB, kA}));
      EXPECT_EQ(pair.used(), "berlin-a/berlin-a") << "what is up stays as it is";
      pair.rekey(number, ike::RekeyTarget::kChildren);
      EXPECT_EQ(pair.used(), "berlin-a/berlin-b");
      pair.rekey(number, ike::RekeyTarget::kIke);
      EXPECT_EQ(pair.used(), "berlin-b/berlin-b");
      EXPECT_EQ(pair.way(), ikestate::PpkWay::kCreateChild);
      for (const int node : {0, 1}) {
        pair.rekey(node, ike::RekeyTarget::kChildren);
        pair.rekey(node, ike::RekeyTarget::kIke);
        EXPECT_EQ(pair.used(), "berlin-b/berlin-b");
      }
    }
  }
}

TEST(IkePpk, RotationGoesWithFollowupKeyExchanges) {
  WorldTunnel tunnel;
  PpkPair pair(ppks({kA}), ppks({kA}), tunnel);
  ASSERT_TRUE(pair.settles());
  for (const int node : {0, 1}) pair.reload(node, ppks({kB}));
  pair.rekey(0, ike::RekeyTarget::kChildren);
  pair.rekey(1, ike::RekeyTarget::kIke);
  EXPECT_EQ(pair.used(), "berlin-b/berlin-b");
}

// One side has the new file and the other has not yet, then prefers the old one still.
TEST(IkePpk, ASideThatIsNotReloadedYetKeepsTheOldPpkAndNobodyGoesBack) {
  PpkPair pair(ppks({kA}), ppks({kA}));
  ASSERT_TRUE(pair.settles());
  pair.reload(0, ppks({kB, kA}));
  pair.rekey(0, ike::RekeyTarget::kIke);
  EXPECT_EQ(pair.used(), "berlin-a/berlin-a");
  EXPECT_TRUE(pair.tells(0, ikestate::kPpkNotUsed, "\"berlin-b\"")) << pair.world.story();
  pair.reload(1, ppks({kA, kB}));
  pair.rekey(0, ike::RekeyTarget::kIke);
  EXPECT_EQ(pair.used(), "berlin-b/berlin-a");
  for (const ike::RekeyTarget what : {ike::RekeyTarget::kIke, ike::RekeyTarget::kChildren}) {
    for (const int number : {1, 0, 1}) pair.rekey(number, what);
  }
  EXPECT_EQ(pair.used(), "berlin-b/berlin-b");
}

// An SA without a PPK gets one when both sides have been given one, and RFC 8784 alone never rotates.
TEST(IkePpk, AnSaWithoutAPpkGetsOneByItsRekey) {
  PpkPair pair({}, {});
  ASSERT_TRUE(pair.settles());
  for (const int node : {0, 1}) pair.reload(node, ppks({kA}, false));
  pair.rekey(1, ike::RekeyTarget::kIke);
  EXPECT_EQ(pair.used(), "berlin-a/none");
  PpkPair old(ppks({kA}, true, Exchange::kAuth), ppks({kA}, true, Exchange::kAuth));
  ASSERT_TRUE(old.settles());
  for (const int node : {0, 1}) old.reload(node, ppks({kB, kA}, true, Exchange::kAuth));
  old.rekey(0, ike::RekeyTarget::kIke);
  EXPECT_EQ(old.used(), "berlin-a/berlin-a");
}

// [9867-3.2-b]
TEST(IkePpk, ADemandThatAnSaDoesNotFulfilEndsItsRekeys) {
  for (const int demanding : {0, 1}) {
    SCOPED_TRACE(demanding);
    PpkPair pair({}, {});
    ASSERT_TRUE(pair.settles());
    pair.reload(demanding, ppks({kA}));
    IkeNode& node = pair.world.node(0);
    node.wants = false;
    node.carry_out(node.engine->rekey(pair.world.moment(), node.policy->name, ike::RekeyTarget::kChildren));
    pair.world.run_for(2s);
    EXPECT_TRUE(pair.tells(demanding, ikestate::kPpkMissing)) << pair.world.story();
    EXPECT_EQ(pair.world.node(0).children.size(), demanding == 0 ? 0u : 1u) << "the initiator deletes the IKE SA";
    if (demanding == 1) {
      EXPECT_TRUE(pair.tells(0, ikestate::kRekeyFailed, "NO_PROPOSAL_CHOSEN")) << pair.world.story();
    }
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_ppk_test
