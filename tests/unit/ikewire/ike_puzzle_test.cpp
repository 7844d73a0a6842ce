// SPDX-License-Identifier: Apache-2.0
//
// PUZZLE (RFC 8019 §8.1) and the Puzzle Solution payload (RFC 8019 §8.2).
#include "ikewire/ike_puzzle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ikewire/ike_chain.h"
#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_puzzle_test {
namespace {

using testing::hex;
using testing::Octets;

TEST(IkePuzzle, ThreeOctetsAndNoOther) {
  const testing::ExactBlock value(hex("0005 12"));
  EXPECT_EQ(read_puzzle(value.bytes()).value(), (Puzzle{Prf::kHmacSha2_256, 18}));
  WireBuffer to(10);
  write_puzzle(to, {Prf::kHmacSha2_512, 255});
  EXPECT_TRUE(std::ranges::equal(to.octets(), hex("0007 ff")));
  for (const char* wrong : {"", "00", "0005", "0005 12 00"}) {
    const testing::ExactBlock block(hex(wrong));
    EXPECT_EQ(read_puzzle(block.bytes()).error().fault, IkeFault::kLength) << wrong;
  }
}

// [8019-8.2-a, 8019-8.2-b, 8019-8.2-d]
TEST(IkePuzzle, FourKeysOfOneSize) {
  const testing::ExactBlock body(hex("061840 073324 0c8a2a 0d94c8"));
  const auto read = read_puzzle_solution(body.bytes()).value();
  EXPECT_EQ(read.key_octets(), 3u);
  EXPECT_TRUE(std::ranges::equal(read.key(0), hex("061840")));
  EXPECT_TRUE(std::ranges::equal(read.key(3), hex("0d94c8")));
  WireBuffer to(100);
  write_body(to, read);
  EXPECT_TRUE(std::ranges::equal(to.octets(), body.bytes()));
  for (std::size_t octets = 0; octets <= 300; ++octets) {
    const testing::ExactBlock block(Octets(octets, std::byte{7}));
    const bool good = octets != 0 && octets % 4 == 0 && octets <= 4 * kLongestPuzzleKey;
    EXPECT_EQ(read_puzzle_solution(block.bytes()).has_value(), good) << octets;
  }
}

// A payload that is understood may be marked critical (RFC 7296 §2.5).
TEST(IkePuzzle, TheCriticalBitSaysNothingNew) {
  const testing::ExactBlock chain(hex("00 80 0008 01020304"));
  const auto read = read_chain(PayloadType::kPuzzleSolution, chain.bytes(), {});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->front().type, PayloadType::kPuzzleSolution);
}

}  // namespace
}  // namespace levelgate::ikewire::ike_puzzle_test
