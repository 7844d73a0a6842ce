// SPDX-License-Identifier: Apache-2.0
#include "admission/large_key_room.h"

#include <gtest/gtest.h>

#include <vector>

namespace levelgate::admission::large_key_room_test {
namespace {

IpAddress v4(std::uint32_t host) { return IpAddress::v4(0xc000'0200U + host); }

using namespace std::chrono_literals;

constexpr Instant kBegin = at_ns(1'000'000'000);
constexpr std::size_t kSmallest = 261'120;
constexpr std::size_t kLargest = 1'357'824;

TEST(LargeKeyRoom, OneForEachSource) {
  LargeKeyRoom room;
  const auto first = room.take(v4(1), kSmallest, kBegin);
  EXPECT_TRUE(first);
  EXPECT_FALSE(room.take(v4(1), kSmallest, kBegin));
  EXPECT_TRUE(room.take(v4(2), kSmallest, kBegin)) << "and gives it back at once";
  EXPECT_EQ(room.places(), 1u);
  EXPECT_EQ(room.refused(), 1u);
}

TEST(LargeKeyRoom, AnIpv6SubnetIsOneSource) {
  LargeKeyRoom room;
  const auto held = room.take(*IpAddress::parse("2001:db8::1"), kSmallest, kBegin);
  EXPECT_FALSE(room.take(*IpAddress::parse("2001:db8::ffff:1"), kSmallest, kBegin));
  EXPECT_TRUE(room.take(*IpAddress::parse("2001:db8:0:1::1"), kSmallest, kBegin));
}

TEST(LargeKeyRoom, BoundsNumberAndOctets) {
  for (const std::size_t octets : {kSmallest, kLargest}) {
    LargeKeyRoom room;
    std::vector<LargeKeyRoom::Place> places;
    for (std::uint32_t host = 0; host < 200; ++host) {
      if (auto place = room.take(v4(host), octets, kBegin)) places.push_back(std::move(place));
    }
    EXPECT_EQ(places.size(), limits::kLargeHandshakes);
    EXPECT_LE(room.octets(), limits::kLargeHandshakeOctets);
    EXPECT_LE(2 * room.octets(), 96UL * 1024 * 1024);
    places.pop_back();
    EXPECT_TRUE(room.take(v4(limits::kLargeHandshakes), octets, kBegin))
        << "the next one is served as soon as one is gone";
    places.clear();
    EXPECT_EQ(room.octets(), 0u);
    EXPECT_EQ(room.places(), 0u);
  }
}

struct Full {
  Full() {
    for (std::uint32_t host = 1; host <= limits::kLargeHandshakes; ++host) {
      places.push_back(room.take(v4(host), kSmallest, kBegin));
    }
  }
  [[nodiscard]] bool takes(std::uint32_t host, Nanos later = {}) {
    auto place = room.take(v4(host), kSmallest, kBegin + later);
    const bool taken = place != nullptr;
    if (taken) places.push_back(std::move(place));
    return taken;
  }
  // As many places become free, of those who have had them for the longest.
  void free(std::size_t count) { places.erase(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(count)); }

  LargeKeyRoom room;
  std::vector<LargeKeyRoom::Place> places;
};

constexpr std::uint32_t kFirst = 1'000, kLast = kFirst + 2 * limits::kLargeHandshakeFront;

TEST(LargeKeyRoom, WhoWaitsForLongerIsServedFirst) {
  Full full;
  for (std::uint32_t host = kFirst; host <= kLast; ++host) EXPECT_FALSE(full.takes(host));
  EXPECT_EQ(full.room.waiting(), kLast - kFirst + 1);
  full.free(1);
  EXPECT_FALSE(full.takes(kLast, 1s)) << "however often it asks";
  EXPECT_FALSE(full.takes(kLast + 1, 1s)) << "nor one that comes now";
  EXPECT_TRUE(full.takes(kFirst, 1s));
  full.free(1);
  EXPECT_FALSE(full.takes(kFirst + 2 + limits::kLargeHandshakeFront, 1s));
  EXPECT_TRUE(full.takes(kFirst + 1 + limits::kLargeHandshakeFront, 1s)) << "those in front are equals";
}

TEST(LargeKeyRoom, WhoAsksNoMoreIsInNobodysWay) {
  Full full;
  for (std::uint32_t host = kFirst; host <= kLast; ++host) EXPECT_FALSE(full.takes(host));
  EXPECT_FALSE(full.takes(kLast, 60s));
  full.free(1);
  EXPECT_FALSE(full.takes(kLast, limits::kLargeHandshakeLinePatience));
  EXPECT_TRUE(full.takes(kLast, limits::kLargeHandshakeLinePatience + 1ns));
  EXPECT_EQ(full.room.waiting(), 0u);
}

TEST(LargeKeyRoom, WhoWastedAPlaceStandsBehindWhoDidNot) {
  Full full;
  full.free(2);  // 1 and 2 have had theirs
  EXPECT_TRUE(full.takes(1));
  EXPECT_TRUE(full.takes(2)) << "nobody else wants it";
  EXPECT_FALSE(full.takes(100));
  full.free(1);
  EXPECT_FALSE(full.takes(3)) << "it is kept for 100";
  EXPECT_TRUE(full.takes(100, 10s));
  full.free(1);
  EXPECT_TRUE(full.takes(3, 10s));
}

TEST(LargeKeyRoom, WhoProvedItselfWastedNothing) {
  Full full;
  EXPECT_FALSE(full.takes(100));
  full.free(1);
  full.room.proven(v4(1));
  EXPECT_TRUE(full.takes(1)) << "as one of those in front";
}

TEST(LargeKeyRoom, TheLineIsBounded) {
  Full full;
  for (std::uint32_t host = 1'000; host < 1'000 + 2 * limits::kLargeHandshakeLine; ++host)
    EXPECT_FALSE(full.takes(host));
  EXPECT_EQ(full.room.waiting(), limits::kLargeHandshakeLine);
  full.free(limits::kLargeHandshakes);
  EXPECT_TRUE(full.takes(1'000, 1s));
  EXPECT_FALSE(full.takes(1'000 + limits::kLargeHandshakeLine, 1s)) << "behind those in the line, in which it is now";
  EXPECT_EQ(full.room.waiting(), limits::kLargeHandshakeLine);
}

TEST(LargeKeyRoom, APlaceMayOutliveIt) {
  LargeKeyRoom::Place place;
  {
    LargeKeyRoom room;
    place = room.take(v4(1), kSmallest, kBegin);
  }
  place.reset();
}

}  // namespace
}  // namespace levelgate::admission::large_key_room_test
