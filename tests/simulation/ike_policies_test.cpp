// SPDX-License-Identifier: Apache-2.0
//
// What two policies come to: post-quantum demands of both sides (RFC 9370, never weaker than asked, also after rekeys),
// key exchanges that the other side wants instead (RFC 7296 §1.2, §2.6.1), certificates of each kind with fragments
// (RFC 7383, RFC 7427, RFC 9593), AGGFRAG (RFC 9347 §5.1), selectors (RFC 7296 §2.9), ESP proposals and names.
#include <gtest/gtest.h>

#include "support/ike_forge.h"
#include "support/ike_parties.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_policies_test {
namespace {

using namespace std::chrono_literals;
using model::PostQuantum;

constexpr const char* kHybrid = "aes256gcm16-prfsha384-x25519-ke1_mlkem768";
constexpr const char* kClassic = "aes256gcm16-prfsha384-x25519";

void for_both(WorldTunnel& tunnel, const std::function<void(model::TunnelIke&)>& change) {
  change(*tunnel.first.ike);
  change(*tunnel.second.ike);
}

class Pair {
 public:
  explicit Pair(const WorldTunnel& tunnel, std::uint64_t seed = 11) : world(seed) {
    world.start(tunnel.policy(0), tunnel.policy(1));
  }
  bool settles() {
    return world.run_until([this] { return world.settled(); }, 20s);
  }
  void rekey(int number, ike::RekeyTarget what) {
    IkeNode& node = world.node(number);
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, what));
    world.run_for(3s);
  }
  bool tells(std::string_view id) { return world.story().find(id) != std::string::npos; }

  IkeWorld world;
};

TEST(IkePolicies, PostQuantumIsNeverWeakerThanAsked) {
  for (const PostQuantum a : {PostQuantum::kOff, PostQuantum::kPreferred, PostQuantum::kRequired}) {
    for (const PostQuantum b : {PostQuantum::kOff, PostQuantum::kPreferred, PostQuantum::kRequired}) {
      SCOPED_TRACE(std::to_string(int(a)) + " against " + std::to_string(int(b)));
      WorldTunnel tunnel;
      for_both(tunnel, [](model::TunnelIke& ike) {
        ike.ike.proposals = {kClassic, kHybrid};
        ike.esp.proposals = {"aes256gcm16-x25519", "aes256gcm16-x25519-ke1_mlkem768"};
      });
      tunnel.first.ike->ike.post_quantum = a;
      tunnel.second.ike->ike.post_quantum = b;
      Pair pair(tunnel);
      const bool off = a == PostQuantum::kOff || b == PostQuantum::kOff;
      const bool required = a == PostQuantum::kRequired || b == PostQuantum::kRequired;
      ASSERT_EQ(pair.settles(), !(off && required)) << pair.world.story();
      if (off && required) {
        EXPECT_TRUE(pair.world.node(0).children.empty());
        continue;
      }
      for (const int number : {0, 1}) EXPECT_EQ(only_state(pair.world.node(number))->post_quantum, !off);
      for (const int number : {0, 1}) {
        pair.rekey(number, ike::RekeyTarget::kIke);
        pair.rekey(number, ike::RekeyTarget::kChildren);
        ASSERT_TRUE(pair.world.settled()) << pair.world.what_disagrees() << pair.world.story();
        EXPECT_EQ(only_state(pair.world.node(number))->post_quantum, !off);
        EXPECT_EQ(only_state(pair.world.node(number))->suite.post_quantum(), !off);
      }
    }
  }
}

TEST(IkePolicies, OneMlKemOrManyExchanges) {
  for (const char* const proposal :
       {"aes256gcm16-prfsha384-mlkem768", "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_ecp384",
        "aes256gcm16-prfsha384-mlkem1024-ke1_x25519-ke3_ecp256", "aes128gcm16-prfsha256-ecp256-ke2_mlkem512",
        "chacha20poly1305-prfsha512-ecp521-ke1_mlkem768", "aes256-sha512-prfsha512-x448-ke1_mlkem1024"}) {
    SCOPED_TRACE(proposal);
    WorldTunnel tunnel;
    for_both(tunnel, [&](model::TunnelIke& ike) { ike.ike.proposals = {proposal}; });
    Pair pair(tunnel);
    ASSERT_TRUE(pair.settles()) << pair.world.what_disagrees() << "\n" << pair.world.story();
    EXPECT_TRUE(only_state(pair.world.node(1))->post_quantum);
    pair.rekey(0, ike::RekeyTarget::kIke);
    pair.rekey(1, ike::RekeyTarget::kIke);
    EXPECT_TRUE(pair.world.settled()) << pair.world.what_disagrees() << "\n" << pair.world.story();
    EXPECT_TRUE(only_state(pair.world.node(0))->suite.post_quantum());
  }
}

TEST(IkePolicies, AnotherKeyExchangeIsAskedFor) {
  for (const bool cookie : {false, true}) {
    WorldTunnel tunnel;
    for_both(tunnel, [](model::TunnelIke& ike) {
      ike.ike.post_quantum = PostQuantum::kOff;
      ike.esp.proposals = {"aes256gcm16"};
    });
    tunnel.first.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ecp256"};
    tunnel.second.ike->ike.proposals = {"aes256gcm16-prfsha384-ecp256"};
    Pair pair(tunnel);
    if (cookie) {  // half-open SAs of the same address
      IkeWorld forger(99);
      ike::Engine& engine = *forger.node(0).engine;
      WorldTunnel fits = tunnel;
      fits.first.ike->ike.proposals = {"aes256gcm16-prfsha384-ecp256"};
      engine.configure({fits.policy(0)});
      forger.tap = [&](int, std::vector<std::byte>& octets) {
        IkeNode& node = pair.world.node(1);
        const ikestate::Path path{{node.policy->local, 500}, {node.policy->remote, 500}};
        node.carry_out(node.engine->datagram(pair.world.moment(), path, octets));
        return true;
      };
      for (int i = 0; i < 3; ++i) forger.node(0).carry_out(engine.initiate(forger.moment(), "east"));
      forger.run_for(100ms);
      EXPECT_EQ(pair.world.node(1).engine->half_open(), 3U);
    }
    ASSERT_TRUE(pair.world.run_until([&] { return pair.world.node(0).children.size() == 1; }, 20s))
        << pair.world.story();
    EXPECT_EQ(only_state(pair.world.node(0))->suite.key_exchange, ikewire::KeMethod::kEcp256);
    EXPECT_EQ(pair.world.node(1).engine->counts().cookies_asked > 0, cookie);
    pair.world.run_for(40s);
    EXPECT_TRUE(pair.world.settled()) << pair.world.what_disagrees();
  }
}

TEST(IkePolicies, CertificatesOfEachKind) {
  const TestCertificate root = self_signed(authority_spec("root"));
  const TestKey keys[] = {make_ec_key("P-256"), make_ec_key("P-384"), make_rsa_key(), make_key("ED25519"),
                          make_key("ML-DSA-65")};
  for (std::size_t i = 0; i < std::size(keys); ++i) {
    SCOPED_TRACE(i);
    WorldTunnel tunnel;
    tunnel.config.authorities.push_back({"root", root.pem(), {}, model::Revocation::kNone});
    CertificateSpec east = gateway_spec("DNS:east.example", keys[i]);
    CertificateSpec west = gateway_spec("DNS:west.example", keys[(i + 1) % std::size(keys)]);
    add_identity(tunnel.config, "east", issued(root, east));
    add_identity(tunnel.config, "west", issued(root, west));
    for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
      end->ike->psk = {};
      end->ike->identity = end->name;
      end->ike->authorities = {"root"};
    }
    Pair pair(tunnel);
    std::size_t longest = 0;
    pair.world.tap = [&](int, std::vector<std::byte>& octets) {
      longest = std::max(longest, octets.size());
      return false;
    };
    ASSERT_TRUE(pair.settles()) << pair.world.what_disagrees() << "\n" << pair.world.story();
    EXPECT_LE(longest, 1280U - 20 - 8);  // RFC 7383 §2.5.1
  }
}

// [9347-5.1-a, 9347-5.1-b]
TEST(IkePolicies, AggfragOfBothSides) {
  enum Policy { kOff, kWanted, kRequired };
  for (const Policy a : {kOff, kWanted, kRequired}) {
    for (const Policy b : {kOff, kWanted, kRequired}) {
      SCOPED_TRACE(std::to_string(a) + " against " + std::to_string(b));
      WorldTunnel tunnel;
      const auto set = [](model::TunnelConfig& end, Policy policy) {
        if (policy == kOff) end.tfs.mode = model::TfsMode::kPlain;
        end.ike->aggfrag_required = policy == kRequired;
      };
      set(tunnel.first, a);
      set(tunnel.second, b);
      Pair pair(tunnel);
      const bool apart = (a == kOff && b == kRequired) || (a == kRequired && b == kOff);
      EXPECT_EQ(pair.settles(), !apart) << pair.world.story();
      pair.world.run_for(5s);
      EXPECT_EQ(pair.world.node(0).up.size(), 1U) << "the IKE SA stands whatever becomes of the child";
      EXPECT_EQ(pair.world.node(0).children.empty(), apart);
      EXPECT_EQ(pair.world.node(1).children.empty(), apart);
      if (apart) continue;
      EXPECT_EQ(pair.world.node(0).children.begin()->second.up.aggfrag, a != kOff && b != kOff);
    }
  }
}

// RFC 9347 §6.1.4: C is sent where reports are needed, and where it is sent a peer with a schedule reports.
// [9347-2.4.2.1-b, 9347-6.1.4-b]
TEST(IkePolicies, CongestionReportsAreAskedForAndGiven) {
  for (const bool first : {false, true}) {
    for (const bool second : {false, true}) {
      WorldTunnel tunnel;
      tunnel.first.tfs.congestion.controlled = first;
      if (second) tunnel.second.tfs.congestion.breaker.emplace();
      Pair pair(tunnel);
      ASSERT_TRUE(pair.settles()) << pair.world.story();
      for (const ike::RekeyTarget target : {ike::RekeyTarget::kIke, ike::RekeyTarget::kChildren}) {
        for (auto& [id, child] : pair.world.node(0).children) EXPECT_EQ(child.up.peer_wants_reports, second);
        for (auto& [id, child] : pair.world.node(1).children) EXPECT_EQ(child.up.peer_wants_reports, first);
        pair.rekey(0, target);
      }
    }
  }
}

// A peer without a schedule cannot report, and so declines AGGFRAG.
// [9347-5.1-d]
TEST(IkePolicies, OnDemandPeerGivesNoCongestionReports) {
  WorldTunnel tunnel;
  tunnel.first.tfs.congestion.controlled = true;
  tunnel.second.tfs.mode = model::TfsMode::kOnDemand;
  tunnel.first.ike->aggfrag_required = tunnel.second.ike->aggfrag_required = false;
  Pair pair(tunnel);
  ASSERT_TRUE(pair.settles()) << pair.world.story();
  EXPECT_FALSE(pair.world.node(0).children.begin()->second.up.aggfrag);
}

TEST(IkePolicies, SelectorsAreNarrowedOrRefused) {
  const auto prefix = [](const char* text) { return model::TrafficSelector::from(*IpPrefix::parse(text)); };
  WorldTunnel narrowed;
  narrowed.second.selectors.local = {prefix("10.2.5.0/24")};
  Pair small(narrowed);
  ASSERT_TRUE(small.settles()) << small.world.story();
  EXPECT_EQ(small.world.node(0).children.begin()->second.up.selectors.remote,
            (std::vector<model::TrafficSelector>{prefix("10.2.5.0/24")}));
  small.rekey(0, ike::RekeyTarget::kChildren);
  small.rekey(1, ike::RekeyTarget::kChildren);
  EXPECT_TRUE(small.world.settled()) << small.world.what_disagrees();

  WorldTunnel apart;
  apart.second.selectors.local = {prefix("10.9.0.0/16")};
  Pair none(apart);
  none.world.run_for(10s);
  EXPECT_TRUE(none.world.node(0).children.empty());
  EXPECT_TRUE(none.world.node(1).children.empty());
  EXPECT_EQ(none.world.node(1).up.size(), 1U);
  EXPECT_TRUE(none.tells("LG-IKE-041")) << none.world.story();
}

TEST(IkePolicies, EspProposalsApartLeaveAnIkeSa) {
  WorldTunnel tunnel;
  tunnel.second.ike->esp.proposals = {"aes128gcm16"};
  Pair pair(tunnel);
  pair.world.run_for(10s);
  EXPECT_EQ(pair.world.node(0).up.size(), 1U);
  EXPECT_TRUE(pair.world.node(0).children.empty());
  EXPECT_TRUE(pair.world.node(1).children.empty());
  EXPECT_TRUE(pair.tells("LG-IKE-043")) << pair.world.story();
}

TEST(IkePolicies, AWrongNameIsRefusedByEitherSide) {
  for (const bool of_initiator : {false, true}) {
    WorldTunnel tunnel;
    (of_initiator ? tunnel.first : tunnel.second).ike->local_id = fqdn("mallory.example");
    Pair pair(tunnel);
    pair.world.run_for(10s);
    EXPECT_TRUE(pair.world.node(0).children.empty());
    EXPECT_TRUE(pair.world.node(1).children.empty());
    EXPECT_TRUE(pair.tells("LG-IKE-033")) << pair.world.story();
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_policies_test
