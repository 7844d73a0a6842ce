// SPDX-License-Identifier: Apache-2.0
//
// The AGGFRAG payload header in both sub-types, and the first octets of a data block (RFC 9347 §6.1).
#include "wire/aggfrag_header.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/wire/octets.h"

namespace levelgate::wire::aggfrag_header_test {
namespace {

using testing::ExactBlock;
using testing::hex;
using testing::Octets;

// RFC 9347 §6.1.1.
TEST(AggfragHeader, WithoutCongestionControl) {
  const AggfragView view = read_aggfrag(hex("00 00 0102 45"));
  EXPECT_EQ(view.verdict, AggfragVerdict::kOk);
  EXPECT_EQ(view.sub_type, 0);
  EXPECT_EQ(view.header_octets, 4);
  EXPECT_EQ(view.block_offset, 0x0102);
}

// RFC 9347 §6.1.2: the same first four octets, then 20 of timestamps and loss.
TEST(AggfragHeader, WithCongestionControl) {
  const AggfragView view = read_aggfrag(hex("01 03 0a0b 00000001 00000002 00000003 00000004 00000005 60"));
  EXPECT_EQ(view.verdict, AggfragVerdict::kOk);
  EXPECT_EQ(view.sub_type, 1);
  EXPECT_EQ(view.header_octets, 24);
  EXPECT_EQ(view.block_offset, 0x0a0b);
}

TEST(AggfragHeader, ReservedOctetIsIgnored) {
  for (unsigned reserved = 0; reserved < 256; ++reserved) {
    Octets payload = hex("00 00 0102");
    payload[1] = static_cast<std::byte>(reserved);
    EXPECT_EQ(read_aggfrag(payload).verdict, AggfragVerdict::kOk);
    EXPECT_EQ(read_aggfrag(payload).block_offset, 0x0102);
  }
}

TEST(AggfragHeader, UnknownSubTypes) {
  for (unsigned sub_type = 2; sub_type < 256; ++sub_type) {
    Octets payload(40);
    payload[0] = static_cast<std::byte>(sub_type);
    EXPECT_EQ(read_aggfrag(payload).verdict, AggfragVerdict::kUnknownSubType) << sub_type;
  }
}

TEST(AggfragHeader, CutAtEveryOctet) {
  for (const unsigned sub_type : {0u, 1u}) {
    Octets payload(30);
    payload[0] = static_cast<std::byte>(sub_type);
    for (std::size_t octets = 0; octets < payload.size(); ++octets) {
      const ExactBlock cut(ConstBytes(payload).first(octets));
      const bool whole = octets >= (sub_type == 0 ? 4u : 24u);
      EXPECT_EQ(read_aggfrag(cut.bytes()).verdict, whole ? AggfragVerdict::kOk : AggfragVerdict::kTooShort) << octets;
    }
  }
}

TEST(AggfragHeader, WrittenReadsBack) {
  for (std::uint32_t offset = 0; offset <= 0xffff; offset += 13) {
    Octets payload(5, std::byte{0xee});
    write_aggfrag(payload.data(), static_cast<std::uint16_t>(offset));
    ASSERT_EQ(payload[0], std::byte{0});
    ASSERT_EQ(payload[1], std::byte{0}) << "reserved is sent as zero";
    ASSERT_EQ(payload[4], std::byte{0xee});
    ASSERT_EQ(read_aggfrag(payload).verdict, AggfragVerdict::kOk);
    ASSERT_EQ(read_aggfrag(payload).block_offset, offset);
  }
}

// RFC 9347 §6.1.3: the version nibble of an IP packet names the block, and 0 is padding.
TEST(DataBlock, TypeIsTheHighNibble) {
  for (unsigned first = 0; first < 256; ++first) {
    const BlockType type = block_type(static_cast<std::byte>(first));
    const unsigned nibble = first >> 4;
    const BlockType expected = nibble == 0   ? BlockType::kPad
                               : nibble == 4 ? BlockType::kIpv4
                               : nibble == 6 ? BlockType::kIpv6
                                             : BlockType::kUnknown;
    EXPECT_EQ(type, expected) << first;
  }
}

TEST(DataBlock, LengthOfV4) {
  EXPECT_EQ(length_field_end(BlockType::kIpv4), 4u);
  EXPECT_EQ(block_octets(hex("4500 0014").data(), BlockType::kIpv4), 20u);
  EXPECT_EQ(block_octets(hex("45ff ffff").data(), BlockType::kIpv4), 65'535u);
  EXPECT_EQ(block_octets(hex("4f00 003c").data(), BlockType::kIpv4), 60u);
  EXPECT_EQ(block_octets(hex("4500 0013").data(), BlockType::kIpv4), 0u) << "shorter than a header";
  EXPECT_EQ(block_octets(hex("4f00 003b").data(), BlockType::kIpv4), 0u) << "shorter than its options";
  EXPECT_EQ(block_octets(hex("4400 0100").data(), BlockType::kIpv4), 0u) << "a header of 16 octets";
  EXPECT_EQ(block_octets(hex("4000 0100").data(), BlockType::kIpv4), 0u);
}

TEST(DataBlock, LengthOfV6) {
  EXPECT_EQ(length_field_end(BlockType::kIpv6), 6u);
  EXPECT_EQ(block_octets(hex("6000 0000 0000").data(), BlockType::kIpv6), 40u);
  EXPECT_EQ(block_octets(hex("6000 0000 ffff").data(), BlockType::kIpv6), 65'575u);
}

// With one octet more than the longest runt the length can always be read.
TEST(DataBlock, LongestRunt) {
  for (const BlockType type : {BlockType::kIpv4, BlockType::kIpv6}) EXPECT_LE(length_field_end(type), kLongestRunt + 1);
}

// No length is read that makes no progress, and none from beyond the length field.
TEST(DataBlock, ArbitraryOctets) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    Octets octets(6);
    for (std::byte& octet : octets) octet = static_cast<std::byte>(random());
    octets[0] = static_cast<std::byte>((random() % 2 == 0 ? 0x40u : 0x60u) | random() % 16);
    const BlockType type = block_type(octets[0]);
    const ExactBlock block(ConstBytes(octets).first(length_field_end(type)));
    const std::uint32_t length = block_octets(block.bytes().data(), type);
    ASSERT_TRUE(length == 0 || length >= 20);
    ASSERT_LE(length, 65'575u);
  }
}

}  // namespace
}  // namespace levelgate::wire::aggfrag_header_test
