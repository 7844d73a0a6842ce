// SPDX-License-Identifier: Apache-2.0
//
// IPv6 extension headers (RFC 8200 §4): walked to the upper layer, with bounded work, and never beyond the packet.
#include <gtest/gtest.h>

#include <initializer_list>

#include "unit/wire/octets.h"
#include "wire/ip_header.h"

namespace levelgate::wire::ip_extensions_test {
namespace {

using testing::ExactBlock;
using testing::Octets;

constexpr unsigned kHopByHop = 0;
constexpr unsigned kRouting = 43;
constexpr unsigned kFragment = 44;
constexpr unsigned kNoNext = 59;
constexpr unsigned kDestination = 60;
constexpr unsigned kMobility = 135;

struct Extension {
  unsigned kind;
  unsigned octets = 8;
  unsigned fragment = 0;  // offset and flags, for kFragment
};

// The extensions in this order, then `upper` with `payload` octets that read as ports 0x0102 and 0x0304.
Octets packet_with(std::initializer_list<Extension> extensions, unsigned upper, std::size_t payload = 8) {
  Octets packet(kIpv6Octets);
  packet[0] = std::byte{0x60};
  packet[7] = std::byte{64};
  packet[8] = packet[24] = std::byte{0xfd};
  std::size_t next_at = 6;
  for (const Extension& extension : extensions) {
    packet[next_at] = static_cast<std::byte>(extension.kind);
    next_at = packet.size();
    packet.resize(packet.size() + extension.octets);
    packet[next_at + 1] = static_cast<std::byte>(extension.kind == kFragment ? 0xff : extension.octets / 8 - 1);
    store_be<std::uint16_t>(packet.data() + next_at + 2, static_cast<std::uint16_t>(extension.fragment));
  }
  packet[next_at] = static_cast<std::byte>(upper);
  for (std::size_t i = 0; i < payload; ++i) packet.push_back(static_cast<std::byte>(i + 1));
  store_be<std::uint16_t>(packet.data() + 4, static_cast<std::uint16_t>(packet.size() - kIpv6Octets));
  return packet;
}

TEST(IpExtensions, WalkedToTheUpperLayer) {
  const Octets packet = packet_with({{kHopByHop, 16}, {kRouting, 24}, {kDestination, 8}, {kMobility, 8}}, kProtocolUdp);
  const IpView view = read_ip(packet);
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.protocol, kProtocolUdp);
  EXPECT_EQ(view.upper_offset, 40 + 16 + 24 + 8 + 8);
  EXPECT_EQ(view.source_port, 0x0102);
  EXPECT_EQ(view.destination_port, 0x0304);
  EXPECT_EQ(view.header_octets, 40) << "of the fixed header alone";
}

TEST(IpExtensions, ShallowStopsAtTheFirst) {
  const Octets packet = packet_with({{kHopByHop}}, kProtocolUdp);
  EXPECT_EQ(read_ip_shallow(packet).verdict, IpVerdict::kOk);
  EXPECT_EQ(read_ip_shallow(packet).upper_offset, 40);
}

// The upper layer is whatever no extension is: ESP, no next header, and what is unknown (RFC 8200 §4.7).
TEST(IpExtensions, EverythingElseIsAnUpperLayer) {
  for (unsigned upper = 0; upper < 256; ++upper) {
    const bool extension =
        upper == kHopByHop || upper == kRouting || upper == kFragment || upper == kDestination || upper == kMobility;
    if (extension) continue;
    const IpView view = read_ip(packet_with({{kDestination}}, upper));
    EXPECT_EQ(view.verdict, IpVerdict::kOk) << upper;
    EXPECT_EQ(view.protocol, upper);
    EXPECT_EQ(view.upper_offset, 48);
  }
  EXPECT_EQ(read_ip(packet_with({}, kNoNext, 0)).protocol, kNoNext);
}

TEST(IpExtensions, EightAreWalkedAndNoMore) {
  const Extension e{kDestination};
  const IpView eight = read_ip(packet_with({e, e, e, e, e, e, e, e}, kProtocolTcp));
  EXPECT_EQ(eight.verdict, IpVerdict::kOk);
  EXPECT_EQ(eight.upper_offset, 40 + 64);
  EXPECT_EQ(read_ip(packet_with({e, e, e, e, e, e, e, e, e}, kProtocolTcp)).verdict, IpVerdict::kMalformed);
}

TEST(IpExtensions, LongestExtension) {
  const IpView view = read_ip(packet_with({{kRouting, 2048}, {kDestination, 2048}}, kProtocolTcp));
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.upper_offset, 40 + 4096);
}

// Cut at every octet, by the packet's own length as well as by the span: malformed or whole, never read beyond.
TEST(IpExtensions, CutAtEveryOctet) {
  const Octets packet = packet_with({{kHopByHop, 16}, {kFragment, 8, 1}, {kDestination, 24}}, kProtocolUdp);
  for (std::size_t octets = kIpv6Octets; octets < packet.size(); ++octets) {
    Octets cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(octets));
    store_be<std::uint16_t>(cut.data() + 4, static_cast<std::uint16_t>(octets - kIpv6Octets));
    const ExactBlock block(cut);
    const IpView view = read_ip(block.bytes());
    EXPECT_EQ(view.verdict, octets < 40 + 48 ? IpVerdict::kMalformed : IpVerdict::kOk) << octets;
    EXPECT_EQ(view.has_ports, octets >= 40 + 48 + 4) << octets;
    Octets padded = cut;  // the same packet with Ethernet padding behind it
    padded.resize(packet.size());
    EXPECT_EQ(read_ip(padded).verdict, view.verdict) << octets;
    EXPECT_EQ(read_ip(padded).has_ports, view.has_ports) << octets;
  }
}

TEST(IpExtensions, Fragments) {
  const auto read = [](unsigned fragment) { return read_ip(packet_with({{kFragment, 8, fragment}}, kProtocolUdp)); };
  EXPECT_EQ(read(0x0000).fragment, IpFragment::kWhole) << "an atomic fragment (RFC 6946) is a whole packet";
  EXPECT_EQ(read(0x0006).fragment, IpFragment::kWhole) << "reserved bits mean nothing";
  EXPECT_EQ(read(0x0001).fragment, IpFragment::kFirst);
  EXPECT_TRUE(read(0x0001).has_ports);
  for (const unsigned later : {0x0008u, 0x0009u, 0xfff8u}) {
    const IpView view = read(later);
    EXPECT_EQ(view.verdict, IpVerdict::kOk);
    EXPECT_EQ(view.fragment, IpFragment::kLater) << later;
    EXPECT_EQ(view.protocol, kProtocolUdp);
    EXPECT_EQ(view.upper_offset, 48);
    EXPECT_FALSE(view.has_ports) << later;
  }
}

// What stands behind the header of a later fragment is the middle of something: no extension, however it looks.
TEST(IpExtensions, NothingIsWalkedInALaterFragment) {
  const IpView view = read_ip(packet_with({{kFragment, 8, 8}}, kDestination, 8));
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.protocol, kDestination);
  EXPECT_EQ(view.upper_offset, 48);
}

// A second fragment header that says whole does not make whole what the first one cut.
TEST(IpExtensions, NestedFragmentsStayFragments) {
  EXPECT_EQ(read_ip(packet_with({{kFragment, 8, 1}, {kFragment, 8, 0}}, kProtocolUdp)).fragment, IpFragment::kFirst);
  EXPECT_EQ(read_ip(packet_with({{kFragment, 8, 0}, {kFragment, 8, 1}}, kProtocolUdp)).fragment, IpFragment::kFirst);
  EXPECT_EQ(read_ip(packet_with({{kFragment, 8, 1}, {kFragment, 8, 8}}, kProtocolUdp)).fragment, IpFragment::kLater);
}

// Completing a view twice, as two who ask for ports do, changes nothing.
TEST(IpExtensions, ReadTwiceIsReadOnce) {
  const Octets packet = packet_with({{kHopByHop, 16}, {kFragment, 8, 1}}, kProtocolUdp);
  IpView view = read_ip(packet);
  read_upper(packet, view);
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.fragment, IpFragment::kFirst);
  EXPECT_EQ(view.upper_offset, 64);
  EXPECT_EQ(view.protocol, kProtocolUdp);
}

}  // namespace
}  // namespace levelgate::wire::ip_extensions_test
