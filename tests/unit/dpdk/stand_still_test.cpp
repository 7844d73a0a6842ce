// SPDX-License-Identifier: Apache-2.0
//
// No turn begins just before a slot (RFC 9347 §2.4.1), unless slots are too close for that.
#include "dpdk/stand_still.h"

#include <gtest/gtest.h>

namespace levelgate::dpdk::stand_still_test {
namespace {

using std::chrono::microseconds;

Instant at(std::int64_t us) { return at_ns(us * 1'000); }

TEST(StandStill, ATurnJustBeforeASlotBeginsAtTheSlot) {
  StandStill still;
  EXPECT_EQ(still.begin(at(10'000), at(10'030)), at(10'030));
}

TEST(StandStill, ATurnLongBeforeASlotBeginsAtOnce) {
  StandStill still;
  EXPECT_EQ(still.begin(at(10'000), at(10'031)), at(10'000));
}

TEST(StandStill, ATurnAtOrBehindASlotBeginsAtOnce) {
  StandStill still;
  EXPECT_EQ(still.begin(at(10'000), at(10'000)), at(10'000));
  EXPECT_EQ(still.begin(at(10'000), at(9'000)), at(10'000));
  EXPECT_EQ(still.begin(at(10'000), kNever), at(10'000));
}

// At most an eighth of the time is stood still.
TEST(StandStill, CloseSlotsAreMetAsTheyCome) {
  for (const std::int64_t interval : {10, 100, 239, 240, 1'000}) {
    StandStill still;
    std::int64_t stood = 0;
    for (std::int64_t slot = 100'000; slot < 200'000; slot += interval) {
      const Instant now = at(slot - 20);
      stood += (still.begin(now, at(slot)) - now).count() / 1'000;
    }
    if (interval < 240) {
      EXPECT_LE(stood, 20) << "but for the first: " << interval;
    } else {
      EXPECT_EQ(stood, 20 * ((100'000 + interval - 1) / interval)) << interval;
    }
  }
}

// Asked again before the slot, by a turn that was let through, it does not change its mind.
TEST(StandStill, OneSlotIsDecidedOnce) {
  StandStill still;
  EXPECT_EQ(still.begin(at(999), at(1'000)), at(1'000));
  EXPECT_EQ(still.begin(at(1'075), at(1'100)), at(1'075));
  EXPECT_EQ(still.begin(at(1'080), at(1'100)), at(1'080));
}

}  // namespace
}  // namespace levelgate::dpdk::stand_still_test
