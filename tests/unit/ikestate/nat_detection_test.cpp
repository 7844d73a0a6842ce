// SPDX-License-Identifier: Apache-2.0
//
// RFC 7296 §2.23: SHA-1 of SPIs, address and port; the values were computed with another implementation of SHA-1.
#include "ikestate/nat_detection.h"

#include <gtest/gtest.h>

#include "support/hex_octets.h"

namespace levelgate::ikestate::nat_detection_test {
namespace {

const ikemessage::IkeSpis kRequestSpis{ikewire::IkeSpi{0x0102030405060708}, {}};
const Endpoint kNear{*IpAddress::parse("192.0.2.1"), 500};
const Endpoint kFar{*IpAddress::parse("192.0.2.2"), 500};

std::vector<std::byte> hash(const ikemessage::IkeSpis& spis, const Endpoint& end) { return *nat_hash(spis, end); }

TEST(NatHash, KnownValues) {
  EXPECT_EQ(hash(kRequestSpis, kNear), testing::from_hex("644b4575455bd6fcc1efe2be8162a9218e448e5f"));
  const ikemessage::IkeSpis both{ikewire::IkeSpi{0x0102030405060708}, ikewire::IkeSpi{0x1112131415161718}};
  EXPECT_EQ(hash(both, {*IpAddress::parse("2001:db8::1"), 4500}),
            testing::from_hex("1ee24423bf8f59515e0265c6d0f08be3d038f7e5"));
}

// What the peer at kFar says of both ends, as it arrives at kNear.
NatSeen seen(const std::vector<std::vector<std::byte>>& sources, const std::vector<std::byte>& destination) {
  ikemessage::Contents contents;
  for (const auto& source : sources) {
    contents.notifies.push_back({.type = ikewire::NotifyType::kNatDetectionSourceIp, .value = source});
  }
  contents.notifies.push_back({.type = ikewire::NotifyType::kNatDetectionDestinationIp, .value = destination});
  return *nat_seen(contents, kRequestSpis, {kNear, kFar});
}

TEST(NatSeen, WhoIsBehindOne) {
  const auto near = hash(kRequestSpis, kNear), far = hash(kRequestSpis, kFar);
  const auto other = hash(kRequestSpis, {*IpAddress::parse("10.0.0.1"), 500});
  EXPECT_FALSE(seen({far}, near).any());
  EXPECT_TRUE(seen({other}, near).peer);
  EXPECT_FALSE(seen({other}, near).own);
  EXPECT_TRUE(seen({far}, other).own);
  EXPECT_FALSE(seen({other, far}, near).peer) << "one of several addresses of the peer is the right one";
  EXPECT_TRUE(seen({{std::byte{1}}}, {}).own);
}

TEST(NatSeen, APeerWithoutDetectionIsBehindNone) { EXPECT_FALSE(nat_seen({}, kRequestSpis, {kNear, kFar})->any()); }

}  // namespace
}  // namespace levelgate::ikestate::nat_detection_test
