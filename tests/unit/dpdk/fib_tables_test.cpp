// SPDX-License-Identifier: Apache-2.0
//
// The wide route tables answer as dataplane::PrefixTable does, after any history of inserting, replacing and erasing.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "dataplane/prefix_table.h"
#include "dpdk/tables.h"
#include "shell.h"

namespace levelgate::testing::fib_tables_test {
namespace {

using V6 = std::array<std::uint8_t, 16>;

class FibTables : public ShellTest {
 protected:
  void SetUp() override {
    ShellTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto made = dpdk::make_fib_tables();
    ASSERT_TRUE(made.has_value()) << made.error().what;
    wide = std::move(*made);
  }

  void insert(const IpPrefix& prefix, std::uint64_t hop) {
    ASSERT_TRUE(wide->insert(prefix, hop)) << prefix.text();
    ASSERT_TRUE(plain.insert(prefix, hop));
  }
  void erase(const IpPrefix& prefix) {
    wide->erase(prefix);
    plain.erase(prefix);
  }
  void expect_same(const std::vector<std::uint32_t>& addresses) {
    for (std::size_t from = 0; from < addresses.size(); from += 64) {
      const auto burst = std::span(addresses).subspan(from, std::min<std::size_t>(64, addresses.size() - from));
      std::array<std::uint64_t, 64> ours, theirs;
      wide->find_v4(burst, std::span(ours).first(burst.size()));
      plain.find_v4(burst, std::span(theirs).first(burst.size()));
      for (std::size_t i = 0; i < burst.size(); ++i) {
        ASSERT_EQ(ours[i], theirs[i]) << IpAddress::v4(burst[i]).text();
      }
    }
  }
  void expect_same(const std::vector<V6>& addresses) {
    for (std::size_t from = 0; from < addresses.size(); from += 64) {
      const auto burst = std::span(addresses).subspan(from, std::min<std::size_t>(64, addresses.size() - from));
      std::array<std::uint64_t, 64> ours, theirs;
      wide->find_v6(burst, std::span(ours).first(burst.size()));
      plain.find_v6(burst, std::span(theirs).first(burst.size()));
      for (std::size_t i = 0; i < burst.size(); ++i) ASSERT_EQ(ours[i], theirs[i]) << text(burst[i]);
    }
  }
  static IpAddress address(const V6& octets) {
    std::array<std::byte, 16> bytes;
    std::memcpy(bytes.data(), octets.data(), 16);
    return IpAddress::v6_from(bytes.data());
  }
  static std::string text(const V6& octets) { return address(octets).text(); }
  static std::uint64_t find(const dataplane::RouteTable& table, std::uint32_t v4) {
    std::uint64_t hop = 99;
    table.find_v4({&v4, 1}, {&hop, 1});
    return hop;
  }

  // Few different octets, so that prefixes nest and addresses hit them.
  std::uint32_t some_v4() {
    std::uint32_t address = 0;
    for (int i = 0; i < 4; ++i) address = address << 8 | (random() % 4 == 0 ? random() % 256 : 10 + random() % 2);
    return address;
  }
  V6 some_v6() {
    V6 address{0x20, 0x01, 0x0d, 0xb8};
    for (std::size_t i = random() % 3 == 0 ? 0 : 4; i < 16; ++i) {
      address[i] = static_cast<std::uint8_t>(random() % 4 == 0 ? random() % 256 : random() % 2);
    }
    return address;
  }
  // Short ones are rare, as in the world; each length occurs, the default route among them.
  std::uint8_t some_length(std::uint32_t bits) {
    return static_cast<std::uint8_t>(random() % 4 == 0 ? random() % (bits + 1)
                                                       : bits / 4 + random() % (bits * 3 / 4 + 1));
  }

  std::mt19937 random{1};
  std::unique_ptr<dataplane::RouteTable> wide;
  dataplane::PrefixTable plain;
};

TEST_F(FibTables, EmptyHasNoRoute) {
  expect_same({0, 1, 0x0a000001, 0xffffffff});
  expect_same(std::vector<V6>{V6{}, V6{0x20, 1}});
  EXPECT_EQ(find(*wide, 0x0a000001), dataplane::kNoNextHop);
}

TEST_F(FibTables, DefaultRoutes) {
  const std::vector<std::uint32_t> v4{0, 0x0a000001, 0x0a0000ff, 0x0b000000, 0xffffffff};
  const std::vector<V6> v6{V6{}, V6{0x20, 1}, V6{0xff, 2}};
  insert(*IpPrefix::parse("0.0.0.0/0"), 7);
  insert(*IpPrefix::parse("::/0"), 8);
  expect_same(v4);
  expect_same(v6);
  EXPECT_EQ(find(*wide, 0xffffffff), 7u);
  insert(*IpPrefix::parse("10.0.0.0/8"), 9);
  insert(*IpPrefix::parse("2000::/3"), 10);
  expect_same(v4);
  expect_same(v6);
  insert(*IpPrefix::parse("0.0.0.0/0"), 11);  // replaced below a longer one
  insert(*IpPrefix::parse("::/0"), 12);
  expect_same(v4);
  expect_same(v6);
  erase(*IpPrefix::parse("0.0.0.0/0"));
  erase(*IpPrefix::parse("::/0"));
  expect_same(v4);
  expect_same(v6);
  EXPECT_EQ(find(*wide, 0xffffffff), dataplane::kNoNextHop);
  EXPECT_EQ(find(*wide, 0x0a000001), 9u);
}

TEST_F(FibTables, HostRoutes) {
  insert(*IpPrefix::parse("10.1.2.3/32"), 1);
  insert(*IpPrefix::parse("10.1.2.0/24"), 2);
  insert(*IpPrefix::parse("2001:db8::1/128"), 3);
  insert(*IpPrefix::parse("2001:db8::/127"), 4);
  expect_same({0x0a010202, 0x0a010203, 0x0a010204, 0x0a010303});
  V6 host{0x20, 0x01, 0x0d, 0xb8};
  std::vector<V6> near;
  for (std::uint8_t last = 0; last < 4; ++last) {
    host[15] = last;
    near.push_back(host);
  }
  expect_same(near);
  erase(*IpPrefix::parse("10.1.2.3/32"));
  erase(*IpPrefix::parse("2001:db8::1/128"));
  expect_same({0x0a010202, 0x0a010203, 0x0a010204, 0x0a010303});
  expect_same(near);
}

// A route may be given with host bits set; it is the route of its network.
TEST_F(FibTables, HostBitsOfAPrefixDoNotCount) {
  ASSERT_TRUE(wide->insert(*IpPrefix::parse("10.1.2.3/16"), 5));
  ASSERT_TRUE(wide->insert(*IpPrefix::parse("10.1.9.9/16"), 6));
  EXPECT_EQ(find(*wide, 0x0a01ffff), 6u);
  wide->erase(*IpPrefix::parse("10.1.77.1/16"));
  EXPECT_EQ(find(*wide, 0x0a01ffff), dataplane::kNoNextHop);
}

TEST_F(FibTables, ErasingWhatIsNotThereIsNothing) {
  insert(*IpPrefix::parse("10.0.0.0/8"), 1);
  erase(*IpPrefix::parse("10.0.0.0/9"));
  erase(*IpPrefix::parse("0.0.0.0/0"));
  erase(*IpPrefix::parse("2001:db8::/32"));
  expect_same({0x0a000001, 0x0a800001, 0x0b000001});
}

TEST_F(FibTables, TakesTheLargestNextHopAndNoLarger) {
  insert(*IpPrefix::parse("10.0.0.0/8"), dataplane::kMaxNextHop);
  insert(*IpPrefix::parse("2001:db8::/32"), dataplane::kMaxNextHop);
  EXPECT_FALSE(wide->insert(*IpPrefix::parse("11.0.0.0/8"), dataplane::kMaxNextHop + 1));
  EXPECT_FALSE(wide->insert(*IpPrefix::parse("2001:db9::/32"), dataplane::kMaxNextHop + 1));
  expect_same({0x0a000001, 0x0b000001});
  expect_same(std::vector<V6>{{0x20, 0x01, 0x0d, 0xb8}, {0x20, 0x01, 0x0d, 0xb9}});
}

TEST_F(FibTables, EqualThePlainTableV4) {
  std::vector<IpPrefix> known;
  for (int step = 0; step < 4'000; ++step) {
    if (!known.empty() && random() % 3 == 0) {
      const std::size_t at = random() % known.size();
      erase(known[at]);
      if (random() % 2 == 0) insert(known[at], 1 + random() % dataplane::kMaxNextHop);
    } else {
      // Below /24 tables are shared by 1024 networks only: few of those.
      const std::uint32_t bits = some_v4();
      const std::uint8_t length = some_length(32);
      const IpPrefix prefix{IpAddress::v4(length > 24 ? (bits & 0x3ff) | 0x0a0a0000 : bits), length};
      known.push_back(prefix);
      insert(prefix, 1 + random() % dataplane::kMaxNextHop);
    }
    if (step % 100 != 0) continue;
    std::vector<std::uint32_t> addresses;
    for (int i = 0; i < 700; ++i) addresses.push_back(i % 2 == 0 ? some_v4() : 0x0a0a0000 | (random() & 0x3ff));
    for (const IpPrefix& prefix : known) {  // the edges of each prefix
      const std::uint32_t first = prefix.network().address.v4_host_order();
      const std::uint32_t last = prefix.last_address().v4_host_order();
      addresses.insert(addresses.end(), {first, first - 1, last, last + 1});
    }
    expect_same(addresses);
    if (HasFatalFailure()) return;
  }
}

TEST_F(FibTables, EqualThePlainTableV6) {
  std::vector<IpPrefix> known;
  for (int step = 0; step < 1'500; ++step) {
    if (!known.empty() && random() % 3 == 0) {
      const std::size_t at = random() % known.size();
      erase(known[at]);
      if (random() % 2 == 0) insert(known[at], 1 + random() % dataplane::kMaxNextHop);
    } else {
      const IpPrefix prefix{address(some_v6()), static_cast<std::uint8_t>(some_length(128))};
      known.push_back(prefix);
      insert(prefix, 1 + random() % dataplane::kMaxNextHop);
    }
    if (step % 50 != 0) continue;
    std::vector<V6> addresses;
    for (int i = 0; i < 500; ++i) addresses.push_back(some_v6());
    for (const IpPrefix& prefix : known) {
      for (const IpAddress& edge : {prefix.network().address, prefix.last_address()}) {
        V6 octets;
        std::memcpy(octets.data(), edge.bytes().data(), 16);
        addresses.push_back(octets);
        octets[15] ^= 1;
        addresses.push_back(octets);
      }
    }
    expect_same(addresses);
    if (HasFatalFailure()) return;
  }
}

// A default route above routes that leave nothing of it: written over none of them, also when they change or go.
TEST_F(FibTables, ADefaultRouteThatIsCoveredWhollyChangesNothing) {
  const std::vector<std::uint32_t> v4{0, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  V6 top;
  top.fill(0xff);
  const std::vector<V6> v6{V6{}, V6{0x7f}, V6{0x80}, V6{0xff}, top};
  const auto expect_all_same = [&] {
    expect_same(v4);
    expect_same(v6);
  };
  std::uint64_t hop = 1;
  for (const char* prefix : {"0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1", "0.0.0.0/0", "::/0"}) {
    insert(*IpPrefix::parse(prefix), hop++);
    expect_all_same();
  }
  EXPECT_EQ(find(*wide, 0x7fffffff), 1u);
  EXPECT_EQ(find(*wide, 0x80000000), 2u);
  for (const char* prefix : {"0.0.0.0/0", "::/0", "192.0.0.0/2", "128.0.0.0/2", "255.255.255.255/32", "ff00::/8"}) {
    insert(*IpPrefix::parse(prefix), hop++);
    expect_all_same();
  }
  for (const char* prefix : {"128.0.0.0/1", "8000::/1", "192.0.0.0/2", "0.0.0.0/0", "::/0", "255.255.255.255/32"}) {
    erase(*IpPrefix::parse(prefix));
    expect_all_same();
  }
}

// Routes that come and go, with or without their parent's next hop, use up nothing.
TEST_F(FibTables, RoutesMayComeAndGoForEver) {
  insert(*IpPrefix::parse("0.0.0.0/0"), 2);
  insert(*IpPrefix::parse("::/0"), 2);
  for (int round = 0; round < 4'000; ++round) {
    for (const char* prefix : {"10.0.0.1/32", "10.0.7.0/25", "2001:db8::/48", "2001:db8::/64", "2001:db8::1/128"}) {
      ASSERT_TRUE(wide->insert(*IpPrefix::parse(prefix), 2 + static_cast<std::uint64_t>(round % 2))) << round;
    }
    for (const char* prefix : {"2001:db8::/64", "10.0.0.1/32", "10.0.7.0/25", "2001:db8::1/128", "2001:db8::/48"}) {
      wide->erase(*IpPrefix::parse(prefix));
    }
  }
  EXPECT_EQ(find(*wide, 0x0a000001), 2u);
}

// When the shared tables are used up, a route is refused and the others stay as they are.
TEST_F(FibTables, RefusesWhatDoesNotFit) {
  insert(*IpPrefix::parse("10.0.0.0/8"), 1);
  std::vector<std::uint32_t> addresses;
  bool refused = false;
  for (std::uint32_t network = 0; network < 10'000; ++network) {
    const std::uint32_t host = 0x0a000005 + (network << 8);
    const IpPrefix prefix{IpAddress::v4(host), 32};
    if (wide->insert(prefix, 2)) {
      ASSERT_TRUE(plain.insert(prefix, 2));
    } else {
      refused = true;
    }
    addresses.insert(addresses.end(), {host - 1, host, host + 1});
  }
  EXPECT_TRUE(refused);
  expect_same(addresses);
  EXPECT_EQ(find(*wide, 0x0a000005), 2u);
}

// A bulk of 64 and of one, as the worker asks; nothing beyond the span is written.
TEST_F(FibTables, WritesOnlyTheSpan) {
  insert(*IpPrefix::parse("0.0.0.0/0"), 3);
  insert(*IpPrefix::parse("::/0"), 3);
  for (const std::size_t count : {0u, 1u, 2u, 7u, 63u, 64u}) {
    std::array<std::uint64_t, 66> hops;
    hops.fill(77);
    const std::vector<std::uint32_t> v4(count, 1);
    wide->find_v4(v4, std::span(hops).subspan(1, count));
    for (std::size_t i = 0; i < hops.size(); ++i) ASSERT_EQ(hops[i], i >= 1 && i <= count ? 3u : 77u) << count;
    hops.fill(77);
    const std::vector<V6> v6(count);
    wide->find_v6(v6, std::span(hops).subspan(1, count));
    for (std::size_t i = 0; i < hops.size(); ++i) ASSERT_EQ(hops[i], i >= 1 && i <= count ? 3u : 77u) << count;
  }
}

}  // namespace
}  // namespace levelgate::testing::fib_tables_test
