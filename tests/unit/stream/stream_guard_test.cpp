// SPDX-License-Identifier: Apache-2.0
//
// The limits of a slow stream in virtual time, one by one and under everything that a stranger can do.
#include "stream/stream_guard.h"

#include <gtest/gtest.h>

#include <random>

#include "support/case_count.h"

namespace levelgate::stream::stream_guard_test {
namespace {

constexpr Instant kOpened = at_ns(1'000'000'000);
constexpr Instant after(Nanos time) { return kOpened + time; }

StreamGuard accepted() { return {StreamGuard::Side::kAccepted, kOpened}; }
StreamGuard with_prefix() {
  StreamGuard guard = accepted();
  guard.prefix_read();
  return guard;
}
StreamGuard proven() {
  StreamGuard guard = with_prefix();
  guard.reading(after(1s), 0, true);
  guard.prove();
  return guard;
}

void expect_end(const StreamGuard& guard, Nanos when, StreamEnd end) {
  EXPECT_EQ(guard.deadline(), after(when));
  EXPECT_FALSE(guard.ended(after(when - 1ns)));
  EXPECT_EQ(guard.ended(after(when)), end);
}

TEST(StreamGuard, ThePrefixHasTwoSeconds) { expect_end(accepted(), 2s, StreamEnd::kPrefixLate); }

TEST(StreamGuard, TheFirstFrameHasTenSecondsHoweverItDrips) {
  StreamGuard guard = with_prefix();
  expect_end(guard, 10s, StreamEnd::kFirstLate);
  for (int second = 1; second < 10; ++second) guard.reading(after(second * 1s), 65'535, false);
  expect_end(guard, 10s, StreamEnd::kFirstLate);
}

// [9329-6.3-b, 9329-6.4-b]
TEST(StreamGuard, AStrangerThatGotAnAnswerHasTenSecondsForTheNextFrame) {
  StreamGuard guard = with_prefix();
  guard.reading(after(1s), 0, true);
  expect_end(guard, 11s, StreamEnd::kIdle);
  guard.reading(after(10s), 0, true);
  expect_end(guard, 20s, StreamEnd::kIdle);
}

TEST(StreamGuard, AStrangerWhoseFramesProveNothingHasAMinute) {
  StreamGuard guard = with_prefix();
  for (int second = 1; second < 60; ++second) {
    guard.reading(after(second * 1s), 0, true);
    EXPECT_FALSE(guard.ended(after(second * 1s)));
  }
  expect_end(guard, 60s, StreamEnd::kUnproven);
}

TEST(StreamGuard, AProvenStreamMayBeIdleForEver) {
  EXPECT_EQ(proven().deadline(), kNever);
  EXPECT_FALSE(proven().ended(after(24h)));
}

TEST(StreamGuard, OursHasTenSecondsToBeMadeAndNoLimitThen) {
  StreamGuard ours{StreamGuard::Side::kConnected, kOpened};
  ours.writing(after(0s), true, false);
  expect_end(ours, 10s, StreamEnd::kUnreachable);
  ours.connected();
  expect_end(ours, 30s, StreamEnd::kNotReading);
  ours.writing(after(1s), false, true);
  EXPECT_TRUE(ours.proven());
  EXPECT_EQ(ours.deadline(), kNever);
}

TEST(StreamGuard, ALargeFrameKeepsALowestRate) {
  StreamGuard guard = proven();
  guard.reading(after(5s), 10'240, false);
  expect_end(guard, 5s + 30s + 10s, StreamEnd::kSlow);
  guard.reading(after(20s), 10'240, false);
  expect_end(guard, 45s, StreamEnd::kSlow);  // octets alone give no more time
  guard.reading(after(40s), 2, true);        // it is whole, and the next begins with it
  expect_end(guard, 70s + Nanos(2s) / 1'024, StreamEnd::kSlow);
  guard.reading(after(41s), 0, true);
  EXPECT_EQ(guard.deadline(), kNever);
}

TEST(StreamGuard, WhoTakesNothingOfWhatWaitsIsGivenUp) {
  StreamGuard guard = proven();
  guard.writing(after(3s), true, false);
  guard.writing(after(9s), true, false);
  expect_end(guard, 33s, StreamEnd::kNotReading);
  guard.writing(after(32s), true, true);
  expect_end(guard, 62s, StreamEnd::kNotReading);
  guard.writing(after(61s), false, true);
  EXPECT_EQ(guard.deadline(), kNever);
  StreamGuard stranger = with_prefix();
  stranger.reading(after(1s), 0, true);
  stranger.writing(after(1s), true, false);
  stranger.reading(after(9s), 0, true);
  expect_end(stranger, 11s, StreamEnd::kNotReading);
}

// Whatever a stranger does, its stream has an end within a minute, and without a whole frame within ten seconds.
TEST(StreamGuard, NoStrangerLivesLong) {
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i < testing::cases(4'000); ++i) {
    StreamGuard guard = accepted();
    bool framed = false;
    Nanos now{};
    while (!guard.ended(after(now))) {
      ASSERT_LE(now, framed ? Nanos(60s) : Nanos(10s));
      ASSERT_LE(guard.deadline(), after(60s));
      switch (random() % 5) {
        case 0:
          guard.prefix_read();
          break;
        case 1:
          guard.reading(after(now), random() % 65'536, false);
          break;
        case 2:
          if (random() % 4 == 0) {
            guard.prefix_read();
            guard.reading(after(now), random() % 2 * 700, true);
            framed = true;
          }
          break;
        case 3:
          guard.writing(after(now), random() % 2 == 0, random() % 2 == 0);
          break;
        default:
          now += Nanos(static_cast<std::int64_t>(random() % 3'000'000'000));
          now = std::min(now, guard.deadline() - kOpened);
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::stream::stream_guard_test
