// SPDX-License-Identifier: Apache-2.0
//
// UDP headers, their checksum over IPv6, and the marker that tells ESP from IKE (RFC 3948 §2).
#include "wire/udp_header.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/wire/octets.h"
#include "wire/ip_header.h"

namespace levelgate::wire::udp_header_test {
namespace {

using testing::ExactBlock;
using testing::hex;
using testing::Octets;

TEST(UdpHeader, Fields) {
  const UdpView view = read_udp(hex("1194 1f90 000a beef 0102"));
  EXPECT_EQ(view.source_port, 4500);
  EXPECT_EQ(view.destination_port, 8080);
  EXPECT_EQ(view.octets, 10);
}

TEST(UdpHeader, LengthThatCannotBe) {
  Octets datagram = hex("1194 1f90 0000 0000 0102 0304");
  for (unsigned length = 0; length < 20; ++length) {
    store_be<std::uint16_t>(datagram.data() + 4, static_cast<std::uint16_t>(length));
    const bool possible = length >= 8 && length <= datagram.size();
    EXPECT_EQ(read_udp(datagram).octets, possible ? length : 0) << length;
  }
}

TEST(UdpHeader, CutAtEveryOctet) {
  const Octets datagram = hex("1194 1f90 000c 0000 0102 0304");
  for (std::size_t octets = 0; octets < datagram.size(); ++octets) {
    const ExactBlock cut(ConstBytes(datagram).first(octets));
    EXPECT_EQ(read_udp(cut.bytes()).octets, 0) << octets;
  }
}

TEST(UdpHeader, WrittenReadsBack) {
  Octets datagram(100, std::byte{0xee});
  write_udp(datagram.data(), 4500, 40'000, 100);
  const UdpView view = read_udp(datagram);
  EXPECT_EQ(view.source_port, 4500);
  EXPECT_EQ(view.destination_port, 40'000);
  EXPECT_EQ(view.octets, 100);
  EXPECT_EQ(load_be<std::uint16_t>(datagram.data() + 6), 0) << "RFC 3948 §2.1";
  EXPECT_EQ(datagram[8], std::byte{0xee});
}

// The pseudo header of RFC 8200 §8.1, written out.
std::uint16_t sum_with_pseudo_header(const Octets& packet, std::uint32_t udp_octets) {
  Octets all(packet.begin() + 8, packet.begin() + 40);
  all.resize(40);
  store_be<std::uint32_t>(all.data() + 32, udp_octets);
  all[39] = std::byte{17};
  all.insert(all.end(), packet.begin() + 40, packet.begin() + 40 + static_cast<std::ptrdiff_t>(udp_octets));
  return testing::slow_checksum(all);
}

Octets v6_datagram(std::uint32_t udp_octets, std::mt19937& random) {
  Octets packet(40 + udp_octets);
  const IpAddress a = IpAddress::parse("2001:db8::1").value();
  const IpAddress b = IpAddress::parse("2001:db8::abcd").value();
  write_ip(packet.data(), a, b, kProtocolUdp, 40 + udp_octets);
  write_udp(packet.data() + 40, 4500, 4500, static_cast<std::uint16_t>(udp_octets));
  for (std::size_t i = 48; i < packet.size(); ++i) packet[i] = static_cast<std::byte>(random());
  return packet;
}

TEST(UdpHeader, ChecksumOverV6) {
  std::mt19937 random(3);
  for (std::uint32_t udp_octets = 8; udp_octets < 1400; udp_octets += 1 + udp_octets / 50) {
    Octets packet = v6_datagram(udp_octets, random);
    store_be<std::uint16_t>(packet.data() + 46, 0xaaaa);  // what stood there does not count
    const Octets before = packet;
    write_udp_checksum(packet.data(), udp_octets);
    ASSERT_NE(load_be<std::uint16_t>(packet.data() + 46), 0) << "zero means none, which IPv6 forbids";
    ASSERT_EQ(sum_with_pseudo_header(packet, udp_octets), 0) << udp_octets;
    store_be<std::uint16_t>(packet.data() + 46, 0xaaaa);
    ASSERT_EQ(packet, before) << "changed more than the checksum";
  }
}

// A sum of zero is sent as all ones (RFC 8200 §8.1, RFC 768).
TEST(UdpHeader, ChecksumOfZeroIsAllOnes) {
  std::mt19937 random(4);
  Octets packet = v6_datagram(20, random);
  store_be<std::uint16_t>(packet.data() + 50, 0);
  write_udp_checksum(packet.data(), 20);
  const std::uint16_t missing = load_be<std::uint16_t>(packet.data() + 46);
  store_be<std::uint16_t>(packet.data() + 50, missing);  // a payload word takes it over
  write_udp_checksum(packet.data(), 20);
  EXPECT_EQ(load_be<std::uint16_t>(packet.data() + 46), 0xffff);
  EXPECT_EQ(sum_with_pseudo_header(packet, 20), 0);
}

// RFC 3948 §2.2, §2.3: an SPI is never zero, so four zero octets mark IKE; one octet of ones keeps a NAT awake.
TEST(UdpEncapsulation, KindsOfPayload) {
  EXPECT_EQ(udp_encapsulated(hex("00000001 00000001")), UdpEncapsulated::kEsp);
  EXPECT_EQ(udp_encapsulated(hex("01000000")), UdpEncapsulated::kEsp);
  EXPECT_EQ(udp_encapsulated(hex("ffffffff")), UdpEncapsulated::kEsp);
  EXPECT_EQ(udp_encapsulated(hex("00000000")), UdpEncapsulated::kIke);
  EXPECT_EQ(udp_encapsulated(hex("00000000 0123")), UdpEncapsulated::kIke);
  EXPECT_EQ(udp_encapsulated(hex("ff")), UdpEncapsulated::kKeepalive);
}

TEST(UdpEncapsulation, TooShortForAnything) {
  EXPECT_EQ(udp_encapsulated({}), UdpEncapsulated::kMalformed);
  EXPECT_EQ(udp_encapsulated(hex("fe")), UdpEncapsulated::kMalformed);
  EXPECT_EQ(udp_encapsulated(hex("00")), UdpEncapsulated::kMalformed);
  EXPECT_EQ(udp_encapsulated(hex("ffff")), UdpEncapsulated::kMalformed);
  const ExactBlock three(hex("000000"));
  EXPECT_EQ(udp_encapsulated(three.bytes()), UdpEncapsulated::kMalformed);
}

}  // namespace
}  // namespace levelgate::wire::udp_header_test
