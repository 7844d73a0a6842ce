// SPDX-License-Identifier: Apache-2.0
//
// Traffic selectors made from prefixes, and what lies in them (RFC 7296 §3.13.1).
#include <gtest/gtest.h>
#include <levelgate/model/selector.h>

#include <random>
#include <string_view>

namespace levelgate::model::selector_test {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
TrafficSelector from(std::string_view text) { return TrafficSelector::from(IpPrefix::parse(text).value()); }

TEST(TrafficSelector, FromAPrefixIsItsWholeRange) {
  const TrafficSelector v4 = from("10.1.2.3/16");
  EXPECT_EQ(v4.first, address("10.1.0.0"));
  EXPECT_EQ(v4.last, address("10.1.255.255"));
  const TrafficSelector v6 = from("fd00:1::5/64");
  EXPECT_EQ(v6.first, address("fd00:1::"));
  EXPECT_EQ(v6.last, address("fd00:1::ffff:ffff:ffff:ffff"));
  const TrafficSelector host = from("192.0.2.7");
  EXPECT_EQ(host.first, host.last);
  const TrafficSelector all = from("0.0.0.0/0");
  EXPECT_EQ(all.first, address("0.0.0.0"));
  EXPECT_EQ(all.last, address("255.255.255.255"));
}

TEST(TrafficSelector, FromAPrefixTakesAnyUpperLayer) {
  const TrafficSelector selector = from("10.0.0.0/8");
  EXPECT_EQ(selector.protocol, 0);
  EXPECT_TRUE(selector.any_port());
  TrafficSelector one_port = selector;
  one_port.port_last = 65534;
  EXPECT_FALSE(one_port.any_port());
  one_port = selector;
  one_port.port_first = 1;
  EXPECT_FALSE(one_port.any_port());
}

TEST(TrafficSelector, EdgesAreInside) {
  TrafficSelector selector;
  selector.first = address("10.0.0.5");
  selector.last = address("10.0.1.2");
  EXPECT_FALSE(selector.contains(address("10.0.0.4")));
  EXPECT_TRUE(selector.contains(address("10.0.0.5")));
  EXPECT_TRUE(selector.contains(address("10.0.0.255")));
  EXPECT_TRUE(selector.contains(address("10.0.1.2")));
  EXPECT_FALSE(selector.contains(address("10.0.1.3")));
}

TEST(TrafficSelector, FamiliesDoNotMix) {
  EXPECT_FALSE(from("0.0.0.0/0").contains(address("::")));
  EXPECT_FALSE(from("::/0").contains(address("10.0.0.1")));
  EXPECT_TRUE(from("::/0").contains(address("ffff::")));
}

TEST(TrafficSelector, ContainsWhatThePrefixContains) {
  std::mt19937 random(8);
  for (int i = 0; i < 20'000; ++i) {
    const IpPrefix prefix{IpAddress::v4(static_cast<std::uint32_t>(random())),
                          static_cast<std::uint8_t>(random() % 33)};
    const IpAddress near = IpAddress::v4(prefix.address.v4_host_order() ^ (1u << random() % 32));
    ASSERT_EQ(TrafficSelector::from(prefix).contains(near), prefix.contains(near))
        << prefix.text() << " " << near.text();
  }
}

}  // namespace
}  // namespace levelgate::model::selector_test
