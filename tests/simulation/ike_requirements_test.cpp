// SPDX-License-Identifier: Apache-2.0
//
// What an engine answers inside an SA that stands, to requests that no engine of ours would send (RFC 7296 §2, §3;
// RFC 7383 §2; RFC 9370 §2.2.4).
#include <gtest/gtest.h>

#include "support/ike_insider.h"

namespace levelgate::testing::ike_requirements_test {
namespace {

using namespace std::chrono_literals;

constexpr ikewire::PayloadType kUnknown{200};

// What is only told.
void leave_out_reports(ikestate::Effects& effects) {
  std::erase_if(effects, [](const ikestate::Effect& one) { return std::holds_alternative<ikestate::Report>(one); });
}

class IkeRequests : public SpokenIke {
 protected:
  void SetUp() override {
    establish(plain_world_tunnel());
    cut = true;
  }
  // The SA stands and answers.
  bool lives() {
    const auto answer = ask(Exchange::kInformational, [](ikemessage::PayloadWriter&) {});
    return answer && answer->chain.empty();
  }
};

// A request without payloads is answered, and what is empty is answered by what is empty.
// [7296-1.4-d, 7296-4-d]
TEST_F(IkeRequests, AnEmptyInformationalIsAnswered) {
  const auto answer = ask(Exchange::kInformational, [](ikemessage::PayloadWriter&) {});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is(Exchange::kInformational, kResponse));
  EXPECT_TRUE(answer->chain.empty());
}

// [7296-2.5-h, 7296-2.21.2-a, 7296-4-b]
TEST_F(IkeRequests, AnUnknownCriticalPayloadCostsItsMessageAndNothingElse) {
  ikemessage::PayloadWriter out;
  out.add_octets(kUnknown, {});
  out.add(PayloadType::kDelete, ikewire::Delete{ikewire::ProtocolId::kIke, 0, {}});
  ikemessage::Payloads payloads = out.take();
  payloads.octets[1] |= std::byte{0x80};
  const auto sent = tell(request_of(Exchange::kInformational, payloads));
  ASSERT_EQ(sent.size(), 1u);
  const auto answer = insider->open(sent.front());
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->chain.size(), 1u);
  const auto* notify = answer->contents.find(NotifyType::kUnsupportedCriticalPayload);
  ASSERT_NE(notify, nullptr);
  EXPECT_TRUE(std::ranges::equal(notify->value, IkeOctetRow{std::byte{200}}));
  EXPECT_TRUE(lives());
}

// Unknown payloads, vendors that nobody knows, and a configuration request, which gets no configuration.
// [7296-2.5-g, 7296-2.5-j, 7296-2.20-a, 7296-3.12-b, 7296-4-a]
TEST_F(IkeRequests, WhatIsNotUnderstoodIsSteppedOver) {
  const auto answer = ask(Exchange::kInformational, [](ikemessage::PayloadWriter& out) {
    out.add_octets(kUnknown, IkeOctetRow(5));
    out.add_octets(PayloadType::kVendorId, IkeOctetRow(16, std::byte{7}));
    out.add(PayloadType::kCp, ikewire::Configuration{ikewire::CpType::kRequest, {{7, {}}}});
  });
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->chain.empty());
  EXPECT_TRUE(lives());
}

// [7296-3.10.1-b, 7296-3.10.1-c]
TEST_F(IkeRequests, UnknownNotificationsAreIgnored) {
  const auto answer = ask(Exchange::kInformational, [](ikemessage::PayloadWriter& out) {
    out.add_notify(NotifyType{9000});
    out.add_notify(NotifyType{39'999}, IkeOctetRow(3));
  });
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->chain.empty());
  EXPECT_TRUE(lives());
}

// [7296-2.21.2-b, 7296-2.21.3-a, 7296-3.10.1-d]
TEST_F(IkeRequests, AMalformedOneIsAnsweredInvalidSyntaxAlone) {
  const auto answer = ask(Exchange::kInformational, [](ikemessage::PayloadWriter& out) {
    out.add_octets(PayloadType::kDelete, IkeOctetRow{std::byte{3}, std::byte{4}, std::byte{0}, std::byte{9}});
  });
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->chain.size(), 1u);
  EXPECT_TRUE(answer->has(NotifyType::kInvalidSyntax));
}

// [7296-2.5-l, 7296-1.7-a]
TEST_F(IkeRequests, PayloadsMayComeInAnyOrder) {
  const auto answer = ask(Exchange::kCreateChildSa, [this](ikemessage::PayloadWriter& out) {
    ikemessage::PayloadWriter usual;
    child_request("aes256gcm16-x25519", kX25519)(usual);
    const ikemessage::Payloads payloads = usual.take();
    auto chain = ikewire::read_chain(payloads.first, payloads.octets, {}).value();
    std::ranges::reverse(chain);
    for (const ikewire::PayloadView& view : chain) out.add_octets(view.type, view.body);
  });
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->contents.proposals) << world.story();
  EXPECT_EQ(world.node(0).children.size(), 2u);
}

// [7296-1.3-c, 7296-3.4-d]
TEST_F(IkeRequests, AnotherGroupThanTheChosenOneIsNamed) {
  const auto answer = ask(Exchange::kCreateChildSa, child_request("aes256gcm16-ecp256-x25519", kEcp256));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->chain.size(), 1u);
  const auto* notify = answer->contents.find(NotifyType::kInvalidKePayload);
  ASSERT_NE(notify, nullptr);
  EXPECT_TRUE(std::ranges::equal(notify->value, IkeOctetRow{std::byte{0}, std::byte(kX25519)}));
  EXPECT_EQ(world.node(0).children.size(), 1u);
}

// [7296-2.18-b]
TEST_F(IkeRequests, AnIkeSaIsNotRekeyedWithoutAKeyExchange) {
  const auto answer = ask(Exchange::kCreateChildSa, [](ikemessage::PayloadWriter& out) {
    auto proposal = negotiation::parse_proposal(ikewire::ProtocolId::kIke, "aes256gcm16-prfsha384-x25519");
    ASSERT_TRUE(proposal);
    for (ikewire::Transform& t : proposal->transforms) {
      if (t.type == ikewire::TransformType::kKe) t.id = 0;
    }
    proposal->spi = IkeOctetRow(8, std::byte{5});
    out.add(PayloadType::kSa, std::vector{*proposal});
    out.add_octets(PayloadType::kNonce, IkeOctetRow(32));
  });
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->chain.size(), 1u);
  EXPECT_TRUE(answer->has(NotifyType::kNoProposalChosen));
}

// A refusal about a Child SA names its protocol and its SPI (RFC 7296 §2.25) [7296-3.10-a].
TEST_F(IkeRequests, TheRekeyOfAnUnknownChildIsNotFound) {
  const IkeOctetRow spi{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  const auto answer = ask(Exchange::kCreateChildSa, [&](ikemessage::PayloadWriter& out) {
    out.add_notify_of(NotifyType::kRekeySa, spi);
    child_request("aes256gcm16-x25519", kX25519)(out);
  });
  ASSERT_TRUE(answer);
  const auto* notify = answer->contents.find(NotifyType::kChildSaNotFound);
  ASSERT_NE(notify, nullptr);
  EXPECT_EQ(notify->protocol, ikewire::ProtocolId::kEsp);
  EXPECT_TRUE(std::ranges::equal(notify->spi, spi));
}

// [9370-2.2.4-f]
TEST_F(IkeRequests, AFollowUpOfNothingHasNoState) {
  const auto answer = ask(Exchange::kIkeFollowupKe, [](ikemessage::PayloadWriter& out) {
    out.add(PayloadType::kKe, ikewire::KeyExchange{ikewire::KeMethod{36}, IkeOctetRow(1184)});
    out.add_notify(NotifyType::kAdditionalKeyExchange, IkeOctetRow(8));
  });
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->chain.size(), 1u);
  EXPECT_TRUE(answer->has(NotifyType::kStateNotFound));
  EXPECT_TRUE(lives());
}

// [7296-2.1-a, 7296-2.1-b]
TEST_F(IkeRequests, ARequestThatComesAgainIsAnsweredAgainAndNotServedAgain) {
  const IkeOctetRow datagram = request(Exchange::kCreateChildSa, child_request("aes256gcm16-x25519", kX25519));
  const auto first = tell(datagram);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(world.node(0).children.size(), 2u);
  EXPECT_EQ(tell(datagram), first);
  EXPECT_EQ(world.node(0).children.size(), 2u);
  const std::size_t before = passed.size();
  world.run_for(30s);  // the requests of node 0 are tried again, its answers are not
  for (std::size_t i = before; i < passed.size(); ++i) EXPECT_EQ(passed[i].header().direction, kRequest);
  EXPECT_GT(passed.size(), before);
}

// [7296-2.1-e, 7296-2.3-g]
TEST_F(IkeRequests, NumbersOutsideTheWindowGetNothing) {
  const IkeOctetRow old = request(Exchange::kInformational, [](ikemessage::PayloadWriter&) {});
  EXPECT_EQ(tell(old).size(), 1u);
  EXPECT_TRUE(lives());
  EXPECT_TRUE(tell(old).empty());
  const std::uint32_t right = next_id;
  next_id += 7;
  EXPECT_TRUE(tell(request(Exchange::kInformational, [](ikemessage::PayloadWriter&) {})).empty());
  next_id = right;
  EXPECT_TRUE(lives());
}

// [7296-3.1-k, 7296-2.21.4-a]
TEST_F(IkeRequests, AResponseToNothingIsAnsweredByNothing) {
  const auto responses = insider->say(header(Exchange::kInformational, kResponse, ikewire::MessageId{3}), {});
  EXPECT_TRUE(tell(responses.front()).empty());
  IkeOctetRow stranger = responses.front();
  stranger[0] ^= std::byte{1};  // of an SA that nobody has
  EXPECT_TRUE(tell(stranger).empty());
  EXPECT_TRUE(lives());
}

// The answer goes to where the request came from, and leaves from where it arrived.
// [7296-2.11-a, 7296-2.11-b, 7296-2.23-a]
TEST_F(IkeRequests, AreAnsweredWhereTheyComeFrom) {
  IkeNode& node = world.node(0);
  const ikestate::Path path{{node.policy->local, ikestate::kNatPort}, {node.policy->remote, 31'337}};
  const IkeOctetRow datagram = request(Exchange::kInformational, [](ikemessage::PayloadWriter&) {});
  ikestate::Effects effects = node.engine->datagram(world.moment(), path, datagram);
  leave_out_reports(effects);
  ASSERT_EQ(effects.size(), 1u);
  const auto* send = std::get_if<ikestate::Send>(&effects.front());
  ASSERT_NE(send, nullptr);
  EXPECT_EQ(send->path, path);
}

// Complaints about SPIs, refusals and deletes that nobody signed change nothing and get nothing.
// [7296-1.5-a, 7296-2.4-c, 7296-2.4-d, 7296-2.21.4-d, 7296-2.21.4-e]
TEST_F(IkeRequests, WhatIsNotProtectedChangesNothing) {
  const ikemessage::IkeSpis spis = sa(0).state().spis;
  for (const Direction direction : {kRequest, kResponse}) {
    for (const std::uint32_t id : {next_id, next_id + 1}) {
      for (const NotifyType type : {NotifyType::kInvalidIkeSpi, NotifyType::kInvalidSpi,
                                    NotifyType::kAuthenticationFailed, NotifyType::kInitialContact}) {
        ikewire::WireBuffer buffer(200);
        auto head = header(Exchange::kInformational, direction, ikewire::MessageId{id});
        head.initiator_spi = spis.initiator;
        head.responder_spi = spis.responder;
        write_ike_header(buffer, head);
        ikewire::ChainWriter chain(buffer);
        chain.add(PayloadType::kNotify, ikewire::Notify{.type = type, .spi = {}, .value = {}});
        chain.add(PayloadType::kDelete, ikewire::Delete{ikewire::ProtocolId::kIke, 0, {}});
        finish_ike_message(buffer, 0, chain.first());
        EXPECT_TRUE(tell(buffer.take()).empty());
      }
    }
  }
  EXPECT_EQ(world.node(0).children.size(), 1u);
  EXPECT_TRUE(lives());
}

// [7296-2.8-d]
TEST_F(IkeRequests, ANewChildIsReadyBeforeTheAnswerLeaves) {
  IkeNode& node = world.node(0);
  const ikestate::Path path{{node.policy->local, ikestate::kIkePort}, {node.policy->remote, ikestate::kIkePort}};
  const IkeOctetRow datagram = request(Exchange::kCreateChildSa, child_request("aes256gcm16-x25519", kX25519));
  ikestate::Effects effects = node.engine->datagram(world.moment(), path, datagram);
  leave_out_reports(effects);
  ASSERT_EQ(effects.size(), 1u);
  auto& job = std::get<ikestate::RunJob>(effects.front());
  effects = node.engine->job_done(world.moment(), job.id, job.work());
  const auto is_up = [](const ikestate::Effect& one) { return std::holds_alternative<ikestate::ChildUp>(one); };
  const auto is_send = [](const ikestate::Effect& one) { return std::holds_alternative<ikestate::Send>(one); };
  const auto up = std::ranges::find_if(effects, is_up), send = std::ranges::find_if(effects, is_send);
  ASSERT_NE(up, effects.end());
  ASSERT_NE(send, effects.end());
  EXPECT_LT(up - effects.begin(), send - effects.begin());
}

// The other half of the pair is named in the answer, and is gone.
// [7296-1.4.1-a, 7296-1.4.1-b, 7296-1.4.1-c]
TEST_F(IkeRequests, ADeletedChildIsDeletedInBothDirections) {
  const ikestate::ChildUp up = world.node(0).children.begin()->second.up;
  IkeOctetRow spi(4);
  store_be<std::uint32_t>(spi.data(), up.outbound.spi.value);
  const auto answer = ask(Exchange::kInformational, [&](ikemessage::PayloadWriter& out) {
    out.add(PayloadType::kDelete, ikewire::Delete{ikewire::ProtocolId::kEsp, 4, spi});
  });
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->contents.deletes.size(), 1u);
  const ikewire::Delete& back = answer->contents.deletes.front();
  EXPECT_EQ(back.protocol, ikewire::ProtocolId::kEsp);
  ASSERT_EQ(back.count(), 1u);
  EXPECT_EQ(load_be<std::uint32_t>(back.spi(0).data()), up.inbound.spi.value);
  EXPECT_TRUE(world.node(0).children.empty());
}

// Both sides delete the same pair at once: the answer names nothing, and each side ends it once.
// [7296-1.4.1-d, 7296-1.4.1-e, 7296-1.4.1-f, 7296-2.3-c, 7296-2.4-h, 7296-3.11-a, 7296-3.11-b, 7296-3.11-c]
TEST_F(IkeRequests, DeletesThatCrossAreAnsweredWithoutOne) {
  IkeNode& node = world.node(0);
  const ikestate::ChildUp up = node.children.begin()->second.up;
  const std::size_t before = passed.size();
  node.carry_out(node.engine->delete_children(world.moment(), node.policy->name));
  const auto own = said_by(0, before);
  ASSERT_EQ(own.size(), 1u);
  ASSERT_EQ(own[0].contents.deletes.size(), 1u);
  EXPECT_EQ(own[0].contents.deletes[0].protocol, ikewire::ProtocolId::kEsp);
  EXPECT_EQ(own[0].contents.deletes[0].spi_octets, 4u);
  EXPECT_EQ(node.children.size(), 1u) << "inbound stays until the peer has answered";
  IkeOctetRow spi(4);
  store_be<std::uint32_t>(spi.data(), up.outbound.spi.value);
  const auto answer_of_0 = ask(Exchange::kInformational, [&](ikemessage::PayloadWriter& out) {
    out.add(PayloadType::kDelete, ikewire::Delete{ikewire::ProtocolId::kEsp, 4, spi});
  });
  ASSERT_TRUE(answer_of_0);
  EXPECT_TRUE(answer_of_0->contents.deletes.empty());
  answer(own[0].header, [](ikemessage::PayloadWriter&) {});
  world.run_for(1s);
  EXPECT_TRUE(node.children.empty());
  EXPECT_TRUE(lives());
}

// [7296-3.3.6-g]
TEST_F(SpokenIke, WhoChoosesNoneIgnoresTheKeyExchangeAndSendsNone) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.first.ike->esp.proposals = {"aes256gcm16"};
  establish(tunnel);
  cut = true;
  const auto answer = ask(Exchange::kCreateChildSa, child_request("aes256gcm16-x25519-modpnone", kX25519));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->contents.proposals) << world.story();
  EXPECT_FALSE(answer->contents.key_exchange);
}

// The octets of an IV: those of an AEAD count, those of CBC cannot be foreseen. [7296-3.14-c]
TEST_F(SpokenIke, EachMessageHasAnIvOfItsOwn) {
  for (const bool cbc : {false, true}) {
    IkeWorld apart(3);
    WorldTunnel tunnel = plain_world_tunnel();
    for (auto* end : {&tunnel.first, &tunnel.second}) {
      if (cbc) end->ike->ike.proposals = {"aes256-sha256-x25519"};
    }
    std::set<IkeOctetRow> ivs;
    std::size_t messages = 0;
    apart.tap = [&](int from, IkeOctetRow& octets) {
      if (from != 0 || octets[18] == std::byte{34}) return false;
      ++messages;
      ivs.emplace(octets.begin() + 32, octets.begin() + (cbc ? 48 : 40));
      return false;
    };
    apart.start(tunnel.policy(0), tunnel.policy(1));
    apart.run_for(300s);  // with what asks whether the other side lives
    EXPECT_GT(messages, 10u);
    EXPECT_EQ(ivs.size(), messages);
    std::set<std::byte> first_octets;
    for (const IkeOctetRow& iv : ivs) first_octets.insert(iv.front());
    EXPECT_EQ(first_octets.size() > 5, cbc);
  }
}

class IkeFragments : public SpokenIke {
 protected:
  static ikemessage::Payloads long_request() {
    ikemessage::PayloadWriter out;
    out.add_octets(PayloadType::kVendorId, IkeOctetRow(3000, std::byte{7}));
    return out.take();
  }
};

// Three thousand octets in fragments; an altered one is no fragment, and the first alone asks for the answer again.
// [7383-2.6-c, 7383-2.6.1-b, 7383-2.6.1-c]
TEST_F(IkeFragments, AreTakenOnlyWhenTheyAreAuthentic) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.first.ike->ike.fragmentation = tunnel.second.ike->ike.fragmentation = true;
  establish(tunnel);
  cut = true;
  const auto parts =
      insider->say(header(Exchange::kInformational, kRequest, ikewire::MessageId{0}), long_request(), 700);
  ASSERT_GT(parts.size(), 4u);
  IkeOctetRow altered = parts[1];
  altered.back() ^= std::byte{1};
  EXPECT_TRUE(tell(altered).empty());
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) EXPECT_TRUE(tell(parts[i]).empty());
  const auto sent = tell(parts.back());
  ASSERT_EQ(sent.size(), 1u);
  for (std::size_t i = 1; i < parts.size(); ++i) EXPECT_TRUE(tell(parts[i]).empty());
  EXPECT_EQ(tell(parts[0]), sent);
}

// [7383-2.4-a]
TEST_F(IkeFragments, AreNotForWhoDidNotAnnounceThem) {
  for (const bool both : {false, true}) {
    IkeWorld apart(3);
    WorldTunnel tunnel;
    tunnel.second.ike->ike.fragmentation = both;
    std::size_t fragments = 0;
    apart.tap = [&](int, IkeOctetRow& octets) {
      fragments += ikewire::read_ike_header(octets).header.first_payload == PayloadType::kSkf ? 1 : 0;
      return false;
    };
    apart.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(apart.run_until([&] { return apart.settled(); }, 5s)) << apart.story();
    EXPECT_EQ(fragments != 0, both);
  }
  establish(plain_world_tunnel());
  cut = true;
  for (const auto& part :
       insider->say(header(Exchange::kInformational, kRequest, ikewire::MessageId{0}), long_request(), 700)) {
    EXPECT_TRUE(tell(part).empty());
  }
  EXPECT_TRUE(ask(Exchange::kInformational, [](ikemessage::PayloadWriter&) {}));
}

// [7383-2.5-a, 7383-2.5-b, 7383-2.5-d]
TEST_F(IkeFragments, ShareTheHeaderAndTheFirstOneNamesWhatIsInside) {
  establish(plain_world_tunnel());
  const auto head = header(Exchange::kInformational, kRequest, ikewire::MessageId{5});
  const auto whole = insider->say(head, long_request()).front();
  const auto parts = insider->say(head, long_request(), 700);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ConstBytes part = parts[i];
    EXPECT_TRUE(std::ranges::equal(part.first(16), ConstBytes(whole).first(16)));
    EXPECT_TRUE(std::ranges::equal(part.subspan(17, 7), ConstBytes(whole).subspan(17, 7)));
    EXPECT_EQ(PayloadType{std::to_integer<std::uint8_t>(part[16])}, PayloadType::kSkf);
    const auto chain = ikewire::read_chain(PayloadType::kSkf, part.subspan(ikewire::kIkeHeaderOctets), {}).value();
    ASSERT_EQ(chain.size(), 1u);
    EXPECT_EQ(chain[0].next, i == 0 ? PayloadType::kVendorId : PayloadType::kNone);
  }
}

// [7296-2-a]
TEST_F(IkeFragments, AreNotNeededForThreeThousandOctets) {
  establish(plain_world_tunnel());
  cut = true;
  const auto sent = tell(request_of(Exchange::kInformational, long_request()));
  EXPECT_EQ(sent.size(), 1u);
}

}  // namespace
}  // namespace levelgate::testing::ike_requirements_test
