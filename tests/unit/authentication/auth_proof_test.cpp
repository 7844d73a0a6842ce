// SPDX-License-Identifier: Apache-2.0
//
// The octets of AUTH against answers that another program found: RFC 7296 §2.15, the chain of RFC 9242 §3.3.2, and both
// messages of draft-ietf-ipsecme-ikev2-downgrade-prevention-08, section 6.
#include "authentication/auth_proof.h"

#include <gtest/gtest.h>

#include <utility>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_notify_numbers.h"
#include "support/hex_octets.h"
#include "vectors/ike_key_vectors.h"

namespace levelgate::authentication::auth_proof_test {
namespace {

using Role = ikewire::IkeRole;

using testing::from_hex;
using Octets = std::vector<std::byte>;

Octets copy_of(const SecretBytes& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }

class AuthProof : public ::testing::TestWithParam<testing::IkeAuthVector> {
 protected:
  const testing::IkeAuthVector& vector = GetParam();
  Octets request = from_hex(vector.request), response = from_hex(vector.response);
  Octets ni = from_hex(vector.ni), nr = from_hex(vector.nr);
  Octets id_i = from_hex(vector.id_i), id_r = from_hex(vector.id_r);
  Octets pi3 = from_hex(vector.pi3), pr3 = from_hex(vector.pr3);
  Octets int_auth = from_hex(vector.int_auth);
  Signer initiator{Transcript::kOwnMessage, request, response, nr, vector.prf, pi3, id_i, {}};
  Signer responder{Transcript::kOwnMessage, response, request, ni, vector.prf, pr3, id_r, {}};

  Octets tag(const Signer& signer) {
    const auto octets = signed_octets(signer);
    if (!octets) return {};
    return copy_of(*crypto::prf(vector.prf, as_bytes("tag", 3), {*octets}));
  }
  bool add(IntAuth& chain, Role sender, std::string_view proof, std::string_view headers, std::string_view payloads) {
    return chain.add(sender, vector.prf, from_hex(proof), from_hex(headers), from_hex(payloads)).has_value();
  }
};

TEST_P(AuthProof, ChainsBothDirectionsOfEveryIntermediateExchange) {
  IntAuth chain;
  ASSERT_TRUE(add(chain, Role::kInitiator, vector.pi1, vector.a_i1, vector.p_i1));
  ASSERT_TRUE(add(chain, Role::kResponder, vector.pr1, vector.a_r1, vector.p_r1));
  ASSERT_TRUE(add(chain, Role::kInitiator, vector.pi2, vector.a_i2, vector.p_i2));
  ASSERT_TRUE(add(chain, Role::kResponder, vector.pr2, vector.a_r2, vector.p_r2));
  EXPECT_EQ(chain.octets(ikewire::MessageId{3}), int_auth);
}

TEST_P(AuthProof, WithoutAnIntermediateExchangeNothingIsAppended) {
  IntAuth chain;
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(chain.octets(ikewire::MessageId{1}), Octets{});
}

TEST_P(AuthProof, HalfAnExchangeEntersNoProof) {
  for (const Role only : {Role::kInitiator, Role::kResponder}) {
    IntAuth chain;
    ASSERT_TRUE(add(chain, only, vector.pi1, vector.a_i1, vector.p_i1));
    EXPECT_FALSE(chain.empty());
    EXPECT_FALSE(chain.octets(ikewire::MessageId{2}));
  }
}

TEST_P(AuthProof, AChainNeedsItsKey) {
  IntAuth chain;
  EXPECT_FALSE(add(chain, Role::kInitiator, "", vector.a_i1, vector.p_i1));
  EXPECT_TRUE(chain.empty());
}

TEST_P(AuthProof, CoversTheOwnMessageByRfc7296) { EXPECT_EQ(tag(initiator), from_hex(vector.tag_classic_i)); }

TEST_P(AuthProof, CoversBothMessagesWhereBothSidesSaidSo) {
  initiator.transcript = responder.transcript = Transcript::kBothMessages;
  initiator.int_auth = responder.int_auth = int_auth;
  EXPECT_EQ(tag(initiator), from_hex(vector.tag_full_i));
  EXPECT_EQ(tag(responder), from_hex(vector.tag_full_r));
}

TEST_P(AuthProof, NeedsAllItsParts) {
  const auto without = [&](ConstBytes Signer::* part) {
    Signer signer = initiator;
    signer.transcript = Transcript::kBothMessages;
    signer.*part = {};
    return signed_octets(signer).has_value();
  };
  EXPECT_FALSE(without(&Signer::own_message));
  EXPECT_FALSE(without(&Signer::peer_message));
  EXPECT_FALSE(without(&Signer::peer_nonce));
  EXPECT_FALSE(without(&Signer::proof));
  EXPECT_TRUE(without(&Signer::int_auth));
}

TEST_P(AuthProof, OfASharedKey) {
  const auto octets = signed_octets(initiator);
  ASSERT_TRUE(octets);
  const auto proof = shared_key_proof(vector.prf, from_hex(vector.secret), *octets);
  ASSERT_TRUE(proof);
  EXPECT_EQ(copy_of(*proof), from_hex(vector.proof));
  EXPECT_FALSE(shared_key_proof(vector.prf, {}, *octets));
}

INSTANTIATE_TEST_SUITE_P(Known, AuthProof, ::testing::ValuesIn(testing::kIkeAuthVectors));

TEST(FullTranscript, IsOnOnlyWhenBothAnnouncedIt) {
  EXPECT_EQ(transcript_notify(Announced::kNo, Announced::kNo), TranscriptNotify::kNobody);
  EXPECT_EQ(transcript_notify(Announced::kYes, Announced::kNo), TranscriptNotify::kInitiatorOnly);
  EXPECT_EQ(transcript_notify(Announced::kNo, Announced::kYes), TranscriptNotify::kResponderOnly);
  EXPECT_EQ(transcript_notify(Announced::kYes, Announced::kYes), TranscriptNotify::kBoth);
  EXPECT_EQ(transcript_of(TranscriptNotify::kNobody), Transcript::kOwnMessage);
  EXPECT_EQ(transcript_of(TranscriptNotify::kInitiatorOnly), Transcript::kOwnMessage);
  EXPECT_EQ(transcript_of(TranscriptNotify::kResponderOnly), Transcript::kOwnMessage);
  EXPECT_EQ(transcript_of(TranscriptNotify::kBoth), Transcript::kBothMessages);
}

// --- requests without their cookie ---

using Part = std::pair<ikewire::PayloadType, std::vector<std::byte>>;

Part notify(ikewire::NotifyType type, std::vector<std::byte> value) {
  std::vector<std::byte> body(4);
  store_be(body.data() + 2, static_cast<std::uint16_t>(type));
  body.insert(body.end(), value.begin(), value.end());
  return {ikewire::PayloadType::kNotify, body};
}

std::vector<std::byte> init_request(const std::vector<Part>& parts) {
  ikewire::WireBuffer buffer(4096);
  ikewire::IkeHeader header;
  header.initiator_spi = ikewire::IkeSpi{77};
  write_ike_header(buffer, header);
  ikewire::ChainWriter chain(buffer);
  for (const auto& [type, body] : parts) chain.add(type, ConstBytes(body));
  finish_ike_message(buffer, 0, chain.first());
  return buffer.take();
}

// Octet for octet the request that would have been sent without it, wherever its payloads stand.
TEST(WithoutCookie, NothingElseIsTouched) {
  using ikewire::NotifyType;
  using ikewire::PayloadType;
  const std::vector<Part> bare{{PayloadType::kSa, {std::byte{1}, std::byte{2}}},
                               {PayloadType::kKe, std::vector<std::byte>(40, std::byte{3})},
                               {PayloadType::kNonce, std::vector<std::byte>(32, std::byte{4})},
                               notify(NotifyType::kIkev2FragmentationSupported, {}),
                               notify(NotifyType::kCookie2, {std::byte{5}})};
  const Part cookie = notify(NotifyType::kCookie, std::vector<std::byte>(41, std::byte{6}));
  const Part solution{PayloadType::kPuzzleSolution, std::vector<std::byte>(16, std::byte{7})};
  EXPECT_EQ(without_cookie(init_request(bare)), init_request(bare));
  for (std::size_t one = 0; one <= bare.size(); ++one) {
    for (std::size_t other = 0; other <= bare.size(); ++other) {
      std::vector<Part> parts = bare;
      parts.insert(parts.begin() + std::ptrdiff_t(one), cookie);
      parts.insert(parts.begin() + std::ptrdiff_t(other), solution);
      EXPECT_NE(init_request(parts), init_request(bare));
      EXPECT_EQ(without_cookie(init_request(parts)), init_request(bare)) << one << " " << other;
    }
  }
  EXPECT_EQ(without_cookie(init_request({cookie, solution})), init_request({}));
}

TEST(WithoutCookie, WhatCannotBeReadStaysAsItIs) {
  std::vector<std::byte> request = init_request({notify(ikewire::NotifyType::kCookie, {std::byte{1}})});
  request.back() ^= std::byte{1};
  request[ikewire::kIkeHeaderOctets + 3] ^= std::byte{1};  // the payload's length
  EXPECT_EQ(without_cookie(request), request);
  EXPECT_EQ(without_cookie(ConstBytes(request).first(10)),
            (std::vector<std::byte>(request.begin(), request.begin() + 10)));
  EXPECT_TRUE(without_cookie({}).empty());
}

}  // namespace
}  // namespace levelgate::authentication::auth_proof_test
