// SPDX-License-Identifier: Apache-2.0
//
// The laws of a window that adapts: bounded by its ceiling, wide enough from the first packet that shows the need, slow
// to shrink, and a function of the numbers alone.
#include "aggfrag/window_width.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace levelgate::aggfrag::window_width_test {
namespace {

TEST(WindowWidth, StaysAtTheDefaultOnAPathThatKeepsTheOrder) {
  WindowWidth width(256);
  EXPECT_EQ(width.width(), 3u);
  for (std::uint64_t n = 1; n < 20'000; ++n) EXPECT_FALSE(width.arrived(EspSeq{n}));
  EXPECT_EQ(width.width(), 3u);
  EXPECT_EQ(WindowWidth(2).width(), 2u);
}

// [9347-2.2.3-c]
TEST(WindowWidth, OneLatePacketMakesRoomForTheNextAtOnce) {
  WindowWidth width(256);
  (void)width.arrived(EspSeq{100});
  EXPECT_FALSE(width.arrived(EspSeq{97}));
  EXPECT_TRUE(width.arrived(EspSeq{90}));
  EXPECT_EQ(width.width(), 13u);
  EXPECT_TRUE(width.arrived(EspSeq{1}));
  EXPECT_EQ(width.width(), 124u);
  (void)width.arrived(EspSeq{1'000'000});
  EXPECT_TRUE(width.arrived(EspSeq{2}));
  EXPECT_EQ(width.width(), 256u);
}

TEST(WindowWidth, ShrinksByAnEighthOfTheExcessInEachPeriodWithoutNeed) {
  WindowWidth width(256);
  (void)width.arrived(EspSeq{1'000});
  (void)width.arrived(EspSeq{1});
  ASSERT_EQ(width.width(), 256u);
  std::uint64_t n = 1'000;
  for (std::uint32_t i = 2; i < WindowWidth::kPeriod; ++i) (void)width.arrived(EspSeq{++n});
  EXPECT_EQ(width.width(), 256u);  // what was needed in this period
  std::uint32_t before = 256;
  for (int period = 0; period < 100; ++period) {
    for (std::uint32_t i = 0; i < WindowWidth::kPeriod; ++i) (void)width.arrived(EspSeq{++n});
    EXPECT_EQ(before - width.width(), (before - 3 + 7) / 8);
    before = width.width();
  }
  EXPECT_EQ(width.width(), 3u);
}

TEST(WindowWidth, AnyNumbersKeepTheLaws) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 engine(seed);
    const auto ceiling = static_cast<std::uint32_t>(engine() % 300);
    WindowWidth width(ceiling);
    WindowWidth again(ceiling);
    std::uint64_t highest = 0;
    for (int i = 0; i < 10'000; ++i) {
      const std::uint64_t number = highest + engine() % 400 > 200 ? highest + engine() % 400 - 200 : 1;
      const std::uint32_t before = width.width();
      const bool changed = width.arrived(EspSeq{number});
      EXPECT_EQ(again.arrived(EspSeq{number}), changed);
      ASSERT_EQ(again.width(), width.width());
      ASSERT_EQ(changed, width.width() != before);
      ASSERT_LE(width.width(), ceiling);
      ASSERT_GE(width.width(), std::min(WindowWidth::kLeast, ceiling));
      if (number < highest) {
        ASSERT_GE(width.width(), std::min<std::uint64_t>(ceiling, highest - number));
      }
      if (width.width() < before) {
        ASSERT_LE(before - width.width(), (before + 7) / 8);
      }
      highest = std::max(highest, number);
    }
  }
}

}  // namespace
}  // namespace levelgate::aggfrag::window_width_test
