// SPDX-License-Identifier: Apache-2.0
//
// Proposals as text: the words, what is filled in, what is refused and why, and that a text survives being read.
#include "negotiation/keywords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/key_exchange.h"

namespace levelgate::negotiation::keywords_test {
namespace {

using ikewire::ProtocolId;
using ::testing::HasSubstr;

std::string again(ProtocolId protocol, std::string_view text) {
  const auto proposal = parse_proposal(protocol, text);
  return proposal ? proposal_text(*proposal) : proposal.error().what;
}
std::string ike(std::string_view text) { return again(ProtocolId::kIke, text); }
std::string esp(std::string_view text) { return again(ProtocolId::kEsp, text); }

// [7296-2.13-a]
TEST(Keywords, BecomeTransformsWithKeyLengths) {
  const auto proposal = parse_proposal(ProtocolId::kIke, "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke1_none", 3);
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->number, 3);
  EXPECT_EQ(proposal->protocol, ProtocolId::kIke);
  EXPECT_TRUE(proposal->spi.empty());
  using enum ikewire::TransformType;
  const std::vector<ikewire::Transform> expected = {make_transform(kEncr, 20, 256), make_transform(kPrf, 6),
                                                    make_transform(kKe, 31), make_transform(kAddKe1, 36),
                                                    make_transform(kAddKe1, 0)};
  EXPECT_EQ(proposal->transforms, expected);
  EXPECT_EQ(proposal->transforms[0].key_bits(), 256);
}

TEST(Keywords, ComeBackInOneForm) {
  EXPECT_EQ(ike("aes256gcm16-prfsha384-x25519-ke1_mlkem768"), "aes256gcm16-prfsha384-x25519-ke1_mlkem768");
  EXPECT_EQ(ike("aes256-sha256-modp2048"), "aes256-prfsha256-sha256-modp2048");
  EXPECT_EQ(ike("aes-sha2_512-curve25519"), "aes128-prfsha512-sha512-x25519");
  EXPECT_EQ(ike("modp3072-chacha20poly1305-prfsha256"), "chacha20poly1305-prfsha256-modp3072");
  EXPECT_EQ(ike("aes256gcm128-prfsha512-mlkem1024-ke2_ecp384-ke7_mceliece6960119f"),
            "aes256gcm16-prfsha512-mlkem1024-ke2_ecp384-ke7_mceliece6960119f");
  EXPECT_EQ(esp("aes256gcm16-ecp384-esn"), "aes256gcm16-ecp384-esn");
  EXPECT_EQ(esp("aes128gcm-noesn"), "aes128gcm16");
  EXPECT_EQ(esp("aes128gcm16-esn-noesn"), "aes128gcm16-esn-noesn");
  EXPECT_EQ(esp("aes256gcm16-ecp384-modpnone"), "aes256gcm16-ecp384-modpnone");
}

// Each size of a key is a transform of its own, and a cipher with one size has none to name.
// [7296-3.3-e, 7296-3.3-f, 7296-3.3.5-c]
TEST(Keywords, HaveOneKeyLengthOrNone) {
  const auto proposal = parse_proposal(ProtocolId::kEsp, "aes128gcm16-aes256gcm16-chacha20poly1305-x25519");
  ASSERT_TRUE(proposal);
  using enum ikewire::TransformType;
  std::vector<ikewire::Transform> ciphers = proposal->transforms;
  std::erase_if(ciphers, [](const ikewire::Transform& t) { return t.type != kEncr; });
  EXPECT_EQ(ciphers,
            (std::vector{make_transform(kEncr, 20, 128), make_transform(kEncr, 20, 256), make_transform(kEncr, 28)}));
  EXPECT_EQ(ciphers[0].attributes.size(), 1u);
  for (const ikewire::Transform& t : proposal->transforms) EXPECT_LE(t.attributes.size(), 1u);
  EXPECT_TRUE(ciphers[2].attributes.empty());
}

// [7296-5-a, 7296-5-b]
TEST(Keywords, NothingWithoutProtectionHasAWord) {
  for (const std::string_view text :
       {"null-sha256-x25519", "aes256-prfsha256-none-x25519", "aes256gcm16-prfaesxcbc-x25519",
        "aes256gcm16-prfmd5-x25519", "aes256gcm16-prf3des-x25519"}) {
    EXPECT_FALSE(parse_proposal(ProtocolId::kIke, text)) << text;
  }
}

TEST(Keywords, ReadBackAsTheSameProposal) {
  for (const auto& [protocol, text] : std::vector<std::pair<ProtocolId, std::string_view>>{
           {ProtocolId::kIke, "aes128-aes256-sha256-sha512-modp2048-ecp256-x448"},
           {ProtocolId::kIke, "aes256gcm16-prfsha256-x25519-ke1_mlkem512-ke1_none-ke3_mceliece348864"},
           {ProtocolId::kEsp, "aes256gcm16-chacha20poly1305-x25519-modpnone-esn"},
           {ProtocolId::kEsp, "aes128-sha384-ecp521-ke1_mlkem1024"}}) {
    const auto first = parse_proposal(protocol, text);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(parse_proposal(protocol, proposal_text(*first)), *first) << text;
  }
}

TEST(Keywords, OrderWithinAKindIsPreference) {
  EXPECT_EQ(ike("x448-aes256gcm16-ecp256-prfsha512-aes128gcm16-prfsha256"),
            "aes256gcm16-aes128gcm16-prfsha512-prfsha256-x448-ecp256");
}

TEST(Keywords, AnIkeAeadNeedsItsPrfByName) {
  EXPECT_THAT(ike("aes256gcm16-x25519"), HasSubstr("no prf"));
  EXPECT_THAT(ike("aes256gcm16-sha256-x25519"), HasSubstr("prfsha256"));
}

// [7296-3.3-d, 7296-5-b]
TEST(Keywords, IncompleteOnesAreRefused) {
  EXPECT_THAT(ike("prfsha256-x25519"), HasSubstr("no cipher"));
  EXPECT_THAT(ike("aes256gcm16-prfsha256"), HasSubstr("no key exchange"));
  EXPECT_THAT(ike("aes256-prfsha256-x25519"), HasSubstr("integrity"));
  EXPECT_THAT(esp("aes256"), HasSubstr("integrity"));
  EXPECT_THAT(esp("aes256gcm16-ke1_mlkem768"), HasSubstr("first one"));
  EXPECT_THAT(ike("aes256gcm16-prfsha256-modpnone"), HasSubstr("modpnone"));
  EXPECT_THAT(esp("aes256gcm16-modpnone-x25519-ke1_mlkem768"), HasSubstr("contradict"));
  EXPECT_THAT(ike("aes256-aes256gcm16-sha256-x25519"), HasSubstr("of their own"));
  EXPECT_THAT(ike(""), HasSubstr("''"));
}

TEST(Keywords, WordsOfTheOtherProtocolAreRefused) {
  EXPECT_THAT(ike("aes256gcm16-prfsha256-x25519-esn"), HasSubstr("'esn' belongs to ESP"));
  EXPECT_THAT(esp("aes256gcm16-prfsha256"), HasSubstr("'prfsha256' belongs to IKE"));
  EXPECT_FALSE(parse_proposal(ProtocolId::kAh, "sha256"));
}

TEST(Keywords, TheFaultyWordIsNamed) {
  for (const std::string_view wrong : {"aes512", "", "x25519 ", "X25519", "ke0_x25519", "ke8_x25519", "ke1_",
                                       "ke1_sha256", "ke1_esn", "none", "aes256gcm16!"}) {
    const std::string text = "aes256gcm16-prfsha256-x448-" + std::string(wrong);
    EXPECT_EQ(ike(text), "proposal '" + text + "': '" + std::string(wrong) + "' is no algorithm of this gateway");
  }
  EXPECT_THAT(ike("aes256gcm16-prfsha256-x25519-curve25519"), HasSubstr("'curve25519' stands there twice"));
}

TEST(Keywords, WeakAlgorithmsAreRefusedAsSuch) {
  EXPECT_THAT(ike("3des-sha256-modp2048"), HasSubstr("'3des' is too weak"));
  EXPECT_THAT(ike("aes128-sha1-modp2048"), HasSubstr("'sha1' is too weak"));
  EXPECT_THAT(ike("aes128-sha256-modp1024"), HasSubstr("'modp1024' is too weak"));
}

TEST(Keywords, ATransformWithoutAWordHasItsRegistryName) {
  using enum ikewire::TransformType;
  EXPECT_EQ(transform_text(make_transform(kEncr, 12, 192)), "AES_CBC_192");
  EXPECT_EQ(transform_text(make_transform(kEncr, 3)), "3DES");
  EXPECT_EQ(transform_text(make_transform(kKe, 2)), "MODP_1024");
  EXPECT_EQ(transform_text(make_transform(kAddKe2, 27)), "ke2_BRAINPOOL_P224R1");
  EXPECT_EQ(transform_text(make_transform(kEncr, 12)), "AES_CBC");  // a key length is missing: not aes128
}

TEST(Keywords, ThereIsOneForEveryKeyExchangeThatIsComputedHere) {
  for (const crypto::KeyExchangeMethod& method : crypto::key_exchange_methods()) {
    const std::string word = transform_text(make_transform(ikewire::TransformType::kKe, method.id));
    EXPECT_EQ(ike("aes256gcm16-prfsha256-" + word), "aes256gcm16-prfsha256-" + word);
  }
}

TEST(Keywords, KnowWhatIsAnAeadAndWhatResistsQuantumComputers) {
  EXPECT_TRUE(is_aead(ikewire::Encryption::kAesGcm16));
  EXPECT_TRUE(is_aead(ikewire::Encryption::kAesCcm8));
  EXPECT_TRUE(is_aead(ikewire::Encryption::kChacha20Poly1305));
  EXPECT_FALSE(is_aead(ikewire::Encryption::kAesCbc));
  EXPECT_FALSE(is_aead(ikewire::Encryption::kAesCtr));
  EXPECT_FALSE(is_aead(ikewire::Encryption::kCamelliaCbc));
  EXPECT_TRUE(is_post_quantum(ikewire::KeMethod::kMlKem512));
  EXPECT_TRUE(is_post_quantum(ikewire::KeMethod::kMlKem1024));
  EXPECT_TRUE(is_post_quantum(ikewire::KeMethod::kMceliece8192128f));
  EXPECT_FALSE(is_post_quantum(ikewire::KeMethod::kCurve448));
  EXPECT_FALSE(is_post_quantum(ikewire::KeMethod::kNone));
  EXPECT_FALSE(is_post_quantum(ikewire::KeMethod{38}));
}

}  // namespace
}  // namespace levelgate::negotiation::keywords_test
