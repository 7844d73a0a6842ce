// SPDX-License-Identifier: Apache-2.0
//
// Ethernet II frames: plain, with one tag, and cut at every octet.
#include "wire/ethernet_header.h"

#include <gtest/gtest.h>

#include "unit/wire/octets.h"

namespace levelgate::wire::ethernet_header_test {
namespace {

using testing::ExactBlock;
using testing::hex;
using testing::Octets;

TEST(Ethernet, PlainFrame) {
  const EthernetView view = read_ethernet(hex("020000000001 020000000002 0800 45"));
  EXPECT_EQ(view.ether_type, kEtherTypeIpv4);
  EXPECT_EQ(view.header_octets, 14);
  EXPECT_FALSE(view.group);
}

TEST(Ethernet, OneTagIsReadOver) {
  const EthernetView view = read_ethernet(hex("020000000001 020000000002 8100 6064 86dd 60"));
  EXPECT_EQ(view.ether_type, kEtherTypeIpv6);
  EXPECT_EQ(view.header_octets, 18);
}

// A second tag is not looked behind: the frame is of a kind that nobody here reads.
TEST(Ethernet, SecondTagIsAKindOfItsOwn) {
  const EthernetView view = read_ethernet(hex("020000000001 020000000002 8100 0001 8100 0002 0800"));
  EXPECT_EQ(view.ether_type, kEtherTypeVlan);
  EXPECT_EQ(view.header_octets, 18);
}

TEST(Ethernet, GroupBitOfTheDestination) {
  EXPECT_TRUE(read_ethernet(hex("ffffffffffff 020000000002 0806")).group);
  EXPECT_TRUE(read_ethernet(hex("333300000001 020000000002 86dd")).group);
  EXPECT_TRUE(read_ethernet(hex("01005e000001 020000000002 8100 0001 0800")).group);
  EXPECT_FALSE(read_ethernet(hex("fe0000000001 ffffffffffff 0800")).group) << "the source's bit does not count";
}

TEST(Ethernet, CutFrames) {
  const Octets tagged = hex("ffffffffffff 020000000002 8100 0001 0800");
  const Octets plain = hex("ffffffffffff 020000000002 0800 0000 0000");
  for (std::size_t octets = 0; octets <= tagged.size(); ++octets) {
    const ExactBlock cut_tagged(ConstBytes(tagged).first(octets));
    const ExactBlock cut_plain(ConstBytes(plain).first(octets));
    EXPECT_EQ(read_ethernet(cut_tagged.bytes()).header_octets, octets < 18 ? 0 : 18) << octets;
    EXPECT_EQ(read_ethernet(cut_plain.bytes()).header_octets, octets < 14 ? 0 : 14) << octets;
    EXPECT_EQ(read_ethernet(cut_plain.bytes()).group, octets >= 14);
  }
}

TEST(Ethernet, WrittenReadsBack) {
  const MacAddress to = MacAddress::parse("02:11:22:33:44:55").value();
  const MacAddress from = MacAddress::parse("02:66:77:88:99:aa").value();
  for (const std::uint16_t type : {kEtherTypeIpv4, kEtherTypeIpv6, kEtherTypeArp}) {
    Octets frame(kEthernetOctets + 1, std::byte{0xee});
    write_ethernet(frame.data(), to, from, type);
    EXPECT_EQ(frame[14], std::byte{0xee}) << "wrote beyond the header";
    const EthernetView view = read_ethernet(frame);
    EXPECT_EQ(view.ether_type, type);
    EXPECT_EQ(view.header_octets, kEthernetOctets);
    EXPECT_TRUE(destined_to(frame, to));
    EXPECT_FALSE(destined_to(frame, from));
    EXPECT_TRUE(destined_to(ConstBytes(frame).subspan(6), from)) << "the source stands behind the destination";
  }
}

TEST(Ethernet, DestinedToComparesEveryOctet) {
  const MacAddress mac = MacAddress::parse("02:11:22:33:44:55").value();
  Octets frame(14);
  write_ethernet(frame.data(), mac, mac, kEtherTypeIpv4);
  for (std::size_t i = 0; i < 6; ++i) {
    frame[i] ^= std::byte{1};
    EXPECT_FALSE(destined_to(frame, mac)) << i;
    frame[i] ^= std::byte{1};
  }
  EXPECT_TRUE(destined_to(frame, mac));
}

}  // namespace
}  // namespace levelgate::wire::ethernet_header_test
