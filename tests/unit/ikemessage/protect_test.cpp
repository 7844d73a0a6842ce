// SPDX-License-Identifier: Apache-2.0
//
// Sealed messages: each cipher there and back (RFC 7296 §3.14, RFC 5282), no altered octet, no message of one's own
// (each direction has its keys), and fragments within a size (RFC 7383 §2.5).
#include "ikemessage/protect.h"

#include <gtest/gtest.h>

#include "ikemessage/ciphers_of_suite.h"
#include "negotiation/keywords.h"
#include "negotiation/negotiate.h"
#include "support/seeded_random.h"

namespace levelgate::ikemessage::protect_test {
namespace {

using ikewire::IkeRole;

struct Ends {
  Protection initiator, responder;
};

Ends ends_of(const std::string& words) {
  const auto proposal = negotiation::parse_proposal(ikewire::ProtocolId::kIke, words, 1);
  EXPECT_TRUE(proposal && !not_computed(*proposal)) << words;
  const std::vector<ikewire::Proposal> one{*proposal};
  const negotiation::Terms terms{model::PostQuantum::kOff, negotiation::AdditionalExchanges::kAvailable,
                                 negotiation::KeyExchanges::kNegotiated};
  const auto choice = negotiation::choose(one, one, terms);
  EXPECT_TRUE(choice) << words;
  const auto ciphers = ike_ciphers_of(choice->suite);
  const std::vector<std::byte> nonce(32, std::byte{7}), shared(32, std::byte{9});
  const auto keys = initial_keys(ciphers->shape, {nonce, nonce}, {ikewire::IkeSpi{1}, ikewire::IkeSpi{2}}, shared);
  return {*Protection::create(*ciphers, *keys, IkeRole::kInitiator),
          *Protection::create(*ciphers, *keys, IkeRole::kResponder)};
}

ikewire::IkeHeader header(IkeRole sender) {
  return {.initiator_spi = ikewire::IkeSpi{1},
          .responder_spi = ikewire::IkeSpi{2},
          .exchange = ikewire::Exchange::kInformational,
          .sender = sender,
          .direction = ikewire::IkeDirection::kRequest,
          .message_id = MessageId{5}};
}

std::optional<OpenedPart> open(const Protection& by, ConstBytes message) {
  const auto view = ikewire::read_ike_header(message);
  if (view.verdict != ikewire::IkeHeaderVerdict::kOk) return std::nullopt;
  const auto chain = ikewire::read_chain(view.header.first_payload, message.subspan(ikewire::kIkeHeaderOctets), {});
  return chain ? by.open(message, *chain) : std::nullopt;
}

std::vector<std::byte> inner_of(std::size_t octets) {
  std::vector<std::byte> inner(octets);
  for (std::size_t i = 0; i < octets; ++i) inner[i] = std::byte(i * 31);
  return inner;
}

constexpr const char* kEveryCipher[] = {"aes128gcm16-prfsha256-x25519",      "aes256gcm16-prfsha384-x25519",
                                        "chacha20poly1305-prfsha256-x25519", "aes128-sha256-prfsha256-x25519",
                                        "aes256-sha384-prfsha384-x25519",    "aes256-sha512-prfsha512-x25519"};

TEST(Protect, EachCipherThereAndBack) {
  testing::SeededRandom random(1);
  for (const char* const words : kEveryCipher) {
    Ends ends = ends_of(words);
    for (const std::size_t octets : {0U, 1U, 15U, 16U, 17U, 900U}) {
      const auto sealed = ends.initiator.seal(header(IkeRole::kInitiator),
                                              {ikewire::PayloadType::kNotify, inner_of(octets)}, 0, random);
      ASSERT_TRUE(sealed) << words;
      ASSERT_EQ(sealed->size(), 1U);
      const auto opened = open(ends.responder, sealed->front());
      ASSERT_TRUE(opened) << words << " " << octets;
      EXPECT_EQ(opened->inner, inner_of(octets));
      EXPECT_EQ(opened->first_inside, ikewire::PayloadType::kNotify);
      EXPECT_FALSE(open(ends.initiator, sealed->front())) << "a reflected message";
    }
  }
}

TEST(Protect, NoOctetMayBeAltered) {
  testing::SeededRandom random(2);
  for (const char* const words : kEveryCipher) {
    Ends ends = ends_of(words);
    const auto sealed =
        ends.responder.seal(header(IkeRole::kResponder), {ikewire::PayloadType::kNotify, inner_of(40)}, 0, random);
    for (std::size_t at = 0; at < sealed->front().size(); ++at) {
      Datagram altered = sealed->front();
      altered[at] ^= std::byte{0x10};
      EXPECT_FALSE(open(ends.initiator, altered)) << words << ", octet " << at;
    }
    EXPECT_FALSE(open(ends.initiator, ConstBytes(sealed->front()).first(sealed->front().size() - 1)));
  }
}

TEST(Protect, FragmentsFitAndSayWhichTheyAre) {
  testing::SeededRandom random(3);
  for (const char* const words : kEveryCipher) {
    Ends ends = ends_of(words);
    for (const std::size_t octets : {1150U, 1200U, 5000U}) {
      const auto sealed = ends.initiator.seal(header(IkeRole::kInitiator),
                                              {ikewire::PayloadType::kIdi, inner_of(octets)}, 1248, random);
      ASSERT_TRUE(sealed);
      std::vector<std::byte> joined;
      for (std::size_t i = 0; i < sealed->size(); ++i) {
        EXPECT_LE((*sealed)[i].size(), 1248U);
        const auto part = open(ends.responder, (*sealed)[i]);
        ASSERT_TRUE(part);
        if (sealed->size() > 1) {
          EXPECT_EQ(part->fragment->number, i + 1);
          EXPECT_EQ(part->fragment->total, sealed->size());
          EXPECT_EQ(part->first_inside, i == 0 ? ikewire::PayloadType::kIdi : ikewire::PayloadType::kNone);
        }
        joined.insert(joined.end(), part->inner.begin(), part->inner.end());
      }
      EXPECT_EQ(joined, inner_of(octets));
    }
  }
  Ends ends = ends_of(kEveryCipher[0]);
  EXPECT_FALSE(ends.initiator.seal(header(IkeRole::kInitiator), {ikewire::PayloadType::kIdi, inner_of(3'000U * 1200)},
                                   1248, random));
}

TEST(CiphersOfSuite, WhatIsNotComputedIsNamed) {
  const auto known = negotiation::parse_proposal(ikewire::ProtocolId::kEsp, "aes128gcm16", 1);
  EXPECT_FALSE(not_computed(*known));
  const auto cbc = negotiation::parse_proposal(ikewire::ProtocolId::kEsp, "aes256-sha256", 1);
  ASSERT_TRUE(cbc);
  const auto lacking = not_computed(*cbc);
  ASSERT_TRUE(lacking);
  EXPECT_NE(lacking->what.find("aes256gcm16"), std::string::npos) << "the cure is named";
  EXPECT_FALSE(ike_ciphers_of({}));
  EXPECT_FALSE(esp_ciphers_of({}));
}

TEST(CiphersOfSuite, KeysOfEspHaveASalt) {
  negotiation::Suite suite;
  suite.protocol = ikewire::ProtocolId::kEsp;
  suite.encryption = ikewire::Encryption::kAesGcm16;
  for (const std::uint16_t bits : {std::uint16_t{128}, std::uint16_t{256}}) {
    suite.key_bits = bits;
    EXPECT_EQ(esp_ciphers_of(suite)->sizes.encryption, bits / 8U + 4);  // RFC 4106 §8.1
  }
}

}  // namespace
}  // namespace levelgate::ikemessage::protect_test
