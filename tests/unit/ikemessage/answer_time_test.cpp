// SPDX-License-Identifier: Apache-2.0
//
// What answers tell of the round trip, also those to requests that were repeated.
#include "ikemessage/answer_time.h"

#include <gtest/gtest.h>

namespace levelgate::ikemessage::answer_time_test {
namespace {

using namespace std::chrono_literals;

Instant at(Nanos time) { return Instant(time); }

TEST(AnswerTime, UnknownWaitsAsForAnyPath) {
  const AnswerTime path;
  EXPECT_EQ(path.first_wait(), limits::kUnknownFirstRetry);
  EXPECT_EQ(path.silence(), limits::kFirstRetry);
}

TEST(AnswerTime, AnAnswerToARequestThatLeftOnceTells) {
  AnswerTime path;
  path.answered(at(1'100ms), at(1s), at(1s));
  EXPECT_EQ(path.first_wait(), 100ms + 50ms + limits::kAnswerTime);
  EXPECT_EQ(path.silence(), 100ms + 12'500us + limits::kLargeAnswerTime);
  path.answered(at(2'200ms), at(2s), at(2s));
  EXPECT_EQ(path.first_wait(), 200ms + 100ms + limits::kAnswerTime) << "the last one counts";
}

// A short path that loses: the answer is to the last copy. Waiting for the sum of all waits would cost the next losses.
TEST(AnswerTime, AfterARepeatItIsGuessed) {
  AnswerTime path;
  path.answered(at(1'500ms), at(1s), at(1'400ms));
  EXPECT_EQ(path.first_wait(), 100ms + 50ms + limits::kAnswerTime);
  path.answered(at(2'090ms), at(2s), at(2s));
  EXPECT_EQ(path.first_wait(), 90ms + 45ms + limits::kAnswerTime) << "now it is measured";
}

// A satellite: each copy is sent before the answer to the first can come. One exchange with copies that nobody needed,
// then none.
TEST(AnswerTime, AGuessThatWasTooShortIsNotMadeTwice) {
  AnswerTime path;
  path.answered(at(1'600ms), at(1s), at(1'400ms));
  EXPECT_LT(path.first_wait(), 600ms);
  path.answered(at(2'600ms), at(2s), at(2'350ms));
  EXPECT_GT(path.first_wait(), 600ms);
}

TEST(AnswerTime, ARepeatTellsNothingOfAPathThatIsKnown) {
  AnswerTime path;
  path.answered(at(1'100ms), at(1s), at(1s));
  const Nanos wait = path.first_wait();
  path.answered(at(5s), at(2s), at(4'999ms));
  EXPECT_EQ(path.first_wait(), wait);
}

TEST(AnswerTime, WaitsHaveBounds) {
  AnswerTime path;
  path.answered(at(1s + 1us), at(1s), at(1s));
  EXPECT_EQ(path.first_wait(), limits::kLeastFirstRetry);
  path.answered(at(9s), at(1s), at(1s));
  EXPECT_EQ(path.first_wait(), limits::kFirstRetry);
}

}  // namespace
}  // namespace levelgate::ikemessage::answer_time_test
