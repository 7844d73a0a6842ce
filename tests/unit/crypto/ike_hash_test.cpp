// SPDX-License-Identifier: Apache-2.0
//
// Hashes against the examples of FIPS 180, and the two kinds of randomness.
#include "crypto/ike_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/random.h"
#include "support/hex_octets.h"
#include "support/seeded_random.h"

namespace levelgate::crypto::ike_hash_test {
namespace {

using testing::from_hex;

struct KnownHash {
  IkeHash hash;
  std::string of_abc, of_nothing;
};

const std::vector<KnownHash> kKnown{
    {IkeHash::kSha1, "a9993e364706816aba3e25717850c26c9cd0d89d", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {IkeHash::kSha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {IkeHash::kSha384,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"},
    {IkeHash::kSha512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2"
     "a9ac94fa54ca49f",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a"
     "538327af927da3e"}};

TEST(IkeHash, KnownAnswersInOneOrMorePieces) {
  const ConstBytes abc = as_bytes("abc", 3);
  for (const KnownHash& known : kKnown) {
    EXPECT_EQ(ike_hash(known.hash, {abc}), from_hex(known.of_abc));
    EXPECT_EQ(ike_hash(known.hash, {abc.first(1), ConstBytes{}, abc.subspan(1)}), from_hex(known.of_abc));
    EXPECT_EQ(ike_hash(known.hash, {}), from_hex(known.of_nothing));
    EXPECT_EQ(from_hex(known.of_abc).size(), hash_octets(known.hash));
  }
}

TEST(OpensslRandom, FillsEveryOctetAnewEachTime) {
  const auto random = make_openssl_random();
  std::vector<std::byte> seen_set(100), first(100), second(100);
  for (int turn = 0; turn < 40; ++turn) {
    ASSERT_TRUE(random->fill(second));
    EXPECT_NE(first, second);
    for (std::size_t i = 0; i < second.size(); ++i) seen_set[i] |= second[i];
    first = second;
  }
  // After 40 draws an octet of which no bit was ever set is one that nobody fills.
  EXPECT_TRUE(std::ranges::none_of(seen_set, [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_TRUE(random->fill({}));
}

TEST(SeededRandom, IsRepeatedByItsSeedOnly) {
  testing::SeededRandom one(7), same(7), other(8);
  std::vector<std::byte> a(64), b(64), c(64);
  ASSERT_TRUE(one.fill(a) && same.fill(b) && other.fill(c));
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

}  // namespace
}  // namespace levelgate::crypto::ike_hash_test
