// SPDX-License-Identifier: Apache-2.0
//
// DSCP, ECN and flow label are set and nothing else; RFC 6040 §4.2, figure 4, cell by cell.
#include "wire/outer_fields.h"

#include <gtest/gtest.h>

#include <array>

namespace levelgate::wire::outer_fields_test {
namespace {

using Header = std::array<std::byte, kIpv6Octets>;

Header v4() {
  Header header{};
  (void)write_ip(header.data(), IpAddress::v4(0xc6336401), IpAddress::v4(0xcb007107), kProtocolEsp, 1'400);
  return header;
}
Header v6() {
  Header header{};
  (void)write_ip(header.data(), *IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2"), kProtocolEsp,
                 1'400);
  return header;
}

TEST(OuterFields, DscpAndEcnStandBesideEachOther) {
  for (unsigned dscp = 0; dscp < 64; ++dscp) {
    for (unsigned ecn = 0; ecn < 4; ++ecn) {
      for (const bool four : {true, false}) {
        Header header = four ? v4() : v6();
        const Header before = header;
        set_dscp(header.data(), dscp);
        set_ecn(header.data(), static_cast<Ecn>(ecn));
        EXPECT_EQ(dscp_of(header.data()), dscp);
        EXPECT_EQ(static_cast<unsigned>(ecn_of(header.data())), ecn);
        EXPECT_TRUE(!four || checksum_holds(ConstBytes(header).first(kIpv4Octets)));
        set_ecn(header.data(), Ecn::kNotEct);
        EXPECT_EQ(dscp_of(header.data()), dscp);
        set_dscp(header.data(), 0);
        EXPECT_EQ(header, before);
      }
    }
  }
}

TEST(OuterFields, TheFlowLabelLeavesTheTrafficClass) {
  Header header = v6();
  const Header before = header;
  set_dscp(header.data(), 63);
  set_flow_label(header.data(), 0xfffff);
  EXPECT_EQ(load_be<std::uint32_t>(header.data()), 0x6fcfffffu);
  set_flow_label(header.data(), 0);
  set_dscp(header.data(), 0);
  EXPECT_EQ(header, before);
}

TEST(OuterFields, EcnOfBothHeadersAsRfc6040Says) {
  constexpr Ecn kNot = Ecn::kNotEct, k0 = Ecn::kEct0, k1 = Ecn::kEct1, kCe = Ecn::kCe;
  const struct {
    Ecn inner, outer, out;
    bool drop, unexpected;
  } cells[] = {
      {kNot, kNot, kNot, false, false}, {kNot, k0, kNot, false, true}, {kNot, k1, kNot, false, true},
      {kNot, kCe, kNot, true, true},    {k0, kNot, k0, false, false},  {k0, k0, k0, false, false},
      {k0, k1, k1, false, false},       {k0, kCe, kCe, false, false},  {k1, kNot, k1, false, false},
      {k1, k0, k1, false, true},        {k1, k1, k1, false, false},    {k1, kCe, kCe, false, false},
      {kCe, kNot, kCe, false, false},   {kCe, k0, kCe, false, false},  {kCe, k1, kCe, false, true},
      {kCe, kCe, kCe, false, false},
  };
  for (const auto& cell : cells) {
    const EcnOfBoth seen = ecn_of_both(cell.inner, cell.outer);
    const auto name = std::to_string(int(cell.inner)) + " in " + std::to_string(int(cell.outer));
    EXPECT_TRUE(cell.drop || seen.inner == cell.out) << name;
    EXPECT_EQ(seen.drop, cell.drop) << name;
    EXPECT_EQ(seen.unexpected, cell.unexpected) << name;
  }
}

}  // namespace
}  // namespace levelgate::wire::outer_fields_test
