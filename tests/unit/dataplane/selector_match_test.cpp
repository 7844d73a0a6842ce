// SPDX-License-Identifier: Apache-2.0
//
// Selectors on inner packets, both ways (RFC 4301 §4.4.1, §5.2, §7).
#include "dataplane/selector_match.h"

#include <gtest/gtest.h>

#include "support/packets.h"
#include "support/peer.h"

namespace levelgate::dataplane::selector_match_test {
namespace {

using testing::address;
using testing::Octets;
using testing::octets;
using testing::prefix;

model::TrafficSelector of(const std::string& text, std::uint8_t protocol = 0, std::uint16_t first = 0,
                          std::uint16_t last = 65535) {
  model::TrafficSelector selector = model::TrafficSelector::from(prefix(text));
  selector.protocol = protocol;
  selector.port_first = first;
  selector.port_last = last;
  return selector;
}

Octets packet(const std::string& from, const std::string& to, std::uint8_t protocol = 17, unsigned source_port = 1000,
              unsigned destination_port = 53) {
  Octets ip = testing::ip_of(testing::ip_frame(from, to, 80));
  const bool v4 = (std::to_integer<unsigned>(ip[0]) >> 4) == 4;
  ip[v4 ? 9 : 6] = static_cast<std::byte>(protocol);
  if (v4) wire::set_total_octets(ip.data(), IpFamily::kV4, 80);
  store_be<std::uint16_t>(ip.data() + (v4 ? 20 : 40), static_cast<std::uint16_t>(source_port));
  store_be<std::uint16_t>(ip.data() + (v4 ? 22 : 42), static_cast<std::uint16_t>(destination_port));
  return ip;
}

bool matches(const model::SelectorPair& pair, const Octets& packet, Travel travel) {
  return SelectorMatch(pair).matches(packet, wire::read_ip_shallow(packet).family, travel);
}

TEST(SelectorMatch, NoSelectorsMatchAnything) {
  EXPECT_TRUE(matches({}, packet("10.1.0.1", "10.2.0.1"), Travel::kOutbound));
  EXPECT_TRUE(matches({}, packet("fd01::1", "fd02::1"), Travel::kInbound));
}

TEST(SelectorMatch, LocalIsTheSourceOnTheWayOutAndTheDestinationOnTheWayIn) {
  const model::SelectorPair pair{{of("10.1.0.0/16")}, {of("10.2.0.0/16")}};
  EXPECT_TRUE(matches(pair, packet("10.1.0.1", "10.2.0.1"), Travel::kOutbound));
  EXPECT_FALSE(matches(pair, packet("10.2.0.1", "10.1.0.1"), Travel::kOutbound));
  EXPECT_TRUE(matches(pair, packet("10.2.0.1", "10.1.0.1"), Travel::kInbound));
  EXPECT_FALSE(matches(pair, packet("10.1.0.1", "10.2.0.1"), Travel::kInbound));
  EXPECT_FALSE(matches(pair, packet("10.1.0.1", "10.3.0.1"), Travel::kOutbound));
  EXPECT_FALSE(matches(pair, packet("fd01::1", "fd02::1"), Travel::kOutbound));
}

TEST(SelectorMatch, RangesAreInclusiveInBothFamilies) {
  model::TrafficSelector v4{address("10.1.0.5"), address("10.1.0.9")};
  model::TrafficSelector v6{address("fd01::5"), address("fd01::9")};
  const model::SelectorPair pair{{v4, v6}, {}};
  for (const unsigned last : {4u, 5u, 7u, 9u, 10u}) {
    const bool inside = last >= 5 && last <= 9;
    EXPECT_EQ(matches(pair, packet("10.1.0." + std::to_string(last), "10.2.0.1"), Travel::kOutbound), inside) << last;
    const std::string v6_source = last == 10 ? "fd01::a" : "fd01::" + std::to_string(last);
    EXPECT_EQ(matches(pair, packet(v6_source, "fd02::1"), Travel::kOutbound), inside) << last;
  }
}

TEST(SelectorMatch, ProtocolAndPortsBothWays) {
  const model::SelectorPair pair{{of("0.0.0.0/0", 17)}, {of("0.0.0.0/0", 17, 50, 60)}};
  EXPECT_TRUE(matches(pair, packet("10.1.0.1", "10.2.0.1", 17, 9, 60), Travel::kOutbound));
  EXPECT_FALSE(matches(pair, packet("10.1.0.1", "10.2.0.1", 17, 9, 61), Travel::kOutbound));
  EXPECT_FALSE(matches(pair, packet("10.1.0.1", "10.2.0.1", 6, 9, 55), Travel::kOutbound));
  EXPECT_TRUE(matches(pair, packet("10.2.0.1", "10.1.0.1", 17, 50, 9), Travel::kInbound));
  EXPECT_FALSE(matches(pair, packet("10.2.0.1", "10.1.0.1", 17, 9, 50), Travel::kInbound));
}

// RFC 7296 §3.13.1: the type and code of ICMP stand in the place of ports.
TEST(SelectorMatch, IcmpTypesAreSelectedLikePorts) {
  const model::SelectorPair pair{{of("0.0.0.0/0", 1, 0x0800, 0x08ff)}, {}};
  EXPECT_TRUE(matches(pair, packet("10.1.0.1", "10.2.0.1", 1, 0x0800, 0), Travel::kOutbound));
  EXPECT_FALSE(matches(pair, packet("10.1.0.1", "10.2.0.1", 1, 0x0000, 0x0800), Travel::kOutbound));
}

// A later fragment has no ports: it passes selectors of addresses and protocols only.
TEST(SelectorMatch, LaterFragmentsNeverMatchPorts) {
  Octets later = packet("10.1.0.1", "10.2.0.1", 17, 9, 55);
  later[7] = std::byte{8};
  wire::set_total_octets(later.data(), IpFamily::kV4, 80);
  EXPECT_TRUE(matches({{of("0.0.0.0/0", 17)}, {}}, later, Travel::kOutbound));
  EXPECT_FALSE(matches({{of("0.0.0.0/0", 6)}, {}}, later, Travel::kOutbound));
  EXPECT_FALSE(matches({{}, {of("0.0.0.0/0", 17, 50, 60)}}, later, Travel::kOutbound));
  EXPECT_FALSE(matches({{}, {of("0.0.0.0/0", 0, 0, 65534)}}, later, Travel::kOutbound));
}

TEST(SelectorMatch, PortsStandBehindExtensionHeadersAndCutOnesMatchNothing) {
  Octets chained = packet("fd01::1", "fd02::1", 60);
  const Octets options = octets({17, 0, 1, 4, 0, 0, 0, 0, 0, 9, 0, 53});
  std::copy(options.begin(), options.end(), chained.begin() + 40);
  const model::SelectorPair dns{{}, {of("::/0", 17, 53, 53)}};
  EXPECT_TRUE(matches(dns, chained, Travel::kOutbound));
  chained[41] = std::byte{200};
  EXPECT_FALSE(matches(dns, chained, Travel::kOutbound));
  EXPECT_FALSE(matches({{}, {of("::/0", 17)}}, chained, Travel::kOutbound));
}

// The second range is asked when the first one's ports do not match.
TEST(SelectorMatch, AnyOfSeveralRangesIsEnough) {
  const model::SelectorPair pair{{},
                                 {of("10.2.0.0/16", 6), of("10.2.0.0/16", 17, 1, 9), of("10.2.0.0/16", 17, 53, 53)}};
  EXPECT_TRUE(matches(pair, packet("10.1.0.1", "10.2.0.1"), Travel::kOutbound));
  EXPECT_FALSE(matches(pair, packet("10.1.0.1", "10.2.0.1", 17, 9, 54), Travel::kOutbound));
}

}  // namespace
}  // namespace levelgate::dataplane::selector_match_test
