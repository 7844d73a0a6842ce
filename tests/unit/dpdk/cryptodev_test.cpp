// SPDX-License-Identifier: Apache-2.0
//
// Crypto devices under the laws of a Cipher (support/aead_laws.h), with OpenSSL as the oracle: each software driver,
// those that work in the call and the one behind a queue. Choice of devices, their sessions, their end.
#include "dpdk/cryptodev.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_cryptodev.h>

#include <numeric>
#include <thread>

#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "shell.h"
#include "support/aead_laws.h"
#include "support/no_alloc_scope.h"

namespace levelgate::testing::cryptodev_test {
namespace {

using ::testing::HasSubstr;
using Ciphers = std::vector<std::unique_ptr<esp::Cipher>>;

Result<Ciphers> make(std::vector<std::string> software, std::uint16_t workers = 1) {
  return dpdk::make_cryptodev_ciphers({.workers = workers, .software = std::move(software)});
}

// What a driver does, and whether only where libipsec-mb runs.
struct Driver {
  std::string name;
  std::vector<EspCipher> kinds;
  bool needs_ipsec_mb;
};
const std::vector<EspCipher> kGcm{EspCipher::kAes128Gcm16, EspCipher::kAes256Gcm16};
const std::vector<EspCipher> kAllKinds{kEspCiphers.begin(), kEspCiphers.end()};

class Cryptodev : public ShellTest, public ::testing::WithParamInterface<Driver> {
 protected:
  void SetUp() override {
    ShellTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (GetParam().needs_ipsec_mb) {
      const auto direct = crypto::make_ipsec_mb_cipher();
      if (!direct) GTEST_SKIP() << direct.error().what;
    }
    auto made = make({GetParam().name});
    ASSERT_TRUE(made.has_value()) << made.error().what << "\n" << shell().last_lines;
    ciphers = std::move(*made);
  }
  void TearDown() override {
    ciphers.clear();
    EXPECT_EQ(rte_cryptodev_count(), 0) << "a device stayed";
  }
  esp::Cipher& cipher() { return *ciphers.front(); }
  const std::vector<EspCipher>& kinds() const { return GetParam().kinds; }
  Ciphers ciphers;
};

TEST_P(Cryptodev, TellsItsName) { EXPECT_EQ(cipher().name(), "cryptodev"); }

TEST_P(Cryptodev, GivesTheKnownAnswers) {
  for (const EspCipher kind : kinds()) EXPECT_GT(expect_known_answers(cipher(), kind, false), 0) << name_of(kind);
}

TEST_P(Cryptodev, WritesWhatOpensslWrites) {
  std::vector<std::size_t> lengths(300);
  std::iota(lengths.begin(), lengths.end(), 0u);
  for (const std::size_t length : {511u, 512u, 513u, 1399u, 1400u, 1500u, 2000u, 8999u, 9000u})
    lengths.push_back(length);
  const auto oracle = crypto::make_openssl_cipher();
  for (const EspCipher kind : kinds()) expect_equals_oracle(cipher(), *oracle, kind, lengths);
}

TEST_P(Cryptodev, RefusesWhatWasTouched) {
  for (const EspCipher kind : kinds()) {
    expect_forgeries_refused(cipher(), kind, 8);
    expect_forgeries_refused(cipher(), kind, 12);
  }
}

TEST_P(Cryptodev, TreatsABurstAsItsPackets) {
  for (const std::size_t count : {1u, 2u, 3u, 31u, 64u}) expect_burst_as_single(cipher(), kinds(), count);
  for (int again = 0; again < 20; ++again) expect_burst_as_single(cipher(), kinds(), 64);
}

TEST_P(Cryptodev, DoesNothingWithAnEmptyBurst) {
  cipher().seal({});
  cipher().open({});
}

TEST_P(Cryptodev, WritesAFreshVerdict) {
  for (const EspCipher kind : kinds()) expect_verdict_is_fresh(cipher(), kind);
}

TEST_P(Cryptodev, RefusesKeysOfTheWrongLength) {
  for (const EspCipher kind : kinds()) expect_wrong_key_lengths_refused(cipher(), kind);
}

// A session knows its direction: an opening key would make of any packet an authentic one.
TEST_P(Cryptodev, RefusesAKeyForTheOtherWay) {
  const AeadKeys keys(cipher(), kinds().front(), 1u);
  AeadSheet sheet(200, 8, 1);
  sheet.job.key = keys.open.get();
  cipher().seal({&sheet.job, 1});
  EXPECT_EQ(sheet.job.verdict, esp::CipherVerdict::kAuthFailed);
  EXPECT_EQ(sheet.body(), Octets(200)) << "plain octets could leave";
  AeadSheet other(200, 8, 1);
  other.job.key = keys.seal.get();
  cipher().open({&other.job, 1});
  EXPECT_EQ(other.job.verdict, esp::CipherVerdict::kAuthFailed);
}

// ESP has associated data of 8 or 12 octets; anything else is our own mistake, and no packet.
TEST_P(Cryptodev, RefusesOtherAssociatedData) {
  const AeadKeys keys(cipher(), kinds().front(), 1u);
  for (const std::uint8_t octets : {std::uint8_t{0}, std::uint8_t{4}, std::uint8_t{11}}) {
    std::vector<AeadSheet> sheets{{100, 8, 1}, {100, octets, 2}, {100, 12, 3}};
    std::vector<esp::CipherJob> jobs;
    for (AeadSheet& sheet : sheets) jobs.push_back(sheet.job);
    for (esp::CipherJob& job : jobs) job.key = keys.seal.get();
    cipher().seal(jobs);
    EXPECT_EQ(jobs[0].verdict, esp::CipherVerdict::kDone);
    EXPECT_EQ(jobs[1].verdict, esp::CipherVerdict::kAuthFailed) << int{octets};
    EXPECT_EQ(jobs[2].verdict, esp::CipherVerdict::kDone);
    EXPECT_EQ(sheets[1].body(), Octets(100)) << "plain octets could leave";
  }
}

TEST_P(Cryptodev, AllocatesNothing) {
  const AeadKeys keys(cipher(), kinds().front(), 1u);
  std::vector<AeadSheet> sheets;
  std::vector<esp::CipherJob> jobs;
  for (unsigned i = 0; i < 64; ++i) {
    sheets.emplace_back(i * 20, i % 3 == 0 ? std::uint8_t{8} : std::uint8_t{12}, i);
  }
  for (AeadSheet& sheet : sheets) jobs.push_back(sheet.job);
  const auto use = [&](const esp::CipherKey& key) {
    for (esp::CipherJob& job : jobs) job.key = const_cast<esp::CipherKey*>(&key);
  };
  use(*keys.seal);
  cipher().seal(jobs);  // a driver may make what it needs for a thread at its first burst
  NoAllocScope scope;
  use(*keys.seal);
  cipher().seal(jobs);
  use(*keys.open);
  cipher().open(jobs);
  EXPECT_EQ(scope.allocations(), 0u);
}

// More keys than a chunk of sessions has; as often as we like, since each gives its sessions back.
TEST_P(Cryptodev, HasRoomForManyKeys) {
  for (unsigned round = 0; round < 12; ++round) {
    std::vector<AeadKeys> keys;
    for (unsigned i = 0; i < 200; ++i) keys.emplace_back(cipher(), kinds()[i % kinds().size()], round * 1000 + i);
    for (unsigned i = 0; i < 200; i += 7) {
      AeadSheet sheet(64, 12, i);
      const Octets plain = sheet.body();
      ASSERT_EQ(seal(cipher(), sheet, keys[i]), esp::CipherVerdict::kDone);
      ASSERT_EQ(open(cipher(), sheet, keys[199 - i]), esp::CipherVerdict::kAuthFailed);
    }
  }
}

TEST_P(Cryptodev, KeysMayOutliveTheirCipher) {
  const AeadKeys keys(cipher(), kinds().front(), 1u);
  ciphers.clear();
  EXPECT_EQ(rte_cryptodev_count(), 1) << "the sessions' device must stay";
}

TEST_P(Cryptodev, WorkersDoNotShareQueues) {
  ciphers.clear();
  auto made = make({GetParam().name}, 2);
  ASSERT_TRUE(made.has_value()) << made.error().what;
  ciphers = std::move(*made);
  ASSERT_EQ(ciphers.size(), 2u);
  EXPECT_EQ(rte_cryptodev_count(), 1) << "one device serves all workers";
  const auto work = [this](std::size_t worker) {
    for (int i = 0; i < 30; ++i) expect_burst_as_single(*ciphers[worker], {kinds().front()}, 40);
  };
  const std::vector<AeadKeys> first = [&] {
    std::vector<AeadKeys> list;
    list.emplace_back(*ciphers[0], kinds().front(), 4u);
    list.emplace_back(*ciphers[1], kinds().front(), 4u);
    return list;
  }();
  std::thread other([&] {
    for (unsigned i = 0; i < 2000; ++i) {
      AeadSheet sheet(100 + i % 700, 8, i);
      ASSERT_EQ(seal(*ciphers[1], sheet, first[1]), esp::CipherVerdict::kDone);
      ASSERT_EQ(open(*ciphers[1], sheet, first[1]), esp::CipherVerdict::kDone);
    }
  });
  for (unsigned i = 0; i < 2000; ++i) {
    AeadSheet sheet(100 + i % 900, 12, i);
    ASSERT_EQ(seal(*ciphers[0], sheet, first[0]), esp::CipherVerdict::kDone);
    ASSERT_EQ(open(*ciphers[0], sheet, first[0]), esp::CipherVerdict::kDone);
  }
  other.join();
  work(0);
  work(1);
}

INSTANTIATE_TEST_SUITE_P(All, Cryptodev,
                         ::testing::Values(Driver{"crypto_aesni_gcm", kGcm, true},
                                           Driver{"crypto_aesni_mb", kAllKinds, true},
                                           Driver{"crypto_openssl", kGcm, false}),
                         [](const auto& of) { return of.param.name; });

class CryptodevChoice : public ShellTest {};

// As configured by default: all ciphers of ESP, on as many devices as that takes.
TEST_F(CryptodevChoice, ServesAllCiphers) {
  const auto direct = crypto::make_ipsec_mb_cipher();
  if (!direct) GTEST_SKIP() << direct.error().what;
  const auto made = dpdk::make_cryptodev_ciphers({});
  ASSERT_TRUE(made.has_value()) << made.error().what;
  EXPECT_EQ(rte_cryptodev_count(), 2) << "AES-GCM on the first driver, ChaCha20-Poly1305 on the second";
  expect_burst_as_single(*made->front(), kAllKinds, 64);
}

TEST_F(CryptodevChoice, SkipsDriversThatDoNotHelp) {
  const auto made = make({"crypto_nosuch", "crypto_null", "crypto_openssl"});
  ASSERT_TRUE(made.has_value()) << made.error().what;
  EXPECT_EQ(rte_cryptodev_count(), 1);
  expect_burst_as_single(*made->front(), kGcm, 10);
}

TEST_F(CryptodevChoice, TwoGatewaysHaveTheirOwnDevices) {
  const auto one = make({"crypto_openssl"});
  const auto two = make({"crypto_openssl"});
  ASSERT_TRUE(one.has_value() && two.has_value());
  EXPECT_EQ(rte_cryptodev_count(), 2);
  expect_burst_as_single(*one->front(), kGcm, 10);
  expect_burst_as_single(*two->front(), kGcm, 10);
}

// The driver behind it loads providers into OpenSSL's default context and unloads them with the device.
TEST_F(CryptodevChoice, LeavesOpensslUsableWhenTheDeviceGoes) {
  ASSERT_TRUE(make({"crypto_openssl"}).has_value());
  const auto openssl = crypto::make_openssl_cipher();
  for (const EspCipher kind : kEspCiphers) EXPECT_GT(expect_known_answers(*openssl, kind, true), 0);
}

TEST_F(CryptodevChoice, SaysWhichKeyToChangeWithoutADevice) {
  for (const std::string driver : {"crypto_null", "crypto_nosuch"}) {
    const auto made = make({driver});
    ASSERT_FALSE(made.has_value()) << driver;
    EXPECT_EQ(made.error().fault, Fault::kDeviceMissing);
    EXPECT_THAT(made.error().what, HasSubstr("dataplane.crypto: "));
    EXPECT_THAT(made.error().what, HasSubstr("take auto"));
    EXPECT_EQ(rte_cryptodev_count(), 0) << "a device of no use stayed";
  }
}

TEST_F(CryptodevChoice, SaysWhichKeyToChangeWithoutACipher) {
  const auto made = make({"crypto_openssl"});
  ASSERT_TRUE(made.has_value());
  const auto key = made->front()->prepare(EspCipher::kChaCha20Poly1305, octets_of(32), esp::Purpose::kSeal);
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().fault, Fault::kDeviceMissing);
  EXPECT_THAT(key.error().what, HasSubstr("dataplane.crypto: "));
}

}  // namespace
}  // namespace levelgate::testing::cryptodev_test
