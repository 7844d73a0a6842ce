// SPDX-License-Identifier: Apache-2.0
//
// Which packets are cut at all; how is in tests/property/ipv4_fragments_laws_test.cpp.
#include "wire/ipv4_fragments.h"

#include <gtest/gtest.h>

#include <vector>

namespace levelgate::wire::ipv4_fragments_test {
namespace {

using Octets = std::vector<std::byte>;

Octets packet(std::size_t octets, unsigned flags_and_offset = 0, std::vector<unsigned> options = {}) {
  Octets made(octets);
  const std::size_t header = kIpv4Octets + options.size();
  (void)write_ip(made.data(), IpAddress::v4(0x0a010002), IpAddress::v4(0x0a020002), kProtocolUdp,
                 static_cast<std::uint32_t>(octets));
  made[0] = static_cast<std::byte>(0x40u | header / 4);
  store_be<std::uint16_t>(made.data() + 6, static_cast<std::uint16_t>(flags_and_offset));
  for (std::size_t i = 0; i < options.size(); ++i) made[kIpv4Octets + i] = static_cast<std::byte>(options[i]);
  return made;
}

Cut verdict(const Octets& of, std::uint32_t mtu) { return Ipv4Fragments(of, mtu).verdict(); }

TEST(Ipv4Fragments, OnlyIpv4WithoutDf) {
  EXPECT_EQ(verdict(packet(1'500), 1'000), Cut::kPossible);
  EXPECT_EQ(verdict(packet(1'500, 0x4000), 1'000), Cut::kForbidden);
  Octets six(1'500);
  six[0] = std::byte{0x60};
  EXPECT_EQ(verdict(six, 1'000), Cut::kForbidden);
  EXPECT_EQ(verdict({}, 1'000), Cut::kForbidden);
}

TEST(Ipv4Fragments, RoomForOneUnitIsNeeded) {
  EXPECT_EQ(verdict(packet(60), 27), Cut::kNoRoom);
  EXPECT_EQ(verdict(packet(60), 28), Cut::kPossible);
  EXPECT_EQ(verdict(packet(64, 0, {7, 4, 4, 0}), 31), Cut::kNoRoom);
  EXPECT_EQ(verdict(packet(64, 0, {7, 4, 4, 0}), 32), Cut::kPossible);
}

TEST(Ipv4Fragments, TheirNumberIsBounded) {
  const std::uint32_t step = 8;
  const std::uint32_t most = static_cast<std::uint32_t>(kMostFragments) * step;
  EXPECT_EQ(verdict(packet(kIpv4Octets + most), kIpv4Octets + step), Cut::kPossible);
  EXPECT_EQ(Ipv4Fragments(packet(kIpv4Octets + most), kIpv4Octets + step).count(), kMostFragments);
  EXPECT_EQ(verdict(packet(kIpv4Octets + most + 1), kIpv4Octets + step), Cut::kNoRoom);
}

// The last one need not end at a unit.
TEST(Ipv4Fragments, AsFewAsPossible) {
  const Octets whole = packet(20 + 976 + 980);
  const Ipv4Fragments cut(whole, 1'000);
  ASSERT_EQ(cut.count(), 2u);
  EXPECT_EQ(cut.octets(0), 996u);
  EXPECT_EQ(cut.octets(1), 1'000u);
  EXPECT_EQ(Ipv4Fragments(packet(20 + 976 + 981), 1'000).count(), 3u);
}

TEST(Ipv4Fragments, OptionsWithoutASoundLengthAreRefused) {
  EXPECT_EQ(verdict(packet(1'500, 0, {131, 0, 0, 0}), 1'000), Cut::kMalformed);
  EXPECT_EQ(verdict(packet(1'500, 0, {131, 1, 0, 0}), 1'000), Cut::kMalformed);
  EXPECT_EQ(verdict(packet(1'500, 0, {131, 5, 0, 0}), 1'000), Cut::kMalformed);
  EXPECT_EQ(verdict(packet(1'500, 0, {1, 1, 1, 131}), 1'000), Cut::kMalformed);
  EXPECT_EQ(verdict(packet(1'500, 0, {0, 131, 0, 0}), 1'000), Cut::kPossible) << "behind the end nothing is read";
  EXPECT_EQ(verdict(packet(1'500, 0, {131, 4, 0, 0}), 1'000), Cut::kPossible);
}

// Behind the largest packet that there is (the ping of death).
TEST(Ipv4Fragments, AnOffsetBeyondTheLargestPacketIsRefused) {
  const unsigned last = (65'515 - 1'480) / 8;
  EXPECT_EQ(verdict(packet(1'500, last), 1'000), Cut::kPossible);
  EXPECT_EQ(verdict(packet(1'500, last + 1), 1'000), Cut::kMalformed);
}

TEST(Ipv4Fragments, TheLaterHeaderIsThatOfALaterFragment) {
  const Octets whole = packet(1'500, 0, {131, 3, 7, 1, 68, 4, 5, 0});
  const Octets header = [&] {
    const Ipv4Fragments cut(whole, 1'000);
    return Octets(cut.later_header().begin(), cut.later_header().end());
  }();
  const IpView view = read_ip(header);
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.fragment, IpFragment::kLater);
  EXPECT_EQ(view.protocol, kProtocolUdp);
  EXPECT_FALSE(view.has_ports);
}

}  // namespace
}  // namespace levelgate::wire::ipv4_fragments_test
