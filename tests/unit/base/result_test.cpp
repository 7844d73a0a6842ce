// SPDX-License-Identifier: Apache-2.0
//
// A result is a value or an error with its kind and its words, and may hold what cannot be copied.
#include <gtest/gtest.h>
#include <levelgate/base/algorithms.h>
#include <levelgate/base/result.h>

#include <memory>

namespace levelgate::result_test {
namespace {

Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return failure(Fault::kNoMemory, "no room for 7");
  return std::make_unique<int>(7);
}

TEST(Result, ValueOrError) {
  const auto good = make(true);
  ASSERT_TRUE(good);
  EXPECT_EQ(**good, 7);
  const auto bad = make(false);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().fault, Fault::kNoMemory);
  EXPECT_EQ(bad.error().what, "no room for 7");
}

TEST(Result, OfNothing) {
  EXPECT_TRUE(Result<void>());
  const Result<void> bad = failure(Fault::kBadInput, "x");
  EXPECT_FALSE(bad);
}

// What nobody classified counts as our own mistake.
TEST(Result, DefaultIsOurFault) { EXPECT_EQ(Error().fault, Fault::kInternal); }

// RFC 4106 §8.1, RFC 7634 §2: octets of KEYMAT less the salt.
TEST(Algorithms, KeySizes) {
  EXPECT_EQ(key_octets(EspCipher::kAes128Gcm16), 16u);
  EXPECT_EQ(key_octets(EspCipher::kAes256Gcm16), 32u);
  EXPECT_EQ(key_octets(EspCipher::kChaCha20Poly1305), 32u);
  EXPECT_EQ(kSaltOctets, 4u);
}

}  // namespace
}  // namespace levelgate::result_test
