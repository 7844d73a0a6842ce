// SPDX-License-Identifier: Apache-2.0
//
// Signatures: the examples of RFC 4754 §8 and RFC 8032 §7, a round for every scheme and key, and everything that must
// not hold: other messages, other keys, other forms, weak keys, lenient padding.
#include "crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "crypto/openssl_context.h"
#include "support/hex_octets.h"
#include "support/test_keys.h"

namespace levelgate::crypto::signature_test {
namespace {

using testing::from_hex;
using testing::TestKey;
using enum SignatureScheme;
using Octets = std::vector<std::byte>;

const Octets kMessage = from_hex("00112233445566778899aabbccddeeff 0123456789");

struct KnownSignature {
  SignatureScheme scheme;
  std::string spki, message, signature;
};

const std::vector<KnownSignature> kKnown{
    {kEcdsaP256Sha256Raw,
     "3059301306072a8648ce3d020106082a8648ce3d030107034200042442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0"
     "822cb04235e9706fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d",
     "616263",
     "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c86fa3bb4e26cad5bf90b7f81899256ce7594bb1e"
     "a0c89212748bff3b3d5b0315"},
    {kEcdsaP384Sha384Raw,
     "3076301006072a8648ce3d020106052b810400220362000496281bf8dd5e0525ca049c048d345d3082968d10fedf5c5aca0c64e6"
     "465a97ea5ce10c9dfec21797415710721f437922447688ba94708eb6e2e4d59f6ab6d7edff9301d249fe49c33096655f5d502fad"
     "3d383b91c5e7edaa2b714cc99d5743ca",
     "616263",
     "fb017b914e29149432d8bac29a514640b46f53ddab2c69948084e2930f1c8f7e08e07c9c63f2d21a07dcb56a6af56eb3b263a130"
     "5e057f984d38726a1b46874109f417bca112674c528262a40a629af1cbb9f516ce0fa7d2ff630863a00e8b9f"},
    {kEcdsaP521Sha512Raw,
     "30819b301006072a8648ce3d020106052b8104002303818600040151518f1af0f563517edd5485190df95a4bf57b5cba4cf2a9a3"
     "f6474725a35f7afe0a6ddeb8bedbcd6a197e592d40188901cecd650699c9b5e456aea5add19052a8006f3b142ea1bfff7e2837ad"
     "44c9e4ff6d2d34c73184bbad90026dd5e6e85317d9df45cad7803c6c20035b2f3ff63aff4e1ba64d1c077577da3f4286c58f0aea"
     "e643",
     "616263",
     "0154fd3836af92d0dca57dd5341d3053988534fde8318fc6aaaab68e2e6f4339b19f2f281a7e0b22c269d93cf8794a9278880ed7"
     "dbb8d9362caeacee544320552251017705a7030290d1ceb605a9a1bb03ff9cdd521e87a696ec926c8c10c8362df4975367101f67"
     "d1cf9bccbf2f3d239534fa509e70aac851ae01aac68d62f866472660"},
    {kEd25519, "302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {kEd448,
     "3043300506032b6571033a0043ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802"
     "b8438ea4cb82169c235160627b4c3a9480",
     "03",
     "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf037"
     "ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adaf"
     "d1d234441cf807c03a00"}};

TEST(Signature, KnownAnswersHold) {
  for (const KnownSignature& known : kKnown) {
    const PublicKey key = PublicKey::from_spki(from_hex(known.spki)).value();
    EXPECT_TRUE(key.verify(known.scheme, from_hex(known.message), from_hex(known.signature))) << name_of(known.scheme);
    EXPECT_FALSE(key.verify(known.scheme, from_hex(known.message + "00"), from_hex(known.signature)));
  }
}

TestKey make(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return testing::make_rsa_key();
    case KeyType::kRsaPss:
      return testing::make_rsa_key({.algorithm = "RSA-PSS"});
    case KeyType::kEcP256:
      return testing::make_ec_key("P-256");
    case KeyType::kEcP384:
      return testing::make_ec_key("P-384");
    case KeyType::kEcP521:
      return testing::make_ec_key("P-521");
    case KeyType::kEd25519:
    case KeyType::kEd448:
    case KeyType::kMlDsa44:
    case KeyType::kMlDsa65:
    case KeyType::kMlDsa87:
      break;
  }
  return testing::make_key(std::string(name_of(type)));
}

std::vector<SignatureScheme> every_scheme() {
  std::vector<SignatureScheme> schemes;
  for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(kMlDsa87); ++i) {
    schemes.push_back(static_cast<SignatureScheme>(i));
  }
  return schemes;
}

class EachKey : public ::testing::TestWithParam<KeyType> {
 protected:
  EachKey() : key_(private_key_from_pem(testing::pem_of(make(GetParam()))).value()) {}

  const PublicKey& public_key() const { return key_->public_key(); }
  ::testing::AssertionResult refused(SignatureScheme scheme, const Octets& message, const Octets& signature) const {
    const Result<void> held = public_key().verify(scheme, message, signature);
    if (held) return ::testing::AssertionFailure() << "it holds";
    if (held.error().fault != Fault::kBadInput) return ::testing::AssertionFailure() << held.error().what;
    return ::testing::AssertionSuccess();
  }

  std::unique_ptr<PrivateKey> key_;
};

TEST_P(EachKey, TypeIsToldAndTheSpkiReadsBack) {
  EXPECT_EQ(public_key().type(), GetParam());
  const PublicKey again = PublicKey::from_spki(public_key().spki()).value();
  EXPECT_EQ(again.type(), GetParam());
  EXPECT_TRUE(std::ranges::equal(again.spki(), public_key().spki()));
}

TEST_P(EachKey, SignsAndHoldsWithEveryFittingScheme) {
  for (const SignatureScheme scheme : every_scheme()) {
    const auto signature = key_->sign(scheme, kMessage);
    ASSERT_EQ(signature.has_value(), fits(GetParam(), scheme)) << name_of(scheme);
    if (!signature) {
      EXPECT_EQ(signature.error().fault, Fault::kBadInput);
      EXPECT_TRUE(refused(scheme, kMessage, Octets(64)));
      continue;
    }
    EXPECT_TRUE(public_key().verify(scheme, kMessage, *signature)) << name_of(scheme);
    for (const SignatureScheme other : every_scheme()) {
      if (other != scheme) {
        EXPECT_TRUE(refused(other, kMessage, *signature)) << name_of(scheme) << name_of(other);
      }
    }
  }
}

TEST_P(EachKey, AnEmptyMessageIsOneToo) {
  const SignatureScheme scheme = schemes_of(GetParam()).front();
  const Octets signature = key_->sign(scheme, {}).value();
  EXPECT_TRUE(public_key().verify(scheme, {}, signature));
  EXPECT_TRUE(refused(scheme, Octets(1), signature));
}

TEST_P(EachKey, AChangeAnywhereIsRefused) {
  const SignatureScheme scheme = schemes_of(GetParam()).front();
  const Octets signature = key_->sign(scheme, kMessage).value();
  for (std::size_t i = 0; i < kMessage.size(); ++i) {
    Octets message = kMessage;
    message[i] ^= std::byte{0x10};
    EXPECT_TRUE(refused(scheme, message, signature)) << i;
  }
  const std::size_t step = signature.size() / 60 + 1;
  for (std::size_t i = 0; i < signature.size(); i += step) {
    Octets changed = signature;
    changed[i] ^= std::byte{0x01};
    EXPECT_TRUE(refused(scheme, kMessage, changed)) << i;
  }
  for (const std::size_t octets : {std::size_t{0}, std::size_t{1}, signature.size() - 1, signature.size() + 1}) {
    Octets changed = signature;
    changed.resize(octets);
    EXPECT_TRUE(refused(scheme, kMessage, changed)) << octets;
  }
  EXPECT_TRUE(refused(scheme, kMessage, Octets(signature.size())));
}

TEST_P(EachKey, AnotherKeyDoesNotHold) {
  const SignatureScheme scheme = schemes_of(GetParam()).front();
  const auto other = private_key_from_pem(testing::pem_of(make(GetParam()))).value();
  EXPECT_TRUE(refused(scheme, kMessage, other->sign(scheme, kMessage).value()));
}

std::string test_name(const ::testing::TestParamInfo<KeyType>& info) {
  std::string name(name_of(info.param));
  std::erase_if(name, [](char letter) { return letter == '-' || letter == ' '; });
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, EachKey,
                         ::testing::Values(KeyType::kRsa, KeyType::kRsaPss, KeyType::kEcP256, KeyType::kEcP384,
                                           KeyType::kEcP521, KeyType::kEd25519, KeyType::kEd448, KeyType::kMlDsa44,
                                           KeyType::kMlDsa65, KeyType::kMlDsa87),
                         test_name);

// RFC 4754 §7: methods 9 to 11 carry r | s of fixed length, method 14 the DER of the same numbers.
TEST(Signature, RawAndDerFormsOfEcdsaAreNotMixedUp) {
  const auto key = private_key_from_pem(testing::pem_of(testing::make_ec_key("P-521"))).value();
  for (int turn = 0; turn < 40; ++turn) {  // a number with leading zeros comes up
    const Octets raw = key->sign(kEcdsaP521Sha512Raw, kMessage).value();
    EXPECT_EQ(raw.size(), 132u);
    EXPECT_TRUE(key->public_key().verify(kEcdsaP521Sha512Raw, kMessage, raw));
    EXPECT_FALSE(key->public_key().verify(kEcdsaSha512, kMessage, raw));
    EXPECT_FALSE(key->public_key().verify(kEcdsaP521Sha512Raw, kMessage, key->sign(kEcdsaSha512, kMessage).value()));
  }
  EXPECT_FALSE(key->public_key().verify(kEcdsaP521Sha512Raw, kMessage, Octets(132))) << "r and s are zero";
  EXPECT_FALSE(key->public_key().verify(kEcdsaP521Sha512Raw, kMessage, Octets(132, std::byte{0xff})));
}

// What RSA makes of octets that the test has padded itself.
Octets rsa_of_padded(const TestKey& key, const Octets& padded) {
  OpensslOwned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  Octets made(padded.size());
  std::size_t size = made.size();
  EXPECT_EQ(EVP_PKEY_sign_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), 1);
  EXPECT_EQ(EVP_PKEY_sign(context.get(), octets_of(Bytes(made)), &size, octets_of(ConstBytes(padded)), padded.size()),
            1);
  return made;
}

// 00 01 ff..ff 00, then what follows, then as many octets as are left.
Octets pkcs1_padded(const std::string& tail, std::size_t ff_octets, std::size_t size = 256) {
  Octets octets = from_hex("0001");
  octets.resize(2 + ff_octets, std::byte{0xff});
  octets.push_back(std::byte{0});
  const Octets rest = from_hex(tail);
  octets.insert(octets.end(), rest.begin(), rest.end());
  octets.resize(size, std::byte{0x42});
  return octets;
}

// The forgeries that lenient parsers of PKCS#1 v1.5 let pass: octets behind the hash, short padding, a short hash,
// NULL left out, parameters that hide octets.
TEST(Signature, Pkcs1IsComparedToTheLastOctet) {
  const TestKey key = testing::make_rsa_key();
  const PublicKey holder = PublicKey::from_spki(testing::spki_of(key)).value();
  const std::string hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const Octets abc = from_hex("616263");
  const std::string head = "3031300d060960864801650304020105000420";
  EXPECT_TRUE(holder.verify(kRsaPkcs1Sha256, abc, rsa_of_padded(key, pkcs1_padded(head + hash, 202))))
      << "the test pads as PKCS#1 does";
  const std::vector<std::pair<std::string, Octets>> forged{
      {"octets behind", pkcs1_padded(head + hash, 8)},
      {"short hash", pkcs1_padded("3021300d06096086480165030402010500041000112233445566778899aabbccddeeff", 218)},
      {"no hash", pkcs1_padded("3011300d060960864801650304020105000400", 234)},
      {"NULL left out as a length", pkcs1_padded("302f300b060960864801650304020104"
                                                 "20" +
                                                     hash,
                                                 205)},
      {"SHA-1's name", pkcs1_padded("3021300906052b0e03021a05000414a9993e364706816aba3e25717850c26c9cd0d89d", 218)},
      {"bare hash", pkcs1_padded(hash, 221)},
      {"octets hidden in the parameters", pkcs1_padded("3081c030819b0609608648016503040201"
                                                       "048"
                                                       "18d" +
                                                           std::string(282, '5') + "0420" + hash,
                                                       58)},
  };
  for (const auto& [what, padded] : forged) {
    EXPECT_FALSE(holder.verify(kRsaPkcs1Sha256, abc, rsa_of_padded(key, padded))) << what;
  }
}

// A salt of another length than the hash is not what the AlgorithmIdentifier said (RFC 7427 appendix A.4.3).
TEST(Signature, PssSaltIsAsLongAsTheHash) {
  const TestKey key = testing::make_rsa_key();
  const PublicKey holder = PublicKey::from_spki(testing::spki_of(key)).value();
  for (const int salt : {0, 20, 31, 32, 33, 222}) {
    OpensslOwned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* key_context = nullptr;
    ASSERT_EQ(EVP_DigestSignInit_ex(context.get(), &key_context, "SHA256", nullptr, nullptr, key.get(), nullptr), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, salt), 1);
    Octets signature(256);
    std::size_t size = signature.size();
    ASSERT_EQ(EVP_DigestSign(context.get(), octets_of(Bytes(signature)), &size, octets_of(ConstBytes(kMessage)),
                             kMessage.size()),
              1);
    EXPECT_EQ(holder.verify(kRsaPssSha256, kMessage, signature).has_value(), salt == 32) << salt;
  }
}

TEST(Signature, AKeyThatIsBoundToOneHashSignsWithNoOther) {
  const auto key =
      private_key_from_pem(testing::pem_of(testing::make_rsa_key({.algorithm = "RSA-PSS", .pss_digest = "SHA2-384"})))
          .value();
  EXPECT_EQ(key->public_key().type(), KeyType::kRsaPss);
  EXPECT_TRUE(key->public_key().verify(kRsaPssSha384, kMessage, key->sign(kRsaPssSha384, kMessage).value()));
  EXPECT_EQ(key->sign(kRsaPssSha256, kMessage).error().fault, Fault::kBadInput);
  EXPECT_EQ(key->public_key().verify(kRsaPssSha256, kMessage, Octets(256)).error().fault, Fault::kBadInput);
}

TEST(PublicKey, WeakAndForeignKeysAreRefused) {
  const std::vector<std::pair<std::string, TestKey>> keys{
      {"RSA key of 2040 bits", testing::make_rsa_key({.bits = 2040})},
      {"exponent is even or below 65537", testing::make_rsa_key({.exponent = 3})},
      {"exponent is even or below 65537", testing::make_rsa_key({.exponent = 65535})},
      {"curve secp256k1", testing::make_ec_key("secp256k1")},
      {"curve brainpoolP256r1", testing::make_ec_key("brainpoolP256r1")},
      {"written out", testing::make_ec_key("P-256", testing::CurveForm::kWrittenOut)},
      {"X25519", testing::make_key("X25519")},
      {"ML-KEM-768", testing::make_key("ML-KEM-768")},
  };
  for (const auto& [what, key] : keys) {
    const auto read = PublicKey::from_spki(testing::spki_of(key));
    ASSERT_FALSE(read) << what;
    EXPECT_EQ(read.error().fault, Fault::kBadInput) << what;
    EXPECT_NE(read.error().what.find(what), std::string::npos) << read.error().what;
    EXPECT_FALSE(private_key_from_pem(testing::pem_of(key))) << what;
  }
  EXPECT_TRUE(PublicKey::from_spki(testing::spki_of(testing::make_rsa_key({.exponent = 65539})))) << "odd and enough";
}

TEST(PublicKey, OnlyOneWholeSpkiIsRead) {
  const Octets spki = testing::spki_of(testing::make_key("ED25519"));
  for (std::size_t octets = 0; octets < spki.size(); ++octets) {
    EXPECT_FALSE(PublicKey::from_spki(ConstBytes(spki).first(octets))) << octets;
  }
  Octets longer = spki;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(PublicKey::from_spki(longer));
}

TEST(PrivateKey, OlderFormsOfPemAreRead) {
  for (const TestKey& key : {testing::make_rsa_key(), testing::make_ec_key("P-256")}) {
    const auto read = private_key_from_pem(testing::traditional_pem_of(key));
    ASSERT_TRUE(read);
    EXPECT_TRUE(std::ranges::equal((*read)->public_key().spki(), testing::spki_of(key)));
  }
}

// With standard input closed to the test, a question at the terminal would show as a different error or a hang.
TEST(PrivateKey, TextWithoutAnOpenKeyIsAnErrorAndNobodyIsAsked) {
  const TestKey key = testing::make_key("ED25519");
  const std::string pem = testing::pem_of(key);
  for (const std::string& text : {std::string(), std::string("rubbish"), pem.substr(0, pem.size() / 2),
                                  testing::pem_of(key, "secret"), std::string(100, '\0')}) {
    const auto read = private_key_from_pem(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault, Fault::kBadInput);
  }
}

class KeyFile {
 public:
  explicit KeyFile(const std::string& text) : path_(::testing::TempDir() + "levelgate_signature_test.pem") {
    std::ofstream(path_) << text;
  }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  ~KeyFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(PrivateKeyStore, APathAndAUriAreRead) {
  const TestKey key = testing::make_key("ML-DSA-44");
  const KeyFile file(testing::pem_of(key));
  for (const std::string& uri : {file.path(), "file:" + file.path()}) {
    const auto read = private_key_from_store(uri);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_TRUE(std::ranges::equal((*read)->public_key().spki(), testing::spki_of(key)));
    const Octets signature = (*read)->sign(kMlDsa44, kMessage).value();
    EXPECT_TRUE((*read)->public_key().verify(kMlDsa44, kMessage, signature));
  }
}

TEST(PrivateKeyStore, WhatHoldsNoOpenKeyIsAnError) {
  EXPECT_EQ(private_key_from_store("/nonexistent/key.pem").error().fault, Fault::kNotFound);
  EXPECT_EQ(private_key_from_store("pkcs11:token=none").error().fault, Fault::kNotFound);
  EXPECT_FALSE(private_key_from_store(""));
  const TestKey key = testing::make_key("ED25519");
  for (const std::string& text : {std::string("rubbish\n"), std::string(), testing::pem_of(key, "secret")}) {
    const KeyFile file(text);
    const auto read = private_key_from_store(file.path());
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().what.find(file.path()), std::string::npos) << read.error().what;
  }
}

}  // namespace
}  // namespace levelgate::crypto::signature_test
