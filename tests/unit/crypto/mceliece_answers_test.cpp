// SPDX-License-Identifier: Apache-2.0
//
// The first known answer of the Classic McEliece submission (NIST round 4, classic.mceliece.org/nist.html) for each
// set, through our own face: the generator behind it gives the octets that the submission's seed stands for. Public
// keys by their SHAKE256 of 64 octets.
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "crypto/key_exchange.h"
#include "crypto/openssl_context.h"
#include "support/hex_octets.h"
#include "vectors/mceliece_vectors.h"

namespace levelgate::crypto::mceliece_answers_test {
namespace {

using Octets = std::vector<std::byte>;

// CTR_DRBG with AES-256, without a derivation function (NIST SP 800-90A), as the submissions' programs have it.
class AnswerDrbg {
 public:
  explicit AnswerDrbg(const Octets& seed) { update(seed); }
  Octets draw(std::size_t octets) {
    Octets drawn;
    while (drawn.size() < octets) append(drawn, next());
    drawn.resize(octets);
    update(Octets(48));
    return drawn;
  }

 private:
  static void append(Octets& to, const std::array<std::byte, 16>& block) {
    to.insert(to.end(), block.begin(), block.end());
  }
  std::array<std::byte, 16> next() {
    for (std::size_t i = counter_.size(); i-- > 0;) {
      counter_[i] = std::byte(std::to_integer<unsigned>(counter_[i]) + 1);
      if (counter_[i] != std::byte{0}) break;
    }
    std::array<std::byte, 16> block{};
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    int octets = 0;
    EXPECT_EQ(EVP_EncryptInit_ex2(context, EVP_aes_256_ecb(), octets_of(Bytes(key_)), nullptr, nullptr), 1);
    EXPECT_EQ(EVP_EncryptUpdate(context, octets_of(Bytes(block)), &octets, octets_of(Bytes(counter_)), 16), 1);
    EVP_CIPHER_CTX_free(context);
    return block;
  }
  void update(const Octets& provided) {
    Octets fresh;
    for (int i = 0; i < 3; ++i) append(fresh, next());
    for (std::size_t i = 0; i < fresh.size(); ++i) fresh[i] ^= provided[i];
    std::copy_n(fresh.begin(), key_.size(), key_.begin());
    std::copy_n(fresh.begin() + 32, counter_.size(), counter_.begin());
  }

  std::array<std::byte, 32> key_{};
  std::array<std::byte, 16> counter_{};
};

// From now on our private generator gives these octets, then fails.
void give(Octets octets) {
  EVP_RAND_CTX* const generator = RAND_get0_private(openssl_context());
  ASSERT_NE(generator, nullptr);
  unsigned strength = 256;
  const std::array params{OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, octets.data(), octets.size()),
                          OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength), OSSL_PARAM_construct_end()};
  EVP_RAND_uninstantiate(generator);
  ASSERT_EQ(EVP_RAND_instantiate(generator, 256, 0, nullptr, 0, params.data()), 1);
}

Octets shake(ConstBytes octets) {
  Octets digest(64);
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EXPECT_EQ(EVP_DigestInit_ex2(context, EVP_shake256(), nullptr), 1);
  EXPECT_EQ(EVP_DigestUpdate(context, octets.data(), octets.size()), 1);
  EXPECT_EQ(EVP_DigestFinalXOF(context, octets_of(Bytes(digest)), digest.size()), 1);
  EVP_MD_CTX_free(context);
  return digest;
}

class McelieceAnswers : public ::testing::TestWithParam<testing::McelieceAnswer> {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(RAND_set_DRBG_type(openssl_context(), "TEST-RAND", nullptr, nullptr, nullptr), 1)
        << "before anything was drawn";
  }
};

TEST_P(McelieceAnswers, AreThoseOfTheSubmission) {
  const testing::McelieceAnswer& answer = GetParam();
  const auto method = std::ranges::find(key_exchange_methods(), answer.name, &KeyExchangeMethod::name);
  ASSERT_NE(method, key_exchange_methods().end());
  AnswerDrbg drbg(testing::from_hex(testing::kMcelieceSeed));
  // One draw for the key; for the error vector as many as it takes, each for twice its weight of two octets, or for
  // its weight where there are 8,192 positions.
  Octets drawn = drbg.draw(32);
  give(drawn);
  const auto key = generate_key(method->id);
  ASSERT_TRUE(key) << key.error().what;
  EXPECT_EQ(shake((*key)->public_value()), testing::from_hex(answer.public_key_shake256));
  drawn.clear();
  for (int i = 0; i < 64; ++i) {
    const Octets more = drbg.draw(answer.draw_octets);
    drawn.insert(drawn.end(), more.begin(), more.end());
  }
  give(drawn);
  const auto made = encapsulate(method->id, (*key)->public_value());
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(made->response, testing::from_hex(answer.ciphertext));
  EXPECT_TRUE(made->secret.equals(testing::from_hex(answer.secret)));
  const auto opened = (*key)->decapsulate(testing::from_hex(answer.ciphertext));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->equals(testing::from_hex(answer.secret)));
}

INSTANTIATE_TEST_SUITE_P(Sets, McelieceAnswers, ::testing::ValuesIn(testing::kMcelieceAnswers),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace levelgate::crypto::mceliece_answers_test
