// SPDX-License-Identifier: Apache-2.0
//
// What a gateway changes in or makes of IP headers: outer headers, the hop limit, and which addresses it forwards.
#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "unit/wire/octets.h"
#include "wire/ip_header.h"

namespace levelgate::wire::ip_rewrite_test {
namespace {

using testing::Octets;
using testing::slow_checksum;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpRewrite, OuterHeaderReadsBack) {
  struct Pair {
    std::string_view source, destination;
  };
  for (const Pair& pair : {Pair{"192.0.2.1", "198.51.100.9"}, Pair{"2001:db8::1", "2001:db8:ffff::2"}}) {
    const bool v4 = address(pair.source).family() == IpFamily::kV4;
    for (std::uint32_t total = v4 ? 20 : 40; total < 1500; total += 37) {
      Octets packet(total, std::byte{0xee});
      const std::uint32_t header =
          write_ip(packet.data(), address(pair.source), address(pair.destination), kProtocolEsp, total);
      ASSERT_EQ(header, v4 ? 20u : 40u);
      if (total > header) {
        ASSERT_EQ(packet[header], std::byte{0xee}) << "wrote beyond the header";
      }
      const IpView view = read_ip(packet);
      ASSERT_EQ(view.verdict, IpVerdict::kOk);
      EXPECT_EQ(view.total_octets, total);
      EXPECT_EQ(view.protocol, kProtocolEsp);
      EXPECT_EQ(view.hop_limit, 64);
      EXPECT_TRUE(view.dont_fragment);
      EXPECT_EQ(view.fragment, IpFragment::kWhole);
      EXPECT_EQ(view.upper_offset, header);
      EXPECT_EQ(source_of(packet.data(), view.family), address(pair.source));
      EXPECT_EQ(destination_of(packet.data(), view.family), address(pair.destination));
    }
  }
}

// Nothing of the inner packet shows outside: DSCP, ECN, identification and flow label are constants (RFC 9347 §2.4.3
// leaves DSCP to policy; RFC 6864 §4.1 lets the identification of an atomic packet be anything).
TEST(IpRewrite, OuterHeaderTellsNothing) {
  Octets v4(20);
  write_ip(v4.data(), address("192.0.2.1"), address("192.0.2.2"), kProtocolEsp, 20);
  EXPECT_EQ(v4[0], std::byte{0x45});
  EXPECT_EQ(v4[1], std::byte{0});
  EXPECT_EQ(load_be<std::uint16_t>(v4.data() + 4), 0);
  EXPECT_EQ(load_be<std::uint16_t>(v4.data() + 6), 0x4000);
  Octets v6(40);
  write_ip(v6.data(), address("fd00::1"), address("fd00::2"), kProtocolEsp, 40);
  EXPECT_EQ(load_be<std::uint32_t>(v6.data()), 0x60000000u);
}

TEST(IpRewrite, LengthOfAWrittenHeaderChanges) {
  Octets v4(100);
  write_ip(v4.data(), address("192.0.2.1"), address("192.0.2.2"), kProtocolEsp, 100);
  Octets v6(100);
  write_ip(v6.data(), address("fd00::1"), address("fd00::2"), kProtocolEsp, 100);
  for (std::uint32_t total = 100; total >= 40; --total) {
    set_total_octets(v4.data(), IpFamily::kV4, total);
    set_total_octets(v6.data(), IpFamily::kV6, total);
    ASSERT_EQ(read_ip(v4).verdict, IpVerdict::kOk);
    ASSERT_EQ(read_ip(v4).total_octets, total);
    ASSERT_EQ(read_ip(v6).total_octets, total);
  }
}

// RFC 1624: the mended checksum is the one that a fresh sum gives, whatever stands in the header.
TEST(IpRewrite, LoweredHopLimitOfAnyV4Header) {
  std::mt19937 random(12);
  for (int i = 0; i < 50'000; ++i) {
    Octets header(20 + random() % 11 * 4);
    for (std::byte& octet : header) octet = random() % 4 == 0 ? std::byte{0xff} : static_cast<std::byte>(random());
    header[0] = static_cast<std::byte>(0x40 | header.size() / 4);
    store_be<std::uint16_t>(header.data() + 2, static_cast<std::uint16_t>(header.size()));
    if (header[8] == std::byte{0}) header[8] = std::byte{1};
    store_be<std::uint16_t>(header.data() + 10, 0);
    store_be<std::uint16_t>(header.data() + 10, slow_checksum(header));
    Octets lowered = header;
    lower_hop_limit(lowered.data(), IpFamily::kV4);
    Octets expected = header;
    expected[8] = static_cast<std::byte>(std::to_integer<unsigned>(header[8]) - 1);
    store_be<std::uint16_t>(expected.data() + 10, 0);
    store_be<std::uint16_t>(expected.data() + 10, slow_checksum(expected));
    ASSERT_EQ(lowered, expected);
    ASSERT_EQ(read_ip(lowered).verdict, IpVerdict::kOk);
  }
}

// A sender may write the checksum 0 as 0xffff, the other zero of one's complement: the packet is right, and stays it.
TEST(IpRewrite, LoweredHopLimitWithTheOtherZero) {
  Octets header(20);
  write_ip(header.data(), address("192.0.2.1"), address("192.0.2.2"), kProtocolUdp, 20);
  const std::uint16_t checksum = load_be<std::uint16_t>(header.data() + 10);
  store_be<std::uint16_t>(header.data() + 4, checksum);  // identification takes over what is missing to 0
  store_be<std::uint16_t>(header.data() + 10, 0xffff);
  ASSERT_EQ(read_ip(header).verdict, IpVerdict::kOk);
  for (int hop = 0; hop < 63; ++hop) {
    lower_hop_limit(header.data(), IpFamily::kV4);
    ASSERT_EQ(read_ip(header).verdict, IpVerdict::kOk) << hop;
    ASSERT_EQ(read_ip(header).hop_limit, 63 - hop);
  }
}

TEST(IpRewrite, LoweredHopLimitOfV6) {
  Octets packet(40);
  write_ip(packet.data(), address("fd00::1"), address("fd00::2"), kProtocolUdp, 40);
  Octets expected = packet;
  expected[7] = std::byte{63};
  lower_hop_limit(packet.data(), IpFamily::kV6);
  EXPECT_EQ(packet, expected);
}

bool forwardable(std::string_view text, bool source) {
  const IpAddress a = address(text);
  Octets packet(40);
  const IpAddress zero = a.family() == IpFamily::kV4 ? address("0.0.0.0") : address("::");
  write_ip(packet.data(), source ? a : zero, source ? zero : a, kProtocolUdp, 40);
  return source ? forwardable_source(packet.data(), a.family()) : forwardable_destination(packet.data(), a.family());
}

// RFC 1812 §5.3.7, RFC 4291 §2.5: the edges of every range that never passes a router.
TEST(IpRewrite, AddressesThatAreNeverForwarded) {
  for (const std::string_view text : {"0.0.0.0",
                                      "0.255.255.255",
                                      "127.0.0.0",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "169.254.0.0",
                                      "169.254.255.255",
                                      "224.0.0.0",
                                      "239.255.255.255",
                                      "240.0.0.0",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "fe80::",
                                      "fe80::1",
                                      "febf:ffff::",
                                      "ff00::",
                                      "ff02::1",
                                      "ff0e::1",
                                      "ffff:ffff::"}) {
    EXPECT_FALSE(forwardable(text, true)) << text;
    EXPECT_FALSE(forwardable(text, false)) << text;
  }
}

TEST(IpRewrite, AddressesBesideThemAre) {
  for (const std::string_view text : {"1.0.0.0", "10.0.0.1", "126.255.255.255", "128.0.0.0", "169.253.255.255",
                                      "169.255.0.0", "192.0.2.1", "223.255.255.255", "::2", "::1:0", "100::", "1::",
                                      "2001:db8::1", "fd00::1", "fe7f:ffff::", "fec0::1", "feff:ffff::"}) {
    EXPECT_TRUE(forwardable(text, true)) << text;
    EXPECT_TRUE(forwardable(text, false)) << text;
  }
}

}  // namespace
}  // namespace levelgate::wire::ip_rewrite_test
