// SPDX-License-Identifier: Apache-2.0
//
// Traffic selectors on the wire (RFC 7296 §3.13): ranges, packed ICMP, OPAQUE and ANY, kinds that nobody knows.
#include "ikewire/ike_selectors.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_selectors_test {
namespace {

using testing::hex;
using testing::Octets;

const std::string kV4 = "07 06 0010 0050 01bb 0a000000 0a0000ff";

IkeResult<std::vector<WireSelector>> read(const std::string& text) {
  return read_selectors(testing::ExactBlock(hex(text)).bytes());
}
WireSelector only(const std::string& text) { return read("01000000" + text).value().at(0); }
IkeError fault_of(const std::string& text) {
  const auto selectors = read(text);
  EXPECT_FALSE(selectors.has_value()) << text;
  return selectors ? IkeError{} : selectors.error();
}
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

// [7296-3.13-a]
TEST(IkeSelectors, Ipv4Range) {
  const WireSelector selector = only(kV4);
  const WireSelector expected{.type = TsType::kIpv4,
                              .protocol = 6,
                              .port_first = 80,
                              .port_last = 443,
                              .first = address("10.0.0.0"),
                              .last = address("10.0.0.255"),
                              .opaque = {}};
  EXPECT_EQ(selector, expected);
  WireBuffer to(100);
  write_body(to, std::vector{selector});
  EXPECT_EQ(to.take(), hex("01000000" + kV4));
}

// [7296-3.13.1-a]
TEST(IkeSelectors, Ipv6Range) {
  const std::string range = "08 00 0028 0000 ffff fd000000000000000000000000000000 fd00ffffffffffffffffffffffffffff";
  const WireSelector selector = only(range);
  EXPECT_EQ(selector.first, address("fd00::"));
  EXPECT_EQ(selector.last, address("fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_TRUE(selector.any_port());
  EXPECT_FALSE(selector.opaque_port());
  WireBuffer to(100);
  write_body(to, std::vector{selector});
  EXPECT_EQ(to.take(), hex("01000000" + range));
}

// RFC 7296 §3.13.1: type and code of ICMP share the port field; OPAQUE is 65535 to 0, ANY 0 to 65535.
// [7296-3.13.1-b]
TEST(IkeSelectors, Ports) {
  EXPECT_EQ(icmp_port(8, 0), 0x0800);
  EXPECT_EQ(icmp_port(255, 255), 0xffff);
  EXPECT_TRUE(only("07 06 0010 ffff 0000 0a000000 0a0000ff").opaque_port());
  EXPECT_FALSE(only(kV4).any_port());
  for (const char* ports : {"0001 0000", "ffff 0001", "fffe 0000", "01bb 0050"}) {
    EXPECT_EQ(fault_of("01000000 07 06 0010" + std::string(ports) + "0a000000 0a0000ff"),
              (IkeError{IkeFault::kRange, 4}));
  }
}

TEST(IkeSelectors, AddressesDoNotEndBeforeTheyBegin) {
  EXPECT_EQ(only("07 00 0010 0000 ffff 0a000001 0a000001").first, address("10.0.0.1"));
  EXPECT_EQ(fault_of("01000000 07 00 0010 0000 ffff 0a000001 0a000000"), (IkeError{IkeFault::kRange, 4}));
  EXPECT_EQ(fault_of("01000000 08 00 0028 0000 ffff fd010000000000000000000000000000 fd00000000000000000000000000ffff"),
            (IkeError{IkeFault::kRange, 4}));
}

// [7296-3.13-a]
TEST(IkeSelectors, ReservedIsIgnored) { EXPECT_TRUE(read("01ffffff" + kV4).has_value()); }

TEST(IkeSelectors, UnknownKindIsKept) {
  const std::string both = "02000000 0a 05 0007 746f70" + kV4;
  const auto selectors = read(both).value();
  EXPECT_FALSE(selectors[0].is_known());
  EXPECT_EQ(selectors[0].protocol, 5);
  EXPECT_EQ(selectors[0].opaque, hex("746f70"));
  WireBuffer to(100);
  write_body(to, selectors);
  EXPECT_EQ(to.take(), hex(both));
  EXPECT_TRUE(only("0a 00 0004").opaque.empty());
}

TEST(IkeSelectors, CountIsThatOfTheSelectors) {
  EXPECT_EQ(fault_of("00000000"), (IkeError{IkeFault::kCount, 0}));
  EXPECT_EQ(fault_of("01000000"), (IkeError{IkeFault::kCount, 0}));
  EXPECT_EQ(fault_of("02000000" + kV4), (IkeError{IkeFault::kCount, 0}));
  EXPECT_EQ(fault_of("01000000" + kV4 + kV4), (IkeError{IkeFault::kTrailing, 20}));
}

TEST(IkeSelectors, LengthsAreThoseOfTheKind) {
  for (const char* octets : {"", "01", "010000"}) EXPECT_EQ(fault_of(octets), (IkeError{IkeFault::kTruncated, 0}));
  EXPECT_EQ(fault_of("01000000 070000"), (IkeError{IkeFault::kTruncated, 4}));
  EXPECT_EQ(fault_of("01000000 07 00 0003"), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(fault_of("01000000 07 00 0000"), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(fault_of("01000000 07 00 0011 0000 ffff 0a000001 0a000001"), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(fault_of("01000000 07 00 0011 0000 ffff 0a000001 0a000001 00"), (IkeError{IkeFault::kLength, 4}));
  EXPECT_EQ(fault_of("01000000 07 00 0004"), (IkeError{IkeFault::kLength, 4}));
  EXPECT_EQ(fault_of("01000000 08 00 0010 0000 ffff 0a000001 0a000001"), (IkeError{IkeFault::kLength, 4}));
  EXPECT_EQ(fault_of("01000000 0a 00 0006 00"), (IkeError{IkeFault::kLength, 6}));
}

TEST(IkeSelectors, WriterFailsOnWhatNobodyCouldRead) {
  const auto fails = [](const std::vector<WireSelector>& selectors) {
    WireBuffer to(1u << 20);
    write_body(to, selectors);
    return !to.ok();
  };
  EXPECT_TRUE(fails({}));
  WireSelector mixed = only(kV4);
  EXPECT_FALSE(fails(std::vector(kMostSelectors, mixed)));
  EXPECT_TRUE(fails(std::vector(kMostSelectors + 1, mixed)));
  mixed.last = address("fd00::1");
  EXPECT_TRUE(fails({mixed}));
  std::swap(mixed.first, mixed.last);
  EXPECT_TRUE(fails({mixed}));
  mixed.last = mixed.first;
  EXPECT_TRUE(fails({mixed}));
  WireSelector unknown{.type = TsType::kSecurityLabel, .first = {}, .last = {}, .opaque = Octets(65532)};
  EXPECT_TRUE(fails({unknown}));
  unknown.opaque.pop_back();
  EXPECT_FALSE(fails({unknown}));
}

}  // namespace
}  // namespace levelgate::ikewire::ike_selectors_test
