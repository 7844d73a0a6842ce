// SPDX-License-Identifier: Apache-2.0
//
// Two engines make an IKE SA and a Child SA over a good network, by every kind of negotiation; and they rekey.
#include <gtest/gtest.h>

#include "support/ike_insider.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_handshake_test {
namespace {

using namespace std::chrono_literals;

const ike::IkeSa& only_sa(IkeNode& node) {
  const ike::IkeSa* found = nullptr;
  node.engine->each([&](const ike::IkeSa& sa) { found = &sa; });
  EXPECT_NE(found, nullptr);
  return *found;
}

TEST(IkeHandshake, DefaultsMakeAPostQuantumPairWithAggfrag) {
  IkeWorld world(1);
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.what_disagrees() << "\n" << world.story();
  EXPECT_TRUE(only_sa(world.node(0)).state().post_quantum);
  EXPECT_TRUE(only_sa(world.node(1)).state().post_quantum);
  EXPECT_TRUE(world.node(0).children.begin()->second.up.aggfrag);
  EXPECT_EQ(only_sa(world.node(0)).state().transcript, authentication::TranscriptNotify::kBoth);
}

TEST(IkeHandshake, ChildrenAndTheIkeSaAreRekeyedByBothSides) {
  IkeWorld world(2);
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  for (const ike::RekeyTarget what : {ike::RekeyTarget::kChildren, ike::RekeyTarget::kIke}) {
    for (const int number : {0, 1, 1, 0}) {
      const ChildId before = world.node(0).children.begin()->first;
      const std::uint64_t ike_before = *world.node(0).up.begin();
      IkeNode& node = world.node(number);
      node.carry_out(node.engine->rekey(world.moment(), node.policy->name, what));
      world.run_for(5s);
      ASSERT_TRUE(world.settled()) << world.what_disagrees() << "\n" << world.story();
      EXPECT_EQ(world.node(0).children.begin()->first != before, what == ike::RekeyTarget::kChildren);
      EXPECT_EQ(*world.node(0).up.begin() != ike_before, what == ike::RekeyTarget::kIke);
      EXPECT_TRUE(only_sa(world.node(0)).state().post_quantum);
    }
  }
}

TEST(IkeHandshake, LifetimesRekeyByThemselves) {
  IkeWorld world(3);
  WorldTunnel tunnel;
  for (auto* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.rekey = 600s;
    end->ike->esp.rekey_time = 100s;
    end->ike->esp.rekey_margin = 20s;
  }
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(3600s);
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 30s)) << world.what_disagrees() << "\n" << world.story();
  for (const int number : {0, 1}) {
    for (const ikestate::Report& report : world.node(number).reports) {
      EXPECT_NE(report.severity, ikestate::Severity::kError) << report.text;
      EXPECT_NE(report.severity, ikestate::Severity::kWarn) << report.text;
    }
  }
}

TEST(IkeHandshake, BothMayBeginAtOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    IkeWorld world(seed);
    const WorldTunnel tunnel;
    world.start(tunnel.policy(0), tunnel.policy(1), true);
    world.run_for(30s);
    EXPECT_TRUE(world.settled()) << seed << ": " << world.what_disagrees() << "\n" << world.story();
  }
}

TEST(IkeHandshake, BehindANatItMovesToPort4500) {
  IkeWorld world(4, {.nat = true});
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.what_disagrees() << "\n" << world.story();
  const auto& up = world.node(1).children.begin()->second.up;
  EXPECT_EQ(up.encapsulation, model::Encapsulation::kUdp);
  EXPECT_EQ(up.path.local.port, 4500);
  EXPECT_EQ(up.path.remote.port, 24'500);
}

TEST(IkeHandshake, AWrongKeyIsTold) {
  IkeWorld world(5);
  WorldTunnel tunnel;
  const std::string other = "another key of many octets";
  tunnel.second.ike->psk = {std::make_shared<const SecretBytes>(as_bytes(other.data(), other.size()))};
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(5s);
  EXPECT_TRUE(world.node(0).children.empty());
  EXPECT_NE(world.story().find("node 0 LG-IKE-032"), std::string::npos) << world.story();
  EXPECT_NE(world.story().find("node 1 LG-IKE-032"), std::string::npos) << world.story();
}

// [7296-2.4-d]
TEST(IkeHandshake, APeerThatComesBackReplacesItsOldSas) {
  IkeWorld world(6);
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s));
  world.run_for(60s);
  world.node(0).restart();
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 30s)) << world.what_disagrees() << "\n" << world.story();
}

// Whoever has support confirmed may use the exchange for nothing (RFC 9242 §3.2), and libreswan does; but not for ever.
TEST(IkeHandshake, AnIntermediateExchangeWithoutContentIsAnswered) {
  using ikewire::Exchange;
  using ikewire::IkeDirection;
  IkeWorld world(9);
  const WorldTunnel tunnel;
  std::vector<IkeOctetRow> said;  // by the responder
  world.tap = [&](int from, IkeOctetRow& octets) {
    if (from == 1) said.push_back(octets);
    return from == 0 && ikewire::read_ike_header(octets).header.exchange == Exchange::kIkeAuth;
  };
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(300ms);
  IkeNode& responder = world.node(1);
  ASSERT_EQ(only_sa(responder).state().phase, ikestate::Phase::kAuthDue) << world.story();
  const std::size_t exchanges = only_sa(responder).state().intermediates;
  IkeInsider insider(only_sa(responder).state(), 9);
  const ikestate::Path path{{responder.policy->local, ikestate::kIkePort},
                            {responder.policy->remote, ikestate::kIkePort}};
  for (std::size_t i = 0; i <= limits::kBareIntermediates; ++i) {
    const ikewire::MessageId id{static_cast<std::uint32_t>(1 + exchanges + i)};
    const auto datagram = insider.say({.initiator_spi = {},
                                       .responder_spi = {},
                                       .exchange = Exchange::kIkeIntermediate,
                                       .sender = ikewire::IkeRole::kInitiator,
                                       .direction = IkeDirection::kRequest,
                                       .message_id = id},
                                      {});
    said.clear();
    responder.carry_out(responder.engine->datagram(world.moment(), path, datagram.front()));
    world.run_for(1ms);
    ASSERT_EQ(said.size(), i < limits::kBareIntermediates ? 1u : 0u) << i;
    if (said.empty()) break;
    const auto answer = insider.open(said.front());
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is(Exchange::kIkeIntermediate, IkeDirection::kResponse));
    EXPECT_EQ(answer->header.message_id, id);
    EXPECT_TRUE(answer->chain.empty());
  }
}

TEST(IkeHandshake, ChildlessFirst) {
  IkeWorld world(7);
  WorldTunnel tunnel;
  tunnel.first.ike->ike.childless = true;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.what_disagrees() << "\n" << world.story();
}

}  // namespace
}  // namespace levelgate::testing::ike_handshake_test
