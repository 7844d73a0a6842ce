// SPDX-License-Identifier: Apache-2.0
//
// Text forms of addresses, prefixes and MAC addresses: what is printed is read back as the same value, and a bad text
// is no value. Prefix arithmetic against a bit-by-bit oracle.
#include <gtest/gtest.h>
#include <levelgate/base/ip_address.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace levelgate::ip_address_test {
namespace {

using namespace std::string_view_literals;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

IpAddress random_address(std::mt19937_64& random) {
  std::array<std::byte, 16> octets;
  for (std::byte& octet : octets) octet = random() % 3 == 0 ? std::byte{0} : static_cast<std::byte>(random());
  return random() % 2 == 0 ? IpAddress::v4_from(octets.data()) : IpAddress::v6_from(octets.data());
}

bool bit_of(const IpAddress& a, unsigned bit) {
  return (std::to_integer<unsigned>(a.bytes()[bit / 8]) >> (7 - bit % 8) & 1u) != 0;
}

TEST(IpAddress, V4) {
  const IpAddress a = address("192.0.2.1");
  EXPECT_EQ(a.family(), IpFamily::kV4);
  EXPECT_EQ(a.v4_host_order(), 0xc0000201u);
  EXPECT_EQ(a, IpAddress::v4(0xc0000201));
  EXPECT_EQ(a.bytes().size(), 4u);
  EXPECT_EQ(a.bytes()[0], std::byte{192});
  EXPECT_EQ(a.text(), "192.0.2.1");
  EXPECT_EQ(address("0.0.0.0"), IpAddress{});
  EXPECT_EQ(address("255.255.255.255").text(), "255.255.255.255");
}

TEST(IpAddress, V6) {
  const IpAddress a = address("2001:db8::1");
  EXPECT_EQ(a.family(), IpFamily::kV6);
  ASSERT_EQ(a.bytes().size(), 16u);
  EXPECT_EQ(a.bytes()[0], std::byte{0x20});
  EXPECT_EQ(a.bytes()[15], std::byte{1});
  EXPECT_EQ(a.text(), "2001:db8::1");
  EXPECT_EQ(address("2001:0DB8:0:0:0:0:0:1"), a);
  EXPECT_EQ(address("::ffff:192.0.2.1").family(), IpFamily::kV6);
  EXPECT_EQ(address("::").text(), "::");
  EXPECT_EQ(address("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255").text(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(IpAddress, BadTexts) {
  for (const std::string_view text : {""sv,
                                      " "sv,
                                      "1"sv,
                                      "1.2.3"sv,
                                      "1.2.3.4.5"sv,
                                      "1.2.3.256"sv,
                                      "01.2.3.4"sv,
                                      "1.2.3.4 "sv,
                                      " 1.2.3.4"sv,
                                      "1.2.3.-4"sv,
                                      "1.2.3.0x4"sv,
                                      "1.2.3.4/32"sv,
                                      "host"sv,
                                      "localhost"sv,
                                      ":"sv,
                                      ":::"sv,
                                      "1::2::3"sv,
                                      "12345::"sv,
                                      "::g"sv,
                                      "1:2:3:4:5:6:7"sv,
                                      "1:2:3:4:5:6:7:8:9"sv,
                                      "fe80::1%eth0"sv,
                                      "[::1]"sv,
                                      "::1/128"sv,
                                      "::1.2.3.256"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << "'" << text << "'";
  }
  EXPECT_FALSE(IpAddress::parse(std::string(10'000, '1')));
}

// A text may hold a zero octet (a quoted YAML scalar can): what stands behind it is not ignored.
TEST(IpAddress, ZeroOctetIsNoEnd) {
  EXPECT_FALSE(IpAddress::parse("10.0.0.1\0"sv));
  EXPECT_FALSE(IpAddress::parse("10.0.0.1\0.example"sv));
  EXPECT_FALSE(IpAddress::parse("::1\0"sv));
  EXPECT_FALSE(IpAddress::parse("\0"sv));
  EXPECT_FALSE(IpPrefix::parse("10.0.0.1\0/24"sv));
  EXPECT_FALSE(IpPrefix::parse("10.0.0.1/24\0"sv));
}

TEST(IpAddress, ViewNeedsNoTerminator) {
  EXPECT_EQ(IpAddress::parse("10.0.0.123"sv.substr(0, 8)), address("10.0.0.1"));
}

TEST(IpAddress, PrintedReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    const IpAddress a = random_address(random);
    ASSERT_EQ(IpAddress::parse(a.text()), a) << a.text();
  }
}

TEST(IpAddress, OrderIsOfNumbersWithinAFamily) {
  EXPECT_LT(address("9.255.255.255"), address("10.0.0.0"));
  EXPECT_LT(address("127.0.0.1"), address("128.0.0.1"));
  EXPECT_LT(address("fd00::"), address("fd00::1"));
  EXPECT_LT(address("7fff::"), address("8000::"));
  EXPECT_NE(address("0.0.0.0"), address("::"));
}

TEST(IpPrefix, Texts) {
  EXPECT_EQ(prefix("10.1.2.3/8"), (IpPrefix{address("10.1.2.3"), 8}));
  EXPECT_EQ(prefix("10.1.2.3"), (IpPrefix{address("10.1.2.3"), 32})) << "without a slash: a host";
  EXPECT_EQ(prefix("fd00::1"), (IpPrefix{address("fd00::1"), 128}));
  EXPECT_EQ(prefix("0.0.0.0/0").text(), "0.0.0.0/0");
  EXPECT_EQ(prefix("fd00::1/64").text(), "fd00::1/64");
  EXPECT_EQ(prefix("::/128").length, 128);
}

TEST(IpPrefix, BadTexts) {
  for (const std::string_view text :
       {""sv, "/"sv, "/8"sv, "10.0.0.0/"sv, "10.0.0.0/33"sv, "10.0.0.0/-1"sv, "10.0.0.0/+8"sv, "10.0.0.0/ 8"sv,
        "10.0.0.0/8 "sv, "10.0.0.0/8/8"sv, "10.0.0.0/0x8"sv, "10.0.0.0/255.0.0.0"sv, "10.0.0.0/4294967304"sv,
        "10.0.0.0/99999999999999999999"sv, "10/8"sv, "::/129"sv, "::/256"sv, "::/x"sv, "fd00::1 /64"sv}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << "'" << text << "'";
  }
}

// Every length of both families, bit by bit.
TEST(IpPrefix, NetworkLastAndContains) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 400; ++i) {
    const IpAddress a = random_address(random);
    const unsigned longest = static_cast<unsigned>(a.bytes().size() * 8);
    for (unsigned length = 0; length <= longest; ++length) {
      const IpPrefix p{a, static_cast<std::uint8_t>(length)};
      const IpPrefix network = p.network();
      const IpAddress last = p.last_address();
      ASSERT_EQ(network.length, length);
      ASSERT_EQ(network.address.family(), a.family());
      ASSERT_EQ(last.family(), a.family());
      for (unsigned bit = 0; bit < longest; ++bit) {
        ASSERT_EQ(bit_of(network.address, bit), bit < length && bit_of(a, bit)) << length;
        ASSERT_EQ(bit_of(last, bit), bit >= length || bit_of(a, bit)) << length;
      }
      ASSERT_TRUE(p.contains(a));
      ASSERT_TRUE(p.contains(last));
      ASSERT_TRUE(p.contains(network.address));
      ASSERT_EQ(IpPrefix::parse(p.text()), p);
    }
  }
}

TEST(IpPrefix, ContainsEndsAtItsEdges) {
  EXPECT_TRUE(prefix("10.1.2.3/23").contains(address("10.1.3.255")));
  EXPECT_FALSE(prefix("10.1.2.3/23").contains(address("10.1.4.0")));
  EXPECT_FALSE(prefix("10.1.2.3/23").contains(address("10.1.1.255")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(address("255.1.2.3")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("::"))) << "other family";
  EXPECT_FALSE(prefix("::/0").contains(address("0.0.0.0"))) << "other family";
  EXPECT_FALSE(prefix("fd00::/127").contains(address("fd00::2")));
}

TEST(MacAddress, Texts) {
  const MacAddress mac = MacAddress::parse("02:00:5e:10:AB:ff").value();
  EXPECT_EQ(mac.octets[0], std::byte{2});
  EXPECT_EQ(mac.octets[4], std::byte{0xab});
  EXPECT_EQ(mac.text(), "02:00:5e:10:ab:ff");
  EXPECT_EQ(MacAddress::parse(mac.text()), mac);
  EXPECT_EQ(MacAddress{}.text(), "00:00:00:00:00:00");
}

TEST(MacAddress, BadTexts) {
  for (const std::string_view text :
       {""sv, "02:00:5e:10:ab"sv, "02:00:5e:10:ab:f"sv, "02:00:5e:10:ab:ff:"sv, "02:00:5e:10:ab:ff0"sv,
        "02-00-5e-10-ab-ff"sv, "02:00:5e:10:ab-ff"sv, "0200:5e:10:ab:ff:"sv, "02:00:5e:10:ab:fg"sv,
        "02:00:5e:10:ab:-1"sv, "02:00:5e:10:ab:+1"sv, "02:00:5e:10:ab: 1"sv, "02:00:5e:10:0x:ff"sv,
        "2:0:5e:10:ab:ff::"sv, "02:00:5e:10:ab:f\0"sv}) {
    EXPECT_FALSE(MacAddress::parse(text)) << "'" << text << "'";
  }
}

}  // namespace
}  // namespace levelgate::ip_address_test
