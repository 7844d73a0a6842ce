// SPDX-License-Identifier: Apache-2.0
//
// When fragments have ceased to come: on fast lines, on slow ones, and when a sender begins anew.
#include "ikemessage/fragment_pace.h"

#include <gtest/gtest.h>

namespace levelgate::ikemessage::fragment_pace_test {
namespace {

using namespace std::chrono_literals;

Instant at(Nanos time) { return Instant(time); }

Nanos silence_after(FragmentPace& pace, Instant now) { return pace.arrived(now) - now; }

TEST(FragmentPace, OnAFastLineSilenceIsShort) {
  FragmentPace pace;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(silence_after(pace, at(1s + i * 100us)), limits::kFragmentAckDelay);
}

// At 1 Mbit/s fragments are 11 ms apart: none of them is the last because no other came within 10 ms.
TEST(FragmentPace, OnASlowLineItIsLongerThanTheGaps) {
  FragmentPace pace;
  (void)pace.arrived(at(1s));
  (void)pace.arrived(at(1'011ms));
  EXPECT_EQ(silence_after(pace, at(1'022ms)), 22ms);
  EXPECT_EQ(silence_after(pace, at(1'044ms)), 22ms) << "one was lost";
}

TEST(FragmentPace, APauseIsNoDistance) {
  FragmentPace pace;
  (void)pace.arrived(at(1s));
  (void)pace.arrived(at(1'000'100us));
  EXPECT_EQ(silence_after(pace, at(1'125ms)), limits::kFragmentAckDelay) << "the sender began anew";
}

TEST(FragmentPace, HasABound) {
  FragmentPace pace;
  for (int i = 0; i < 3; ++i) {
    (void)pace.arrived(at(1s + i * 10s));
    pace.told();
  }
  EXPECT_EQ(silence_after(pace, at(41s)), limits::kLongestFragmentAckDelay);
}

// At 100 kbit/s a key takes a minute and a half, and its sender waits ten seconds for a word.
TEST(FragmentPace, ALongTransferIsToldOfAllAlong) {
  FragmentPace pace;
  std::size_t told = 0;
  Instant due = kNever;
  for (Nanos time = 1s; time < 91s; time += 94ms) {
    if (at(time) >= due) {
      ++told;
      pace.told();
    }
    due = pace.arrived(at(time));
  }
  EXPECT_NEAR(static_cast<double>(told), static_cast<double>(90s / limits::kLongestUntold), 2);
}

}  // namespace
}  // namespace levelgate::ikemessage::fragment_pace_test
