// SPDX-License-Identifier: Apache-2.0
//
// A crypto device that answers late, in pieces, in another order, or not at all. The library lets us stand between
// a queue and the device: what passes there is held back, changed or counted.
#include <gtest/gtest.h>
#include <rte_cryptodev.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "dpdk/cryptodev.h"
#include "shell.h"
#include "support/aead_laws.h"

namespace levelgate::testing::crypto_silence_test {
namespace {

constexpr EspCipher kKind = EspCipher::kAes128Gcm16;

class CryptoSilence : public ShellTest {
 protected:
  void SetUp() override {
    ShellTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto made = dpdk::make_cryptodev_ciphers({.workers = 1, .software = {"crypto_openssl"}});
    ASSERT_TRUE(made.has_value()) << made.error().what;
    ciphers = std::move(*made);
    ASSERT_EQ(rte_cryptodev_devices_get("crypto_openssl", &device, 1), 1);
    keys.emplace_back(*ciphers.front(), kKind, 1u);
    to_device = rte_cryptodev_add_enq_callback(device, 0, &CryptoSilence::sent, this);
    from_device = rte_cryptodev_add_deq_callback(device, 0, &CryptoSilence::answered, this);
    ASSERT_TRUE(to_device != nullptr && from_device != nullptr);
  }
  void TearDown() override {
    if (to_device != nullptr) (void)rte_cryptodev_remove_enq_callback(device, 0, to_device);
    if (from_device != nullptr) (void)rte_cryptodev_remove_deq_callback(device, 0, from_device);
    keys.clear();
    ciphers.clear();
    EXPECT_EQ(rte_cryptodev_count(), 0);
  }

  static std::uint16_t sent(std::uint16_t, std::uint16_t, rte_crypto_op** operations, std::uint16_t count, void* self) {
    auto& test = *static_cast<CryptoSilence*>(self);
    ++test.enqueue_calls;
    for (std::uint16_t i = 0; i < count; ++i) test.sessions.insert(dpdk::symmetric_of(*operations[i]).session);
    return std::min(count, test.takes_at_once);
  }
  static std::uint16_t answered(std::uint16_t, std::uint16_t, rte_crypto_op** operations, std::uint16_t count,
                                void* self) {
    auto& test = *static_cast<CryptoSilence*>(self);
    ++test.dequeue_calls;
    test.held.insert(test.held.end(), operations, operations + count);
    std::uint16_t given = 0;
    for (; given < test.gives_at_once && !test.held.empty(); ++given) {
      operations[given] = test.newest_first ? test.held.back() : test.held.front();
      test.newest_first ? test.held.pop_back() : test.held.pop_front();
      if (++test.given % 3 == 0 && test.fails_every_third) operations[given]->status = RTE_CRYPTO_OP_STATUS_ERROR;
    }
    return given;
  }

  std::vector<AeadSheet> sheets(std::size_t count, unsigned seed) {
    std::vector<AeadSheet> list;
    for (unsigned i = 0; i < count; ++i)
      list.emplace_back(100 + i, i % 2 == 0 ? std::uint8_t{8} : std::uint8_t{12}, seed + i);
    return list;
  }
  std::vector<esp::CipherVerdict> seal_all(std::vector<AeadSheet>& list) {
    std::vector<esp::CipherJob> jobs;
    for (AeadSheet& sheet : list) {
      sheet.job.key = keys.back().seal.get();
      jobs.push_back(sheet.job);
    }
    ciphers.front()->seal(jobs);
    std::vector<esp::CipherVerdict> verdicts;
    for (const esp::CipherJob& job : jobs) verdicts.push_back(job.verdict);
    return verdicts;
  }
  // All done, and each packet opens again.
  void expect_works() {
    std::vector<AeadSheet> list = sheets(64, 1000);
    const std::vector<AeadSheet> plain(list);
    for (const auto verdict : seal_all(list)) ASSERT_EQ(verdict, esp::CipherVerdict::kDone);
    for (std::size_t i = 0; i < list.size(); ++i) {
      ASSERT_EQ(open(*ciphers.front(), list[i], keys.back()), esp::CipherVerdict::kDone) << i;
      ASSERT_EQ(list[i].body(), plain[i].body()) << i;
    }
  }
  void expect_refused_as_zeros(std::vector<AeadSheet>& list) {
    for (const auto verdict : seal_all(list)) EXPECT_EQ(verdict, esp::CipherVerdict::kAuthFailed);
    for (const AeadSheet& sheet : list) {
      EXPECT_EQ(sheet.body(), Octets(sheet.job.body_octets)) << "plain octets could leave";
      EXPECT_EQ(sheet.tag(), Octets(esp::kTagOctets));
      EXPECT_TRUE(sheet.guards_hold());
    }
  }

  std::vector<std::unique_ptr<esp::Cipher>> ciphers;
  std::vector<AeadKeys> keys;
  std::uint8_t device = 0;
  rte_cryptodev_cb* to_device = nullptr;
  rte_cryptodev_cb* from_device = nullptr;
  std::uint16_t takes_at_once = UINT16_MAX;
  std::uint16_t gives_at_once = UINT16_MAX;
  bool newest_first = false;
  bool fails_every_third = false;
  std::deque<rte_crypto_op*> held;
  std::set<void*> sessions;  // that operations were sent with
  std::size_t given = 0, enqueue_calls = 0, dequeue_calls = 0;
};

TEST_F(CryptoSilence, IsNotTheUsualCase) { expect_works(); }

TEST_F(CryptoSilence, AnswersOneByOne) {
  gives_at_once = 1;
  expect_works();
}

TEST_F(CryptoSilence, AnswersInAnotherOrder) {
  gives_at_once = 3;
  newest_first = true;
  expect_works();
}

TEST_F(CryptoSilence, TakesAFewAtATime) {
  takes_at_once = 5;
  expect_works();
}

TEST_F(CryptoSilence, FailsSome) {
  fails_every_third = true;
  std::vector<AeadSheet> list = sheets(64, 1);
  const auto verdicts = seal_all(list);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const bool failed = i % 3 == 2;
    EXPECT_EQ(verdicts[i], failed ? esp::CipherVerdict::kAuthFailed : esp::CipherVerdict::kDone) << i;
    EXPECT_EQ(list[i].body() == Octets(100 + i), failed) << i;
  }
  fails_every_third = false;
  expect_works();
}

// A full queue that never drains: nothing was given away, so everything works as soon as the queue does.
TEST_F(CryptoSilence, TakesNothing) {
  takes_at_once = 0;
  std::vector<AeadSheet> list = sheets(64, 1);
  expect_refused_as_zeros(list);
  takes_at_once = UINT16_MAX;
  expect_works();
}

TEST_F(CryptoSilence, IsWaitedForOnce) {
  gives_at_once = 0;
  std::vector<AeadSheet> first = sheets(64, 1);
  expect_refused_as_zeros(first);
  EXPECT_GT(dequeue_calls, 1u);
  dequeue_calls = enqueue_calls = 0;
  std::vector<AeadSheet> second = sheets(64, 100);
  expect_refused_as_zeros(second);
  EXPECT_EQ(dequeue_calls, 1u) << "a look for late answers, no waiting";
  EXPECT_EQ(enqueue_calls, 0u);
}

TEST_F(CryptoSilence, RefusesToOpenMeanwhile) {
  std::vector<AeadSheet> list = sheets(1, 1);
  ASSERT_EQ(seal_all(list).front(), esp::CipherVerdict::kDone);
  gives_at_once = 0;
  EXPECT_EQ(open(*ciphers.front(), list.front(), keys.back()), esp::CipherVerdict::kAuthFailed);
}

// Late answers find nobody: the packets have gone, and with them perhaps their buffers.
TEST_F(CryptoSilence, EndsWithLateAnswers) {
  gives_at_once = 0;
  {
    std::vector<AeadSheet> gone = sheets(64, 1);
    expect_refused_as_zeros(gone);
  }
  ASSERT_EQ(held.size(), 64u);
  gives_at_once = UINT16_MAX;
  std::vector<AeadSheet> next = sheets(1, 500);
  (void)seal_all(next);
  EXPECT_TRUE(held.empty());
  expect_works();
}

TEST_F(CryptoSilence, EndsPartly) {
  gives_at_once = 0;
  std::vector<AeadSheet> first = sheets(40, 1);
  expect_refused_as_zeros(first);
  gives_at_once = 7;  // 24 operations were idle; seven late ones come back before the next burst is laid
  std::vector<AeadSheet> list = sheets(64, 1);
  const auto verdicts = seal_all(list);
  const auto done = std::count(verdicts.begin(), verdicts.end(), esp::CipherVerdict::kDone);
  EXPECT_EQ(done, 24 + 7);
  expect_works();
}

// Its device may still read a key that was in use when it fell silent; the key's end must not wait for it.
TEST_F(CryptoSilence, OutlivesTheKey) {
  gives_at_once = 0;
  std::vector<AeadSheet> list = sheets(10, 1);
  expect_refused_as_zeros(list);
  const std::set<void*> in_use = std::exchange(sessions, {});
  ASSERT_EQ(in_use.size(), 2u);
  keys.clear();
  gives_at_once = UINT16_MAX;
  for (unsigned seed = 2; seed < 200; ++seed) {  // more than a chunk of sessions, so that each comes round
    keys.clear();
    keys.emplace_back(*ciphers.front(), kKind, seed);
    std::vector<AeadSheet> next = sheets(2, seed);
    (void)seal_all(next);
  }
  for (void* const session : in_use) EXPECT_FALSE(sessions.contains(session)) << "given to another key";
  expect_works();
}

TEST_F(CryptoSilence, LastsToTheEnd) {
  gives_at_once = 0;
  std::vector<AeadSheet> list = sheets(64, 1);
  expect_refused_as_zeros(list);
}

// Larger than a buffer of ours: refused as it is, the others of its burst are not.
TEST_F(CryptoSilence, DoesNotComeFromLongPackets) {
  std::vector<AeadSheet> list;
  for (const std::size_t octets :
       {std::size_t{100}, std::size_t{dpdk::kLargestBody}, std::size_t{dpdk::kLargestBody} + 1}) {
    list.emplace_back(octets, 8, 1);
  }
  const auto verdicts = seal_all(list);
  EXPECT_EQ(verdicts[0], esp::CipherVerdict::kDone);
  EXPECT_EQ(verdicts[1], esp::CipherVerdict::kDone);
  EXPECT_EQ(verdicts[2], esp::CipherVerdict::kAuthFailed);
  EXPECT_EQ(list[2].body(), Octets(dpdk::kLargestBody + 1)) << "plain octets could leave";
}

}  // namespace
}  // namespace levelgate::testing::crypto_silence_test
