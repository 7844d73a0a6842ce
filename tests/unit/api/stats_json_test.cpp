// SPDX-License-Identifier: Apache-2.0
//
// The shape that scripts read.
#include "api/stats_json.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace levelgate::api::stats_json_test {
namespace {

TEST(StatsJson, HasTheShapeOfTheContract) {
  model::Stats stats;
  stats.tunnels.resize(1);
  stats.tunnels[0].name = "lab";
  stats.tunnels[0].counters.tx_pkts = 7;
  stats.tunnels[0].counters.inner_rx_incomplete_pkts = 3;
  stats.tunnels[0].counters.rx_missed_pkts = 2;
  stats.tunnels[0].counters.skipped_slots = 1;
  stats.tunnels[0].classes = {{"voice", 5, 1000, 1, 2, 3, 4, 800}, {}};
  stats.drops[static_cast<std::size_t>(model::Drop::kReplay)] = 5;
  const auto out = stats_json(stats);
  EXPECT_EQ(out.at("schema").to_number<int>(), 1);
  const auto& lab = out.at("tunnels").at("lab");
  EXPECT_EQ(lab.at("ipsec-stats").at("tx-pkts").to_number<int>(), 7);
  EXPECT_EQ(lab.at("ipsec-stats").at("rx-pkts").to_number<int>(), 0);
  EXPECT_EQ(lab.at("iptfs-inner-pkt-stats").at("rx-incomplete-pkts").to_number<int>(), 3);
  EXPECT_EQ(lab.at("iptfs-outer-pkt-stats").at("rx-missed-pkts").to_number<int>(), 2);
  EXPECT_EQ(lab.at("skipped-slots").to_number<int>(), 1);
  EXPECT_EQ(boost::json::serialize(lab.at("classes").at(0)),
            R"({"name":"voice","sent-pkts":5,"sent-octets":1000,"marked-pkts":1,"aqm-drop-pkts":2,"refused-pkts":3,)"
            R"("queue-pkts":4,"queue-octets":800})");
  EXPECT_EQ(lab.at("classes").as_array().size(), 2u);
  EXPECT_EQ(boost::json::serialize(out.at("drops")), R"({"replay":5})");
}

TEST(StatsJson, EveryCounterIsThere) {
  model::TunnelStats counters;
  std::size_t expected = 0;
  model::for_each_counter(counters,
                          [&](std::string_view, std::string_view, std::uint64_t& value) { value = ++expected; });
  std::size_t found = 0;
  for (const auto& [name, value] : tunnel_json(counters)) found += value.is_object() ? value.as_object().size() : 1;
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace levelgate::api::stats_json_test
