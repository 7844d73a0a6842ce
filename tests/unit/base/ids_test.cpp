// SPDX-License-Identifier: Apache-2.0
//
// Numbers of different meaning do not turn into each other; equal ones compare and hash as equal.
#include <gtest/gtest.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

#include <limits>
#include <type_traits>
#include <unordered_set>

namespace levelgate::ids_test {
namespace {

TEST(Ids, NeverMixedUp) {
  static_assert(!std::is_convertible_v<std::uint32_t, Spi>, "a raw number is named when it becomes an id");
  static_assert(!std::is_convertible_v<Spi, std::uint32_t>);
  static_assert(!std::is_constructible_v<TunnelId, Spi>, "same width, other meaning");
  static_assert(!std::is_constructible_v<WorkerId, PortId>);
  static_assert(!std::is_constructible_v<SaId, EspSeq>);
  static_assert(!std::is_assignable_v<PortId&, WorkerId>);
}

TEST(Ids, ZeroByDefaultOrderedByValue) {
  EXPECT_EQ(Spi().value, 0u);
  EXPECT_EQ(EspSeq{5}, EspSeq{5});
  EXPECT_NE(EspSeq{5}, EspSeq{6});
  EXPECT_LT(EspSeq{0xffff'ffff}, EspSeq{0x1'0000'0000});
  EXPECT_GT(PortId{2}, PortId{1});
}

TEST(Ids, HashOfEqualsIsEqual) {
  std::unordered_set<Spi> seen;
  for (std::uint32_t i = 0; i < 1000; ++i) seen.insert(Spi{i * 7919});
  EXPECT_EQ(seen.size(), 1000u);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_TRUE(seen.contains(Spi{i * 7919}));
  EXPECT_FALSE(seen.contains(Spi{1}));
}

TEST(Time, MomentsAreNanosecondsOfOneClock) {
  EXPECT_EQ(to_ns(at_ns(-5)), -5);
  EXPECT_EQ(to_ns(at_ns(0) + std::chrono::milliseconds(20)), 20'000'000);
  EXPECT_EQ(to_ns(kNever), std::numeric_limits<std::int64_t>::max());
  EXPECT_LT(at_ns(std::numeric_limits<std::int64_t>::max() - 1), kNever);
}

}  // namespace
}  // namespace levelgate::ids_test
