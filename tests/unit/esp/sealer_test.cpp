// SPDX-License-Identifier: Apache-2.0
//
// Numbers that are given out once each and end in time, and the octets that a sealer writes around a payload.
#include "esp/sealer.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "crypto/aead_burst.h"
#include "support/no_alloc_scope.h"
#include "support/sa_pair.h"

namespace levelgate::esp::sealer_test {
namespace {

using testing::kSalt;
using testing::kSpi;
using testing::Octets;

constexpr std::uint64_t kLast32 = 0xffffffff;
constexpr std::uint64_t kLast64 = std::numeric_limits<std::uint64_t>::max();

Sealer sealer_from(std::uint64_t first, SequenceWidth width) {
  return Sealer(kSpi, width, EspSeq{first}, kSalt, std::make_unique<CipherKey>());
}

struct Laid {
  Sealer::Prepared prepared;
  CipherJob job;
  Octets packet;
};

Laid lay(Sealer& sealer, std::uint32_t payload_octets, std::uint8_t next_header = 4) {
  Laid laid;
  laid.packet = testing::octets_of(wire::esp_octets(payload_octets), 5);
  laid.prepared = sealer.prepare(laid.packet.data(), payload_octets, next_header, laid.job);
  return laid;
}

std::uint64_t number_in_aad(const CipherJob& job) {
  return job.aad_octets == 12 ? load_be<std::uint64_t>(job.aad.data() + 4) : load_be<std::uint32_t>(job.aad.data() + 4);
}

// RFC 4303 §2: SPI, number, payload, padding 1 2 3, pad length, next header; RFC 4106 §3.1: the IV between.
TEST(Sealer, WritesTheLayout) {
  for (std::uint32_t payload = 0; payload < 70; ++payload) {
    Sealer sealer = sealer_from(0x1'0000'0002, SequenceWidth::k64);
    const Octets before = testing::octets_of(wire::esp_octets(payload), 5);
    const Laid laid = lay(sealer, payload, 41);
    ASSERT_EQ(laid.prepared, Sealer::Prepared::kReady);
    const std::byte* const at = laid.packet.data();
    EXPECT_EQ(load_be<std::uint32_t>(at), kSpi.value);
    EXPECT_EQ(load_be<std::uint32_t>(at + 4), 2u);
    EXPECT_EQ(load_be<std::uint64_t>(at + 8), 0x1'0000'0002u);
    EXPECT_TRUE(std::equal(at + 16, at + 16 + payload, before.data() + 16)) << "the payload was touched";
    const std::uint32_t padding = (4 - (payload + 2) % 4) % 4;
    for (std::uint32_t i = 0; i < padding; ++i) EXPECT_EQ(at[16 + payload + i], static_cast<std::byte>(i + 1));
    EXPECT_EQ(at[16 + payload + padding], static_cast<std::byte>(padding));
    EXPECT_EQ(at[16 + payload + padding + 1], std::byte{41});
    EXPECT_EQ(laid.job.body, at + 16);
    EXPECT_EQ(laid.job.body_octets, payload + padding + 2);
    EXPECT_EQ(laid.job.tag, at + 16 + payload + padding + 2);
    EXPECT_EQ(laid.job.tag + 16, at + laid.packet.size());
  }
}

// RFC 4106 §4, §5: nonce of salt and IV; associated data of SPI and the number at its full width.
TEST(Sealer, FillsNonceAndAssociatedData) {
  Sealer wide = sealer_from(0x0123'4567'89ab'cdef, SequenceWidth::k64);
  const Laid with = lay(wide, 100);
  EXPECT_TRUE(std::equal(kSalt.begin(), kSalt.end(), with.job.nonce.begin()));
  EXPECT_EQ(load_be<std::uint64_t>(with.job.nonce.data() + 4), 0x0123'4567'89ab'cdefu);
  EXPECT_EQ(with.job.aad_octets, 12);
  EXPECT_EQ(load_be<std::uint32_t>(with.job.aad.data()), kSpi.value);
  EXPECT_EQ(load_be<std::uint64_t>(with.job.aad.data() + 4), 0x0123'4567'89ab'cdefu);

  Sealer narrow = sealer_from(0x89ab'cdef, SequenceWidth::k32);
  const Laid without = lay(narrow, 100);
  EXPECT_EQ(without.job.aad_octets, 8);
  EXPECT_EQ(load_be<std::uint32_t>(without.job.aad.data()), kSpi.value);
  EXPECT_EQ(load_be<std::uint32_t>(without.job.aad.data() + 4), 0x89ab'cdefu);
}

// RFC 4303 §3.3.3: the first packet bears number 1.
TEST(Sealer, BeginsWithOne) {
  for (const std::uint64_t first : {0u, 1u}) {
    Sealer sealer = sealer_from(first, SequenceWidth::k64);
    EXPECT_EQ(sealer.next_sequence(), EspSeq{1});
    EXPECT_EQ(number_in_aad(lay(sealer, 10).job), 1u);
    EXPECT_EQ(sealer.next_sequence(), EspSeq{2});
  }
}

// RFC 4303 §3.3.3: without extended numbers nothing leaves behind 2^32 - 1, and that number itself still does.
TEST(Sealer, StopsBeforeTheShortWrap) {
  Sealer sealer = sealer_from(kLast32 - 2, SequenceWidth::k32);
  EXPECT_EQ(sealer.remaining(), 3u);
  for (std::uint64_t n = kLast32 - 2; n <= kLast32; ++n) {
    const Laid laid = lay(sealer, 10);
    ASSERT_EQ(laid.prepared, Sealer::Prepared::kReady);
    ASSERT_EQ(number_in_aad(laid.job), n);
  }
  EXPECT_EQ(sealer.remaining(), 0u);
  for (int again = 0; again < 3; ++again) {
    const Laid laid = lay(sealer, 10);
    EXPECT_EQ(laid.prepared, Sealer::Prepared::kExhausted);
    EXPECT_EQ(laid.packet, testing::octets_of(laid.packet.size(), 5)) << "something was written";
    EXPECT_EQ(laid.job.key, nullptr);
  }
}

// [9347-2.2.3-e]
TEST(Sealer, LongNumbersRunOnOverTheShortWrap) {
  Sealer sealer = sealer_from(kLast32 - 2, SequenceWidth::k64);
  for (std::uint64_t n = kLast32 - 2; n < kLast32 + 10; ++n) {
    const Laid laid = lay(sealer, 10);
    ASSERT_EQ(laid.prepared, Sealer::Prepared::kReady);
    ASSERT_EQ(number_in_aad(laid.job), n);
    ASSERT_EQ(load_be<std::uint32_t>(laid.packet.data() + 4), static_cast<std::uint32_t>(n));
  }
}

TEST(Sealer, StopsBeforeTheLongWrap) {
  Sealer sealer = sealer_from(kLast64 - 1, SequenceWidth::k64);
  EXPECT_EQ(sealer.remaining(), 2u);
  EXPECT_EQ(number_in_aad(lay(sealer, 10).job), kLast64 - 1);
  EXPECT_EQ(number_in_aad(lay(sealer, 10).job), kLast64);
  EXPECT_EQ(sealer.remaining(), 0u);
  EXPECT_EQ(lay(sealer, 10).prepared, Sealer::Prepared::kExhausted);
  EXPECT_EQ(lay(sealer, 10).prepared, Sealer::Prepared::kExhausted);
}

TEST(Sealer, FirstNumberBeyondTheWidthIsExhaustedAtBirth) {
  Sealer sealer = sealer_from(kLast32 + 1, SequenceWidth::k32);
  EXPECT_EQ(sealer.remaining(), 0u);
  EXPECT_EQ(lay(sealer, 10).prepared, Sealer::Prepared::kExhausted);
}

// RFC 4106 §3.1: no nonce twice for one key, also around the wrap of the low half.
TEST(Sealer, NoNonceTwice) {
  for (const SequenceWidth width : {SequenceWidth::k32, SequenceWidth::k64}) {
    Sealer sealer = sealer_from(kLast32 - 20'000, width);
    std::set<std::array<std::byte, kNonceOctets>> seen;
    std::size_t laid_out = 0;
    for (int i = 0; i < 40'000; ++i) {
      const Laid laid = lay(sealer, 2);
      if (laid.prepared != Sealer::Prepared::kReady) continue;
      ++laid_out;
      ASSERT_TRUE(seen.insert(laid.job.nonce).second) << i;
    }
    EXPECT_EQ(laid_out, width == SequenceWidth::k32 ? 20'001u : 40'000u);
  }
}

TEST(Sealer, PreparingAllocatesNothing) {
  Sealer sealer = sealer_from(1, SequenceWidth::k64);
  Octets packet(1500);
  CipherJob job;
  testing::NoAllocScope scope;
  for (int i = 0; i < 1000; ++i) (void)sealer.prepare(packet.data(), 1000, 4, job);
  EXPECT_EQ(scope.allocations(), 0u);
}

}  // namespace
}  // namespace levelgate::esp::sealer_test
