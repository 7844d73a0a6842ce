// SPDX-License-Identifier: Apache-2.0
//
// Rates out of two samples, and moments out of many.
#include "control/trends.h"

#include <gtest/gtest.h>

#include "unit/control/gateway_configs.h"

namespace levelgate::control::trends_test {
namespace {

using tests::at_second;

model::Stats sample(std::uint64_t octets, std::uint64_t rx_pkts) {
  model::Stats stats;
  stats.tunnels.push_back({"berlin", {}});
  model::TunnelStats& c = stats.tunnels[0].counters;
  c.tx_octets = octets;
  c.rx_octets = 2 * octets;
  c.inner_tx_octets = 3 * octets;
  c.inner_rx_octets = 4 * octets;
  c.tx_pkts = octets / 100;
  c.rx_pkts = rx_pkts;
  return stats;
}

TEST(Trends, RatesAreDifferencesOverTime) {
  Trends trends;
  EXPECT_EQ(trends.tunnel("berlin"), nullptr);
  trends.observe(sample(1'000'000, 0), at_second(1));
  EXPECT_EQ(trends.tunnel("berlin")->wire_out, 0) << "one sample has no rate";
  trends.observe(sample(3'000'000, 0), at_second(3));
  const TunnelTrend& trend = *trends.tunnel("berlin");
  EXPECT_DOUBLE_EQ(trend.wire_out, 8e6);
  EXPECT_DOUBLE_EQ(trend.wire_in, 16e6);
  EXPECT_DOUBLE_EQ(trend.inner_out, 24e6);
  EXPECT_DOUBLE_EQ(trend.inner_in, 32e6);
  EXPECT_DOUBLE_EQ(trend.outer_pkts_out, 10'000);
  EXPECT_EQ(trend.since, at_second(1));
}

TEST(Trends, ACounterThatWentBackBeginsAnew) {
  Trends trends;
  trends.observe(sample(1'000'000, 5), at_second(1));
  trends.observe(sample(500, 0), at_second(2));
  EXPECT_EQ(trends.tunnel("berlin")->wire_out, 0);
  trends.observe(sample(1'500, 0), at_second(3));
  EXPECT_DOUBLE_EQ(trends.tunnel("berlin")->wire_out, 8'000);
}

TEST(Trends, ATunnelThatLostItsSaHasHeardNobodyUntilItIsUpAgain) {
  const auto with_sa = [](std::uint64_t rx_pkts) {
    model::Stats stats = sample(0, rx_pkts);
    stats.tunnels[0].outbound.emplace();
    return stats;
  };
  Trends trends;
  trends.observe(with_sa(5), at_second(1));
  trends.observe(with_sa(9), at_second(2));
  EXPECT_EQ(trends.tunnel("berlin")->first_inbound, at_second(1));
  trends.observe(sample(0, 11), at_second(3));
  EXPECT_EQ(trends.tunnel("berlin")->first_inbound, std::nullopt);
  EXPECT_EQ(trends.tunnel("berlin")->last_inbound, std::nullopt);
  trends.observe(with_sa(11), at_second(20));
  EXPECT_EQ(trends.tunnel("berlin")->last_inbound, std::nullopt) << "no silence of 18 s is told";
  trends.observe(with_sa(12), at_second(21));
  EXPECT_EQ(trends.tunnel("berlin")->first_inbound, at_second(21));
}

TEST(Trends, TheSameMomentTwiceIsOneSample) {
  Trends trends;
  trends.observe(sample(0, 0), at_second(1));
  trends.observe(sample(1'000, 0), at_second(1));
  trends.observe(sample(2'000, 0), at_second(0));
  trends.observe(sample(1'000, 0), at_second(2));
  EXPECT_DOUBLE_EQ(trends.tunnel("berlin")->wire_out, 8'000);
}

TEST(Trends, InboundIsDatedByTheSampleThatShowsIt) {
  Trends trends;
  trends.observe(sample(0, 0), at_second(1));
  EXPECT_FALSE(trends.tunnel("berlin")->first_inbound);
  trends.observe(sample(0, 3), at_second(2));
  trends.observe(sample(0, 3), at_second(3));
  trends.observe(sample(0, 4), at_second(4));
  trends.observe(sample(0, 4), at_second(5));
  EXPECT_EQ(trends.tunnel("berlin")->first_inbound, at_second(2));
  EXPECT_EQ(trends.tunnel("berlin")->last_inbound, at_second(4));
}

TEST(Trends, ATunnelThatIsGoneIsForgotten) {
  Trends trends;
  trends.observe(sample(0, 1), at_second(1));
  trends.observe({}, at_second(2));
  EXPECT_EQ(trends.tunnel("berlin"), nullptr);
  trends.observe(sample(9'000'000, 0), at_second(3));
  EXPECT_EQ(trends.tunnel("berlin")->wire_out, 0);
  EXPECT_FALSE(trends.tunnel("berlin")->first_inbound);
}

TEST(Trends, LastDropOfEachReason) {
  Trends trends;
  model::Stats stats;
  const auto replay = static_cast<std::size_t>(model::Drop::kReplay);
  trends.observe(stats, at_second(1));
  EXPECT_FALSE(trends.last_drop(model::Drop::kReplay));
  stats.drops[replay] = 5;
  trends.observe(stats, at_second(2));
  trends.observe(stats, at_second(3));
  EXPECT_EQ(trends.last_drop(model::Drop::kReplay), at_second(2));
  EXPECT_FALSE(trends.last_drop(model::Drop::kAuthFailed));
}

}  // namespace
}  // namespace levelgate::control::trends_test
