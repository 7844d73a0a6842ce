// SPDX-License-Identifier: Apache-2.0
//
// The edges of a packet view: head, length and tail always add up to the buffer, and an edge moved back is where it
// was.
#include <gtest/gtest.h>
#include <levelgate/base/packet.h>

#include <array>
#include <random>

namespace levelgate::packet_test {
namespace {

class PacketEdges : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kBuffer = 256;
  std::array<std::byte, kBuffer> buffer{};
  Packet packet{buffer.data() + 64, 100, 64, 0, kBuffer - 164, buffer.data()};

  void expect_whole() const {
    EXPECT_EQ(packet.data, buffer.data() + packet.headroom);
    EXPECT_EQ(packet.headroom + packet.length + packet.tailroom, kBuffer);
    EXPECT_EQ(packet.capacity(), packet.length + packet.tailroom);
    EXPECT_EQ(packet.handle, buffer.data());
  }
};

TEST_F(PacketEdges, BytesAreWhatIsInUse) {
  const Packet& fixed = packet;
  EXPECT_EQ(packet.bytes().data(), packet.data);
  EXPECT_EQ(packet.bytes().size(), 100u);
  EXPECT_EQ(fixed.bytes().data(), packet.data);
  EXPECT_EQ(fixed.bytes().size(), 100u);
  expect_whole();
}

TEST_F(PacketEdges, HeadMovesThereAndBack) {
  packet.take_headroom(14);
  EXPECT_EQ(packet.data, buffer.data() + 50);
  EXPECT_EQ(packet.length, 114u);
  EXPECT_EQ(packet.headroom, 50u);
  expect_whole();
  packet.drop_front(14);
  EXPECT_EQ(packet.data, buffer.data() + 64);
  EXPECT_EQ(packet.length, 100u);
  expect_whole();
}

TEST_F(PacketEdges, LengthGrowsAndShrinksAtTheTail) {
  packet.set_length(0);
  expect_whole();
  EXPECT_EQ(packet.tailroom, kBuffer - 64);
  packet.set_length(packet.capacity());
  expect_whole();
  EXPECT_EQ(packet.tailroom, 0u);
}

TEST_F(PacketEdges, AnySequenceKeepsTheSum) {
  std::mt19937 random(9);
  for (int i = 0; i < 5000; ++i) {
    switch (random() % 3) {
      case 0:
        packet.take_headroom(static_cast<std::uint32_t>(random() % (packet.headroom + 1u)));
        break;
      case 1:
        packet.drop_front(static_cast<std::uint32_t>(random() % (packet.length + 1u)));
        break;
      case 2:
        packet.set_length(static_cast<std::uint32_t>(random() % (packet.capacity() + 1u)));
        break;
    }
    ASSERT_NO_FATAL_FAILURE(expect_whole());
  }
}

}  // namespace
}  // namespace levelgate::packet_test
