// SPDX-License-Identifier: Apache-2.0
//
// Whole IKEv2 messages that an independent encoder made (tests/support/oracle/ike.py): each is read and written back to
// the same octets, and no truncation and no change of a single octet does worse than to be refused.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "ikewire/ike_intermediate.h"
#include "support/case_count.h"
#include "support/ike_rewrite.h"
#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_vectors_test {
namespace {

using testing::ExactBlock;
using testing::IkeLaw;
using testing::Octets;

using Named = std::map<std::string, Octets>;

// Everything stored, by name; a name that begins with "prefix" is no message.
Named stored(bool prefixes) {
  Named read;
  std::ifstream file(LEVELGATE_IKE_MESSAGES);
  for (std::string name, digits; file >> name >> digits;) {
    if (name.starts_with("prefix") == prefixes) read[name] = testing::hex(digits);
  }
  return read;
}

const Named& messages() {
  static const Named all = stored(false);
  return all;
}

const Octets& message(const std::string& name) { return messages().at(name); }

std::vector<PayloadView> chain_of(const Octets& octets) {
  const IkeHeaderView view = read_ike_header(octets);
  return read_chain(view.header.first_payload, ConstBytes(octets).subspan(kIkeHeaderOctets), {}).value();
}

// The chain inside the SK of a message, whose octets stand in clear.
std::vector<PayloadView> inside_of(const Octets& octets) {
  const PayloadView sealed = chain_of(octets).back();
  const SealedParts parts = read_sealed(sealed, kIkeHeaderOctets, testing::kClearShape).value();
  const ConstBytes text = ConstBytes(octets).subspan(parts.text_at, parts.icv_at - parts.text_at);
  return read_chain(parts.first_inside, inner_payloads(text).value(), testing::kInsideRules).value();
}

TEST(IkeVectors, AreThere) { EXPECT_EQ(messages().size(), 18u); }

// [7296-2.5-f]
TEST(IkeVectors, EachIsReadAndWrittenBack) {
  for (const auto& [name, octets] : messages()) {
    EXPECT_EQ(testing::message_law(ExactBlock(octets).bytes()), IkeLaw::kKept) << name;
    // Without reserved fields to clear, the octets themselves come back.
    const IkeHeader header = read_ike_header(octets).header;
    EXPECT_EQ(testing::rewritten_message(header, octets).value(), octets) << name;
  }
}

TEST(IkeVectors, NoTruncationIsAMessage) {
  for (const auto& [name, octets] : messages()) {
    for (std::size_t size = 0; size < octets.size(); ++size) {
      const ExactBlock cut(ConstBytes(octets).first(size));
      ASSERT_EQ(testing::message_law(cut.bytes()), IkeLaw::kRefused) << name << " cut to " << size;
    }
  }
}

// The header's length follows, so that the readers behind it see the cut.
TEST(IkeVectors, TruncationsWithTheirOwnLengthKeepTheLaw) {
  for (const auto& [name, octets] : messages()) {
    for (std::size_t size = kIkeHeaderOctets; size < octets.size(); ++size) {
      Octets cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
      store_be<std::uint32_t>(cut.data() + 24, static_cast<std::uint32_t>(size));
      ASSERT_EQ(testing::message_law(ExactBlock(cut).bytes()), IkeLaw::kRefused) << name << " cut to " << size;
    }
  }
}

TEST(IkeVectors, EveryChangeOfOneOctetKeepsTheLaw) {
  const unsigned step = testing::kFewCases ? 7 : 1;  // 1, 8, 15 ...: each bit changes now and then
  for (const auto& [name, octets] : messages()) {
    Octets changed = octets;
    for (std::size_t at = 0; at < octets.size(); ++at) {
      for (unsigned by = 1; by < 256; by += step) {
        changed[at] = octets[at] ^ static_cast<std::byte>(by);
        ASSERT_NE(testing::message_law(ExactBlock(changed).bytes()), IkeLaw::kBroken) << name << ' ' << at << ' ' << by;
      }
      changed[at] = octets[at];
    }
  }
}

TEST(IkeVectors, InitialRequest) {
  const Octets& octets = message("sa_init_request");
  const IkeHeaderView view = read_ike_header(octets);
  ASSERT_EQ(view.verdict, IkeHeaderVerdict::kOk);
  const IkeHeader expected{.initiator_spi = IkeSpi{0x1122334455667788},
                           .responder_spi = {},
                           .first_payload = PayloadType::kSa,
                           .exchange = Exchange::kIkeSaInit,
                           .sender = IkeRole::kInitiator,
                           .direction = IkeDirection::kRequest,
                           .message_id = MessageId{0}};
  EXPECT_EQ(view.header, expected);
  const auto chain = chain_of(octets);
  ASSERT_EQ(chain.size(), 9u);
  const auto offer = read_proposals(chain[0].body).value();
  ASSERT_EQ(offer.size(), 2u);
  const auto& first = offer[0].transforms;
  ASSERT_EQ(first.size(), 6u);
  EXPECT_EQ(name_of(first[0].type, first[0].id), "AES_GCM_16");
  EXPECT_EQ(first[0].key_bits(), 256);
  EXPECT_EQ(first[1].key_bits(), std::nullopt);
  EXPECT_EQ(first[4].type, TransformType::kAddKe1);
  EXPECT_EQ(name_of(first[4].type, first[4].id), "ML_KEM_768");
  EXPECT_EQ(name_of(first[5].type, first[5].id), "NONE");
  EXPECT_EQ(offer[1].number, 2);
  const auto key = read_key_exchange(chain[1].body).value();
  EXPECT_EQ(key.method, KeMethod::kCurve25519);
  EXPECT_EQ(key.key.size(), 32u);
  EXPECT_EQ(read_nonce(chain[2].body).value().size(), 32u);
  EXPECT_EQ(read_notify(chain[3].body).value().type, NotifyType::kNatDetectionSourceIp);
  const auto hashes = read_hashes(read_notify(chain[6].body).value().value).value();
  const std::vector<HashId> expected_hashes{HashId::kSha2_256, HashId::kSha2_384, HashId::kSha2_512, HashId::kIdentity};
  EXPECT_EQ(hashes, expected_hashes);
  EXPECT_EQ(chain[8].type, PayloadType::kVendorId);
}

TEST(IkeVectors, InitialResponseAnnouncesMethods) {
  const auto chain = chain_of(message("sa_init_response"));
  const auto request = read_certificate(chain[3].body).value();
  EXPECT_EQ(authority_hashes(request).value().size(), 1u);
  const auto announced = read_announcements(read_notify(chain[4].body).value().value).value();
  ASSERT_EQ(announced.size(), 3u);
  EXPECT_EQ(announced[0].method, AuthMethod::kDigitalSignature);
  EXPECT_EQ(announced[0].algorithm.size(), 7u);
  EXPECT_EQ(announced[1].method, AuthMethod::kSharedKey);
  EXPECT_EQ(announced[2].method, AuthMethod::kEcdsa256);
  EXPECT_EQ(announced[2].authority, 1);
}

TEST(IkeVectors, AuthenticationRequest) {
  for (const auto* name : {"auth_request", "auth_padded"}) {
    const auto chain = inside_of(message(name));
    ASSERT_EQ(chain.size(), 11u);
    const auto identity = read_identity(chain[0].body).value();
    EXPECT_EQ(identity.type, IdType::kFqdn);
    EXPECT_EQ(identity.reserved[2], std::byte{3});
    const auto proof = read_authentication(chain[4].body).value();
    EXPECT_EQ(proof.method, AuthMethod::kDigitalSignature);
    EXPECT_EQ(read_digital_signature(proof.value).value().signature.size(), 64u);
    EXPECT_EQ(read_configuration(chain[5].body).value().attributes.size(), 3u);
    const auto aggfrag = read_aggfrag_requirements(read_notify(chain[7].body).value().value).value();
    EXPECT_EQ(aggfrag.fragments, InnerFragments::kRefused);
    EXPECT_EQ(aggfrag.congestion, CongestionControl::kNotAsked);
    EXPECT_EQ(read_proposals(chain[8].body).value()[0].spi, testing::hex("c0ffee01"));
    const auto initiator = read_selectors(chain[9].body).value();
    EXPECT_EQ(initiator[0].last, IpAddress::parse("10.1.255.255"));
    EXPECT_EQ(initiator[1].port_first, icmp_port(128, 0));
    const auto responder = read_selectors(chain[10].body).value();
    EXPECT_TRUE(responder[0].opaque_port());
    EXPECT_FALSE(responder[1].is_known());
    EXPECT_EQ(responder[1].opaque, testing::hex("746f70"));
  }
}

// RFC 7383 §2.5: the fields; the chain is whole when the fragments' texts are joined.
TEST(IkeVectors, FragmentsJoin) {
  Octets joined;
  PayloadType first = PayloadType::kNone;
  for (const auto* name : {"auth_fragment_1", "auth_fragment_2"}) {
    const Octets& octets = message(name);
    const PayloadView sealed = chain_of(octets).back();
    ASSERT_EQ(sealed.type, PayloadType::kSkf);
    const SealedParts parts = read_sealed(sealed, kIkeHeaderOctets, testing::kClearShape).value();
    EXPECT_EQ(parts.fragment->total, 2);
    if (parts.fragment->number == 1) first = parts.first_inside;
    const auto inner = inner_payloads(ConstBytes(octets).subspan(parts.text_at, parts.icv_at - parts.text_at)).value();
    joined.insert(joined.end(), inner.begin(), inner.end());
  }
  EXPECT_EQ(read_chain(first, joined, testing::kInsideRules).value().size(), 11u);
}

// RFC 9242 §3.3.2: the same octets, whether the message came whole, padded, or in fragments.
// [9242-3.3.2-a, 9242-3.3.2-b]
TEST(IkeVectors, IntermediatePrefixIsThatOfTheWholeMessage) {
  const std::size_t inner_octets = message("auth_request").size() - kIkeHeaderOctets - 4 - 8 - 1 - 16;
  for (const auto* name : {"auth_request", "auth_padded", "auth_fragment_1"}) {
    WireBuffer to(100);
    write_intermediate_prefix(to, message(name), chain_of(message(name)), inner_octets, BigPayloads::kRefused);
    ASSERT_TRUE(to.ok());
    EXPECT_EQ(to.take(), stored(true).at("prefix_auth")) << name;
  }
}

// [9242-3.3.2-c]
TEST(IkeVectors, IntermediatePrefixKeepsTheReservedBitsOfTheFirstFragment) {
  Octets octets = message("auth_fragment_1"), expected = stored(true).at("prefix_auth");
  const std::size_t inner_octets = message("auth_request").size() - kIkeHeaderOctets - 4 - 8 - 1 - 16;
  const std::size_t bits = kIkeHeaderOctets + chain_of(octets).back().offset + 1;
  octets[bits] |= std::byte{0x15};
  expected[bits] |= std::byte{0x15};
  WireBuffer to(100);
  write_intermediate_prefix(to, octets, chain_of(octets), inner_octets, BigPayloads::kRefused);
  EXPECT_EQ(to.take(), expected);
}

TEST(IkeVectors, DeleteOfChildren) {
  const auto chain = inside_of(message("delete_child"));
  const auto gone = read_delete(chain[0].body).value();
  ASSERT_EQ(gone.count(), 2u);
  EXPECT_TRUE(std::ranges::equal(gone.spi(1), testing::hex("04050607")));
  EXPECT_EQ(read_delete(chain[1].body).value().count(), 0u);
}

TEST(IkeVectors, RekeyOfTheIkeSaKeepsAnUnknownAttribute) {
  const auto offer = read_proposals(inside_of(message("rekey_ike"))[0].body).value();
  EXPECT_EQ(offer[0].spi.size(), 8u);
  const Attribute& attribute = offer[0].transforms[3].attributes[0];
  EXPECT_EQ(attribute.form, AttributeForm::kOctets);
  EXPECT_EQ(attribute.octets.size(), 6u);
}

// A message with a payload in front of SK or SKF, as the oracle's prefixes have it.
Octets intermediate(const IkeHeader& header, bool vendor, std::optional<FragmentNumber> fragment) {
  WireBuffer buffer(1000);
  write_ike_header(buffer, header);
  ChainWriter chain(buffer);
  const Octets octet{std::byte{'v'}};
  if (vendor) chain.add(PayloadType::kVendorId, ConstBytes(octet));
  (void)write_unsealed(chain, {.first_inside = PayloadType::kKe, .fragment = fragment, .inner = octet});
  finish_ike_message(buffer, 0, chain.first());
  return buffer.take();
}
IkeHeader intermediate_header(IkeDirection direction, std::uint32_t id) {
  return {.initiator_spi = IkeSpi{0x1122334455667788},
          .responder_spi = IkeSpi{0x99aabbccddeeff00},
          .exchange = Exchange::kIkeIntermediate,
          .sender = direction == IkeDirection::kRequest ? IkeRole::kInitiator : IkeRole::kResponder,
          .direction = direction,
          .message_id = MessageId{id}};
}

TEST(IkeVectors, IntermediatePrefixKeepsWhatStandsInFront) {
  for (const auto& fragment : {std::optional<FragmentNumber>(), std::optional(FragmentNumber{1, 2})}) {
    const Octets octets = intermediate(intermediate_header(IkeDirection::kResponse, 1), true, fragment);
    WireBuffer to(100);
    write_intermediate_prefix(to, octets, chain_of(octets), 100, BigPayloads::kKeyExchange);
    EXPECT_EQ(to.take(), stored(true).at("prefix_behind_vendor"));
  }
}

TEST(IkeVectors, IntermediatePrefixOfALargeKeyHasTheBigHeader) {
  const Octets octets = intermediate(intermediate_header(IkeDirection::kRequest, 2), false, FragmentNumber{1, 999});
  WireBuffer to(100);
  write_intermediate_prefix(to, octets, chain_of(octets), 1357836, BigPayloads::kKeyExchange);
  EXPECT_EQ(to.take(), stored(true).at("prefix_big"));
  for (const std::size_t inner : {65531u, 65532u}) {
    WireBuffer refused(100);
    write_intermediate_prefix(refused, octets, chain_of(octets), inner, BigPayloads::kRefused);
    EXPECT_EQ(refused.ok(), inner == 65531u);
    WireBuffer agreed(100);
    write_intermediate_prefix(agreed, octets, chain_of(octets), inner, BigPayloads::kKeyExchange);
    EXPECT_EQ(agreed.size(), kIkeHeaderOctets + (inner == 65531u ? 4 : 6));
  }
}

TEST(IkeVectors, IntermediatePrefixNeedsAnEncryptedPayload) {
  for (const auto* name : {"empty_message", "cookie_response"}) {
    WireBuffer to(100);
    write_intermediate_prefix(to, message(name), chain_of(message(name)), 1, BigPayloads::kRefused);
    EXPECT_FALSE(to.ok());
  }
}

}  // namespace
}  // namespace levelgate::ikewire::ike_vectors_test
