// SPDX-License-Identifier: Apache-2.0
//
// ICMP errors: their numbers, sizes, quotes and checksums (RFC 792, RFC 4443 §3), and about what none is ever sent
// (RFC 1812 §4.3.2.7, RFC 4443 §2.4).
#include "wire/icmp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "unit/wire/octets.h"

namespace levelgate::wire::icmp_test {
namespace {

using testing::ExactBlock;
using testing::Octets;
using testing::slow_checksum;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

// A packet between two hosts, or what the arguments make of it; `type` is the first octet of the upper layer.
Octets packet_of(std::string_view source, std::string_view destination, std::uint8_t protocol = kProtocolUdp,
                 std::uint32_t octets = 100, unsigned type = 8) {
  Octets packet(octets);
  const std::uint32_t header = write_ip(packet.data(), address(source), address(destination), protocol, octets);
  for (std::size_t i = header; i < octets; ++i) packet[i] = static_cast<std::byte>(i);
  if (octets > header) packet[header] = static_cast<std::byte>(type);
  return packet;
}
Octets v4(std::uint8_t protocol = kProtocolUdp, unsigned type = 8) {
  return packet_of("10.0.0.1", "10.9.0.1", protocol, 100, type);
}
Octets v6(std::uint8_t protocol = kProtocolUdp, unsigned type = 128) {
  return packet_of("fd00::1", "fd09::1", protocol, 100, type);
}
bool answered(const Octets& packet) { return may_answer(packet, read_ip(packet)); }

Octets error_about(const Octets& about, IcmpError error, std::uint32_t mtu = 0) {
  const bool is_v4 = read_ip(about).family == IpFamily::kV4;
  Octets to(kLongestIcmpv6, std::byte{0xee});
  const IpAddress gateway = address(is_v4 ? "10.0.0.254" : "fd00::fe");
  const IpFamily family = is_v4 ? IpFamily::kV4 : IpFamily::kV6;
  to.resize(write_icmp_error(to, error, mtu, gateway, about, family));
  return to;
}

struct Numbers {
  IcmpError error;
  unsigned v4_type, v4_code, v6_type, v6_code;
};

// RFC 792, RFC 1812 §5.2.7.1; RFC 4443 §3.
TEST(Icmp, TypesAndCodes) {
  for (const Numbers& n :
       {Numbers{IcmpError::kTimeExceeded, 11, 0, 3, 0}, Numbers{IcmpError::kTooBig, 3, 4, 2, 0},
        Numbers{IcmpError::kNetUnreachable, 3, 0, 1, 0}, Numbers{IcmpError::kHostUnreachable, 3, 1, 1, 3},
        Numbers{IcmpError::kProhibited, 3, 13, 1, 1}}) {
    const Octets four = error_about(v4(), n.error);
    EXPECT_EQ(std::to_integer<unsigned>(four[20]), n.v4_type);
    EXPECT_EQ(std::to_integer<unsigned>(four[21]), n.v4_code);
    const Octets six = error_about(v6(), n.error);
    EXPECT_EQ(std::to_integer<unsigned>(six[40]), n.v6_type);
    EXPECT_EQ(std::to_integer<unsigned>(six[41]), n.v6_code);
  }
}

TEST(Icmp, GoesToTheSourceAndQuotesThePacket) {
  for (const Octets& about : {v4(), v6()}) {
    const Octets error = error_about(about, IcmpError::kTimeExceeded);
    const IpView view = read_ip(error);
    const IpFamily family = read_ip(about).family;
    const bool is_v4 = family == IpFamily::kV4;
    ASSERT_EQ(view.verdict, IpVerdict::kOk);
    EXPECT_EQ(view.total_octets, error.size());
    EXPECT_EQ(view.protocol, is_v4 ? kProtocolIcmp : kProtocolIcmpv6);
    EXPECT_EQ(source_of(error.data(), family), address(is_v4 ? "10.0.0.254" : "fd00::fe"));
    EXPECT_EQ(destination_of(error.data(), family), source_of(about.data(), family));
    const ConstBytes quoted = ConstBytes(error).subspan(view.upper_offset + 8u);
    EXPECT_TRUE(std::ranges::equal(quoted, about)) << "a short packet is quoted whole";
    EXPECT_EQ(load_be<std::uint32_t>(error.data() + view.upper_offset + 4), 0u) << "unused octets are zero";
  }
}

// RFC 1812 §4.3.2.3: at most 576 octets. RFC 4443 §2.4 (c): as much as fits 1,280.
TEST(Icmp, LongPacketsAreQuotedInPart) {
  for (std::uint32_t octets = 500; octets < 1600; octets += 7) {
    const Octets about4 = packet_of("10.0.0.1", "10.9.0.1", kProtocolUdp, octets);
    const Octets error4 = error_about(about4, IcmpError::kTooBig, 1400);
    EXPECT_EQ(error4.size(), std::min(576u, octets + 28)) << octets;
    EXPECT_TRUE(std::equal(error4.begin() + 28, error4.end(), about4.begin()));
    const Octets about6 = packet_of("fd00::1", "fd09::1", kProtocolUdp, octets);
    const Octets error6 = error_about(about6, IcmpError::kTooBig, 1400);
    EXPECT_EQ(error6.size(), std::min(1280u, octets + 48)) << octets;
    EXPECT_TRUE(std::equal(error6.begin() + 48, error6.end(), about6.begin()));
  }
}

// RFC 1191 §4: the low half of the second word; RFC 4443 §3.2: the whole word. Other errors leave it zero.
TEST(Icmp, TooBigNamesTheMtu) {
  EXPECT_EQ(load_be<std::uint32_t>(error_about(v4(), IcmpError::kTooBig, 1342).data() + 24), 1342u);
  EXPECT_EQ(load_be<std::uint32_t>(error_about(v6(), IcmpError::kTooBig, 1342).data() + 44), 1342u);
  EXPECT_EQ(load_be<std::uint32_t>(error_about(v4(), IcmpError::kProhibited, 1342).data() + 24), 0u);
  EXPECT_EQ(load_be<std::uint32_t>(error_about(v6(), IcmpError::kProhibited, 1342).data() + 44), 0u);
}

TEST(Icmp, Checksums) {
  for (std::uint32_t octets = 40; octets < 120; ++octets) {
    const Octets four = error_about(packet_of("10.0.0.1", "10.9.0.1", kProtocolUdp, octets), IcmpError::kProhibited);
    EXPECT_EQ(slow_checksum(ConstBytes(four).subspan(20)), 0) << octets;
    EXPECT_EQ(slow_checksum(ConstBytes(four).first(20)), 0) << octets;
    // RFC 4443 §2.3: addresses, length and next header stand in front of the message.
    const Octets six = error_about(packet_of("fd00::1", "fd09::1", kProtocolUdp, octets), IcmpError::kProhibited);
    Octets summed(six.begin() + 8, six.begin() + 40);
    summed.resize(40);
    store_be<std::uint32_t>(summed.data() + 32, static_cast<std::uint32_t>(six.size() - 40));
    summed[39] = std::byte{58};
    summed.insert(summed.end(), six.begin() + 40, six.end());
    EXPECT_EQ(slow_checksum(summed), 0) << octets;
  }
}

TEST(Icmp, ErrorMayBeFragmented) { EXPECT_FALSE(read_ip(error_about(v4(), IcmpError::kTooBig, 100)).dont_fragment); }

TEST(Icmp, OrdinaryPacketsAreAnswered) {
  EXPECT_TRUE(answered(v4()));
  EXPECT_TRUE(answered(v6()));
  EXPECT_TRUE(answered(packet_of("10.0.0.1", "10.9.0.1", kProtocolUdp, 20))) << "no upper layer at all";
}

// An answer about an error would be answered in turn.
TEST(Icmp, NeverAboutAnError) {
  for (unsigned type = 0; type < 256; ++type) {
    // RFC 1812 §4.3.2.7 with RFC 792: unreachable, source quench, redirect, time exceeded, parameter problem.
    const bool error4 = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    EXPECT_EQ(answered(v4(kProtocolIcmp, type)), !error4) << type;
    // RFC 4443 §2.4 (e.1): the high bit of a type says that it is no error; (e.2): a redirect counts as one.
    const bool error6 = type < 128 || type == 137;
    EXPECT_EQ(answered(v6(kProtocolIcmpv6, type)), !error6) << type;
  }
  for (const IcmpError error : {IcmpError::kTimeExceeded, IcmpError::kTooBig, IcmpError::kNetUnreachable,
                                IcmpError::kHostUnreachable, IcmpError::kProhibited}) {
    EXPECT_FALSE(answered(error_about(v4(), error)));
    EXPECT_FALSE(answered(error_about(v6(), error)));
  }
}

// Whether it is an error cannot be seen: then it is taken for one.
TEST(Icmp, NeverAboutIcmpWithoutItsType) {
  EXPECT_FALSE(answered(packet_of("10.0.0.1", "10.9.0.1", kProtocolIcmp, 20)));
  EXPECT_FALSE(answered(packet_of("fd00::1", "fd09::1", kProtocolIcmpv6, 40)));
  const ExactBlock cut(packet_of("10.0.0.1", "10.9.0.1", kProtocolIcmp, 20));
  EXPECT_FALSE(may_answer(cut.bytes(), read_ip(cut.bytes())));
}

TEST(Icmp, NeverToAnAddressThatNamesNoHost) {
  for (const std::string_view source : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "169.254.1.1"}) {
    EXPECT_FALSE(answered(packet_of(source, "10.9.0.1"))) << source;
  }
  for (const std::string_view source : {"::", "::1", "ff02::1", "fe80::1"}) {
    EXPECT_FALSE(answered(packet_of(source, "fd09::1"))) << source;
  }
}

// One packet to many hosts would draw as many answers.
TEST(Icmp, NeverAboutAPacketToMany) {
  for (const std::string_view destination : {"224.0.0.1", "239.1.2.3", "255.255.255.255"}) {
    EXPECT_FALSE(answered(packet_of("10.0.0.1", destination))) << destination;
  }
  for (const std::string_view destination : {"ff02::1", "ff0e::1"}) {
    EXPECT_FALSE(answered(packet_of("fd00::1", destination))) << destination;
  }
}

TEST(Icmp, AboutTheFirstFragmentOnly) {
  const auto fragment = [](unsigned flags_and_offset) {
    Octets packet = v4();
    store_be<std::uint16_t>(packet.data() + 6, static_cast<std::uint16_t>(flags_and_offset));
    set_total_octets(packet.data(), IpFamily::kV4, 100);
    return packet;
  };
  EXPECT_TRUE(answered(fragment(0x2000)));
  EXPECT_FALSE(answered(fragment(0x2001)));
  EXPECT_FALSE(answered(fragment(0x0001)));
}

TEST(Icmp, NeverAboutABrokenHeader) {
  Octets packet = v4();
  packet[10] ^= std::byte{1};
  EXPECT_FALSE(answered(packet)) << "RFC 1812 §4.3.2.7: failed validation";
  EXPECT_FALSE(answered(Octets(30)));
}

}  // namespace
}  // namespace levelgate::wire::icmp_test
