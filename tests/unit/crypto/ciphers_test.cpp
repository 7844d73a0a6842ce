// SPDX-License-Identifier: Apache-2.0
//
// libipsec-mb and OpenSSL under the laws of a Cipher, and one against the other (RFC 4106, RFC 7634).
#include <gtest/gtest.h>

#include <numeric>

#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "support/aead_laws.h"
#include "support/no_alloc_scope.h"

namespace levelgate::testing::ciphers_test {
namespace {

using Case = std::tuple<std::string, EspCipher>;

class Ciphers : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (std::get<0>(GetParam()) == "openssl") {
      cipher = crypto::make_openssl_cipher();
    } else {
      auto made = crypto::make_ipsec_mb_cipher();
      if (!made) GTEST_SKIP() << made.error().what;
      cipher = std::move(*made);
    }
  }
  EspCipher kind = std::get<1>(GetParam());
  std::unique_ptr<esp::Cipher> cipher;
};

TEST_P(Ciphers, TellTheirName) { EXPECT_EQ(cipher->name(), std::get<0>(GetParam())); }

TEST_P(Ciphers, GiveTheKnownAnswers) { EXPECT_GT(expect_known_answers(*cipher, kind, true), 0); }

TEST_P(Ciphers, RefuseWhatWasTouched) {
  expect_forgeries_refused(*cipher, kind, 8);
  expect_forgeries_refused(*cipher, kind, 12);
}

TEST_P(Ciphers, TreatABurstAsItsPackets) {
  for (const std::size_t count : {1u, 2u, 3u, 31u, 64u}) expect_burst_as_single(*cipher, {kind}, count);
}

TEST_P(Ciphers, DoNothingWithAnEmptyBurst) {
  cipher->seal({});
  cipher->open({});
}

TEST_P(Ciphers, WriteAFreshVerdict) { expect_verdict_is_fresh(*cipher, kind); }

TEST_P(Ciphers, RefuseKeysOfTheWrongLength) { expect_wrong_key_lengths_refused(*cipher, kind); }

TEST_P(Ciphers, AllocateNothing) {
  const AeadKeys keys(*cipher, kind, 1u);
  std::vector<AeadSheet> sheets;
  std::vector<esp::CipherJob> jobs;
  for (unsigned i = 0; i < 64; ++i) {
    sheets.emplace_back(i * 20, i % 2 == 0 ? std::uint8_t{8} : std::uint8_t{12}, i);
  }
  for (AeadSheet& sheet : sheets) jobs.push_back(sheet.job);
  for (esp::CipherJob& job : jobs) job.key = keys.seal.get();
  NoAllocScope scope;  // from the very first burst on
  cipher->seal(jobs);
  for (esp::CipherJob& job : jobs) job.key = keys.open.get();
  jobs[7].tag[0] ^= std::byte{1};
  cipher->open(jobs);
  EXPECT_EQ(scope.allocations(), 0u);
}

INSTANTIATE_TEST_SUITE_P(All, Ciphers,
                         ::testing::Combine(::testing::Values("openssl", "ipsec-mb"), ::testing::ValuesIn(kEspCiphers)),
                         [](const auto& of) {
                           std::string name = std::get<0>(of.param) + "_" + name_of(std::get<1>(of.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class IpsecMb : public ::testing::TestWithParam<EspCipher> {
 protected:
  void SetUp() override {
    auto made = crypto::make_ipsec_mb_cipher();
    if (!made) GTEST_SKIP() << made.error().what;
    cipher = std::move(*made);
  }
  std::unique_ptr<esp::Cipher> cipher;
  std::unique_ptr<esp::Cipher> oracle = crypto::make_openssl_cipher();
};

TEST_P(IpsecMb, WritesWhatOpensslWrites) {
  std::vector<std::size_t> lengths(2001);
  std::iota(lengths.begin(), lengths.end(), 0u);
  lengths.push_back(8999);
  lengths.push_back(9000);
  expect_equals_oracle(*cipher, *oracle, GetParam(), lengths);
}

INSTANTIATE_TEST_SUITE_P(All, IpsecMb, ::testing::ValuesIn(kEspCiphers),
                         [](const auto& of) { return name_of(of.param); });

// One cipher serves the keys of all its SAs, whatever their ciphers.
TEST(CipherKinds, MixInOneBurst) {
  const auto openssl = crypto::make_openssl_cipher();
  expect_burst_as_single(*openssl, {kEspCiphers.begin(), kEspCiphers.end()}, 64);
  auto direct = crypto::make_ipsec_mb_cipher();
  if (!direct) GTEST_SKIP() << direct.error().what;
  expect_burst_as_single(**direct, {kEspCiphers.begin(), kEspCiphers.end()}, 64);
}

}  // namespace
}  // namespace levelgate::testing::ciphers_test
