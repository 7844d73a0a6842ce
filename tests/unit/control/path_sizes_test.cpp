// SPDX-License-Identifier: Apache-2.0
//
// Bounds of the search for the path MTU, and what the plan remembers of it.
#include "control/path_sizes.h"

#include <gtest/gtest.h>

#include "control/controller.h"
#include "control/reconcile.h"
#include "support/seeded_random.h"
#include "unit/control/gateway_configs.h"

namespace levelgate::control::path_sizes_test {
namespace {

using namespace tests;

model::Config searching() {
  model::Config config = paris();
  config.tunnels[0].tfs.packet_size = 1200;
  config.tunnels[0].tfs.path_mtu.emplace();
  return config;
}

const model::TfsSettings& tfs_of(const model::ForwardingPlan& plan) { return plan.tunnels[0].tfs; }

model::Event found(std::uint64_t octets, std::uint32_t tunnel = 0) {
  model::Event event;
  event.kind = model::EventKind::kPathMtu;
  event.tunnel = TunnelId{tunnel};
  event.count = octets;
  return event;
}

TEST(PathSizes, ThePortBoundsTheSearch) {
  model::Config config = searching();
  const auto bounds = [&](const Surroundings& seen) { return *tfs_of(*make_plan(config, seen, 1)).path_mtu; };
  EXPECT_EQ(bounds(seen_around()).max_size, 1500u);
  config.ports[0].mtu = 1398;
  EXPECT_EQ(bounds(seen_around()).max_size, 1396u);  // ESP aligns
  config.ports[0].mtu.reset();
  EXPECT_EQ(bounds(seen_around()).max_size, 1400u);  // of the device
  EXPECT_EQ(bounds({}).max_size, 1500u);
  config.tunnels[0].tfs.path_mtu->max_size = 1301;
  EXPECT_EQ(bounds({}).max_size, 1300u);
  config.ports[0].mtu = 900;
  EXPECT_EQ(bounds({}).max_size, 900u);
  EXPECT_EQ(bounds({}).base, 900u);
  EXPECT_EQ(bounds(seen_around()).longest_inner, 9000u);
  EXPECT_EQ(bounds({}).longest_inner, kLargestInner);
}

TEST(PathSizes, WhatWasFoundLastsWithinTheBounds) {
  model::Config config = searching();
  const model::ForwardingPlan before = *make_plan(config, seen_around(), 1);
  EXPECT_EQ(tfs_of(before).packet_size, 1200u);
  const auto grown = with_size(before, found(1480));
  ASSERT_TRUE(grown);
  EXPECT_EQ(tfs_of(*grown).packet_size, 1480u);
  config.tunnels[0].tfs.max_queue_delay = std::chrono::milliseconds(7);
  EXPECT_EQ(tfs_of(*make_plan(config, seen_around(), 1, &*grown)).packet_size, 1480u);
  config.tunnels[0].tfs.path_mtu->max_size = 1400;
  EXPECT_EQ(tfs_of(*make_plan(config, seen_around(), 1, &*grown)).packet_size, 1200u);
  config.tunnels[0].tfs.path_mtu.reset();
  config.tunnels[0].tfs.packet_size = 1000;
  EXPECT_EQ(tfs_of(*make_plan(config, seen_around(), 1, &*grown)).packet_size, 1000u);
}

// Events are hints: an old or a strange one changes nothing.
TEST(PathSizes, WhatDoesNotFitIsNotTaken) {
  const model::ForwardingPlan plan = *make_plan(searching(), seen_around(), 1);
  for (const std::uint64_t octets : {0, 572, 1200, 1399, 1504, 70'000}) EXPECT_FALSE(with_size(plan, found(octets)));
  EXPECT_FALSE(with_size(plan, found(1480, 1)));
  EXPECT_FALSE(with_size(*make_plan(paris(), seen_around(), 1), found(1480)));
  EXPECT_TRUE(with_size(plan, found(576)));
}

TEST(PathSizes, TheControllerTakesWhatTheDataPlaneFinds) {
  levelgate::testing::SeededRandom random{1};
  Controller controller(1, random);
  const ikestate::Moment moment{at_second(1), 1'790'000'000};
  (void)controller.surroundings(seen_around(), at_second(1));
  (void)controller.reload(searching(), moment);
  (void)controller.applied({}, moment);
  const Effects effects = controller.event(found(1500), moment);
  const ApplyPlan* const apply = first<ApplyPlan>(effects);
  ASSERT_NE(apply, nullptr);
  EXPECT_EQ(tfs_of(apply->plan).packet_size, 1500u);
  (void)controller.applied({}, moment);
  EXPECT_EQ(tfs_of(controller.plan()).packet_size, 1500u);
  EXPECT_EQ(first<ApplyPlan>(controller.event(found(1500), moment)), nullptr);
  const Effects changed = controller.surroundings({}, at_second(2));  // a device went: the plan is made anew
  EXPECT_EQ(tfs_of(first<ApplyPlan>(changed)->plan).packet_size, 1500u);
}

}  // namespace
}  // namespace levelgate::control::path_sizes_test
