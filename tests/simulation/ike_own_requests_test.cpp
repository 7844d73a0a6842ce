// SPDX-License-Identifier: Apache-2.0
//
// What an engine says of its own accord, read by one that holds the keys; and what it does with answers that no engine
// of ours would give (RFC 7296 §1.3, §2.1, §2.8, §2.25, §3.10.1; RFC 9370 §2.2.4).
#include <gtest/gtest.h>

#include "support/ike_insider.h"

namespace levelgate::testing::ike_own_requests_test {
namespace {

using namespace std::chrono_literals;
using ikewire::TransformType;

class IkeOwnRequests : public SpokenIke {
 protected:
  void rekey(ike::RekeyTarget what) {
    IkeNode& node = world.node(0);
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, what));
    world.run_for(50ms);
  }
  // The request of node 0 that left since then.
  ClearMessage only_request(std::size_t since) {
    auto all = said_by(0, since);
    std::erase_if(all, [](const ClearMessage& one) { return one.header.direction == kResponse; });
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? ClearMessage{} : std::move(all.front());
  }
  static bool has_group(const ClearMessage& message, std::uint16_t id) {
    for (const ikewire::Proposal& proposal : message.contents.proposals.value()) {
      for (const ikewire::Transform& t : proposal.transforms) {
        if (t.type == TransformType::kKe && t.id == id) return true;
      }
    }
    return false;
  }
  std::size_t requests_of(Exchange exchange, std::size_t since = 0) {
    std::size_t count = 0;
    for (std::size_t i = since; i < passed.size(); ++i) {
      const ikewire::IkeHeader header = passed[i].header();
      count += passed[i].from == 0 && header.exchange == exchange && header.direction == kRequest ? 1 : 0;
    }
    return count;
  }
};

// [7296-1.3-a, 7296-1.3-b, 7296-1.3.3-a, 7296-3.4-b, 7296-3.10-a]
TEST_F(IkeOwnRequests, TheRekeyOfAChildNamesItAndAGroupOfItsOffer) {
  establish(plain_world_tunnel());
  cut = true;
  const ikestate::ChildUp up = world.node(0).children.begin()->second.up;
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  const ClearMessage message = only_request(before);
  const auto* notify = message.contents.find(NotifyType::kRekeySa);
  ASSERT_NE(notify, nullptr);
  EXPECT_EQ(notify->protocol, ikewire::ProtocolId::kEsp);
  EXPECT_EQ(load_be<std::uint32_t>(notify->spi.data()), up.inbound.spi.value);
  const auto method = static_cast<std::uint16_t>(message.contents.key_exchange.value().method);
  EXPECT_TRUE(has_group(message, method));
  EXPECT_EQ(method, kX25519) << "the first of those that are configured at both sides";
}

// [7296-1.3.2-a, 7296-2.18-a, 7296-2.18-b]
TEST_F(IkeOwnRequests, TheRekeyOfAnIkeSaHasAKeyExchange) {
  establish(plain_world_tunnel());
  cut = true;
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kIke);
  const ClearMessage message = only_request(before);
  ASSERT_TRUE(message.contents.key_exchange);
  EXPECT_TRUE(has_group(message, kX25519));
  EXPECT_FALSE(has_group(message, 0));
}

// [7296-3.4-c]
TEST_F(IkeOwnRequests, WithoutAGroupInTheOfferThereIsNoKeyExchange) {
  WorldTunnel tunnel = plain_world_tunnel();
  for (auto* end : {&tunnel.first, &tunnel.second}) end->ike->esp.proposals = {"aes256gcm16"};
  establish(tunnel);
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  const auto all = said_by(0, before);
  ASSERT_FALSE(all.empty());
  EXPECT_TRUE(all.front().is(Exchange::kCreateChildSa, kRequest));
  EXPECT_FALSE(all.front().contents.key_exchange);
  EXPECT_TRUE(world.settled()) << world.what_disagrees();
}

// The Delete is the last word under the old SA; the new one counts from zero and has the child.
// [7296-1.4-b, 7296-1.4-c, 7296-2.8-c, 7296-2.18-c, 7296-2.8.2-a, 7296-3.11-c]
TEST_F(IkeOwnRequests, ARekeyedIkeSaEndsWithItsDelete) {
  establish(plain_world_tunnel());
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kIke);
  world.run_for(1s);
  ASSERT_TRUE(world.settled()) << world.what_disagrees();
  auto old_words = said_by(0, before);
  ASSERT_EQ(old_words.size(), 2u);
  ASSERT_EQ(old_words.back().contents.deletes.size(), 1u);
  EXPECT_EQ(old_words.back().contents.deletes[0].protocol, ikewire::ProtocolId::kIke);
  EXPECT_EQ(old_words.back().contents.deletes[0].spi_octets, 0u);
  enter();
  IkeNode& node = world.node(0);
  node.carry_out(node.engine->delete_children(world.moment(), node.policy->name));
  world.run_for(1s);
  const auto new_words = said_by(0, before);
  ASSERT_EQ(new_words.size(), 1u);
  EXPECT_EQ(new_words[0].header.message_id.value, 0u);
  EXPECT_EQ(new_words[0].contents.deletes.size(), 1u);
  EXPECT_TRUE(node.children.empty());
  EXPECT_TRUE(world.node(1).children.empty());
}

// [7296-2.1-g, 7296-2.2-a, 7296-2.1-c, 7296-2.3-e, 7296-2.4-f]
TEST_F(IkeOwnRequests, ARequestIsTriedAgainWithTheSameOctetsAndLongerPauses) {
  establish(plain_world_tunnel());
  cut = true;
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  world.run_for(40s);
  ASSERT_GE(passed.size(), before + 5);
  for (std::size_t i = before; i + 2 < passed.size(); ++i) {
    if (passed[i].from != 0 || passed[i + 2].from != 0) continue;
    EXPECT_EQ(passed[i + 1].octets, passed[before].octets);
  }
  std::vector<Instant> times;
  for (std::size_t i = before; i < passed.size(); ++i) {
    if (passed[i].from == 0) times.push_back(passed[i].at);
  }
  ASSERT_GE(times.size(), 4u);
  for (std::size_t i = 2; i < times.size(); ++i) {
    // By half while they are short, and a wait has up to a quarter more.
    EXPECT_GT((times[i] - times[i - 1]) * 100, (times[i - 1] - times[i - 2]) * 119);
  }
}

// [7296-2.25-a]
TEST_F(IkeOwnRequests, ATemporaryFailureIsWaitedOut) {
  establish(plain_world_tunnel());
  cut = true;
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  answer(only_request(before).header,
         [](ikemessage::PayloadWriter& out) { out.add_notify(NotifyType::kTemporaryFailure); });
  world.run_for(limits::kRetryRekey - 200ms);
  EXPECT_EQ(requests_of(Exchange::kCreateChildSa, before), 1u);
  world.run_for(1s);
  EXPECT_GT(requests_of(Exchange::kCreateChildSa, before), 1u);
}

// [7296-3.10.1-a]
TEST_F(IkeOwnRequests, AnUnknownErrorFailsTheRequestWhole) {
  establish(plain_world_tunnel());
  cut = true;
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  answer(only_request(before).header, [](ikemessage::PayloadWriter& out) { out.add_notify(NotifyType{9000}); });
  world.run_for(100ms);
  EXPECT_EQ(world.node(0).children.size(), 1u);
  EXPECT_NE(world.story().find("rekey failed"), std::string::npos) << world.story();
}

// The peer makes no SAs any more: at its end the old Child SA is deleted, and a new one is asked for.
// [7296-2.8-a, 7296-2.8-b, 7296-4-e]
TEST_F(IkeOwnRequests, WhatCannotBeRekeyedIsDeletedAtItsEndAndMadeAnew) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.first.ike->esp.rekey_time = 30s;
  tunnel.first.ike->esp.rekey_margin = 10s;
  establish(tunnel);
  const Instant made = world.now();
  bool deleted = false, anew = false;
  // Node 1 gets a request without sense, and its refusal becomes another one.
  drops = [&](int from, IkeOctetRow& octets) {
    const auto message = insider->open(octets);
    if (!message) return false;
    deleted = deleted || (from == 0 && !message->contents.deletes.empty());
    if (message->header.exchange != Exchange::kCreateChildSa) return false;
    if (from == 0) anew = anew || !message->has(NotifyType::kRekeySa);
    if (anew) return false;
    octets = instead_of(*message, [&](ikemessage::PayloadWriter& out) {
      if (from == 1) out.add_notify(NotifyType::kNoAdditionalSas);
    });
    return false;
  };
  ASSERT_TRUE(world.run_until([&] { return world.node(0).children.empty(); }, 60s)) << world.story();
  EXPECT_LT(world.now() - made, 41s) << "the lifetime, and a round trip";
  EXPECT_TRUE(deleted);
  EXPECT_FALSE(anew);
  world.run_for(120s);
  EXPECT_TRUE(anew);
  EXPECT_FALSE(world.node(0).children.empty()) << world.story();
}

// [7296-2.9.2-a, 7296-2.9.2-b]
TEST_F(IkeOwnRequests, ANarrowedChildKeepsItsSelectorsWhenItIsRekeyed) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.second.selectors.local = {model::TrafficSelector::from(*IpPrefix::parse("10.2.7.0/24"))};
  establish(tunnel);
  const model::SelectorPair narrowed = world.node(0).children.begin()->second.up.selectors;
  EXPECT_EQ(narrowed.remote, tunnel.second.selectors.local);
  for (const int number : {0, 1}) {
    IkeNode& node = world.node(number);
    const ChildId before = node.children.begin()->first;
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, ike::RekeyTarget::kChildren));
    world.run_for(1s);
    ASSERT_TRUE(world.settled()) << world.what_disagrees();
    EXPECT_NE(node.children.begin()->first, before);
    EXPECT_EQ(world.node(0).children.begin()->second.up.selectors, narrowed);
  }
}

// [7296-2.21.2-c]
TEST_F(IkeOwnRequests, ARefusedChildLeavesTheIkeSaStanding) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.second.selectors.local = {model::TrafficSelector::from(*IpPrefix::parse("172.16.0.0/24"))};
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.run_for(1s);
  for (const int number : {0, 1}) {
    EXPECT_EQ(world.node(number).up.size(), 1u) << world.story();
    EXPECT_TRUE(world.node(number).children.empty());
  }
}

// [7296-2.4-b, 7296-2.5-k, 7296-3.2-a, 7296-3.2-d, 7296-4-c, 9242-3.2-b]
TEST_F(IkeOwnRequests, AHandshakeIsFourMessagesWithoutACriticalOrReservedBit) {
  drops = [this](int, IkeOctetRow&) {
    EXPECT_TRUE(passed.size() >= 4 || world.node(0).up.empty());
    return false;
  };
  establish(plain_world_tunnel());
  ASSERT_EQ(passed.size(), 4u);
  std::size_t first_contacts = 0;
  for (const PassedDatagram& datagram : passed) {
    const bool init = datagram.header().exchange == Exchange::kIkeSaInit;
    const auto message = init ? clear_init(datagram.octets) : insider->open(datagram.octets);
    ASSERT_TRUE(message);
    for (const ikewire::PayloadView& view : message->chain) EXPECT_EQ(message->octets[view.offset + 1], std::byte{0});
    const bool first_auth = message->is(Exchange::kIkeAuth, kRequest) && message->header.message_id.value == 1;
    first_contacts += message->has(NotifyType::kInitialContact) ? 1 : 0;
    EXPECT_EQ(message->has(NotifyType::kInitialContact), first_auth);
  }
  EXPECT_EQ(first_contacts, 1u);
}

// [9242-3.2-a, 9242-3.2-c, 9242-3.2-e, 9242-5-a, 9370-2.2.1-a, 9370-2.2.1-b, 9370-2.2.2-a]
TEST_F(IkeOwnRequests, IntermediateExchangesStandBetweenInOrderAndCountOn) {
  WorldTunnel tunnel = plain_world_tunnel();
  for (auto* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ke3_mlkem512-ke1_x448-ke2_ecp256"};
    end->ike->ike.post_quantum = model::PostQuantum::kPreferred;
  }
  establish(tunnel);
  std::vector<std::pair<unsigned, std::uint32_t>> seen;
  for (const PassedDatagram& datagram : passed) {
    seen.emplace_back(static_cast<unsigned>(datagram.header().exchange), datagram.header().message_id.value);
    if (datagram.header().exchange == Exchange::kIkeSaInit) continue;
    EXPECT_EQ(datagram.header().first_payload, PayloadType::kSk) << "nothing stands in clear";
  }
  const std::vector<std::pair<unsigned, std::uint32_t>> expected{{34, 0}, {34, 0}, {43, 1}, {43, 1}, {43, 2},
                                                                 {43, 2}, {43, 3}, {43, 3}, {35, 4}, {35, 4}};
  EXPECT_EQ(seen, expected);
  std::vector<std::size_t> sizes;  // of the requests: a key of X448, one of P-256, one of ML-KEM-512
  for (std::size_t i = 2; i < 8; i += 2) sizes.push_back(passed[i].octets.size());
  EXPECT_EQ(sizes[1] - sizes[0], 64u - 56u);
  EXPECT_EQ(sizes[2] - sizes[0], 800u - 56u);
}

// [7296-2.23-b, 7296-2.23-c, 7296-2.23-e, 7296-2.23-g]
TEST(IkeBehindNat, EverythingMovesToPort4500AndEspIntoUdp) {
  IkeWorld world(4, {.nat = true});
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  for (const int number : {0, 1}) {
    const ikestate::ChildUp& up = world.node(number).children.begin()->second.up;
    EXPECT_EQ(up.encapsulation, model::Encapsulation::kUdp);
    EXPECT_EQ(up.path.local.port, ikestate::kNatPort);
    world.node(number).engine->each(
        [](const ike::IkeSa& sa) { EXPECT_EQ(sa.state().path.local.port, ikestate::kNatPort); });
  }
}

class IkeFollowups : public IkeOwnRequests {
 protected:
  void SetUp() override {
    WorldTunnel tunnel = plain_world_tunnel();
    for (auto* end : {&tunnel.first, &tunnel.second})
      end->ike->esp.proposals = {"aes256gcm16-x25519-ke1_x448-ke2_ecp256"};
    establish(tunnel);
  }
  bool find_lost(std::size_t since) {
    const auto all = said_by(1, since);
    return std::ranges::any_of(all, [](const ClearMessage& one) { return one.has(NotifyType::kStateNotFound); });
  }
  Instant quiet_until_;
  std::uint32_t refused_ = 0;
};

// [9370-2.2.4-a, 9370-2.2.4-b, 9370-2.2.4-c, 9370-2.2.4-d]
TEST_F(IkeFollowups, RunInOrderAndBringTheirLinksBack) {
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  world.run_for(1s);
  ASSERT_TRUE(world.settled()) << world.what_disagrees();
  std::vector<ClearMessage> asked = said_by(0, before), answered = said_by(1, before);
  ASSERT_GE(asked.size(), 3u);
  ASSERT_GE(answered.size(), 3u);
  const std::uint16_t methods[] = {kX25519, 32, kEcp256};
  for (std::size_t i = 0; i < 3; ++i) {
    const ikewire::KeMethod method{methods[i]};
    EXPECT_EQ(asked[i].contents.key_exchange.value().method, method);
    EXPECT_EQ(answered[i].contents.key_exchange.value().method, method);
    EXPECT_EQ(asked[i].header.exchange, i == 0 ? Exchange::kCreateChildSa : Exchange::kIkeFollowupKe);
    const auto* link = answered[i].contents.find(NotifyType::kAdditionalKeyExchange);
    EXPECT_EQ(link != nullptr, i < 2);
    if (link == nullptr) continue;
    const auto* back = asked[i + 1].contents.find(NotifyType::kAdditionalKeyExchange);
    ASSERT_NE(back, nullptr);
    EXPECT_TRUE(std::ranges::equal(back->value, link->value));
  }
}

// The responder gives a series up that stands still, and says so when it goes on too late.
// [9370-2.2.4-e, 9370-2.2.4-f, 9370-2.2.4-g]
TEST_F(IkeFollowups, ThatStandStillAreForgotten) {
  drops = [this](int from, IkeOctetRow& octets) {
    const ikewire::IkeHeader header = ikewire::read_ike_header(octets).header;
    return from == 0 && header.exchange == Exchange::kIkeFollowupKe && world.now() < quiet_until_;
  };
  quiet_until_ = world.now() + limits::kFollowupIdle + 1s;
  const std::size_t before = passed.size();
  rekey(ike::RekeyTarget::kChildren);
  EXPECT_NE(sa(1).state().series, nullptr);
  world.run_for(limits::kFollowupIdle);
  EXPECT_EQ(sa(1).state().series, nullptr);
  ASSERT_TRUE(world.run_until([&] { return find_lost(before); }, 40s));
  EXPECT_EQ(world.node(0).children.size(), 1u);
  EXPECT_TRUE(
      world.run_until([&] { return world.settled() && requests_of(Exchange::kCreateChildSa, before) > 1; }, 20s));
}

// [9370-2.2.4-h]
TEST_F(IkeFollowups, ThatNeverFindTheirStateEndTheIkeSa) {
  drops = [this](int from, IkeOctetRow& octets) {
    const auto message = insider->open(octets);
    if (from != 0 || !message || !message->is(Exchange::kIkeFollowupKe, kRequest)) return false;
    ++refused_;
    octets = instead_of(*message, [&](ikemessage::PayloadWriter& out) {
      out.add(PayloadType::kKe, message->contents.key_exchange.value());
      out.add_notify(NotifyType::kAdditionalKeyExchange, IkeOctetRow(8));
    });
    return false;
  };
  const std::uint64_t spi = *world.node(0).up.begin();
  rekey(ike::RekeyTarget::kChildren);
  EXPECT_TRUE(world.run_until([&] { return !world.node(0).up.contains(spi); }, 60s)) << world.story();
  EXPECT_EQ(refused_, limits::kLostFollowups);
}

}  // namespace
}  // namespace levelgate::testing::ike_own_requests_test
