// SPDX-License-Identifier: Apache-2.0
//
// AlgorithmIdentifiers of method 14: what we send is the DER of RFC 7427 appendix A, what we read is judged by its
// meaning, and nothing weaker than SHA-2 has a name here.
#include "crypto/signature_scheme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/hex_octets.h"

namespace levelgate::crypto::signature_scheme_test {
namespace {

using testing::from_hex;
using enum SignatureScheme;
using Octets = std::vector<std::byte>;

std::vector<SignatureScheme> every_scheme() {
  std::vector<SignatureScheme> schemes;
  for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(kMlDsa87); ++i) {
    schemes.push_back(static_cast<SignatureScheme>(i));
  }
  return schemes;
}

std::vector<KeyType> every_key_type() {
  std::vector<KeyType> types;
  for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(KeyType::kMlDsa87); ++i) {
    types.push_back(static_cast<KeyType>(i));
  }
  return types;
}

::testing::AssertionResult refused(const Octets& der) {
  const auto scheme = read_algorithm_identifier(der);
  if (scheme) return ::testing::AssertionFailure() << "read as " << name_of(*scheme);
  if (scheme.error().fault != Fault::kBadInput) return ::testing::AssertionFailure() << scheme.error().what;
  return ::testing::AssertionSuccess();
}

TEST(SignatureScheme, WhatIsSentIsReadAsItself) {
  for (const SignatureScheme scheme : every_scheme()) {
    const ConstBytes identifier = algorithm_identifier_of(scheme);
    EXPECT_EQ(identifier.empty(), auth_method_of(scheme) != 14) << name_of(scheme);
    if (!identifier.empty()) {
      EXPECT_EQ(read_algorithm_identifier(identifier), scheme) << name_of(scheme);
    }
    EXPECT_LT(identifier.size(), 256u) << "its length is one octet";
  }
}

TEST(SignatureScheme, NumbersOfIana) {
  EXPECT_EQ(auth_method_of(kEcdsaP256Sha256Raw), 9);
  EXPECT_EQ(auth_method_of(kEcdsaP384Sha384Raw), 10);
  EXPECT_EQ(auth_method_of(kEcdsaP521Sha512Raw), 11);
  EXPECT_EQ(auth_method_of(kRsaPssSha256), 14);
  EXPECT_EQ(hash_algorithm_of(kRsaPssSha256), 2);
  EXPECT_EQ(hash_algorithm_of(kRsaPkcs1Sha384), 3);
  EXPECT_EQ(hash_algorithm_of(kEcdsaSha512), 4);
  EXPECT_EQ(hash_algorithm_of(kEd25519), 5);
  EXPECT_EQ(hash_algorithm_of(kMlDsa65), 5);
}

// RFC 7427 appendix A.4.3 prints the trailer field; the same without NULL for the hashes is seen as well (RFC 4055
// §2.1).
TEST(SignatureScheme, PssParametersMeanTheSameInEachForm) {
  const std::string sha256 = "300d06096086480165030402010500", bare = "300b0609608648016503040201";
  const std::string mgf1_head = "06092a864886f70d010108";
  EXPECT_EQ(read_algorithm_identifier(from_hex("304606092a864886f70d01010a3039a00f" + sha256 + "a11c301a" + mgf1_head +
                                               sha256 + "a203020120a303020101")),
            kRsaPssSha256);
  EXPECT_EQ(read_algorithm_identifier(from_hex("304406092a864886f70d01010a3037a00d" + bare + "a11c301a" + mgf1_head +
                                               sha256 + "a203020120a303020101")),
            kRsaPssSha256);
  EXPECT_EQ(read_algorithm_identifier(
                from_hex("303d06092a864886f70d01010a3030a00d" + bare + "a11a3018" + mgf1_head + bare + "a203020120")),
            kRsaPssSha256);
}

TEST(SignatureScheme, PssWithOtherParametersIsRefused) {
  const std::string sha1 = "300906052b0e03021a0500", sha256 = "300d06096086480165030402010500";
  const std::string sha384 = "300d06096086480165030402020500", mgf1_head = "06092a864886f70d010108";
  const std::string pss = "06092a864886f70d01010a", good_mask = "a11c301a" + mgf1_head + sha256;
  const std::vector<std::pair<std::string, std::string>> bad{
      {"no parameters", "300b" + pss},
      {"NULL for parameters", "300d" + pss + "0500"},
      {"all defaults, which are SHA-1 (A.4.1)", "300d" + pss + "3000"},
      {"the defaults written out (A.4.2)",
       "303e" + pss + "3031a00b" + sha1 + "a1183016" + mgf1_head + sha1 + "a203020114a303020101"},
      {"no mask", "3023" + pss + "3016a00f" + sha256 + "a203020120"},
      {"the mask's hash is another",
       "3041" + pss + "3034a00f" + sha256 + "a11c301a" + mgf1_head + sha384 + "a203020120"},
      {"the mask's hash is SHA-1", "303d" + pss + "3030a00f" + sha256 + "a1183016" + mgf1_head + sha1 + "a203020120"},
      {"a mask without its hash", "3032" + pss + "3025a00f" + sha256 + "a10d300b" + mgf1_head + "a203020120"},
      {"the mask is no MGF1",
       "3041" + pss + "3034a00f" + sha256 + "a11c301a06092a864886f70d010109" + sha256 + "a203020120"},
      {"no salt length, which is 20", "303c" + pss + "302fa00f" + sha256 + good_mask},
      {"salt of 20", "3041" + pss + "3034a00f" + sha256 + good_mask + "a203020114"},
      {"salt of 222", "3042" + pss + "3035a00f" + sha256 + good_mask + "a204020200de"},
      {"negative salt", "3041" + pss + "3034a00f" + sha256 + good_mask + "a2030201e0"},
      {"salt of 2^64 + 32", "3049" + pss + "303ca00f" + sha256 + good_mask + "a20b0209010000000000000020"},
      {"trailer field 2", "3046" + pss + "3039a00f" + sha256 + good_mask + "a203020120a303020102"},
      {"octets behind the parameters", "3043" + pss + "3034a00f" + sha256 + good_mask + "a2030201200500"},
  };
  for (const auto& [what, digits] : bad) EXPECT_TRUE(refused(from_hex(digits))) << what;
}

// RFC 7427 §3: NULL and nothing are two forms of one thing where the algorithm's documents ever had both.
TEST(SignatureScheme, NullParametersWhereBothFormsExist) {
  EXPECT_EQ(read_algorithm_identifier(from_hex("300b06092a864886f70d01010b")), kRsaPkcs1Sha256);
  EXPECT_EQ(read_algorithm_identifier(from_hex("300c06082a8648ce3d0403020500")), kEcdsaSha256);
  EXPECT_TRUE(refused(from_hex("300706032b65700500"))) << "Ed25519 (RFC 8410 §3)";
  EXPECT_TRUE(refused(from_hex("300d06096086480165030403110500"))) << "ML-DSA-44";
  EXPECT_TRUE(refused(from_hex("300e06092a864886f70d01010b020100"))) << "RSA with a number for parameters";
}

TEST(SignatureScheme, WeakAndForeignAlgorithmsAreRefused) {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"sha1WithRSAEncryption", "300d06092a864886f70d0101050500"},
      {"ecdsa-with-SHA1", "300906072a8648ce3d0401"},
      {"dsa-with-sha256", "300b0609608648016503040302"},
      {"md5WithRSAEncryption", "300d06092a864886f70d0101040500"},
      {"rsaEncryption", "300d06092a864886f70d0101010500"},
      {"HashML-DSA-44", "300b0609608648016503040320"},
      {"nobody's", "30060604550405ff"},
  };
  for (const auto& [what, digits] : bad) EXPECT_TRUE(refused(from_hex(digits))) << what;
}

// Every cut of what is right, octets behind it, and every octet of it changed: an answer each time, and never another
// scheme than the changed octets say.
TEST(SignatureScheme, RubbishIsRefused) {
  EXPECT_TRUE(refused({}));
  for (const SignatureScheme scheme : every_scheme()) {
    const ConstBytes identifier = algorithm_identifier_of(scheme);
    for (std::size_t octets = 0; octets < identifier.size(); ++octets) {
      EXPECT_TRUE(refused({identifier.begin(), identifier.begin() + static_cast<std::ptrdiff_t>(octets)}));
    }
    if (identifier.empty()) continue;
    Octets longer(identifier.begin(), identifier.end());
    longer.push_back(std::byte{0});
    EXPECT_TRUE(refused(longer)) << name_of(scheme);
    for (std::size_t i = 0; i < identifier.size(); ++i) {
      for (unsigned value = 0; value < 256; ++value) {
        Octets changed(identifier.begin(), identifier.end());
        if (changed[i] == static_cast<std::byte>(value)) continue;
        changed[i] = static_cast<std::byte>(value);
        const auto found = read_algorithm_identifier(changed);
        if (found) {
          EXPECT_NE(*found, scheme) << name_of(scheme) << " octet " << i << " is " << value;
        }
      }
    }
  }
}

TEST(SignatureScheme, KeysAndSchemesThatFit) {
  for (const KeyType type : every_key_type()) {
    const std::vector<SignatureScheme> schemes = schemes_of(type);
    EXPECT_FALSE(schemes.empty()) << name_of(type);
    for (const SignatureScheme scheme : every_scheme()) {
      const bool listed = std::ranges::find(schemes, scheme) != schemes.end();
      if (auth_method_of(scheme) == 14) {
        EXPECT_EQ(fits(type, scheme), listed) << name_of(type) << name_of(scheme);
      }
      if (auth_method_of(scheme) != 14) {
        EXPECT_FALSE(listed) << "a list for method 14";
      }
    }
  }
  EXPECT_TRUE(fits(KeyType::kEcP256, kEcdsaP256Sha256Raw));
  EXPECT_FALSE(fits(KeyType::kEcP384, kEcdsaP256Sha256Raw)) << "RFC 4754 §3 binds the curve";
  EXPECT_FALSE(fits(KeyType::kRsaPss, kRsaPkcs1Sha256));
  EXPECT_EQ(schemes_of(KeyType::kEcP384).front(), kEcdsaSha384);
  EXPECT_EQ(schemes_of(KeyType::kRsa).front(), kRsaPssSha256);
}

}  // namespace
}  // namespace levelgate::crypto::signature_scheme_test
