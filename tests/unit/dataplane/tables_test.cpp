// SPDX-License-Identifier: Apache-2.0
//
// The small tables of the data plane against plain models: prefixes, neighbours, and the histogram of pacing errors.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "dataplane/neighbour_table.h"
#include "dataplane/pacing_histogram.h"
#include "dataplane/prefix_table.h"
#include "support/gateway.h"

namespace levelgate::dataplane::tables_test {
namespace {

using testing::address;
using testing::prefix;

std::uint64_t find(const PrefixTable& table, const IpAddress& wanted) {
  std::uint64_t hop = 99;
  if (wanted.family() == IpFamily::kV4) {
    const std::uint32_t v4 = wanted.v4_host_order();
    table.find_v4({&v4, 1}, {&hop, 1});
  } else {
    std::array<std::uint8_t, 16> v6{};
    std::memcpy(v6.data(), wanted.bytes().data(), 16);
    table.find_v6({&v6, 1}, {&hop, 1});
  }
  return hop;
}

TEST(PrefixTable, TheLongestPrefixWinsAndErasingBringsTheShorterBack) {
  PrefixTable table;
  EXPECT_EQ(find(table, address("10.1.2.3")), kNoNextHop);
  for (const auto& [text, hop] : std::map<std::string, std::uint64_t>{
           {"0.0.0.0/0", 1}, {"10.0.0.0/8", 2}, {"10.1.2.3/32", 3}, {"::/0", 4}, {"2001:db8::/33", 5}}) {
    EXPECT_TRUE(table.insert(prefix(text), hop));
  }
  EXPECT_EQ(find(table, address("11.1.2.3")), 1u);
  EXPECT_EQ(find(table, address("10.9.9.9")), 2u);
  EXPECT_EQ(find(table, address("10.1.2.3")), 3u);
  EXPECT_EQ(find(table, address("2001:db8:8000::1")), 4u);
  EXPECT_EQ(find(table, address("2001:db8:7fff::1")), 5u);
  table.erase(prefix("10.1.2.3/32"));
  EXPECT_EQ(find(table, address("10.1.2.3")), 2u);
  EXPECT_TRUE(table.insert(prefix("10.0.0.0/8"), 7));
  EXPECT_EQ(find(table, address("10.1.2.3")), 7u);
  EXPECT_FALSE(table.insert(prefix("10.0.0.0/9"), kMaxNextHop + 1));
  EXPECT_EQ(find(table, address("10.1.2.3")), 7u);
}

TEST(PrefixTable, EqualsALinearSearchOnRandomPrefixesOfBothFamilies) {
  std::mt19937 random(11);
  PrefixTable table;
  std::map<IpPrefix, std::uint64_t> model;
  const auto some = [&] {  // few distinct octets, so that prefixes nest
    std::array<std::byte, 16> octets{};
    for (auto& octet : octets) octet = static_cast<std::byte>(random() % 3 * 85);
    return random() % 2 == 0 ? IpAddress::v4_from(octets.data()) : IpAddress::v6_from(octets.data());
  };
  for (int i = 0; i < 600; ++i) {
    IpPrefix where{some(), 0};
    where.length = static_cast<std::uint8_t>(random() % (where.address.family() == IpFamily::kV4 ? 33 : 129));
    where = where.network();
    if (random() % 4 == 0) {
      table.erase(where);
      model.erase(where);
    } else {
      ASSERT_TRUE(table.insert(where, i + 1));
      model[where] = static_cast<std::uint64_t>(i) + 1;
    }
    for (int k = 0; k < 20; ++k) {
      const IpAddress wanted = some();
      std::uint64_t best = kNoNextHop;
      int length = -1;
      for (const auto& [known, hop] : model) {
        if (known.contains(wanted) && known.length > length) std::tie(best, length) = std::tuple(hop, known.length);
      }
      ASSERT_EQ(find(table, wanted), best) << wanted.text();
    }
  }
}

TEST(NeighbourTable, FindsWhatItWasGivenPerPortAndNothingElse) {
  EXPECT_EQ(NeighbourTable().find(PortId{0}, address("192.0.2.1")), nullptr);
  std::mt19937 random(3);
  for (const std::size_t count : {1u, 2u, 50u, 1'000u}) {
    std::vector<model::Neighbour> all;
    std::map<std::pair<std::uint16_t, IpAddress>, MacAddress> model;
    for (std::size_t i = 0; i < count; ++i) {
      model::Neighbour one;
      one.port = PortId{static_cast<std::uint16_t>(random() % 3)};
      one.address = IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(random() % (2 * count)));
      if (random() % 2 == 0) one.address = address("2001:db8::" + std::to_string(random() % 999));
      one.mac.octets[5] = static_cast<std::byte>(random());
      model[{one.port.value, one.address}] = one.mac;  // the last of equals wins
      all.push_back(one);
    }
    const NeighbourTable table(all);
    for (std::uint16_t port = 0; port < 4; ++port) {
      for (std::uint32_t i = 0; i < 2 * count; ++i) {
        const IpAddress wanted = IpAddress::v4(0x0a000000u + i);
        const auto known = model.find({port, wanted});
        const MacAddress* const found = table.find(PortId{port}, wanted);
        ASSERT_EQ(found != nullptr, known != model.end());
        if (found != nullptr) {
          ASSERT_EQ(*found, known->second);
        }
      }
    }
    for (const model::Neighbour& one : all) {
      ASSERT_EQ(*table.find(one.port, one.address), (model[{one.port.value, one.address}]));
    }
  }
}

// What a quantile says is never below the true one, and never above it by more than a sixteenth.
TEST(PacingHistogram, QuantilesAreTrueWithinASixteenth) {
  std::mt19937_64 random(9);
  for (const std::uint64_t top : {1ULL, 15ULL, 16ULL, 1'000ULL, 1'000'000ULL, 4'000'000'000ULL}) {
    PacingHistogram histogram;
    EXPECT_EQ(histogram.quantile_ns(500), 0u);
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 1'000; ++i) {
      values.push_back(random() % (top + 1));
      histogram.add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const std::uint64_t share : {1u, 500u, 990u, 999u, 1'000u}) {
      const std::uint64_t truth = values[share - 1];  // 1,000 values: the share is the rank
      EXPECT_GE(histogram.quantile_ns(share), truth);
      EXPECT_LE(histogram.quantile_ns(share), truth + truth / 16);
    }
    EXPECT_EQ(histogram.max_ns(), values.back());
  }
}

TEST(PacingHistogram, ValuesBeyondItsRangeAreKeptAsTheLargest) {
  PacingHistogram histogram;
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.max_ns(), ~std::uint64_t{0});
  EXPECT_GE(histogram.quantile_ns(500), 1ULL << 31);
}

}  // namespace
}  // namespace levelgate::dataplane::tables_test
