// SPDX-License-Identifier: Apache-2.0
//
// What is told of a path: each trip and each closing once, loss once a minute (RFC 8084 §4, RFC 9347 §2.4.1).
#include "control/path_notices.h"

#include <gtest/gtest.h>

#include "control/notice_ids.h"

namespace levelgate::control::path_notices_test {
namespace {

using namespace std::chrono_literals;

struct Watched {
  Watched() {
    model::TunnelPlan tunnel;
    tunnel.name = "wan";
    plan.tunnels = {tunnel};
    stats.tunnels = {{"wan", {}}};
  }
  std::vector<PathNotice> second(int seconds = 1) {
    now += seconds * 1s;
    return notices.observe(plan, stats, now);
  }
  model::TunnelStats& counters() { return stats.tunnels[0].counters; }

  model::ForwardingPlan plan;
  model::Stats stats;
  PathNotices notices;
  Instant now = at_ns(1);
};

TEST(PathNotices, TripIsToldOnceWithItsCause) {
  Watched w;
  EXPECT_TRUE(w.second().empty());
  w.counters().breaker_trips = 1;
  w.counters().breaker_state = 2;
  w.counters().breaker_loss_permille = 312;
  const auto told = w.second();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, kBreakerTripped);
  EXPECT_EQ(told[0].level, model::LogLevel::kError);
  EXPECT_EQ(told[0].tunnel, "wan");
  EXPECT_EQ(told[0].text,
            "the circuit breaker has tripped: the peer reports 31.2 % of our packets lost; nothing is sent any more");
  EXPECT_TRUE(w.second().empty());
  w.counters().breaker_state = 0;
  ASSERT_EQ(w.second().size(), 1u);
  EXPECT_TRUE(w.second().empty());
}

TEST(PathNotices, EveryCauseHasItsWords) {
  for (const std::uint64_t cause : {1u, 2u}) {
    Watched w;
    w.counters().breaker_trips = 1;
    w.counters().breaker_state = 1;
    w.counters().breaker_cause = cause;
    const std::string text = w.second().at(0).text;
    EXPECT_NE(text.find(cause == 1 ? "sends no reports" : "of the peer's packets"), std::string::npos) << text;
    EXPECT_NE(text.find("only min-rate"), std::string::npos) << text;
  }
}

// RFC 9347 §2.4.1: loss of a rate that does not back off is the administrator's business.
TEST(PathNotices, LossOfAFixedRateIsToldOnceAMinute) {
  Watched w;
  w.counters().rx_missed_pkts = 7;
  ASSERT_EQ(w.second().size(), 1u);
  int told = 0;
  for (int i = 0; i < 120; ++i) {
    ++w.counters().rx_missed_pkts;
    told += static_cast<int>(w.second().size());
  }
  EXPECT_EQ(told, 2);
}

TEST(PathNotices, LossUnderCongestionControlIsItsDailyBread) {
  Watched w;
  w.plan.tunnels[0].tfs.congestion.controlled = true;
  w.counters().rx_missed_pkts = 7;
  EXPECT_TRUE(w.second().empty());
}

TEST(PathNotices, CountersThatBeginAnewAreNoLoss) {
  Watched w;
  w.counters().rx_missed_pkts = 7;
  (void)w.second();
  w.counters().rx_missed_pkts = 0;
  EXPECT_TRUE(w.second(120).empty());
}

// RFC 8899: what was found is news, what fell a warning; without the search a new size is the operator's own.
TEST(PathNotices, SizesOfASearchingTunnelAreTold) {
  Watched w;
  model::TfsSettings& tfs = w.plan.tunnels[0].tfs;
  tfs.packet_size = 1000;
  EXPECT_TRUE(w.second().empty());
  tfs.packet_size = 1200;
  EXPECT_TRUE(w.second().empty());
  tfs.path_mtu.emplace();
  EXPECT_TRUE(w.second().empty());
  tfs.packet_size = 1500;
  auto told = w.second();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, kPathMtuFound);
  EXPECT_EQ(told[0].level, model::LogLevel::kInfo);
  EXPECT_EQ(told[0].text, "outer packets have 1 500 octets now, not 1 200");
  EXPECT_TRUE(w.second().empty());
  tfs.packet_size = 1200;
  told = w.second();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, kPathMtuFell);
  EXPECT_EQ(told[0].level, model::LogLevel::kWarn);
}

TEST(PathNotices, APeerThatDoesNotReportIsToldOnce) {
  Watched w;
  w.counters().path_mtu_state = 5;
  EXPECT_TRUE(w.second().empty());
  w.plan.tunnels[0].tfs.path_mtu.emplace();
  const auto told = w.second();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, kPathMtuUnknown);
  EXPECT_TRUE(w.second().empty());
  w.counters().path_mtu_state = 3;
  EXPECT_TRUE(w.second().empty());
  w.counters().path_mtu_state = 5;
  EXPECT_EQ(w.second().size(), 1u);
}

}  // namespace
}  // namespace levelgate::control::path_notices_test
