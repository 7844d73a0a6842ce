// SPDX-License-Identifier: Apache-2.0
//
// What a peer says that it accepts, collected and bounded (RFC 9593, RFC 7427 §4, RFC 7296 §3.7).
#include "negotiation/peer_accepts.h"

#include <gtest/gtest.h>

#include <array>

#include "support/hex_octets.h"

namespace levelgate::negotiation::peer_accepts_test {
namespace {

using ikewire::AuthMethod;
using ikewire::CertEncoding;
using ikewire::HashId;
using ikewire::IkeFault;
using testing::from_hex;
using Octets = std::vector<std::byte>;

// One message with lists in hexadecimal digits.
ikewire::IkeResult<void> hear(PeerAccepts& accepts, const std::vector<std::string>& lists,
                              const std::vector<std::string>& hashes = {},
                              const std::vector<ikewire::Certificate>& requests = {}) {
  std::vector<Octets> kept;
  kept.reserve(lists.size() + hashes.size());
  const auto views = [&kept](const std::vector<std::string>& texts) {
    std::vector<ConstBytes> all;
    for (const std::string& text : texts) all.emplace_back(kept.emplace_back(from_hex(text)));
    return all;
  };
  const std::vector<ConstBytes> list_views = views(lists), hash_views = views(hashes);
  return learn(accepts, {list_views, hash_views, requests});
}

// RFC 9593 §3.1: several notifications are one list.
TEST(PeerAccepts, IsOneListOfSeveralNotifications) {
  PeerAccepts accepts;
  ASSERT_TRUE(hear(accepts, {"0202", "030a01 060e02aabbcc"}));
  EXPECT_TRUE(accepts.announced);
  ASSERT_EQ(accepts.methods.size(), 3u);
  EXPECT_EQ(accepts.methods[0].method, AuthMethod::kSharedKey);
  EXPECT_EQ(accepts.methods[1].authority, 1);
  EXPECT_EQ(accepts.methods[2].method, AuthMethod::kDigitalSignature);
  EXPECT_EQ(accepts.methods[2].authority, 2);
  EXPECT_EQ(accepts.methods[2].algorithm, from_hex("aabbcc"));
}

// RFC 9593 §3.1: an empty notification in IKE_SA_INIT announces a list in IKE_INTERMEDIATE.
TEST(PeerAccepts, AnEmptyNotificationIsNoList) {
  PeerAccepts accepts;
  ASSERT_TRUE(hear(accepts, {""}));
  EXPECT_FALSE(accepts.announced);
  ASSERT_TRUE(hear(accepts, {"0202"}));
  EXPECT_TRUE(accepts.announced);
  ASSERT_TRUE(hear(accepts, {""}));
  EXPECT_EQ(accepts.methods.size(), 1u) << "and takes none back";
}

// RFC 9593 §3.2: what is not known is stepped over, and still a list came.
// [9593-3.2-a]
TEST(PeerAccepts, UnknownMethodsAreNotKept) {
  PeerAccepts accepts;
  ASSERT_TRUE(hear(accepts, {"05c8010203 02ff"}));
  EXPECT_TRUE(accepts.announced);
  EXPECT_TRUE(accepts.methods.empty());
}

TEST(PeerAccepts, AFaultLeavesEverythingAsItWas) {
  const Octets short_hash(19);
  const std::vector<ikewire::Certificate> bad_request{{CertEncoding::kX509Signature, short_hash}};
  PeerAccepts accepts;
  ASSERT_TRUE(hear(accepts, {"0202"}, {"0002"}));
  EXPECT_EQ(hear(accepts, {"030a01", "00"}, {"0003"}).error().fault, IkeFault::kLength);
  EXPECT_EQ(hear(accepts, {"01"}).error().fault, IkeFault::kLength) << "a length that would never end";
  EXPECT_EQ(hear(accepts, {"ff0e"}).error().fault, IkeFault::kLength);
  EXPECT_EQ(hear(accepts, {"030a01"}, {"000300"}).error().fault, IkeFault::kLength);
  EXPECT_EQ(hear(accepts, {"030a01"}, {"0003"}, bad_request).error().fault, IkeFault::kLength);
  ASSERT_EQ(accepts.methods.size(), 1u);
  EXPECT_EQ(accepts.methods[0].method, AuthMethod::kSharedKey);
  EXPECT_EQ(accepts.hashes, (std::vector{HashId::kSha2_256}));
  EXPECT_TRUE(accepts.authorities.empty());
}

TEST(PeerAccepts, IsBounded) {
  std::string forty, sixty_four_hashes;
  for (int i = 0; i < 40; ++i) forty += "0202";
  for (int i = 0; i < 64; ++i) sixty_four_hashes += "0002";
  const Octets many(20 * 400);
  const std::vector<ikewire::Certificate> requests(3, {CertEncoding::kX509Signature, many});
  PeerAccepts accepts;
  ASSERT_TRUE(
      hear(accepts, std::vector<std::string>(64, forty), std::vector<std::string>(64, sixty_four_hashes), requests));
  EXPECT_EQ(accepts.methods.size(), ikewire::kMostAnnouncements);
  EXPECT_EQ(accepts.hashes.size(), ikewire::kMostHashes);
  EXPECT_EQ(accepts.authorities.size(), 255u) << "no link reaches farther";
}

// RFC 9593 §3.2.2: the authorities of all payloads of a message are one list; RFC 9593 §3.1: the request is repeated
// beside a list in IKE_INTERMEDIATE, and may be missing there.
// [9593-3.1-b]
TEST(PeerAccepts, AuthoritiesAreThoseOfTheLastMessageThatHasSome) {
  const Octets a(20, std::byte{'a'}), b(20, std::byte{'b'});
  PeerAccepts accepts;
  ASSERT_TRUE(
      hear(accepts, {}, {},
           {{CertEncoding::kX509Signature, a}, {CertEncoding::kRawPublicKey, {}}, {CertEncoding::kX509Signature, b}}));
  EXPECT_EQ(accepts.authorities, (std::vector{a, b}));
  ASSERT_TRUE(hear(accepts, {"030a01"}));
  EXPECT_EQ(accepts.authorities, (std::vector{a, b}));
  ASSERT_TRUE(hear(accepts, {"030a01"}, {}, {{CertEncoding::kX509Signature, b}}));
  EXPECT_EQ(accepts.authorities, (std::vector<Octets>{b}));
}

}  // namespace
}  // namespace levelgate::negotiation::peer_accepts_test
