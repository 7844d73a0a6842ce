// SPDX-License-Identifier: Apache-2.0
//
// Who falls for whom, by number, by source and by memory.
#include "sockets/stream_places.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "support/case_count.h"

namespace levelgate::sockets::stream_places_test {
namespace {

IpAddress from(const char* text) { return *IpAddress::parse(text); }
StreamId id(std::uint64_t value) { return StreamId{value}; }

TEST(StreamPlaces, TheOldestThatProvedNothingFalls) {
  StreamPlaces places({.all = 100, .of_source = 100, .unproven = 3, .unproven_of_source = 100});
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(places.enter(id(i), from("192.0.2.1")).admitted);
  places.prove(id(1));
  EXPECT_FALSE(places.enter(id(4), from("192.0.2.2")).falls);
  const auto fifth = places.enter(id(5), from("192.0.2.3"));
  EXPECT_TRUE(fifth.admitted);
  EXPECT_EQ(fifth.falls, id(2));
  EXPECT_EQ(places.all(), 4u);
  EXPECT_EQ(places.unproven(), 3u);
}

TEST(StreamPlaces, AFullSourceLosesItsOwn) {
  StreamPlaces places({.all = 100, .of_source = 3, .unproven = 100, .unproven_of_source = 2});
  EXPECT_TRUE(places.enter(id(1), from("192.0.2.9")).admitted);
  EXPECT_TRUE(places.enter(id(2), from("2001:db8::1")).admitted);
  EXPECT_TRUE(places.enter(id(3), from("2001:db8::2")).admitted);
  EXPECT_EQ(places.enter(id(4), from("2001:db8::ffff:3")).falls, id(2)) << "one /64 is one source";
  EXPECT_FALSE(places.enter(id(5), from("2001:db8:0:1::1")).falls);
  places.prove(id(3));
  places.prove(id(4));
  EXPECT_FALSE(places.enter(id(6), from("2001:db8::4")).falls);
  EXPECT_EQ(places.enter(id(7), from("2001:db8::4")).falls, id(6));
  places.prove(id(7));
  const auto refused = places.enter(id(8), from("2001:db8::5"));
  EXPECT_FALSE(refused.admitted) << "everybody has proven something";
  EXPECT_FALSE(refused.falls);
  EXPECT_EQ(places.all(), 5u);
}

TEST(StreamPlaces, UnfinishedFramesHaveABoundInAll) {
  StreamPlaces places({.unproven_octets = 1'000});
  for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(places.enter(id(i), from("192.0.2.1")).admitted);
  EXPECT_FALSE(places.holds(id(1), 400));
  EXPECT_FALSE(places.holds(id(2), 600));
  EXPECT_EQ(places.holds(id(3), 1), id(1));
  EXPECT_EQ(places.unproven_octets(), 601u);
  EXPECT_FALSE(places.holds(id(1), 5'000)) << "it is gone";
  places.prove(id(2));
  EXPECT_EQ(places.unproven_octets(), 1u);
  EXPECT_FALSE(places.holds(id(2), 5'000));
  EXPECT_EQ(places.holds(id(3), 2'000), id(3)) << "alone, it falls itself";
}

TEST(StreamPlaces, OursAreNeverRefusedAndNeverFall) {
  StreamPlaces places({.all = 1, .of_source = 1});
  places.enter_own(id(1), from("192.0.2.1"));
  places.enter_own(id(2), from("192.0.2.1"));
  EXPECT_FALSE(places.enter(id(3), from("192.0.2.1")).admitted);
  EXPECT_EQ(places.all(), 2u);
}

// Whatever comes and goes: the bounds hold, and at the end nothing is counted.
TEST(StreamPlaces, Laws) {
  std::mt19937_64 random(3);
  for (std::size_t round = 0; round < testing::cases(200); ++round) {
    const StreamBounds bounds{1 + random() % 20, 1 + random() % 8, 1 + random() % 12, 1 + random() % 5,
                              random() % 2'000};
    StreamPlaces places(bounds);
    for (std::uint64_t i = 1; i <= 200; ++i) {
      const IpAddress source = IpAddress::v4(static_cast<std::uint32_t>(random() % 6));
      const StreamId other = id(1 + random() % i);
      switch (random() % 5) {
        case 0:
          places.prove(other);
          break;
        case 1:
          places.leave(other);
          break;
        case 2: {
          const std::size_t octets = random() % 900;
          for (auto falls = places.holds(other, octets); falls && *falls != other;
               falls = places.holds(other, octets)) {
          }
          ASSERT_LE(places.unproven_octets(), bounds.unproven_octets);
          break;
        }
        default: {
          const auto admission = places.enter(id(i), source);
          if (!admission.admitted) {
            ASSERT_FALSE(admission.falls) << "nobody falls in vain";
          }
        }
      }
      ASSERT_LE(places.all(), bounds.all);
      ASSERT_LE(places.unproven(), bounds.unproven);
    }
    for (std::uint64_t i = 1; i <= 200; ++i) places.leave(id(i));
    ASSERT_EQ(places.all() + places.unproven() + places.unproven_octets(), 0u);
  }
}

}  // namespace
}  // namespace levelgate::sockets::stream_places_test
