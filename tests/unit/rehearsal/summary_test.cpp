// SPDX-License-Identifier: Apache-2.0
//
// Ranks, floors and ratios by known answers.
#include "rehearsal/summary.h"

#include <gtest/gtest.h>

#include <set>

#include "rehearsal/handshake_table.h"

namespace levelgate::rehearsal::summary_test {
namespace {

using namespace std::chrono_literals;

TEST(Spread, RanksAreThoseOfTheList) {
  EXPECT_EQ(spread_of({}), Spread{});
  EXPECT_EQ(spread_of({3s, 1s, 2s}), (Spread{2s, 3s}));
  EXPECT_EQ(spread_of({4s, 1s, 2s, 3s}), (Spread{2s, 4s})) << "the lower one of two in the middle";
  std::vector<std::optional<Nanos>> many;
  for (int i = 200; i > 0; --i) many.emplace_back(i * 1ms);
  EXPECT_EQ(spread_of(many), (Spread{100ms, 198ms}));
}

TEST(Spread, WhatNeverCameIsLongest) {
  EXPECT_EQ(spread_of({std::nullopt, 1s, 2s}), (Spread{2s, std::nullopt}));
  EXPECT_EQ(spread_of({std::nullopt, 1s, std::nullopt}), Spread{});
}

TEST(Floor, IsRoundTripsAndOctetsAndTheKey) {
  const Ideal ideal{3.5, 8.5, 1'200'000, 1'000'000};
  const KeyCosts costs{{std::uint16_t{1115}, KeyCost{90ms, 1ms, 1ms}}};
  const auto floor = floor_of({1'000'000, 100ms, 0.01}, KeySet::kMceliece6688128f, ideal, costs);
  ASSERT_TRUE(floor);
  EXPECT_EQ(floor->serialisation, 8s);
  EXPECT_EQ(floor->whole, 8s + 850ms + 90ms);
  EXPECT_FALSE(floor_of({1'000'000, 100ms, 0}, KeySet::kMlKem768, ideal, costs)) << "no large key, no floor of it";
}

TEST(Summary, TellsMediansAndTheMostThatWasHeld) {
  const Ideal ideal{3.5, 8.5, 1'000, 900};
  const std::vector<Figures> runs{
      {.first_inner = 1s, .large = 3s, .octets = 1'000, .responder_octets = 10, .queue_drops = 0},
      {.first_inner = 2s, .large = std::nullopt, .octets = 3'000, .responder_octets = 30, .queue_drops = 7},
      {.first_inner = 3s, .large = 4s, .octets = 1'500, .responder_octets = 20, .queue_drops = 2}};
  const Summary summary = summary_of(runs, KeySet::kMceliece348864f, ideal);
  EXPECT_EQ(summary.runs, 3u);
  EXPECT_EQ(summary.done, 2u);
  EXPECT_EQ(summary.first_inner, (Spread{2s, 3s}));
  EXPECT_EQ(summary.large, (Spread{4s, std::nullopt}));
  EXPECT_DOUBLE_EQ(summary.octets_over_needed, 1.5);
  EXPECT_EQ(summary.responder_octets, 30u);
  EXPECT_EQ(summary.queue_drops, 2u);
  EXPECT_EQ(summary_of(runs, KeySet::kMlKem768, ideal).done, 3u) << "no large key is asked for";
}

TEST(Goals, AreAboutTheCellsThatTheyName) {
  Row row{.cell = {{100'000'000, 100ms, 0.1}, KeySet::kMceliece6688128f, Delivery::kAcknowledged},
          .summary = Summary{.runs = 20, .done = 20, .first_inner = {300ms, 2s}, .large = {1'900ms, 4'100ms}},
          .floor = Floor{90ms, 1s}};
  const auto goals = goals_of(row);
  ASSERT_EQ(goals.size(), 3u);
  EXPECT_TRUE(goals[0].holds());
  EXPECT_FALSE(goals[1].holds()) << goals[1].name;
  EXPECT_TRUE(goals[2].holds());
  row.cell.delivery = Delivery::kWholeRepeats;
  EXPECT_TRUE(goals_of(row).empty()) << "nobody is held to what is only compared with";
  row.cell = {{1'000'000, 100ms, 0}, KeySet::kMceliece348864f, Delivery::kAcknowledged};
  EXPECT_EQ(goals_of(row).front().allowed, 1'300ms) << "1.3 times the floor";
  row.summary.large.median = std::nullopt;
  EXPECT_FALSE(goals_of(row).front().holds()) << "never is not in time";
}

TEST(Table, HasEachCombinationOnce) {
  const auto cells = cells_of(whole_table());
  EXPECT_EQ(cells.size(), 4u * 3 * 4 * 5 * 5);
  EXPECT_EQ(std::set<Cell>(cells.begin(), cells.end()).size(), cells.size());
}

}  // namespace
}  // namespace levelgate::rehearsal::summary_test
