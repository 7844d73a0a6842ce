// SPDX-License-Identifier: Apache-2.0
//
// What is told of a path: each trip and each closing once, loss once a minute (RFC 8084 §4, RFC 9347 §2.4.1).
#include "control/path_notices.h"

#include <gtest/gtest.h>

#include "control/notice_ids.h"

namespace levelgate::control {
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
  EXPECT_TRUE(told[0].alarm);
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

}  // namespace
}  // namespace levelgate::control
