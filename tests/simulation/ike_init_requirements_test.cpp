// SPDX-License-Identifier: Apache-2.0
//
// IKE_SA_INIT, which anybody can send: what it says, how it is tried again, and what strangers get (RFC 7296 §1.2,
// §2.4, §2.5, §2.6, §3.1; RFC 9242 §3.1; RFC 9370 §2.2.1).
#include <gtest/gtest.h>

#include "ikewire/ike_notify_values.h"
#include "support/ike_insider.h"

namespace levelgate::testing::ike_init_requirements_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::NotifyType;
using ikewire::PayloadType;
using Fill = std::function<void(ikemessage::PayloadWriter&)>;

// One engine alone, whose jobs are done at once.
class IkeInit : public ::testing::Test {
 protected:
  // Runs a call and all jobs that follow; what was sent.
  std::vector<IkeOctetRow> run(ike::Engine& engine, ikestate::Effects effects) {
    std::vector<IkeOctetRow> sent;
    for (std::size_t i = 0; i < effects.size(); ++i) {
      if (auto* send = std::get_if<ikestate::Send>(&effects[i])) sent.push_back(send->octets);
      auto* job = std::get_if<ikestate::RunJob>(&effects[i]);
      if (job == nullptr) continue;
      ikestate::Effects more = engine.job_done(moment_, job->id, job->work());
      for (ikestate::Effect& one : more) effects.push_back(std::move(one));
    }
    return sent;
  }
  IkeOctetRow initiate(const WorldTunnel& tunnel) {
    initiator_.configure({tunnel.policy(0)});
    auto sent = run(initiator_, initiator_.initiate(moment_, "east"));
    EXPECT_EQ(sent.size(), 1u);
    return sent.at(0);
  }
  std::vector<IkeOctetRow> to_initiator(const IkeOctetRow& octets) {
    return run(initiator_, initiator_.datagram(moment_, {kFirst, kSecond}, octets));
  }
  std::vector<IkeOctetRow> to_responder(const IkeOctetRow& octets) {
    return run(responder_, responder_.datagram(moment_, {kSecond, kFirst}, octets));
  }

  // The message anew, with other payloads in front and without those that `drop` names.
  static IkeOctetRow changed(const IkeOctetRow& datagram, const Fill& in_front,
                             const std::function<bool(const ikewire::PayloadView&)>& drop = {}) {
    const auto message = clear_init(datagram).value();
    ikemessage::PayloadWriter out;
    in_front(out);
    for (const ikewire::PayloadView& view : message.chain) {
      if (!drop || !drop(view)) out.add_octets(view.type, view.body);
    }
    return of(message.header, out.take());
  }
  static IkeOctetRow of(const ikewire::IkeHeader& header, const ikemessage::Payloads& payloads) {
    ikewire::WireBuffer buffer(1U << 16U);
    write_ike_header(buffer, header);
    buffer.write_bytes(payloads.octets);
    finish_ike_message(buffer, 0, payloads.first);
    return buffer.take();
  }
  // A response to a request, as anybody may send it.
  static IkeOctetRow response(const IkeOctetRow& request, const Fill& fill) {
    ikewire::IkeHeader header = ikewire::read_ike_header(request).header;
    header.direction = IkeDirection::kResponse;
    header.sender = ikewire::IkeRole::kResponder;
    ikemessage::PayloadWriter out;
    fill(out);
    return of(header, out.take());
  }
  static Fill cookie(std::uint8_t value) {
    return [value](ikemessage::PayloadWriter& out) {
      out.add_notify(NotifyType::kCookie, IkeOctetRow(8, std::byte{value}));
    };
  }
  static Fill wanted(std::uint16_t method) {
    return [method](ikemessage::PayloadWriter& out) {
      out.add_notify_written(NotifyType::kInvalidKePayload, [method](ikewire::WireBuffer& value) {
        write_wanted_method(value, ikewire::KeMethod{method});
      });
    };
  }
  static bool is_notify(const ikewire::PayloadView& view, NotifyType type) {
    return view.type == PayloadType::kNotify && ikewire::read_notify(view.body)->type == type;
  }
  // Octets of all payloads of a kind, one behind the other.
  static IkeOctetRow bodies(const ClearMessage& message, PayloadType type) {
    IkeOctetRow all;
    for (const ikewire::PayloadView& view : message.chain) {
      if (view.type == type) all.insert(all.end(), view.body.begin(), view.body.end());
    }
    return all;
  }

  const Endpoint kFirst{*IpAddress::parse("192.0.2.1"), ikestate::kIkePort};
  const Endpoint kSecond{*IpAddress::parse("192.0.2.2"), ikestate::kIkePort};
  ikestate::Moment moment_{at_ns(1'000'000'000), 1'800'000'000};
  SeededRandom first_random_{1}, second_random_{2};
  ike::Engine initiator_{first_random_}, responder_{second_random_};
};

// [7296-2.23-f, 7296-3.1-b, 7296-3.1-c, 7296-3.1-d, 7296-3.1-m, 7296-3.3-c, 7296-3.3.1-c, 7296-3.4-b, 7383-2.3-a,
// 9370-2.2.1-j, 7296-3.10-b, 7296-3.10-c]
TEST_F(IkeInit, TheFirstRequestSaysWhatItHasTo) {
  WorldTunnel tunnel;
  tunnel.first.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ke1_mlkem768",
                                     "aes128gcm16-prfsha256-ecp384-ke1_mlkem768"};
  const IkeOctetRow datagram = initiate(tunnel);
  EXPECT_EQ(datagram[17], std::byte{0x20});
  EXPECT_EQ(datagram[19], std::byte{0x08});
  const auto message = clear_init(datagram).value();
  EXPECT_NE(message.header.initiator_spi.value, 0u);
  EXPECT_EQ(message.header.responder_spi.value, 0u);
  const ikemessage::Contents& contents = message.contents;
  ASSERT_EQ(contents.proposals.value().size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(contents.proposals->at(i).number, i + 1);
    EXPECT_TRUE(contents.proposals->at(i).spi.empty());
  }
  const auto method = static_cast<std::uint16_t>(contents.key_exchange.value().method);
  const auto& transforms = contents.proposals->at(0).transforms;
  const ikewire::Transform group = negotiation::make_transform(ikewire::TransformType::kKe, method);
  EXPECT_NE(std::ranges::find(transforms, group), transforms.end());
  EXPECT_TRUE(message.has(NotifyType::kNatDetectionSourceIp));
  EXPECT_TRUE(message.has(NotifyType::kNatDetectionDestinationIp));
  EXPECT_TRUE(message.has(NotifyType::kIntermediateExchangeSupported));
  ASSERT_TRUE(message.has(NotifyType::kIkev2FragmentationSupported));
  EXPECT_EQ(static_cast<std::uint16_t>(NotifyType::kIkev2FragmentationSupported), 16430);
  for (const ikewire::Notify& notify : contents.notifies) {
    EXPECT_EQ(notify.protocol, ikewire::ProtocolId{0});
    EXPECT_TRUE(notify.spi.empty());
  }
}

// [7296-2.23-f, 7296-3.1-m, 7296-3.3.1-b, 9370-2.2.1-k, 7383-2.3-a, 7296-2.5-d, 7296-3.1-i]
TEST_F(IkeInit, TheResponseSaysWhatItHasTo) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  const auto sent = to_responder(initiate(tunnel));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0][17], std::byte{0x20});
  EXPECT_EQ(sent[0][19], std::byte{0x20});
  const auto message = clear_init(sent[0]).value();
  EXPECT_EQ(message.contents.proposals.value().at(0).number, 1);
  for (const NotifyType type : {NotifyType::kNatDetectionSourceIp, NotifyType::kNatDetectionDestinationIp,
                                NotifyType::kIntermediateExchangeSupported, NotifyType::kIkev2FragmentationSupported}) {
    EXPECT_TRUE(message.has(type)) << ikewire::name_of(type);
  }
}

// [7296-2.6-c, 7296-3.1-c]
TEST_F(IkeInit, ACookieComesBackInFrontOfTheSameRequest) {
  const IkeOctetRow request = initiate(WorldTunnel());
  const auto again = to_initiator(response(request, cookie(7)));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0], changed(request, cookie(7)));
}

// [7296-1.2-d, 7296-1.2-e]
TEST_F(IkeInit, AfterInvalidKePayloadEverythingIsOfferedAgainWithTheNamedGroup) {
  WorldTunnel tunnel;
  tunnel.first.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ecp384-ke1_mlkem768"};
  const IkeOctetRow request = initiate(tunnel);
  const auto again = to_initiator(response(request, wanted(20)));
  ASSERT_EQ(again.size(), 1u);
  const auto before = clear_init(request).value(), after = clear_init(again[0]).value();
  EXPECT_EQ(after.contents.key_exchange.value().method, ikewire::KeMethod::kEcp384);
  EXPECT_EQ(bodies(after, PayloadType::kSa), bodies(before, PayloadType::kSa));
  EXPECT_TRUE(to_initiator(response(request, wanted(14))).empty()) << "not offered: the forger's, perhaps";
}

// [7296-2.6.1-a]
TEST_F(IkeInit, AnotherCookieMayBeWantedAfterInvalidKePayload) {
  WorldTunnel tunnel;
  tunnel.first.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ecp384-ke1_mlkem768"};
  const IkeOctetRow request = initiate(tunnel);
  ASSERT_EQ(to_initiator(response(request, cookie(1))).size(), 1u);
  const auto third = to_initiator(response(request, wanted(20)));
  ASSERT_EQ(third.size(), 1u);
  EXPECT_TRUE(clear_init(third[0]).value().has(NotifyType::kCookie)) << "the shorter exchange";
  const auto last = to_initiator(response(request, cookie(2)));
  ASSERT_EQ(last.size(), 1u);
  const auto first_is_old = [](const ikewire::PayloadView& view) { return is_notify(view, NotifyType::kCookie); };
  EXPECT_EQ(last[0], changed(third[0], cookie(2), first_is_old));
}

// [7296-2.6-d]
TEST_F(IkeInit, AWrongCookieCountsAsNone) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  const IkeOctetRow request = initiate(tunnel);
  std::optional<IkeOctetRow> asked;
  for (std::uint8_t i = 0; i < 4; ++i) {  // several handshakes that stand still: then everybody needs a cookie
    IkeOctetRow other = request;
    other[7] ^= std::byte(i);
    const auto sent = to_responder(other);
    ASSERT_EQ(sent.size(), 1u);
    if (clear_init(sent[0]).value().has(NotifyType::kCookie)) asked = other;
  }
  ASSERT_TRUE(asked);
  const std::size_t half_open = responder_.half_open();
  const auto sent = to_responder(changed(*asked, cookie(9)));
  ASSERT_EQ(sent.size(), 1u);
  const auto message = clear_init(sent[0]).value();
  const auto* right = message.contents.find(NotifyType::kCookie);
  ASSERT_NE(right, nullptr);
  EXPECT_EQ(responder_.half_open(), half_open);
  const auto served = to_responder(
      changed(*asked, [&](ikemessage::PayloadWriter& out) { out.add_notify(NotifyType::kCookie, right->value); }));
  ASSERT_EQ(served.size(), 1u);
  EXPECT_TRUE(clear_init(served[0]).value().contents.proposals);
}

// [7296-2.5-i]
TEST_F(IkeInit, AnUnknownCriticalPayloadIsRejected) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  IkeOctetRow request =
      changed(initiate(tunnel), [](ikemessage::PayloadWriter& out) { out.add_octets(PayloadType{200}, {}); });
  EXPECT_TRUE(clear_init(to_responder(request).at(0)).value().contents.proposals);
  request[7] ^= std::byte{1};
  request[ikewire::kIkeHeaderOctets + 1] |= std::byte{0x80};
  const auto sent = to_responder(request);
  ASSERT_EQ(sent.size(), 1u);
  const auto message = clear_init(sent[0]).value();
  ASSERT_EQ(message.chain.size(), 1u);
  const auto* notify = message.contents.find(NotifyType::kUnsupportedCriticalPayload);
  ASSERT_NE(notify, nullptr);
  EXPECT_TRUE(std::ranges::equal(notify->value, IkeOctetRow{std::byte{200}}));
  EXPECT_EQ(responder_.size(), 1u);
}

// [7296-2.5-b, 7296-3.1-f]
TEST_F(IkeInit, AHigherVersionIsDroppedAndToldSo) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  IkeOctetRow request = initiate(tunnel);
  request[17] = std::byte{0x30};
  const auto sent = to_responder(request);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(clear_init(sent[0]).value().has(NotifyType::kInvalidMajorVersion));
  request[19] |= std::byte{0x20};
  EXPECT_TRUE(to_responder(request).empty());
  EXPECT_EQ(responder_.size(), 0u);
}

// [7296-3.1-b]
TEST_F(IkeInit, ARequestWithoutAnSpiIsNone) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  IkeOctetRow request = initiate(tunnel);
  std::fill_n(request.begin(), 8, std::byte{0});
  EXPECT_TRUE(to_responder(request).empty());
  EXPECT_EQ(responder_.size(), 0u);
}

// [7296-2.4-e]
TEST_F(IkeInit, WhatStrangersGetIsBounded) {
  const WorldTunnel tunnel = plain_world_tunnel();
  responder_.configure({tunnel.policy(1)});
  const IkeOctetRow request = initiate(WorldTunnel());  // nothing in common
  std::size_t answers = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    IkeOctetRow other = request;
    other[6] ^= std::byte(i >> 8U);
    other[7] ^= std::byte(i & 0xffU);
    answers += to_responder(other).size();
  }
  EXPECT_EQ(answers, limits::kStrangerAnswers);
  EXPECT_EQ(responder_.size(), 0u);
}

// [9242-3.1-a, 9370-2.2.1-l]
TEST_F(IkeInit, IntermediateExchangesAreAnnouncedOrNotWhateverTheNotificationHolds) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  const IkeOctetRow request = initiate(tunnel);
  const auto drop = [](const ikewire::PayloadView& view) {
    return is_notify(view, NotifyType::kIntermediateExchangeSupported);
  };
  const auto with_data = [](ikemessage::PayloadWriter& out) {
    out.add_notify(NotifyType::kIntermediateExchangeSupported, IkeOctetRow(5, std::byte{3}));
  };
  const auto served = clear_init(to_responder(changed(request, with_data, drop)).at(0)).value();
  EXPECT_TRUE(served.contents.proposals);
  const auto refused =
      clear_init(to_responder(changed(request, [](ikemessage::PayloadWriter&) {}, drop)).at(0)).value();
  EXPECT_TRUE(refused.has(NotifyType::kNoProposalChosen)) << "the only proposal needs ADDKE1";
}

// An answer that has one method twice is told and waited out; a right one goes on. [9370-2.2.1-f, 9370-2.2.1-g]
TEST_F(IkeInit, AnAnswerWithOneMethodTwiceBeginsNothing) {
  WorldTunnel tunnel = plain_world_tunnel();
  tunnel.first.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519-ke1_x448-ke1_ecp384-ke2_x448-ke2_ecp256"};
  const IkeOctetRow request = initiate(tunnel);
  const auto asked = clear_init(request).value();
  const auto made = crypto::encapsulate(31, asked.contents.key_exchange.value().key);
  ASSERT_TRUE(made);
  for (const bool twice : {true, false}) {
    IkeOctetRow answer = response(request, [&](ikemessage::PayloadWriter& out) {
      const std::string suite = "aes256gcm16-prfsha384-x25519-ke1_x448-";
      out.add(PayloadType::kSa, std::vector{negotiation::parse_proposal(ikewire::ProtocolId::kIke,
                                                                        suite + (twice ? "ke2_x448" : "ke2_ecp256"))
                                                .value()});
      out.add(PayloadType::kKe, ikewire::KeyExchange{ikewire::KeMethod{31}, made->response});
      out.add_octets(PayloadType::kNonce, IkeOctetRow(32, std::byte{4}));
      out.add_notify(NotifyType::kIntermediateExchangeSupported);
    });
    answer[8] = std::byte{9};
    EXPECT_EQ(to_initiator(answer).size(), twice ? 0u : 1u);
  }
}

// [7296-2.10-a, 7296-3.9-b]
TEST_F(IkeInit, NoncesAreDrawnAnew) {
  const WorldTunnel tunnel;
  responder_.configure({tunnel.policy(1)});
  std::set<IkeOctetRow> nonces;
  for (int i = 0; i < 3; ++i) {
    const IkeOctetRow request = initiate(tunnel);
    for (const IkeOctetRow& datagram : {request, to_responder(request).at(0)}) {
      const auto message = clear_init(datagram).value();
      const ConstBytes nonce = message.contents.nonce.value();
      EXPECT_EQ(nonce.size(), 32u);
      EXPECT_TRUE(nonces.emplace(nonce.begin(), nonce.end()).second);
    }
  }
}

// Says everything three times.
class Repeating final : public crypto::Random {
 public:
  Result<void> fill(Bytes octets) override {
    if (calls_++ % 3 == 0) ++value_;
    std::ranges::fill(octets, std::byte{value_});
    return {};
  }

 private:
  unsigned calls_ = 0;
  std::uint8_t value_ = 0;
};

// [7296-2.6-a]
TEST_F(IkeInit, SpisAreUniqueWhateverTheRandomNumbers) {
  Repeating random;
  ike::Engine engine(random);
  const WorldTunnel tunnel;
  engine.configure({tunnel.policy(0)});
  std::set<std::uint64_t> spis;
  for (int i = 0; i < 20; ++i) {
    for (const IkeOctetRow& datagram : run(engine, engine.initiate(moment_, "east"))) {
      spis.insert(ikewire::read_ike_header(datagram).header.initiator_spi.value);
    }
  }
  EXPECT_EQ(spis.size(), 20u);
  EXPECT_EQ(engine.size(), 20u);
}

}  // namespace
}  // namespace levelgate::testing::ike_init_requirements_test
