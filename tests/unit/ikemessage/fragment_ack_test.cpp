// SPDX-License-Identifier: Apache-2.0
//
// The map of fragments as docs/large-keys.md prints it, and nothing else is one.
#include "ikemessage/fragment_ack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/hex_octets.h"

namespace levelgate::ikemessage::fragment_ack_test {
namespace {

std::vector<std::byte> written(const FragmentMap& map) {
  ikewire::WireBuffer to(100'000);
  write_fragment_ack(to, map);
  EXPECT_TRUE(to.ok());
  return to.take();
}

TEST(FragmentAck, TheFirstFragmentIsTheHighestBit) {
  FragmentMap map(11);
  map[0] = map[2] = map[10] = true;
  EXPECT_EQ(written(map), testing::from_hex("000ba020"));
}

TEST(FragmentAck, ReadsBackWhateverIsThere) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    FragmentMap map(1 + random() % 3'000);
    for (std::size_t i = 0; i < map.size(); ++i) map[i] = random() % 3 == 0;
    const auto octets = written(map);
    EXPECT_EQ(read_fragment_ack(octets, map.size()), map);
    EXPECT_FALSE(read_fragment_ack(octets, map.size() + 1));
    EXPECT_FALSE(read_fragment_ack(ConstBytes(octets).first(octets.size() - 1), map.size()));
  }
}

TEST(FragmentAck, BitsOfNoFragmentAreRefused) {
  EXPECT_TRUE(read_fragment_ack(testing::from_hex("0009ff80"), 9));
  EXPECT_FALSE(read_fragment_ack(testing::from_hex("0009ffc0"), 9));
  EXPECT_FALSE(read_fragment_ack(testing::from_hex("0009ff81"), 9));
}

}  // namespace
}  // namespace levelgate::ikemessage::fragment_ack_test
