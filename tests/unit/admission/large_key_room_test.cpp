// SPDX-License-Identifier: Apache-2.0
#include "admission/large_key_room.h"

#include <gtest/gtest.h>

#include <vector>

namespace levelgate::admission::large_key_room_test {
namespace {

IpAddress v4(std::uint32_t host) { return IpAddress::v4(0xc000'0200U + host); }

constexpr std::size_t kSmallest = 261'120;
constexpr std::size_t kLargest = 1'357'824;

TEST(LargeKeyRoom, OneForEachSource) {
  LargeKeyRoom room;
  const auto first = room.take(v4(1), kSmallest);
  EXPECT_TRUE(first);
  EXPECT_FALSE(room.take(v4(1), kSmallest));
  EXPECT_TRUE(room.take(v4(2), kSmallest)) << "and gives it back at once";
  EXPECT_EQ(room.places(), 1u);
  EXPECT_EQ(room.refused(), 1u);
}

TEST(LargeKeyRoom, AnIpv6SubnetIsOneSource) {
  LargeKeyRoom room;
  const auto held = room.take(*IpAddress::parse("2001:db8::1"), kSmallest);
  EXPECT_FALSE(room.take(*IpAddress::parse("2001:db8::ffff:1"), kSmallest));
  EXPECT_TRUE(room.take(*IpAddress::parse("2001:db8:0:1::1"), kSmallest));
}

TEST(LargeKeyRoom, BoundsNumberAndOctets) {
  for (const std::size_t octets : {kSmallest, kLargest}) {
    LargeKeyRoom room;
    std::vector<LargeKeyRoom::Place> places;
    for (std::uint32_t host = 0; host < 200; ++host) {
      if (auto place = room.take(v4(host), octets)) places.push_back(std::move(place));
    }
    EXPECT_EQ(places.size(), limits::kLargeHandshakes);
    EXPECT_LE(room.octets(), limits::kLargeHandshakeOctets);
    EXPECT_LE(2 * room.octets(), 96UL * 1024 * 1024);
    places.pop_back();
    EXPECT_TRUE(room.take(v4(201), octets)) << "the next one is served as soon as one is gone";
    places.clear();
    EXPECT_EQ(room.octets(), 0u);
    EXPECT_EQ(room.places(), 0u);
  }
}

TEST(LargeKeyRoom, APlaceMayOutliveIt) {
  LargeKeyRoom::Place place;
  {
    LargeKeyRoom room;
    place = room.take(v4(1), kSmallest);
  }
  place.reset();
}

}  // namespace
}  // namespace levelgate::admission::large_key_room_test
