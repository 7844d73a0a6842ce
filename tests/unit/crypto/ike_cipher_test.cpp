// SPDX-License-Identifier: Apache-2.0
//
// Protection of SK bodies: the example of RFC 7634 appendix B, answers that Python's cryptography module gave for the
// other pairs, and what must hold for every pair: what was sealed opens, what was touched does not.
#include "crypto/ike_cipher.h"

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "support/hex_octets.h"

namespace levelgate::crypto::ike_cipher_test {
namespace {

using testing::from_hex;
using Octets = std::vector<std::byte>;
using enum IkeEncryption;
using enum IkeIntegrity;

struct KnownSeal {
  IkeProtection protection;
  std::string sealed;
};

// What GoogleTest prints of a parameter; without it, the octets of the object.
void PrintTo(const KnownSeal& known, std::ostream* out) { *out << known.sealed; }

// Of the octets 30..5f, with the keys, IVs and associated data made below.
const std::vector<KnownSeal> kKnown{
    {{kAes128Gcm16, kNone},
     "168f91f56ec445e2722796adeba7381a88610bfcddb3efb6d5fed5dfcca241b3ca3fb882d01883e2e9370b26fb65a5dbeab6"
     "dc9930b1c74bd7749b76c0b686e3"},
    {{kAes256Gcm16, kNone},
     "c1adc4c0211c1f8d11d9bb0bfe4e25aa821527423290c338af2d497fdb668f56fa0ab542dbc3162c631e87ab12d73b234f25"
     "33838d7c2a392680f1ed334b6782"},
    {{kChaCha20Poly1305, kNone},
     "50c91c918d6fcf3b60794438ef86de3c79ad44368d1bf74c713dced7691e31d1452d72c7a80a0236ef38e1781aa696c1e812"
     "1f7bd0e06f5d9c5055807d7e82b9"},
    {{kAes128Cbc, kHmacSha256},
     "7435c021c8341a61178613cc9b5982ed405ba83017d82f03c8502d3907322dc0a3c636965c765a38ecc4f7b43372fbbabbab"
     "3d868998e66a845b2d3a5be875b3"},
    {{kAes128Cbc, kHmacSha384},
     "7435c021c8341a61178613cc9b5982ed405ba83017d82f03c8502d3907322dc0a3c636965c765a38ecc4f7b43372fbba3b9d"
     "bc6a884d319fee238fad30246734df673977560d8ec2"},
    {{kAes128Cbc, kHmacSha512},
     "7435c021c8341a61178613cc9b5982ed405ba83017d82f03c8502d3907322dc0a3c636965c765a38ecc4f7b43372fbbaf88e"
     "1aaa9363b027459ce551ca3c9c98cbc2d2795714caa1348f7f428409e9d7"},
    {{kAes256Cbc, kHmacSha256},
     "2ef8905e6120288b877622f30432fa03d25859a0c253f6bb2a3c782e738a128e3cac34072253171fd0fb47d3702ed89eeed9"
     "f0b01f8deee9a93460deb5a759d4"},
    {{kAes256Cbc, kHmacSha384},
     "2ef8905e6120288b877622f30432fa03d25859a0c253f6bb2a3c782e738a128e3cac34072253171fd0fb47d3702ed89eb494"
     "c076ac0b3f2f7edb98ef931fec0fd46a0e7830514dd0"},
    {{kAes256Cbc, kHmacSha512},
     "2ef8905e6120288b877622f30432fa03d25859a0c253f6bb2a3c782e738a128e3cac34072253171fd0fb47d3702ed89e32a8"
     "dc944cb1529895d6c8909b581951eeaf458690e7800f995a9ae914a41d2a"}};

Octets steps(unsigned step, unsigned from, std::size_t count) {
  Octets octets(count);
  for (std::size_t i = 0; i < count; ++i) octets[i] = static_cast<std::byte>(step * i + from);
  return octets;
}

const Octets kPlain = steps(1, 0x30, 48);
const Octets kAssociated = steps(1, 1, 32);

Octets encryption_key(const IkeCipherSizes& sizes) { return steps(7, 3, sizes.encryption_key_octets); }
Octets integrity_key(const IkeCipherSizes& sizes) { return steps(5, 1, sizes.integrity_key_octets); }
Octets iv_of(const IkeCipherSizes& sizes) { return steps(1, 0xa0, sizes.iv_octets); }

class EachProtection : public ::testing::TestWithParam<KnownSeal> {
 protected:
  EachProtection()
      : sizes_(ike_cipher_sizes(GetParam().protection).value()),
        cipher_(IkeCipher::create(GetParam().protection, encryption_key(sizes_), integrity_key(sizes_)).value()),
        iv_(iv_of(sizes_)),
        sealed_(cipher_.seal(iv_, kAssociated, kPlain).value()) {}

  IkeCipherSizes sizes_;
  IkeCipher cipher_;
  Octets iv_;
  Octets sealed_;
};

// [7296-3.14-e]
TEST_P(EachProtection, KnownAnswer) {
  EXPECT_EQ(sealed_, from_hex(GetParam().sealed));
  EXPECT_EQ(sealed_.size(), kPlain.size() + sizes_.icv_octets);
}

TEST_P(EachProtection, OpensWhatWasSealed) { EXPECT_EQ(cipher_.open(iv_, kAssociated, sealed_), kPlain); }

TEST_P(EachProtection, AnEmptyBodyIsOneToo) {
  const Octets sealed = cipher_.seal(iv_, kAssociated, {}).value();
  EXPECT_EQ(sealed.size(), sizes_.icv_octets);
  EXPECT_EQ(cipher_.open(iv_, kAssociated, sealed), Octets{});
  EXPECT_FALSE(cipher_.open(iv_, {}, sealed));
}

// Each bit of the sealed octets, the IV and the associated data is bound.
// [7296-3.14-e]
TEST_P(EachProtection, ATouchedBitIsRefused) {
  const auto refused = [&](Octets iv, Octets associated, Octets sealed) {
    const auto opened = cipher_.open(iv, associated, sealed);
    return !opened && opened.error().fault == Fault::kBadInput;
  };
  for (std::size_t bit = 0; bit < sealed_.size() * 8; ++bit) {
    Octets touched = sealed_;
    touched[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    ASSERT_TRUE(refused(iv_, kAssociated, touched)) << bit;
  }
  for (std::size_t i = 0; i < iv_.size(); ++i) {
    Octets touched = iv_;
    touched[i] ^= std::byte{1};
    ASSERT_TRUE(refused(touched, kAssociated, sealed_)) << i;
  }
  for (std::size_t i = 0; i < kAssociated.size(); ++i) {
    Octets touched = kAssociated;
    touched[i] ^= std::byte{1};
    ASSERT_TRUE(refused(iv_, touched, sealed_)) << i;
  }
}

TEST_P(EachProtection, EveryOtherLengthIsRefused) {
  Octets longer = sealed_;
  longer.resize(sealed_.size() + 40);
  for (std::size_t octets = 0; octets <= longer.size(); ++octets) {
    if (octets == sealed_.size()) continue;
    EXPECT_FALSE(cipher_.open(iv_, kAssociated, ConstBytes(longer).first(octets))) << octets;
  }
  EXPECT_FALSE(cipher_.open(ConstBytes(iv_).first(iv_.size() - 1), kAssociated, sealed_));
  EXPECT_FALSE(cipher_.seal(ConstBytes(iv_).first(iv_.size() - 1), kAssociated, kPlain));
}

TEST_P(EachProtection, AnotherKeyDoesNotOpen) {
  for (const bool encryption : {true, false}) {
    Octets enc = encryption_key(sizes_), integ = integrity_key(sizes_);
    Octets& touched = encryption ? enc : integ;
    // CBC without the right key decrypts to rubbish; what tells is the integrity key alone.
    if (touched.empty() || (encryption && sizes_.integrity_key_octets != 0)) continue;
    for (std::size_t i = 0; i < touched.size(); ++i) {
      touched[i] ^= std::byte{0x80};
      EXPECT_FALSE(IkeCipher::create(GetParam().protection, enc, integ)->open(iv_, kAssociated, sealed_)) << i;
      touched[i] ^= std::byte{0x80};
    }
  }
}

TEST_P(EachProtection, KeysOfOtherLengthsAreRefused) {
  const IkeProtection protection = GetParam().protection;
  const Octets enc = encryption_key(sizes_), integ = integrity_key(sizes_);
  EXPECT_FALSE(IkeCipher::create(protection, ConstBytes(enc).first(enc.size() - 1), integ));
  EXPECT_FALSE(IkeCipher::create(protection, {}, integ));
  EXPECT_FALSE(IkeCipher::create(protection, enc, steps(5, 1, sizes_.integrity_key_octets + 1)));
}

TEST_P(EachProtection, OnlyWholeBlocksAreSealed) {
  for (std::size_t octets = 0; octets < 34; ++octets) {
    EXPECT_EQ(cipher_.seal(iv_, kAssociated, steps(1, 0, octets)).has_value(), octets % sizes_.block_octets == 0);
  }
}

std::string name_of(const ::testing::TestParamInfo<KnownSeal>& info) {
  constexpr std::array kEncryption{"Aes128Gcm16", "Aes256Gcm16", "ChaCha20Poly1305", "Aes128Cbc", "Aes256Cbc"};
  constexpr std::array kIntegrity{"", "HmacSha256", "HmacSha384", "HmacSha512"};
  const IkeProtection protection = info.param.protection;
  return std::string(kEncryption[static_cast<std::size_t>(protection.encryption)]) +
         kIntegrity[static_cast<std::size_t>(protection.integrity)];
}

INSTANTIATE_TEST_SUITE_P(All, EachProtection, ::testing::ValuesIn(kKnown), name_of);

// RFC 7296 §3.3: integrity with an AEAD, or none without one, is no proposal.
// [7296-3.3-d, 7296-3.14-b, 7296-5-b]
TEST(IkeProtection, OnlyPairsThatMakeSense) {
  for (const IkeEncryption aead : {kAes128Gcm16, kAes256Gcm16, kChaCha20Poly1305}) {
    for (const IkeIntegrity integrity : {kHmacSha256, kHmacSha384, kHmacSha512}) {
      EXPECT_FALSE(ike_cipher_sizes({aead, integrity}));
      EXPECT_FALSE(IkeCipher::create({aead, integrity}, Octets(36), Octets(32)));
    }
  }
  for (const IkeEncryption cbc : {kAes128Cbc, kAes256Cbc}) EXPECT_FALSE(ike_cipher_sizes({cbc, kNone}));
}

TEST(IkeCipher, ExampleOfRfc7634AppendixB) {
  const Octets key = [] {
    Octets octets = steps(1, 0x80, 32);
    const Octets salt = from_hex("a0a1a2a3");
    octets.insert(octets.end(), salt.begin(), salt.end());
    return octets;
  }();
  const Octets associated = from_hex("c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202500 00000009 00000045 29000029");
  const Octets iv = from_hex("1011121314151617"), plain = from_hex("0000000c 00004001 0000000a 00");
  const Octets sealed = from_hex("610394701f8d017f7c12924889 6b71bfe25236efd7cdc67066906315b2");
  const IkeCipher cipher = IkeCipher::create({kChaCha20Poly1305, kNone}, key, {}).value();
  EXPECT_EQ(cipher.seal(iv, associated, plain), sealed);
  EXPECT_EQ(cipher.open(iv, associated, sealed), plain);
}

}  // namespace
}  // namespace levelgate::crypto::ike_cipher_test
