// SPDX-License-Identifier: Apache-2.0
//
// The controller's promises: a refused or failed reload leaves everything as it was, what is asked again is bounded,
// and each thing is told once.
#include "control/controller.h"

#include <gtest/gtest.h>

#include <set>

#include "control/notice_ids.h"
#include "support/seeded_random.h"
#include "unit/control/gateway_configs.h"

namespace levelgate::control::controller_test {
namespace {

using namespace tests;
namespace testing = levelgate::testing;

ikestate::Moment at_moment(std::int64_t second) { return {at_second(second), 1'790'000'000 + second}; }

const Result<void> kTaken{};
const Result<void> kNoMemory = failure(Fault::kNoMemory, "no memory for 9 tunnels");

std::vector<std::string> events_of(const Effects& effects) {
  std::vector<std::string> ids;
  for (const Effect& effect : effects) {
    if (const Notice* const notice = std::get_if<Notice>(&effect)) ids.emplace_back(notice->event);
  }
  return ids;
}

class Control : public ::testing::Test {
 protected:
  // Reloads and lets the data plane take it.
  Effects take(const model::Config& config, std::int64_t second = 1) {
    const Effects proposed = controller_.reload(config, at_moment(second));
    EXPECT_NE(first<ApplyPlan>(proposed), nullptr);
    return controller_.applied(kTaken, at_moment(second));
  }
  void boot() {
    (void)controller_.surroundings(seen_around(), at_second(1));
    (void)take(paris());
  }
  static Surroundings with_gateway() {
    Surroundings seen = seen_around();
    seen.neighbours = {{"wan", ip("198.51.100.254"), mac("02:00:00:00:00:fe")}};
    return seen;
  }
  static model::Stats counted(std::uint64_t rx_pkts, std::uint64_t skipped = 0) {
    model::Stats stats;
    stats.tunnels.push_back({"berlin", {}});
    stats.tunnels[0].counters.rx_pkts = rx_pkts;
    stats.tunnels[0].counters.skipped_slots = skipped;
    return stats;
  }

  testing::SeededRandom random_{1};
  Controller controller_{1, random_};
};

TEST_F(Control, BootSetsEverythingOnce) {
  EXPECT_FALSE(controller_.booted());
  EXPECT_TRUE(controller_.surroundings(seen_around(), at_second(1)).empty());
  const Effects effects = take(paris());
  EXPECT_TRUE(controller_.booted());
  EXPECT_EQ(count<SetTwin>(effects), 2u);
  EXPECT_EQ(first<SetTwin>(effects)->gateways, (std::vector<IpAddress>{ip("198.51.100.254")}));
  EXPECT_EQ(count<SetLog>(effects), 1u);
  EXPECT_EQ(first<Notice>(effects)->message, "configuration in force: 2 ports, 1 tunnel, 2 routes");
  EXPECT_TRUE(first<ReloadOutcome>(effects)->done);
  EXPECT_EQ(controller_.config(), paris());
  EXPECT_EQ(controller_.plan().ports.at(1).mtu, 9000u);
}

// RFC 8084 §4, requirement 13: the operator closes the breaker; a later reload does not take that back.
TEST_F(Control, TheOperatorClosesACircuitBreaker) {
  model::Config config = paris();
  (void)controller_.surroundings(seen_around(), at_second(1));
  (void)take(config);
  EXPECT_FALSE(controller_.clear_breaker("berlin")) << "it has none";
  EXPECT_FALSE(controller_.clear_breaker("rome")) << "no such tunnel";
  config.tunnels[0].tfs.congestion.breaker.emplace();
  (void)take(config, 2);
  const auto cleared = controller_.clear_breaker("berlin");
  ASSERT_TRUE(cleared);
  ASSERT_NE(first<ApplyPlan>(*cleared), nullptr);
  EXPECT_EQ(first<ApplyPlan>(*cleared)->plan.tunnels[0].breaker_clears, 1u);
  (void)controller_.applied(kTaken, at_moment(3));
  config.tunnels[0].tfs.packet_size = 1000;
  (void)take(config, 4);
  EXPECT_EQ(controller_.plan().tunnels[0].breaker_clears, 1u);
}

TEST_F(Control, AReloadIsInForceOnlyWhenTheDataPlaneHasIt) {
  boot();
  model::Config next = paris();
  next.tunnels[0].tfs.packet_size = 1000;
  const Effects proposed = controller_.reload(next, at_moment(2));
  ASSERT_EQ(proposed.size(), 1u);
  EXPECT_EQ(first<ApplyPlan>(proposed)->plan.tunnels.at(0).tfs.packet_size, 1000u);
  EXPECT_EQ(controller_.config(), paris());
  const Effects effects = controller_.applied(kTaken, at_moment(2));
  EXPECT_EQ(controller_.config(), next);
  EXPECT_EQ(first<ReloadOutcome>(effects)->lines,
            (std::vector<std::string>{"tunnels.berlin.tfs.packet-size: 1400 -> 1000 (live)"}));
  EXPECT_EQ(count<SetTwin>(effects), 0u) << "no address changed";
  EXPECT_EQ(count<SetLog>(effects), 0u);
}

TEST_F(Control, AReloadOfTheSameChangesNothing) {
  boot();
  const Effects effects = take(paris(), 2);
  EXPECT_EQ(first<ReloadOutcome>(effects)->lines, (std::vector<std::string>{"nothing changed"}));
}

// Whatever the reason, the old state stands, and whoever asked is told why.
void expect_refused(const Effects& effects, std::string_view event, const std::string& line) {
  EXPECT_EQ(first<ApplyPlan>(effects), nullptr);
  EXPECT_EQ(events_of(effects), (std::vector<std::string>{std::string(event)}));
  ASSERT_NE(first<Notice>(effects), nullptr);
  EXPECT_EQ(first<Notice>(effects)->level, model::LogLevel::kError);
  ASSERT_NE(first<ReloadOutcome>(effects), nullptr);
  EXPECT_FALSE(first<ReloadOutcome>(effects)->done);
  EXPECT_EQ(first<ReloadOutcome>(effects)->lines.at(0), line);
}

TEST_F(Control, ARefusedReloadLeavesTheOldState) {
  boot();
  const model::ForwardingPlan plan = controller_.plan();
  model::Config next = paris();
  next.dataplane.idle = model::IdleMode::kAdaptive;
  expect_refused(controller_.reload(next, at_moment(2)), kConfigNeedsRestart,
                 "dataplane.idle: poll -> adaptive (daemon restart)");
  next = paris();
  next.tunnels[0].outbound->spi = Spi{9999};
  expect_refused(controller_.reload(next, at_moment(2)), kKeySpent,
                 "tunnels.berlin.static.outbound: its key was used by tunnels.berlin.static.outbound since the daemon "
                 "started; take a new one at both ends");
  next = paris();
  next.tunnels[0].tfs.packet_size = 1000;
  (void)controller_.reload(next, at_moment(2));
  expect_refused(controller_.applied(kNoMemory, at_moment(2)), kPlanRefused, "no memory for 9 tunnels");
  EXPECT_EQ(controller_.config(), paris());
  EXPECT_EQ(controller_.plan(), plan);
  EXPECT_TRUE(controller_.applied(kTaken, at_moment(3)).empty()) << "nothing waits any more";
  EXPECT_EQ(controller_.config(), paris());
}

TEST_F(Control, AKeyOfARefusedReloadIsNotSpent) {
  boot();
  model::Config next = paris();
  next.tunnels[0].outbound->key = key_of('n');
  (void)controller_.reload(next, at_moment(2));
  (void)controller_.applied(kNoMemory, at_moment(2));
  EXPECT_NE(first<ApplyPlan>(controller_.reload(paris(), at_moment(3))), nullptr);
  (void)controller_.applied(kTaken, at_moment(3));
  EXPECT_NE(first<ApplyPlan>(controller_.reload(next, at_moment(4))), nullptr);
}

TEST_F(Control, AFileThatCannotBeReadIsToldLineByLine) {
  boot();
  const Effects effects = controller_.reload_refused(std::vector<std::string>(30, "x.yaml:1:1: error"));
  EXPECT_EQ(count<Notice>(effects), 21u) << "the number, and the first twenty";
  EXPECT_EQ(first<Notice>(effects)->message, "the new configuration has 30 faults; the old one stays");
  EXPECT_EQ(first<ReloadOutcome>(effects)->lines.size(), 30u);
  EXPECT_EQ(controller_.config(), paris());
}

// The law of the house: there is no third way to change the running system.
TEST_F(Control, AnySequenceOfReloadsEndsWhereABootWould) {
  std::mt19937 random(4711);
  for (int round = 0; round < 50; ++round) {
    Controller running(1, random_);
    (void)running.surroundings(seen_around(), at_second(1));
    model::Config last;
    for (int step = 0; step < 6; ++step) {
      const model::Config next = random_config(random);
      (void)running.reload(next, at_moment(step + 1));
      const bool taken = random() % 4 != 0;
      (void)running.applied(taken ? kTaken : kNoMemory, at_moment(step + 1));
      if (taken) last = next;
    }
    if (!running.booted()) continue;
    Controller fresh(1, random_);
    (void)fresh.surroundings(seen_around(), at_second(1));
    (void)fresh.reload(last, at_moment(1));
    (void)fresh.applied(kTaken, at_moment(1));
    ASSERT_EQ(running.plan(), fresh.plan()) << round;
    ASSERT_EQ(running.config(), last) << round;
  }
}

TEST_F(Control, SurroundingsChangeThePlanWithoutAReload) {
  boot();
  const Effects effects = controller_.surroundings(with_gateway(), at_second(2));
  ASSERT_NE(first<ApplyPlan>(effects), nullptr);
  EXPECT_EQ(first<ApplyPlan>(effects)->plan.neighbours.size(), 1u);
  const Effects after = controller_.applied(kTaken, at_moment(2));
  EXPECT_EQ(first<ReloadOutcome>(after), nullptr) << "nobody asked";
  EXPECT_EQ(controller_.plan().neighbours.size(), 1u);
  EXPECT_EQ(first<ApplyPlan>(controller_.surroundings(with_gateway(), at_second(3))), nullptr) << "nothing is new";
}

TEST_F(Control, SurroundingsThatCannotBeFollowedAreTriedAgainAndToldOnce) {
  boot();
  (void)controller_.surroundings(with_gateway(), at_second(2));
  EXPECT_EQ(events_of(controller_.applied(kNoMemory, at_moment(2))),
            (std::vector<std::string>{std::string(kPlanRefused)}));
  ASSERT_NE(first<ApplyPlan>(controller_.tick({}, at_moment(3))), nullptr);
  EXPECT_TRUE(events_of(controller_.applied(kNoMemory, at_moment(3))).empty());
  ASSERT_NE(first<ApplyPlan>(controller_.tick({}, at_moment(4))), nullptr);
  (void)controller_.applied(kTaken, at_moment(4));
  EXPECT_EQ(controller_.plan().neighbours.size(), 1u);
  EXPECT_EQ(first<ApplyPlan>(controller_.tick({}, at_moment(5))), nullptr);
}

// The surroundings went back to what the plan says: the next refusal is news again.
TEST_F(Control, ARefusalIsToldAgainAfterAllWasWell) {
  boot();
  (void)controller_.surroundings(with_gateway(), at_second(2));
  (void)controller_.applied(kNoMemory, at_moment(2));
  EXPECT_EQ(first<ApplyPlan>(controller_.surroundings(seen_around(), at_second(3))), nullptr);
  (void)controller_.surroundings(with_gateway(), at_second(4));
  EXPECT_EQ(events_of(controller_.applied(kNoMemory, at_moment(4))),
            (std::vector<std::string>{std::string(kPlanRefused)}));
}

TEST_F(Control, TheNextHopOfATunnelIsAskedForAgainAndAgain) {
  boot();
  std::size_t asked = 0;
  std::vector<std::string> told;
  for (std::int64_t second = 2; second < 12; ++second) {
    const Effects effects = controller_.tick(counted(0), at_moment(second));
    asked += count<ResolveNeighbour>(effects);
    for (const std::string& id : events_of(effects)) told.push_back(id);
  }
  EXPECT_EQ(asked, 10u) << "once a second";
  EXPECT_EQ(told, (std::vector<std::string>{std::string(kNextHopSilent)})) << "and complained about once";
  (void)controller_.surroundings(with_gateway(), at_second(12));
  EXPECT_EQ(events_of(controller_.applied(kTaken, at_moment(12))),
            (std::vector<std::string>{std::string(kNextHopFound)}));
  asked = 0;
  for (std::int64_t second = 13; second < 43; ++second) {
    asked += count<ResolveNeighbour>(controller_.tick(counted(0), at_moment(second)));
  }
  EXPECT_EQ(asked, 3u) << "one that answers is kept fresh";
}

TEST_F(Control, ANeighbourOfTheFileIsNotAskedFor) {
  model::Config config = paris();
  config.neighbours = {{"wan", ip("198.51.100.254"), mac("02:00:00:00:00:fe")}};
  (void)controller_.surroundings(seen_around(), at_second(1));
  EXPECT_EQ(count<ResolveNeighbour>(take(config)), 0u);
  const model::Event wanted{model::EventKind::kNeighbourWanted, PortId{0}, {}, {}, ip("198.51.100.254"), 0};
  EXPECT_TRUE(controller_.event(wanted, at_moment(2)).empty());
}

TEST_F(Control, WantedNeighboursAreAskedForAtMostOnceASecond) {
  boot();
  const model::Event wanted{model::EventKind::kNeighbourWanted, PortId{1}, {}, {}, ip("10.1.0.9"), 0};
  const Effects effects = controller_.event(wanted, at_moment(2));
  ASSERT_NE(first<ResolveNeighbour>(effects), nullptr);
  EXPECT_EQ(first<ResolveNeighbour>(effects)->port, "lan");
  EXPECT_TRUE(controller_.event(wanted, ikestate::Moment{at_ns(2'900'000'000), 0}).empty());
  EXPECT_FALSE(controller_.event(wanted, at_moment(3)).empty());
  const model::Event nowhere{model::EventKind::kNeighbourWanted, PortId{9}, {}, {}, ip("10.1.0.9"), 0};
  EXPECT_TRUE(controller_.event(nowhere, at_moment(9)).empty());
}

// A scan of a whole network must not grow without end.
TEST_F(Control, WantedNeighboursAreBoundedAndForgotten) {
  boot();
  const auto scan = [&](std::int64_t second) {
    std::size_t asked = 0;
    for (std::uint32_t host = 0; host < 5'000; ++host) {
      const model::Event wanted{model::EventKind::kNeighbourWanted, PortId{1}, {}, {},
                                IpAddress::v4(0x0a010000 + host),   0};
      asked += count<ResolveNeighbour>(controller_.event(wanted, at_moment(second)));
    }
    return asked;
  };
  const std::size_t bound = scan(2);
  EXPECT_LT(bound, 5'000u);
  EXPECT_EQ(scan(2), 0u);
  (void)controller_.tick(counted(0), at_moment(70));
  EXPECT_EQ(scan(71), bound);
}

TEST_F(Control, UsedUpNumbersAreToldOnce) {
  boot();
  for (const auto& [kind, id] : {std::pair{model::EventKind::kSequenceNearLimit, kSequenceNearLimit},
                                 std::pair{model::EventKind::kSequenceExhausted, kSequenceExhausted}}) {
    const model::Event used{kind, {}, TunnelId{0}, Spi{0x1001}, {}, 0};
    const Effects effects = controller_.event(used, at_moment(2));
    ASSERT_EQ(events_of(effects), (std::vector<std::string>{std::string(id)}));
    EXPECT_EQ(first<Notice>(effects)->tunnel, "berlin");
    EXPECT_TRUE(controller_.event(used, at_moment(3)).empty());
    EXPECT_FALSE(controller_.event({kind, {}, TunnelId{0}, Spi{0x1002}, {}, 0}, at_moment(3)).empty()) << "another SA";
    EXPECT_TRUE(controller_.event({kind, {}, TunnelId{7}, Spi{1}, {}, 0}, at_moment(3)).empty()) << "no such tunnel";
  }
}

TEST_F(Control, SkippedSlotsAreToldFromTheCounter) {
  boot();
  EXPECT_TRUE(controller_.event({model::EventKind::kSlotsSkipped, {}, TunnelId{0}, {}, {}, 5}, at_moment(2)).empty());
  const auto told = [&](std::uint64_t skipped, std::int64_t second) {
    const Effects effects = controller_.tick(counted(0, skipped), at_moment(second));
    for (const Effect& effect : effects) {
      const Notice* const notice = std::get_if<Notice>(&effect);
      if (notice != nullptr && notice->event == kSlotsSkipped) return notice->message;
    }
    return std::string();
  };
  EXPECT_EQ(told(0, 2), "");
  EXPECT_EQ(told(1, 3), "1 slot was skipped");
  EXPECT_EQ(told(5, 4), "") << "once in ten seconds";
  EXPECT_EQ(told(5, 12), "");
  EXPECT_EQ(told(5, 13), "4 slots were skipped");
  EXPECT_EQ(told(5, 30), "");
  EXPECT_EQ(told(2, 31), "2 slots were skipped") << "the counter began anew";
}

TEST_F(Control, APeerIsHeardAndMissed) {
  boot();
  const auto told = [&](std::uint64_t rx_pkts, std::int64_t second) {
    std::string all;
    for (const Effect& effect : controller_.tick(counted(rx_pkts), at_moment(second))) {
      const Notice* const notice = std::get_if<Notice>(&effect);
      if (notice != nullptr && notice->component == "tfs") all += notice->message;
    }
    return all;
  };
  EXPECT_EQ(told(0, 2), "");
  EXPECT_EQ(told(1, 3), "the peer's first packet arrived");
  EXPECT_EQ(told(2, 4), "");
  EXPECT_EQ(told(2, 13), "");
  EXPECT_EQ(told(2, 14), "no packet of the peer for 10 s");
  EXPECT_EQ(told(2, 24), "");
  EXPECT_EQ(told(3, 25), "the peer is heard again");
}

TEST(NoticeIds, EachHasATextAndStandsOnce) {
  std::set<std::string_view> seen;
  for (const NoticeText& text : kNoticeTexts) {
    EXPECT_TRUE(seen.insert(text.id).second) << text.id;
    EXPECT_FALSE(text.cause.empty()) << text.id;
  }
  const std::set<std::string_view> used{
      kConfigApplied,     kConfigFaulty,  kConfigNeedsRestart, kPlanRefused,    kKeySpent,      kSequenceExhausted,
      kSequenceNearLimit, kNextHopSilent, kNextHopFound,       kSlotsSkipped,   kPeerHeard,     kPeerSilent,
      kRouteWithoutRoom,  kKeyLogOn,      kKeyLogFull,         kBreakerTripped, kBreakerClosed, kPathLoses,
      kPathMtuFound,      kPathMtuFell,   kPathMtuUnknown};
  EXPECT_EQ(seen, used);
}

}  // namespace
}  // namespace levelgate::control::controller_test
