// SPDX-License-Identifier: Apache-2.0
//
// Somebody between both sides, or anybody at all: what he alters in IKE_SA_INIT never makes an SA (RFC 7296 §2.15,
// draft-ietf-ipsecme-ikev2-downgrade-prevention), what he reflects never authenticates, what he says in clear never
// ends anything (RFC 7296 §2.21), what he repeats changes nothing (RFC 7296 §2.2), and what he floods costs little
// (RFC 7296 §2.6).
#include <gtest/gtest.h>

#include "support/ike_forge.h"
#include "support/ike_parties.h"

namespace levelgate::testing::ike_hostile_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::NotifyType;
using ikewire::PayloadType;

WorldTunnel lenient() {
  WorldTunnel tunnel;
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-prfsha384-x25519"};
    end->ike->ike.post_quantum = model::PostQuantum::kPreferred;
  }
  return tunnel;
}

using Alteration = std::function<void(std::vector<std::byte>&)>;

// Alters every IKE_SA_INIT of one side; nobody comes to believe in it.
void expect_refused(int from, const Alteration& alter, const std::string& what) {
  IkeWorld world(21);
  int altered = 0;
  world.tap = [&](int sender, std::vector<std::byte>& octets) {
    if (sender == from && octets.size() > 28 && octets[18] == std::byte(34)) {
      const std::vector<std::byte> before = octets;
      alter(octets);
      altered += octets != before ? 1 : 0;
    }
    return false;
  };
  const WorldTunnel tunnel = lenient();
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(12s);
  EXPECT_GT(altered, 0) << what;
  EXPECT_TRUE(world.node(0).up.empty() && world.node(1).up.empty()) << what << "\n" << world.story();
  EXPECT_TRUE(world.node(0).children.empty() && world.node(1).children.empty()) << what;
  EXPECT_EQ(world.broken(), "") << what;
}

std::vector<std::byte> rebuilt(ConstBytes message, const std::vector<RawPayload>& payloads) {
  return clear_message(ikewire::read_ike_header(message).header, payloads);
}

TEST(IkeHostile, WithoutAPayloadOfIkeSaInitNothingComesUp) {
  for (const int from : {0, 1}) {
    for (std::size_t k = 0; k < 12; ++k) {
      std::size_t seen = 0;
      const auto count = [&](std::vector<std::byte>& octets) { seen = payloads_of(octets).size(); };
      {
        IkeWorld world(21);
        world.tap = [&](int sender, std::vector<std::byte>& octets) {
          if (sender == from && octets[18] == std::byte(34)) count(octets);
          return false;
        };
        world.start(lenient().policy(0), lenient().policy(1));
        ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s));
        ASSERT_TRUE(only_state(world.node(0))->post_quantum);
      }
      if (k >= seen) break;
      const std::string place = "payload " + std::to_string(k) + " of node " + std::to_string(from);
      expect_refused(
          from,
          [&](std::vector<std::byte>& octets) {
            auto payloads = payloads_of(octets);
            if (k < payloads.size()) payloads.erase(payloads.begin() + static_cast<std::ptrdiff_t>(k));
            octets = rebuilt(octets, payloads);
          },
          "without " + place);
      expect_refused(
          from,
          [&](std::vector<std::byte>& octets) {
            auto payloads = payloads_of(octets);
            if (k < payloads.size() && payloads[k].type == PayloadType::kNotify) payloads[k].body[2] = std::byte{0xf0};
            if (k < payloads.size() && payloads[k].type != PayloadType::kNotify)
              payloads[k].body.back() ^= std::byte{1};
            octets = rebuilt(octets, payloads);
          },
          "altered " + place);
    }
  }
}

TEST(IkeHostile, NoOctetOfIkeSaInitMayBeAltered) {
  for (const int from : {0, 1}) {
    for (std::size_t at = 0; at < 240; at += 3) {
      if (at < 16) continue;  // SPIs: the message is another SA's
      expect_refused(
          from,
          [&](std::vector<std::byte>& octets) {
            if (at < octets.size()) octets[at] ^= std::byte(1U << (at % 8));
          },
          "octet " + std::to_string(at) + " of node " + std::to_string(from));
    }
  }
}

TEST(IkeHostile, WhoHearsHimselfDoesNotBelieveIt) {
  for (const bool same_name : {false, true}) {
    IkeWorld world(22);
    WorldTunnel tunnel;
    if (same_name) tunnel.first.ike->remote_id = tunnel.first.ike->local_id;
    world.tap = [&](int, std::vector<std::byte>& octets) {
      world.at(world.now() + 5ms, [&world, octets] { give(world, 0, octets); });
      return true;
    };
    world.start(tunnel.policy(0), tunnel.policy(1));
    world.run_for(60s);
    EXPECT_EQ(world.story().find("LG-IKE-001"), std::string::npos) << same_name << world.story();
    EXPECT_TRUE(world.node(0).children.empty());
    EXPECT_EQ(world.what_is_broken(), "");
  }
}

TEST(IkeHostile, ErrorsInClearEndNothing) {
  const NotifyType errors[] = {NotifyType::kNoProposalChosen,     NotifyType::kInvalidSyntax,
                               NotifyType::kAuthenticationFailed, NotifyType::kInvalidMajorVersion,
                               NotifyType::kTemporaryFailure,     NotifyType::kUnsupportedCriticalPayload};
  for (const Exchange exchange : {Exchange::kIkeSaInit, Exchange::kIkeAuth, Exchange::kInformational}) {
    for (const IkeDirection direction : {IkeDirection::kRequest, IkeDirection::kResponse}) {
      IkeWorld world(23);
      world.tap = [&](int from, std::vector<std::byte>& octets) {
        ikewire::IkeHeader header = ikewire::read_ike_header(octets).header;
        header.exchange = exchange;
        header.direction = direction;
        if (exchange == Exchange::kInformational) header.message_id = ikemessage::kLastMessageId;
        for (const ikewire::IkeRole role : {ikewire::IkeRole::kInitiator, ikewire::IkeRole::kResponder}) {
          header.sender = role;
          for (const NotifyType type : errors) {
            const auto forged = clear_message(header, {raw_notify(type)});
            for (const int to : {0, 1}) world.at(world.now(), [&world, to, forged] { give(world, to, forged); });
          }
        }
        return from == 2;
      };
      const WorldTunnel tunnel;
      world.start(tunnel.policy(0), tunnel.policy(1));
      ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 10s))
          << int(exchange) << world.what_disagrees() << "\n"
          << world.story();
      world.run_for(60s);
      EXPECT_TRUE(world.settled()) << int(exchange) << world.what_disagrees();
    }
  }
}

TEST(IkeHostile, WhatIsSaidAgainChangesNothing) {
  IkeWorld world(24);
  std::vector<std::pair<int, std::vector<std::byte>>> heard;
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    heard.emplace_back(from, octets);
    return false;
  };
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s));
  for (const ike::RekeyTarget what : {ike::RekeyTarget::kChildren, ike::RekeyTarget::kIke}) {
    world.node(0).carry_out(world.node(0).engine->rekey(world.moment(), "east", what));
    world.run_for(3s);
  }
  world.tap = nullptr;
  const ChildId child = world.node(0).children.begin()->first;
  for (int round = 0; round < 3; ++round) {
    for (const auto& [from, octets] : heard) {
      give(world, 1 - from, octets);
      give(world, from, octets);  // to its own sender
    }
    std::ranges::reverse(heard);
  }
  world.run_for(60s);
  EXPECT_TRUE(world.settled()) << world.what_disagrees();
  EXPECT_EQ(world.node(0).children.begin()->first, child);
  EXPECT_EQ(world.broken(), "");
}

TEST(IkeHostile, OtherVersions) {
  IkeWorld world(25);
  std::vector<std::byte> first;
  world.tap = [&](int, std::vector<std::byte>& octets) {
    if (first.empty()) first = octets;
    return false;
  };
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s));
  IkeNode& node = world.node(1);
  const std::uint64_t sent = node.sent_datagrams;
  first[17] = std::byte{0x10};  // never answered
  give(world, 1, first);
  EXPECT_EQ(node.sent_datagrams, sent);
  const std::uint64_t octets = node.sent_octets;
  first[17] = std::byte{0x30};  // RFC 7296 §2.5
  give(world, 1, first);
  EXPECT_EQ(node.sent_datagrams, sent + 1);
  EXPECT_LE(node.sent_octets - octets, first.size());
  EXPECT_TRUE(world.settled());
}

// RFC 7296 §2.5, §2.21.3.
TEST(IkeHostile, AnAuthenticPeerThatIsFaultyHurtsItsOwnSaAlone) {
  for (const bool critical : {true, false}) {
    IkeWorld world(26);
    std::optional<std::uint32_t> next;
    world.tap = [&](int from, std::vector<std::byte>& octets) {
      const auto header = ikewire::read_ike_header(octets).header;
      if (from == 0 && header.direction == IkeDirection::kRequest) next = header.message_id.value + 1;
      return false;
    };
    const WorldTunnel tunnel;
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s));
    const std::vector<RawPayload> inner{
        critical ? RawPayload{PayloadType{200}, true, std::vector<std::byte>(4)}
                 : RawPayload{PayloadType::kDelete, false, std::vector<std::byte>(3, std::byte{0xff})}};
    const std::uint64_t sent = world.node(1).sent_datagrams;
    give(world, 1,
         sealed_as(*only_state(world.node(0)), Exchange::kInformational, *next, IkeDirection::kRequest,
                   inner.front().type, raw_chain(inner)));
    EXPECT_EQ(world.node(1).sent_datagrams, sent + 1) << "an answer says what is wrong";
    EXPECT_EQ(world.node(1).up.size(), critical ? 1U : 0U);
    EXPECT_EQ(world.node(1).children.size(), critical ? 1U : 0U);
    EXPECT_EQ(world.what_is_broken(), "");
  }
}

// A first request of a stranger, as an engine makes it.
std::vector<std::vector<std::byte>> first_requests(const WorldTunnel& tunnel, int count, std::uint64_t seed) {
  IkeWorld forger(seed);
  std::vector<std::vector<std::byte>> requests;
  forger.node(0).engine->configure({tunnel.policy(0)});
  forger.tap = [&](int, std::vector<std::byte>& octets) {
    requests.push_back(octets);
    return true;
  };
  for (int i = 0; i < count; ++i) forger.node(0).carry_out(forger.node(0).engine->initiate(forger.moment(), "east"));
  forger.run_for(100ms);
  return requests;
}

TEST(IkeHostile, AFloodOfOneSpoofedAddressDoesNotKeepThePeerOut) {
  IkeWorld world(27);
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.node(0).try_at = world.now() + 5s;
  const auto requests = first_requests(tunnel, 200, 91);
  IkeNode& node = world.node(1);
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const std::uint64_t before = node.sent_octets;
      give(world, 1, requests[i]);
      const bool served = i < limits::kCookieAtHalfOpenOfSource;
      EXPECT_TRUE(served || node.sent_octets - before <= requests[i].size());
    }
    world.run_for(1s);
    EXPECT_LE(node.engine->size(), limits::kCookieAtHalfOpenOfSource + 1);  // and the peer
  }
  EXPECT_TRUE(world.run_until([&] { return world.node(0).children.size() == 1; }, 20s)) << world.story();
  world.run_for(60s);
  EXPECT_TRUE(world.settled()) << world.what_disagrees();
}

TEST(IkeHostile, AFloodOfManyAddressesDoesNotKeepThePeerOut) {
  IkeWorld world(28);
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.node(0).try_at = world.now() + 5s;
  std::vector<ikestate::PolicyPtr> policies{tunnel.policy(1)};
  std::vector<ikestate::Path> paths;
  for (int i = 0; i < 100; ++i) {
    WorldTunnel other;
    other.second.name = "branch " + std::to_string(i);
    other.second.remote = *IpAddress::parse("198.51.100." + std::to_string(i + 1));
    policies.push_back(other.policy(1));
    paths.push_back({{other.second.local, ikestate::kIkePort}, {other.second.remote, ikestate::kIkePort}});
  }
  IkeNode& node = world.node(1);
  node.engine->configure(policies);
  world.tap = [&](int from, std::vector<std::byte>&) { return from == 1 && world.now() < at_ns(3'000'000'000); };
  const auto requests = first_requests(tunnel, 100, 92);
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::uint64_t before = node.sent_octets;
    node.carry_out(node.engine->datagram(world.moment(), paths[i], requests[i]));
    EXPECT_TRUE(i < limits::kCookieAtHalfOpen || node.sent_octets - before <= requests[i].size());
    out += node.sent_octets - before;
  }
  EXPECT_GT(out, 0U);
  EXPECT_LE(node.engine->half_open(), limits::kCookieAtHalfOpen);
  EXPECT_TRUE(world.run_until([&] { return world.node(0).children.size() == 1; }, 20s)) << world.story();
  world.run_for(60s);
  EXPECT_EQ(node.engine->half_open(), 0U);
  EXPECT_TRUE(world.settled()) << world.what_disagrees();
}

}  // namespace
}  // namespace levelgate::testing::ike_hostile_test
