// SPDX-License-Identifier: Apache-2.0
//
// The Internet checksum against a word-by-word sum (RFC 1071), and its incremental update (RFC 1624 §3).
#include "wire/checksum.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/wire/octets.h"

namespace levelgate::wire::checksum_test {
namespace {

using testing::hex;
using testing::Octets;
using testing::slow_checksum;

Octets random_octets(std::mt19937& random, std::size_t count) {
  Octets octets(count);
  for (std::byte& octet : octets) octet = random() % 4 == 0 ? std::byte{0xff} : static_cast<std::byte>(random());
  return octets;
}

TEST(Checksum, WorkedExample) {
  // RFC 1071 §3: the sum of these eight octets is ddf2.
  EXPECT_EQ(checksum_add(hex("0001 f203 f4f5 f6f7")), 0xddf2u);
  EXPECT_EQ(checksum_finish(0xddf2), 0x220d);
}

TEST(Checksum, OfNothing) {
  EXPECT_EQ(checksum_add({}), 0u);
  EXPECT_EQ(checksum_finish(checksum_add({})), 0xffff);
}

TEST(Checksum, EveryLengthAndOddEnds) {
  std::mt19937 random(1);
  for (std::size_t count = 0; count < 300; ++count) {
    const Octets octets = random_octets(random, count);
    const testing::ExactBlock block(octets);
    ASSERT_EQ(checksum_finish(checksum_add(block.bytes())), slow_checksum(octets)) << count;
  }
}

// The largest packet of all-ones octets: the sum carries as often as it can.
TEST(Checksum, LargestSumCarries) {
  for (const std::size_t count : {65'535u, 65'536u, 65'575u}) {
    const Octets octets(count, std::byte{0xff});
    ASSERT_EQ(checksum_finish(checksum_add(octets, 0xffff'ffff)), slow_checksum(octets)) << count;
  }
}

// A sum may be taken in pieces of even size, and a pseudo header's words may be the seed (RFC 1071 §2).
TEST(Checksum, SumsInPieces) {
  std::mt19937 random(2);
  for (int i = 0; i < 3000; ++i) {
    const Octets octets = random_octets(random, random() % 120);
    const std::size_t cut = octets.empty() ? 0 : random() % (octets.size() / 2 + 1) * 2;
    const ConstBytes all(octets);
    const std::uint32_t pieces = checksum_add(all.subspan(cut), checksum_add(all.first(cut)));
    ASSERT_EQ(checksum_finish(pieces), slow_checksum(octets));
  }
}

TEST(Checksum, PutInItselfItSumsToZero) {
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    Octets octets = random_octets(random, 2 + random() % 60);
    octets[0] = octets[1] = std::byte{0};
    store_be<std::uint16_t>(octets.data(), checksum_finish(checksum_add(octets)));
    ASSERT_EQ(checksum_finish(checksum_add(octets)), 0);
  }
}

// RFC 1624 §4: the case where the older equation of RFC 1141 comes out wrong.
TEST(Checksum, AdjustWorkedExample) { EXPECT_EQ(checksum_adjust(0xdd2f, 0x5555, 0x3285), 0x0000); }

// Any word of any block that is not all zero: the same as a fresh sum.
TEST(Checksum, AdjustEqualsAFreshSum) {
  std::mt19937 random(4);
  for (int i = 0; i < 50'000; ++i) {
    Octets octets = random_octets(random, 20);
    octets[0] = std::byte{0x45};  // as in a header: never all zero
    octets[10] = octets[11] = std::byte{0};
    const std::uint16_t before_sum = checksum_finish(checksum_add(octets));
    const std::size_t at = 2 * (1 + random() % 4);
    const std::uint16_t before = load_be<std::uint16_t>(octets.data() + at);
    const std::uint16_t after = static_cast<std::uint16_t>(random() % 3 == 0 ? ~random() % 2 - 1 : random());
    store_be<std::uint16_t>(octets.data() + at, after);
    ASSERT_EQ(checksum_adjust(before_sum, before, after), checksum_finish(checksum_add(octets)));
  }
}

}  // namespace
}  // namespace levelgate::wire::checksum_test
