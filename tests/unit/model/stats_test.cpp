// SPDX-License-Identifier: Apache-2.0
//
// The one list of counters names every counter once, so that no printer can miss one.
#include <gtest/gtest.h>
#include <levelgate/model/stats.h>

#include <set>
#include <string>
#include <utility>

namespace levelgate::model::stats_test {
namespace {

TEST(TunnelStats, EveryCounterIsVisitedOnce) {
  TunnelStats stats;
  std::set<const std::uint64_t*> cells;
  std::set<std::pair<std::string, std::string>> names;
  for_each_counter(stats, [&](std::string_view group, std::string_view name, std::uint64_t& value) {
    EXPECT_TRUE(cells.insert(&value).second) << name;
    EXPECT_TRUE(names.emplace(group, name).second) << name;
    EXPECT_FALSE(name.empty());
    value = 1;
  });
  EXPECT_EQ(cells.size() * sizeof(std::uint64_t), sizeof(TunnelStats)) << "a counter is not in the list";
}

TEST(TunnelStats, ConstValuesCanBeVisited) {
  TunnelStats stats;
  stats.rx_missed_pkts = 17;
  std::uint64_t found = 0;
  const TunnelStats& fixed = stats;
  for_each_counter(fixed, [&](std::string_view group, std::string_view name, std::uint64_t value) {
    if (group == "iptfs-outer-pkt-stats" && name == "rx-missed-pkts") found = value;
  });
  EXPECT_EQ(found, 17u);
}

}  // namespace
}  // namespace levelgate::model::stats_test
