// SPDX-License-Identifier: Apache-2.0
//
// The schedule against its closed form, which is said here once more: slot k is due at start + floor(k x octets x 8 /
// rate). Rates that divide nothing, slots far out, and a worker that comes late.
#include "aggfrag/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace levelgate::aggfrag::pacer_test {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Instant kStart = at_ns(1'000'000'007);

struct Schedule {
  std::uint64_t octets;
  std::uint64_t rate;

  [[nodiscard]] Instant due(std::uint64_t slot) const {
    return kStart + Nanos(static_cast<std::int64_t>(Wide{slot} * octets * 8'000'000'000u / rate));
  }
  [[nodiscard]] Pacer pacer(std::uint32_t catch_up = 8) const { return {kStart, octets, rate, catch_up}; }
};

// Odd, prime, slow, exact, and faster than a slot per nanosecond.
std::vector<Schedule> schedules() {
  std::vector<Schedule> all;
  for (const std::uint64_t octets : {1u, 128u, 576u, 1500u, 1538u, 9000u}) {
    for (const std::uint64_t rate : {7ull, 64'000ull, 999'983ull, 1'000'001ull, 33'333'333ull, 1'000'000'007ull,
                                     4'294'967'291ull, 4'294'967'311ull, 10'000'000'019ull, 1'000'000'000'039ull}) {
      all.push_back({octets, rate});
    }
  }
  return all;
}

TEST(Pacer, FirstSlotIsDueAtStart) {
  Pacer pacer(kStart, 1500, 1'000'000, 8);
  EXPECT_EQ(pacer.next_slot(), 0u);
  EXPECT_EQ(pacer.next_due(), kStart);
  EXPECT_EQ(pacer.due_of(0), kStart);
  const Pacer::Due early = pacer.take(kStart - Nanos(1));
  EXPECT_EQ(early.send, 0u);
  EXPECT_EQ(early.skipped, 0u);
  EXPECT_EQ(early.late, 0u);
  EXPECT_EQ(pacer.next_slot(), 0u);
  EXPECT_EQ(pacer.take(kStart).send, 1u);
  EXPECT_EQ(pacer.next_due(), kStart + std::chrono::milliseconds(12));
}

// A moment before its time a slot has not come, at its time it has; every slot is exactly where the closed form says.
TEST(Pacer, StepsAreTheClosedForm) {
  for (const Schedule& schedule : schedules()) {
    Pacer pacer = schedule.pacer(1'000'000);
    std::uint64_t taken = 0;
    while (taken < 20'000) {
      const Instant due = pacer.next_due();
      ASSERT_EQ(due, schedule.due(taken)) << schedule.octets << " octets at " << schedule.rate;
      ASSERT_EQ(pacer.due_of(taken), due);
      ASSERT_EQ(pacer.take(due - Nanos(1)).send, 0u);
      const Pacer::Due now = pacer.take(due);
      ASSERT_GE(now.send, 1u);
      ASSERT_EQ(now.skipped, 0u);
      taken += now.send;
      ASSERT_EQ(pacer.next_slot(), taken);
      ASSERT_GT(pacer.next_due(), due);
    }
  }
}

TEST(Pacer, IntervalIsRoundedDown) {
  for (const Schedule& schedule : schedules()) {
    EXPECT_EQ(schedule.pacer().interval(), schedule.due(1) - kStart);
  }
}

// 10^9 slots in one jump, then on by steps: the remainder that steps carry survived the jump.
TEST(Pacer, NoDriftOverABillionSlots) {
  for (const Schedule& schedule : schedules()) {
    if (schedule.rate < 1'000'000) continue;  // its billionth slot lies beyond the clock
    Pacer pacer = schedule.pacer(0);
    const Pacer::Due due = pacer.take(schedule.due(1'000'000'000) - Nanos(1));
    ASSERT_EQ(due.send, 1u);
    ASSERT_EQ(due.send + due.skipped, pacer.next_slot());
    ASSERT_LE(pacer.next_slot(), 1'000'000'000u);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(pacer.next_due(), schedule.due(pacer.next_slot()));
      const std::uint64_t before = pacer.next_slot();
      const Pacer::Due step = pacer.take(pacer.next_due());
      ASSERT_EQ(pacer.next_slot(), before + step.send + step.skipped);
    }
  }
}

// The same by steps alone, as in a tunnel that is never late.
TEST(Pacer, NoDriftOverMillionsOfSteps) {
  const Schedule schedule{1538, 999'999'937};
  Pacer pacer = schedule.pacer();
  for (std::uint64_t slot = 0; slot < 3'000'000; ++slot) {
    ASSERT_EQ(pacer.next_slot(), slot);
    ASSERT_EQ(pacer.take(pacer.next_due()).send, 1u);
  }
  EXPECT_EQ(pacer.next_due(), schedule.due(3'000'000));
}

// However late the worker comes: what came is sent or skipped, nothing is both, nothing that has not come is either.
TEST(Pacer, SendAndSkippedAreTheSlotsThatCame) {
  std::mt19937_64 random(7);
  for (const Schedule& schedule : schedules()) {
    for (const std::uint32_t catch_up : {0u, 1u, 3u, 8u, 200u}) {
      Pacer pacer = schedule.pacer(catch_up);
      const std::uint64_t interval = 1 + static_cast<std::uint64_t>((schedule.due(1) - kStart).count());
      Instant now = kStart - Nanos(1);
      for (int turn = 0; turn < 300; ++turn) {
        const std::uint64_t reach = turn % 3 == 0 ? interval * 2 * (catch_up + 2) : interval * 2;
        now += Nanos(static_cast<std::int64_t>(random() % reach));
        const std::uint64_t before = pacer.next_slot();
        const Pacer::Due due = pacer.take(now);
        const std::uint64_t came = pacer.next_slot() - before;
        ASSERT_GT(schedule.due(pacer.next_slot()), now);
        ASSERT_TRUE(came == 0 || schedule.due(pacer.next_slot() - 1) <= now);
        ASSERT_EQ(due.send + due.skipped, came) << schedule.octets << " octets at " << schedule.rate;
        ASSERT_EQ(due.send, std::min<std::uint64_t>(came, std::uint64_t{catch_up} + 1));
        ASSERT_EQ(due.late, due.send == 0 ? 0 : due.send - 1);
        ASSERT_EQ(pacer.next_due(), schedule.due(pacer.next_slot()));
      }
    }
  }
}

// The jump around the very moment of a slot, where a rounding of its closed form the wrong way would show.
TEST(Pacer, JumpIsExactAtTheMomentOfASlot) {
  for (const Schedule& schedule : schedules()) {
    for (const std::uint64_t target : {2ull, 3ull, 10ull, 9'999ull, 10'000ull, 123'457ull}) {
      for (const int off : {-1, 0, 1}) {
        const Instant now = schedule.due(target) + Nanos(off);
        Pacer pacer = schedule.pacer(0);
        const Pacer::Due due = pacer.take(now);
        std::uint64_t after = target > 2 ? target - 2 : 0;
        while (schedule.due(after) <= now) ++after;
        while (after > 0 && schedule.due(after - 1) > now) --after;
        ASSERT_EQ(pacer.next_slot(), after) << schedule.octets << " octets at " << schedule.rate << " slot " << target;
        ASSERT_EQ(due.send + due.skipped, after);
        ASSERT_EQ(pacer.next_due(), schedule.due(after));
      }
    }
  }
}

// A worker that slept through a jump goes on as one that never slept.
TEST(Pacer, LateWorkerJoinsTheSameSchedule) {
  for (const Schedule& schedule : schedules()) {
    Pacer punctual = schedule.pacer(1'000'000'000);
    Pacer sleeper = schedule.pacer(2);
    const Instant wakes = schedule.due(50'000);
    (void)punctual.take(wakes);
    (void)sleeper.take(wakes);
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(sleeper.next_slot(), punctual.next_slot());
      ASSERT_EQ(sleeper.next_due(), punctual.next_due());
      const Instant now = punctual.next_due();
      (void)punctual.take(now);
      (void)sleeper.take(now);
    }
  }
}

TEST(Pacer, DueAheadIsDueOfTheSlotAhead) {
  std::mt19937_64 random(3);
  for (const Schedule& schedule : schedules()) {
    Pacer pacer = schedule.pacer();
    Instant now = kStart;
    for (int turn = 0; turn < 200; ++turn) {
      for (const std::uint64_t ahead : {0ull, 1ull, 2ull, 63ull, 128ull, 99'991ull}) {
        ASSERT_EQ(pacer.due_ahead(ahead), schedule.due(pacer.next_slot() + ahead)) << schedule.rate;
      }
      now += Nanos(static_cast<std::int64_t>(random() % 20) * (pacer.interval().count() + 1));
      (void)pacer.take(now);
    }
  }
}

// Around the bound of its short cut, at rates at which such a slot still lies within the clock.
TEST(Pacer, DueAheadFarOut) {
  for (const std::uint64_t rate :
       {999'999'937ull, 4'294'967'291ull, 4'294'967'296ull, 4'294'967'311ull, 1'000'000'000'039ull}) {
    const Schedule schedule{1500, rate};
    Pacer pacer = schedule.pacer();
    (void)pacer.take(schedule.due(3));
    for (const std::uint64_t ahead : {1ull << 30, (1ull << 31) - 1, 1ull << 31, (1ull << 31) + 1, 1ull << 34}) {
      EXPECT_EQ(pacer.due_ahead(ahead), schedule.due(pacer.next_slot() + ahead)) << rate;
    }
  }
}

// Slot times are a function of start, rate and number: when and how often take() is called changes none.
TEST(Pacer, TimesDoNotDependOnWhenItIsAsked) {
  const Schedule schedule{1500, 33'333'333};
  Pacer often = schedule.pacer(1000);
  Pacer seldom = schedule.pacer(1000);
  std::uint64_t sent_often = 0;
  std::uint64_t sent_seldom = 0;
  for (int i = 1; i <= 1000; ++i) {
    const Instant now = kStart + std::chrono::microseconds(97) * i;
    sent_often += often.take(now).send;
    if (i % 10 == 0) sent_seldom += seldom.take(now).send;
  }
  EXPECT_EQ(sent_often, sent_seldom);
  EXPECT_EQ(often.next_due(), seldom.next_due());
}

}  // namespace
}  // namespace levelgate::aggfrag::pacer_test
