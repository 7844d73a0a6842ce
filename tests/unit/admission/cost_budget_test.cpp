// SPDX-License-Identifier: Apache-2.0
//
// The accounts of what strangers cost, whom we have met, and which puzzles are spent: what is held is never more than
// may be, and all of it comes back.
#include "admission/cost_budget.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "admission/acquaintances.h"
#include "admission/spent_puzzles.h"

namespace levelgate::admission::cost_budget_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(1'000'000'000);

TEST(Budget, WhatIsTakenComesBackAtTheEndOfItsLife) {
  Budget budget;
  {
    auto charge = budget.take(Cost::kOctets, 1000);
    ASSERT_TRUE(charge);
    EXPECT_EQ(budget.account(Cost::kOctets).held, 1000u);
    Budget::Charge moved = std::move(*charge);
    EXPECT_EQ(charge->amount(), 0u);
    EXPECT_EQ(moved.amount(), 1000u);
    charge.reset();
    EXPECT_EQ(budget.account(Cost::kOctets).held, 1000u);
    moved = Budget::Charge();
    EXPECT_EQ(budget.account(Cost::kOctets).held, 0u);
    moved = *budget.take(Cost::kJobs, 3);
    EXPECT_EQ(budget.account(Cost::kJobs).held, 3u);
  }
  EXPECT_EQ(budget.account(Cost::kJobs).held, 0u);
  EXPECT_EQ(budget.account(Cost::kJobs).peak, 3u);
  EXPECT_EQ(budget.account(Cost::kOctets).peak, 1000u);
}

TEST(Budget, AnEighthIsLeftForThoseWhomWeKnow) {
  Budget budget;
  const std::size_t most = budget.account(Cost::kSas).most;
  auto strangers = budget.take(Cost::kSas, most - most / 8);
  ASSERT_TRUE(strangers);
  EXPECT_FALSE(budget.take(Cost::kSas, 1));
  EXPECT_EQ(budget.account(Cost::kSas).refused, 1u);
  EXPECT_FALSE(budget.has(Cost::kSas, 1));
  EXPECT_EQ(budget.account(Cost::kSas).refused, 1u) << "to ask is no refusal";
  auto known = budget.take(Cost::kSas, most / 8, Standing::kKnown);
  EXPECT_TRUE(known);
  EXPECT_FALSE(budget.take(Cost::kSas, 1, Standing::kKnown));
}

TEST(Budget, AChargeGrowsWithinTheAccountAndAlwaysShrinks) {
  Budget budget;
  const std::size_t most = budget.account(Cost::kLargeOctets).most;
  auto charge = budget.take(Cost::kLargeOctets, 10);
  EXPECT_TRUE(budget.resize(*charge, most));
  EXPECT_FALSE(budget.resize(*charge, most + 1));
  EXPECT_EQ(charge->amount(), most);
  EXPECT_TRUE(budget.resize(*charge, 5));
  EXPECT_EQ(budget.account(Cost::kLargeOctets).held, 5u);
  charge.reset();
  EXPECT_EQ(budget.account(Cost::kLargeOctets).held, 0u);
}

TEST(Budget, LawsOfAllOrders) {
  std::mt19937 dice(30);
  Budget budget;
  std::vector<Budget::Charge> charges;
  for (int step = 0; step < 20'000; ++step) {
    const Cost cost{static_cast<std::uint8_t>(dice() % kCosts)};
    const std::size_t amount = dice() % (1 + budget.account(cost).most / 20);
    if (dice() % 3 == 0 && !charges.empty()) {
      std::swap(charges[dice() % charges.size()], charges.back());
      charges.pop_back();
    } else if (auto taken = budget.take(cost, amount, Standing(dice() % 2))) {
      charges.push_back(std::move(*taken));
    }
    std::size_t held = 0, counted = 0;
    for (const Budget::Charge& charge : charges) counted += charge.amount();
    for (std::uint8_t one = 0; one < kCosts; ++one) {
      const Budget::Account& account = budget.account(Cost{one});
      ASSERT_LE(account.held, account.most);
      ASSERT_LE(account.held, account.peak);
      held += account.held;
    }
    ASSERT_EQ(held, counted);
  }
  charges.clear();
  for (std::uint8_t one = 0; one < kCosts; ++one) EXPECT_EQ(budget.account(Cost{one}).held, 0u);
}

TEST(Acquaintances, AreForgottenInTime) {
  Acquaintances known;
  const IpAddress one = IpAddress::v4(1), other = IpAddress::v4(2);
  known.met(kStart, one);
  EXPECT_TRUE(known.knows(kStart + limits::kAcquainted - 1ns, one));
  EXPECT_FALSE(known.knows(kStart + limits::kAcquainted, one));
  EXPECT_FALSE(known.knows(kStart, other));
  known.met(kStart + 1h, one);
  EXPECT_TRUE(known.knows(kStart + limits::kAcquainted, one));
  EXPECT_EQ(known.size(), 1u);
}

TEST(Acquaintances, AreBoundedAndTheOldestGivesWay) {
  Acquaintances known;
  for (std::uint32_t i = 0; i < limits::kAcquaintances; ++i) known.met(kStart + Nanos(i), IpAddress::v4(i));
  known.met(kStart + 1s, IpAddress::v4(0));  // met again: now the youngest
  known.met(kStart + 2s, IpAddress::v4(0xffff'ffff));
  EXPECT_EQ(known.size(), limits::kAcquaintances);
  EXPECT_TRUE(known.knows(kStart + 2s, IpAddress::v4(0)));
  EXPECT_FALSE(known.knows(kStart + 2s, IpAddress::v4(1)));
  EXPECT_TRUE(known.knows(kStart + 2s, IpAddress::v4(2)));
}

// [8019-7.1.1.3-c, 8019-10-c]
TEST(SpentPuzzles, AreRememberedAsLongAsTheyCouldBeUsed) {
  for (const Nanos offset : {0ns, 1ns, Nanos(7s), Nanos(59s)}) {
    SpentPuzzles puzzles;
    puzzles.spend(kStart, 1);
    puzzles.spend(kStart + offset, 2);
    EXPECT_TRUE(puzzles.spent(kStart + offset + limits::kPuzzleLife - 1ns, 2));
    EXPECT_FALSE(puzzles.spent(kStart + offset, 3));
    EXPECT_FALSE(puzzles.spent(kStart + offset + 3 * limits::kPuzzleLife, 2));
    EXPECT_EQ(puzzles.size(), 0u);
  }
}

TEST(SpentPuzzles, AreBounded) {
  SpentPuzzles puzzles;
  for (std::uint64_t mark = 1; mark <= 5 * limits::kSpentPuzzles; ++mark) {
    puzzles.spend(kStart, mark);
    ASSERT_LE(puzzles.size(), 2 * limits::kSpentPuzzles);
    ASSERT_TRUE(puzzles.spent(kStart, mark));
  }
}

}  // namespace
}  // namespace levelgate::admission::cost_budget_test
