// SPDX-License-Identifier: Apache-2.0
//
// The first look at a frame: what is ESP, what is clear text, what is the kernel's, and what is refused under which
// name. Whatever the octets are, nothing but the edges of the view changes.
#include "dataplane/classify.h"

#include <gtest/gtest.h>

#include <random>

#include "support/packets.h"
#include "support/peer.h"

namespace levelgate::dataplane::classify_test {
namespace {

using model::Drop;
using testing::Frame;
using testing::ip_frame;
using testing::octets;
using testing::operator+;

const MacAddress kOurMac{{std::byte{2}, std::byte{1}}};
constexpr std::size_t kIp = wire::kEthernetOctets;

struct ClassifyTest : ::testing::Test {
  ClassifyTest() {
    port.mac = kOurMac;
    port.side = model::PortSide::kOuter;
    snapshot.own_v4 = {testing::address("198.51.100.1").v4_host_order()};
    snapshot.own_v6 = {testing::address("2001:db8::1")};
  }
  Classified look(Frame frame, DestinationMac mac = DestinationMac::kIgnored) {
    kept = std::move(frame);
    packet = Packet{kept.data(), static_cast<std::uint32_t>(kept.size()), 0, 0, 0, nullptr};
    const Frame before = kept;
    const Classified result = classify(snapshot, port, mac, packet);
    EXPECT_EQ(kept, before);
    EXPECT_GE(packet.data, kept.data());
    EXPECT_LE(packet.data + packet.length, kept.data() + kept.size());
    return result;
  }
  void expect_drop(const Frame& frame, Drop reason) {
    const Classified what = look(frame);
    EXPECT_EQ(what.kind, Kind::kDrop);
    EXPECT_EQ(name_of(what.reason), name_of(reason));
    EXPECT_EQ(packet.length, frame.size());
  }
  void expect_kernel(const Frame& frame) {
    EXPECT_EQ(look(frame).kind, Kind::kKernel);
    EXPECT_EQ(packet.length, frame.size());
  }

  Snapshot snapshot;
  PortEntry port;
  Frame kept;
  Packet packet;
};

Frame to_gateway(std::uint8_t protocol, const testing::Octets& upper, bool v6 = false) {
  const IpAddress from = testing::address(v6 ? "2001:db8::2" : "198.51.100.2");
  const IpAddress to = testing::address(v6 ? "2001:db8::1" : "198.51.100.1");
  const std::uint32_t header = v6 ? wire::kIpv6Octets : wire::kIpv4Octets;
  Frame frame(kIp + header);
  wire::write_ethernet(frame.data(), kOurMac, {}, v6 ? wire::kEtherTypeIpv6 : wire::kEtherTypeIpv4);
  wire::write_ip(frame.data() + kIp, from, to, protocol, static_cast<std::uint32_t>(header + upper.size()));
  return frame + upper;
}

Frame udp_to_gateway(unsigned port, const testing::Octets& payload, bool v6 = false) {
  const auto length = static_cast<unsigned>(payload.size()) + 8;
  return to_gateway(17, octets({0x11, 0x94, port >> 8, port & 0xff, length >> 8, length & 0xff, 0, 0}) + payload, v6);
}

Frame tagged(const Frame& frame) {
  return testing::part(frame, 0, 12) + octets({0x81, 0, 0, 7}) + testing::part(frame, 12, frame.size());
}

const testing::Octets kEsp = octets({0, 0, 0x10, 1, 0, 0, 0, 9}) + testing::Octets(40);

TEST_F(ClassifyTest, EspIsTrimmedFromSpiToIcv) {
  for (const bool v6 : {false, true}) {
    const std::uint32_t header = v6 ? 40 : 20;
    for (const Frame& frame : {to_gateway(50, kEsp, v6), to_gateway(50, kEsp, v6) + testing::Octets(13)}) {
      const Classified what = look(frame);
      ASSERT_EQ(what.kind, Kind::kEsp);
      EXPECT_EQ(what.spi, Spi{0x1001});
      EXPECT_EQ(packet.data, kept.data() + kIp + header);
      EXPECT_EQ(packet.length, kEsp.size());
      EXPECT_EQ(packet.reserved, header);
    }
    ASSERT_EQ(look(udp_to_gateway(4500, kEsp, v6)).kind, Kind::kEsp);
    EXPECT_EQ(packet.length, kEsp.size());
    EXPECT_EQ(packet.reserved, header + 8);
    ASSERT_EQ(look(tagged(to_gateway(50, kEsp, v6))).kind, Kind::kEsp);
    EXPECT_EQ(packet.reserved, header);
  }
}

TEST_F(ClassifyTest, EspThatIsCutHasAName) {
  expect_drop(to_gateway(50, testing::Octets(7)), Drop::kEspMalformed);
  expect_drop(to_gateway(50, {}), Drop::kEspMalformed);
  expect_drop(udp_to_gateway(4500, octets({0, 0, 1})), Drop::kEspMalformed);
  expect_drop(udp_to_gateway(4500, octets({0, 0, 0x10, 1, 0, 0, 0})), Drop::kEspMalformed);
  Frame fragment = to_gateway(50, kEsp);
  fragment[kIp + 6] = std::byte{0x20};
  wire::set_total_octets(fragment.data() + kIp, IpFamily::kV4, static_cast<std::uint32_t>(fragment.size() - kIp));
  expect_drop(fragment, Drop::kOuterFragment);
  fragment[kIp + 6] = std::byte{0};
  fragment[kIp + 7] = std::byte{9};
  wire::set_total_octets(fragment.data() + kIp, IpFamily::kV4, static_cast<std::uint32_t>(fragment.size() - kIp));
  expect_drop(fragment, Drop::kOuterFragment);
  expect_drop(to_gateway(44, octets({50, 0, 0, 1, 0, 0, 0, 5}) + kEsp, true), Drop::kOuterFragment);
}

TEST_F(ClassifyTest, WhatIsForTheGatewayAndNotEspIsTheKernels) {
  expect_kernel(to_gateway(1, testing::Octets(20)));
  expect_kernel(to_gateway(6, testing::Octets(20), true));
  expect_kernel(udp_to_gateway(500, kEsp));
  expect_kernel(udp_to_gateway(4500, octets({0, 0, 0, 0, 1, 2, 3})));
  expect_kernel(udp_to_gateway(4500, octets({0xff})));
  Frame fragment = to_gateway(17, testing::Octets(40));
  fragment[kIp + 6] = std::byte{0x20};
  wire::set_total_octets(fragment.data() + kIp, IpFamily::kV4, static_cast<std::uint32_t>(fragment.size() - kIp));
  expect_kernel(fragment);
}

TEST_F(ClassifyTest, NeighbourDiscoveryArpAndGroupsAreTheKernels) {
  Frame arp = ip_frame("192.0.2.1", "192.0.2.2", 40);
  arp[12] = std::byte{8};
  arp[13] = std::byte{6};
  expect_kernel(arp);
  Frame group = ip_frame("192.0.2.1", "224.0.0.5", 40);
  group[0] = std::byte{1};
  expect_kernel(group);
  expect_kernel(ip_frame("fe80::2", "fe80::1", 60));
}

TEST_F(ClassifyTest, DamagedPacketsAreNamedBySide) {
  Frame cut = ip_frame("192.0.2.1", "203.0.113.1", 60);
  cut.resize(kIp + 59);
  Frame sum = ip_frame("192.0.2.1", "203.0.113.1", 60);
  sum[kIp + 10] ^= std::byte{1};
  Frame other = ip_frame("192.0.2.1", "203.0.113.1", 60);
  other[12] = std::byte{0x86};
  other[13] = std::byte{0xdd};
  Frame version = ip_frame("192.0.2.1", "203.0.113.1", 60);
  version[kIp] = std::byte{0x55};
  for (const Frame& frame : {cut, sum, other, version}) expect_drop(frame, Drop::kOuterMalformed);
  port.side = model::PortSide::kProtected;
  for (const Frame& frame : {cut, other, version}) expect_drop(frame, Drop::kInnerMalformed);
  expect_drop(sum, Drop::kInnerChecksum);
}

TEST_F(ClassifyTest, FramesThatAreTooShort) {
  for (const std::size_t size : {0u, 1u, 13u}) expect_drop(Frame(size), Drop::kFrameMalformed);
  Frame cut_tag(16);
  cut_tag[12] = std::byte{0x81};
  expect_drop(cut_tag, Drop::kFrameMalformed);
}

TEST_F(ClassifyTest, MalformedUdpAndExtensionHeadersToTheGateway) {
  expect_drop(to_gateway(17, octets({0x11, 0x94, 0x11, 0x94, 0, 7, 0, 0})), Drop::kOuterMalformed);
  expect_drop(to_gateway(17, octets({0x11, 0x94, 0x11, 0x94, 0, 99, 0, 0})), Drop::kOuterMalformed);
  expect_drop(to_gateway(60, octets({17, 200, 0, 0, 0, 0, 0, 0}), true), Drop::kOuterMalformed);
}

TEST_F(ClassifyTest, UnicastForAnotherStationIsRefusedWhereMacsAreChecked) {
  Frame frame = ip_frame("192.0.2.1", "203.0.113.1", 60);
  EXPECT_EQ(look(frame, DestinationMac::kChecked).kind, Kind::kDrop);
  EXPECT_EQ(look(frame, DestinationMac::kChecked).reason, Drop::kNotForwardable);
  EXPECT_EQ(look(frame, DestinationMac::kIgnored).kind, Kind::kClear);
  std::copy(kOurMac.octets.begin(), kOurMac.octets.end(), frame.begin());
  EXPECT_EQ(look(frame, DestinationMac::kChecked).kind, Kind::kClear);
}

TEST_F(ClassifyTest, ClearTextIsTrimmedToItsOwnLength) {
  const Frame padded = ip_frame("192.0.2.1", "203.0.113.1", 33) + testing::Octets(13);
  EXPECT_EQ(look(padded).kind, Kind::kClear);
  EXPECT_EQ(packet.length, 33u);
  EXPECT_EQ(packet.data, kept.data() + kIp);
}

TEST_F(ClassifyTest, AnyOctetsAreClassifiedWithinTheirFrame) {
  std::mt19937 random(5);
  const Frame seeds[] = {to_gateway(50, kEsp), udp_to_gateway(4500, kEsp, true), tagged(to_gateway(50, kEsp)),
                         ip_frame("2001:db8::7", "2001:db8::9", 90)};
  for (int i = 0; i < 40'000; ++i) {
    Frame frame = seeds[random() % 4];
    for (unsigned flips = random() % 4; flips-- > 0;) frame[random() % frame.size()] = static_cast<std::byte>(random());
    frame.resize(random() % 3 == 0 ? random() % (frame.size() + 1) : frame.size());
    port.side = random() % 2 == 0 ? model::PortSide::kOuter : model::PortSide::kProtected;
    const Classified what = look(frame, random() % 2 == 0 ? DestinationMac::kChecked : DestinationMac::kIgnored);
    if (what.kind == Kind::kEsp) {
      ASSERT_GE(packet.length, wire::kEspHeaderOctets);
    }
    if (what.kind == Kind::kClear) {
      ASSERT_EQ(packet.length, wire::read_ip_shallow(packet.bytes()).total_octets);
    }
    if (what.kind == Kind::kDrop || what.kind == Kind::kKernel) {
      ASSERT_EQ(packet.length, frame.size());
    }
  }
}

}  // namespace
}  // namespace levelgate::dataplane::classify_test
