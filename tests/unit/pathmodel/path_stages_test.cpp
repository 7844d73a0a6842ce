// SPDX-License-Identifier: Apache-2.0
//
// What no path has is refused by the name of the value.
#include "pathmodel/path_stages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace levelgate::pathmodel::path_stages_test {
namespace {

using namespace std::chrono_literals;

std::string fault(const std::function<void(PathSettings&)>& change) {
  PathSettings settings;
  change(settings);
  const auto checked = check(settings);
  if (checked) return {};
  EXPECT_EQ(checked.error().fault, Fault::kBadInput);
  return checked.error().what.substr(0, checked.error().what.find(':'));
}

TEST(PathStages, PlainSettingsAreRight) {
  EXPECT_EQ(fault([](PathSettings&) {}), "");
  EXPECT_EQ(fault([](PathSettings& s) { s.bits_per_second = 10; }), "");
  EXPECT_EQ(fault([](PathSettings& s) { s.loss = 1; }), "");
  EXPECT_EQ(fault([](PathSettings& s) { s.burst_loss = 0.5; }), "");
}

TEST(PathStages, NamesWhatIsOutOfBounds) {
  EXPECT_EQ(fault([](PathSettings& s) { s.bits_per_second = 9; }), "rate");
  EXPECT_EQ(fault([](PathSettings& s) { s.bits_per_second = kMostRate + 1; }), "rate");
  EXPECT_EQ(fault([](PathSettings& s) { s.overhead_octets = 4097; }), "overhead");
  EXPECT_EQ(fault([](PathSettings& s) { s.frame_octets = 7; }), "frame");
  EXPECT_EQ(fault([](PathSettings& s) { s.delay = -1ns; }), "delay");
  EXPECT_EQ(fault([](PathSettings& s) { s.jitter = 1h + 1ns; }), "jitter");
  EXPECT_EQ(fault([](PathSettings& s) { s.queue_wait = 2h; }), "queue-wait");
  EXPECT_EQ(fault([](PathSettings& s) { s.held_back = -1ms; }), "held-back");
  EXPECT_EQ(fault([](PathSettings& s) { s.loss = 1.01; }), "loss");
  EXPECT_EQ(fault([](PathSettings& s) { s.loss = std::nan(""); }), "loss");
  EXPECT_EQ(fault([](PathSettings& s) { s.duplicated = -0.1; }), "duplicated");
  EXPECT_EQ(fault([](PathSettings& s) { s.corrupted = 2; }), "corrupted");
  EXPECT_EQ(fault([](PathSettings& s) { s.burst_packets = 0.5; }), "burst-packets");
  EXPECT_EQ(fault([](PathSettings& s) { s.burst_loss = 0.51; }), "burst-loss");
  EXPECT_EQ(fault([](PathSettings& s) { s.reordered = 0.1; }), "reordered");
}

TEST(PathStages, BeginAtZeroAndRise) {
  const PathSettings plain;
  EXPECT_TRUE(check(PathStages{{0s, plain}, {1s, plain}}));
  EXPECT_TRUE(check(PathStages{{0s, plain}, {kLatestStage, plain}}));
  EXPECT_FALSE(check(PathStages{{0s, plain}, {kLatestStage + 1ns, plain}}));
  EXPECT_FALSE(check(PathStages{}));
  EXPECT_FALSE(check(PathStages{{1s, plain}}));
  EXPECT_FALSE(check(PathStages{{0s, plain}, {1s, plain}, {1s, plain}}));
  PathSettings wrong;
  wrong.loss = 2;
  EXPECT_FALSE(check(PathStages{{0s, plain}, {1s, wrong}}));
}

TEST(PathStages, ABlackHoleMayBeginAtOnce) {
  const PathStages stages = with_black_hole({}, 0s, 1s);
  ASSERT_TRUE(check(stages));
  ASSERT_EQ(stages.size(), 2u);
  EXPECT_TRUE(stages[0].settings.down);
  EXPECT_FALSE(stages[1].settings.down);
}

}  // namespace
}  // namespace levelgate::pathmodel::path_stages_test
