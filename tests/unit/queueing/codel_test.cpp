// SPDX-License-Identifier: Apache-2.0
//
// CoDel against the words of RFC 8289: nothing for an interval, then once, then ever more often, until the wait is
// short again.
#include "queueing/codel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace levelgate::queueing::codel_test {
namespace {

using std::chrono::milliseconds;

constexpr CodelSettings kSettings{milliseconds(5), milliseconds(100)};

// When it acts, asked every millisecond with one wait.
std::vector<int> acts(Codel& codel, Nanos wait, int from_ms, int to_ms, bool backlog = true) {
  std::vector<int> moments;
  for (int ms = from_ms; ms < to_ms; ++ms) {
    const Instant now = at_ns(ms * 1'000'000LL);
    while (codel.acts(kSettings, now, wait, backlog)) moments.push_back(ms);
  }
  return moments;
}

TEST(Codel, AShortWaitIsFine) {
  Codel codel;
  EXPECT_TRUE(acts(codel, milliseconds(5) - Nanos(1), 0, 10'000).empty());
}

TEST(Codel, OnePacketIsNoStandingQueue) {
  Codel codel;
  EXPECT_TRUE(acts(codel, milliseconds(50), 0, 10'000, false).empty());
}

TEST(Codel, ABurstShorterThanAnIntervalIsFine) {
  Codel codel;
  for (int burst = 0; burst < 20; ++burst) {
    EXPECT_TRUE(acts(codel, milliseconds(80), burst * 200, burst * 200 + 100).empty());
    EXPECT_TRUE(acts(codel, milliseconds(1), burst * 200 + 100, burst * 200 + 101).empty());
  }
}

TEST(Codel, DistancesShrinkWithTheSquareRoot) {
  Codel codel;
  const std::vector<int> moments = acts(codel, milliseconds(20), 0, 3'000);
  ASSERT_GT(moments.size(), 50u);
  EXPECT_EQ(moments[0], 100);
  double next = 200;
  for (std::size_t i = 1; i < 50; ++i) {
    EXPECT_NEAR(moments[i], next, 2.0) << i;
    next += 100 / std::sqrt(static_cast<double>(i + 1));
  }
}

TEST(Codel, ComesBackFasterSoonAfter) {
  Codel codel;
  const std::size_t first = acts(codel, milliseconds(20), 0, 1'000).size();
  (void)acts(codel, milliseconds(1), 1'000, 1'050);
  const std::size_t second = acts(codel, milliseconds(20), 1'050, 2'050).size();
  EXPECT_GT(second, first + first / 2);
  (void)acts(codel, milliseconds(1), 2'050, 10'000);
  EXPECT_EQ(acts(codel, milliseconds(20), 10'000, 11'000).size(), first);
}

// Beyond the table the distance stays; nothing overflows.
TEST(Codel, EndsNowhere) {
  Codel codel;
  const std::size_t early = acts(codel, milliseconds(20), 0, 10'000).size();
  EXPECT_GT(early, 256u);
  EXPECT_GT(acts(codel, milliseconds(20), 10'000, 200'000).size(), 20'000u);
}

}  // namespace
}  // namespace levelgate::queueing::codel_test
