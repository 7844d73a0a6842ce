// SPDX-License-Identifier: Apache-2.0
//
// The big-endian cursors: what is written reads back, nothing is touched beyond the span, and a failed cursor stays
// failed.
#include <gtest/gtest.h>
#include <levelgate/base/bytes.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace levelgate::bytes_test {
namespace {

std::vector<std::byte> counted(std::size_t octets) {
  std::vector<std::byte> bytes(octets);
  for (std::size_t i = 0; i < octets; ++i) bytes[i] = static_cast<std::byte>(i + 1);
  return bytes;
}

TEST(Bytes, LoadsAndStoresAreBigEndianAndNeedNoAlignment) {
  const std::vector<std::byte> from = counted(16);
  EXPECT_EQ(load_be<std::uint8_t>(from.data() + 1), 0x02u);
  EXPECT_EQ(load_be<std::uint16_t>(from.data() + 1), 0x0203u);
  EXPECT_EQ(load_be<std::uint32_t>(from.data() + 1), 0x02030405u);
  EXPECT_EQ(load_be<std::uint64_t>(from.data() + 1), 0x0203040506070809u);
  std::array<std::byte, 9> to{};
  store_be<std::uint64_t>(to.data() + 1, 0x0203040506070809u);
  EXPECT_TRUE(std::equal(to.begin() + 1, to.end(), from.begin() + 1));
  EXPECT_EQ(to[0], std::byte{0});
}

TEST(Bytes, TextAsBytes) {
  const ConstBytes bytes = as_bytes("ab\0c", 4);
  ASSERT_EQ(bytes.size(), 4u);
  EXPECT_EQ(bytes[1], std::byte{'b'});
  EXPECT_EQ(bytes[2], std::byte{0});
}

TEST(ByteReader, ReadsInOrder) {
  const std::vector<std::byte> from = counted(20);
  ByteReader reader(from);
  EXPECT_EQ(reader.read<std::uint8_t>(), 0x01u);
  EXPECT_EQ(reader.read<std::uint16_t>(), 0x0203u);
  EXPECT_EQ(reader.read<std::uint32_t>(), 0x04050607u);
  reader.skip(2);
  EXPECT_EQ(reader.read<std::uint64_t>(), 0x0a0b0c0d0e0f1011u);
  const ConstBytes taken = reader.read_bytes(2);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken.data(), from.data() + 17);
  EXPECT_EQ(reader.rest().data(), from.data() + 19);
  EXPECT_EQ(reader.remaining(), 1u);
  EXPECT_TRUE(reader.ok());
}

// One octet short of each type: nothing is read, and nothing can be read afterwards, however little it asks.
template <typename T>
void expect_sticky(std::size_t octets) {
  const std::vector<std::byte> from = counted(octets);
  ByteReader reader(from);
  EXPECT_EQ(reader.read<T>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_EQ(reader.read<std::uint8_t>(), 0u);
  EXPECT_TRUE(reader.read_bytes(0).empty());
  EXPECT_TRUE(reader.read_bytes(1).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, FailsOneOctetShortAndStaysFailed) {
  expect_sticky<std::uint8_t>(0);
  expect_sticky<std::uint16_t>(1);
  expect_sticky<std::uint32_t>(3);
  expect_sticky<std::uint64_t>(7);
}

TEST(ByteReader, SpansBeyondTheEndFail) {
  const std::vector<std::byte> from = counted(8);
  for (const std::size_t octets : {std::size_t{9}, std::size_t{1000}, std::numeric_limits<std::size_t>::max()}) {
    ByteReader reader(from);
    EXPECT_TRUE(reader.read_bytes(octets).empty());
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.read<std::uint8_t>(), 0u) << "a failed cursor read on";
    ByteReader skipping(from);
    skipping.skip(octets);
    EXPECT_FALSE(skipping.ok());
  }
}

TEST(ByteReader, ReadingAllOfItIsNoFault) {
  const std::vector<std::byte> from = counted(8);
  ByteReader reader(from);
  EXPECT_EQ(reader.read_bytes(8).size(), 8u);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.read_bytes(0).empty());
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(ByteReader(ConstBytes{}).ok());
}

TEST(ByteWriter, WritesInOrder) {
  std::vector<std::byte> to(20);
  ByteWriter writer(to);
  writer.write<std::uint8_t>(0x01);
  writer.write<std::uint16_t>(0x0203);
  writer.write<std::uint32_t>(0x04050607);
  writer.write<std::uint64_t>(0x08090a0b0c0d0e0f);
  const std::vector<std::byte> more = counted(19);
  writer.write_bytes(ConstBytes(more).subspan(15, 2));
  writer.fill(std::byte{0x12}, 2);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.written(), 19u);
  EXPECT_EQ(writer.rest().data(), to.data() + 19);
  for (std::size_t i = 0; i < 17; ++i) EXPECT_EQ(to[i], static_cast<std::byte>(i + 1)) << i;
  EXPECT_EQ(to[17], std::byte{0x12});
  EXPECT_EQ(to[18], std::byte{0x12});
  EXPECT_EQ(to[19], std::byte{0});
}

// What does not fit is not written in part, and nothing after it is written either, even if it would fit.
TEST(ByteWriter, FailsWholeAndStaysFailed) {
  const std::vector<std::byte> long_text = counted(4);
  const auto overflow = [&](auto write) {
    std::array<std::byte, 4> to{};
    ByteWriter writer(Bytes(to).first(3));
    writer.write<std::uint8_t>(0x7f);
    write(writer);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(writer.written(), 1u);
    writer.write<std::uint8_t>(0x55);
    writer.write_bytes(ConstBytes(long_text).first(1));
    writer.fill(std::byte{0x55}, 1);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(writer.written(), 1u);
    EXPECT_EQ(writer.rest().size(), 2u);
    for (std::size_t i = 1; i < to.size(); ++i) EXPECT_EQ(to[i], std::byte{0}) << i;
  };
  overflow([](ByteWriter& writer) { writer.write<std::uint32_t>(0xffffffff); });
  overflow([](ByteWriter& writer) { writer.write<std::uint64_t>(1); });
  overflow([&](ByteWriter& writer) { writer.write_bytes(ConstBytes(long_text).first(3)); });
  overflow([](ByteWriter& writer) { writer.fill(std::byte{0xff}, 3); });
  overflow([](ByteWriter& writer) { writer.fill(std::byte{0xff}, std::numeric_limits<std::size_t>::max()); });
}

TEST(ByteWriter, NothingIntoNothingIsNoFault) {
  ByteWriter writer(Bytes{});
  writer.write_bytes({});
  writer.fill(std::byte{1}, 0);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.written(), 0u);
  writer.write<std::uint8_t>(0);
  EXPECT_FALSE(writer.ok());
}

// Any sequence of fields: what the writer took, the reader gives back, and both stop at the same octet.
TEST(ByteCursors, WhatIsWrittenReadsBack) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t size = random() % 40;
    const auto block = std::make_unique<std::byte[]>(size);  // of exactly its size: a step beyond is seen
    const std::uint64_t seed = random();
    std::mt19937_64 writes(seed);
    ByteWriter writer(Bytes(block.get(), size));
    while (writer.ok()) {
      const std::uint64_t value = writes();
      switch (writes() % 4) {
        case 0:
          writer.write(static_cast<std::uint8_t>(value));
          break;
        case 1:
          writer.write(static_cast<std::uint16_t>(value));
          break;
        case 2:
          writer.write(static_cast<std::uint32_t>(value));
          break;
        case 3:
          writer.write(value);
          break;
      }
    }
    std::mt19937_64 reads(seed);
    ByteReader reader(ConstBytes(block.get(), writer.written()));
    while (reader.ok()) {
      const std::uint64_t value = reads();
      const std::uint64_t kind = reads() % 4;
      const std::size_t before = reader.remaining();
      const std::uint64_t got = kind == 0   ? reader.read<std::uint8_t>()
                                : kind == 1 ? reader.read<std::uint16_t>()
                                : kind == 2 ? reader.read<std::uint32_t>()
                                            : reader.read<std::uint64_t>();
      if (!reader.ok()) {
        ASSERT_EQ(before, 0u) << "the reader stopped before the writer did";
        break;
      }
      const std::uint64_t mask = kind == 3 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8u << kind)) - 1;
      ASSERT_EQ(got, value & mask);
    }
  }
}

}  // namespace
}  // namespace levelgate::bytes_test
