// SPDX-License-Identifier: Apache-2.0
//
// Values of notifications: announced methods (RFC 9593 §3.2), hashes (RFC 7427 §4), AGGFRAG (RFC 9347 §6.1.4), and the
// small ones.
#include "ikewire/ike_notify_values.h"

#include <gtest/gtest.h>

#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_notify_values_test {
namespace {

using testing::hex;
using testing::Octets;

template <typename Reader>
IkeError fault_of(const Reader& read, const Octets& octets) {
  const testing::ExactBlock block(octets);
  const auto value = read(block.bytes());
  EXPECT_FALSE(value.has_value());
  return value ? IkeError{} : value.error();
}
template <typename Writer, typename Value>
Octets written(const Writer& write, const Value& value) {
  WireBuffer to(1000);
  write(to, value);
  EXPECT_TRUE(to.ok());
  return to.take();
}

// RFC 9593 §3.2.1, §3.2.2, §3.2.3.
TEST(IkeAnnouncements, AllThreeForms) {
  const Octets octets = hex("0202 020d 020c 030107 030900 070e02 30020500");
  const auto read = read_announcements(octets).value();
  ASSERT_EQ(read.size(), 6u);
  EXPECT_EQ(read[0].method, AuthMethod::kSharedKey);
  EXPECT_EQ(read[3].method, AuthMethod::kRsa);
  EXPECT_EQ(read[3].authority, 7);
  EXPECT_EQ(read[4].authority, 0);
  EXPECT_EQ(read[5].method, AuthMethod::kDigitalSignature);
  EXPECT_EQ(read[5].authority, 2);
  EXPECT_TRUE(std::ranges::equal(read[5].algorithm, hex("30020500")));
  EXPECT_EQ(written(write_announcements, read), octets);
}

// RFC 9593 §3.1: an empty list says that the methods come later.
TEST(IkeAnnouncements, EmptyList) {
  EXPECT_TRUE(read_announcements({}).value().empty());
  EXPECT_TRUE(written(write_announcements, std::vector<Announcement>{}).empty());
}

// Length 0 would never end the loop, length 1 would count its header from below.
TEST(IkeAnnouncements, LengthsThatAreTraps) {
  for (const char* octets : {"00", "0002", "01", "0102", "02", "0302", "ff0e", "0301"}) {
    EXPECT_EQ(fault_of(read_announcements, hex(octets)), (IkeError{IkeFault::kLength, 0})) << octets;
  }
  EXPECT_EQ(fault_of(read_announcements, hex("0202 0002")), (IkeError{IkeFault::kLength, 2}));
  EXPECT_EQ(fault_of(read_announcements, hex("0202 02")), (IkeError{IkeFault::kLength, 2}));
}

// RFC 9593 §3.2: what is not understood is ignored, by its length.
// [9593-3.2-a]
TEST(IkeAnnouncements, NotUnderstoodIsSteppedOver) {
  for (const char* octets : {"02c8", "05c8010203", "030200", "0201", "04010000", "020e", "030e00", "0209"}) {
    const auto read = read_announcements(hex(std::string(octets) + "0202")).value();
    ASSERT_EQ(read.size(), 1u) << octets;
    EXPECT_EQ(read[0].method, AuthMethod::kSharedKey);
  }
}

TEST(IkeAnnouncements, AreBounded) {
  Octets octets;
  for (std::size_t i = 0; i < kMostAnnouncements; ++i) octets.insert(octets.end(), {std::byte{2}, std::byte{2}});
  EXPECT_EQ(read_announcements(octets).value().size(), kMostAnnouncements);
  octets.insert(octets.end(), {std::byte{2}, std::byte{2}});
  EXPECT_EQ(fault_of(read_announcements, octets), (IkeError{IkeFault::kTooMany, 2 * kMostAnnouncements}));
}

TEST(IkeAnnouncements, WriterFailsOnWhatHasNoForm) {
  const auto fails = [](const Announcement& announcement) {
    WireBuffer to(1000);
    write_announcements(to, {announcement});
    return !to.ok();
  };
  const Octets longest(kMostAlgorithmOctets);
  const Octets longer(kMostAlgorithmOctets + 1);
  EXPECT_FALSE(fails({AuthMethod::kDigitalSignature, 0, longest}));
  EXPECT_TRUE(fails({AuthMethod::kDigitalSignature, 0, longer}));
  EXPECT_TRUE(fails({AuthMethod::kDigitalSignature, 0, {}}));
  EXPECT_TRUE(fails({AuthMethod::kSharedKey, 0, longest}));
  EXPECT_TRUE(fails({AuthMethod{200}, 0, {}}));
}

TEST(IkeHashes, KnownAndUnknown) {
  const std::vector<HashId> hashes{HashId::kSha2_256, HashId{999}};
  EXPECT_EQ(read_hashes(hex("000203e7")).value(), hashes);
  EXPECT_EQ(written(write_hashes, hashes), hex("000203e7"));
  EXPECT_TRUE(read_hashes({}).value().empty());
  EXPECT_EQ(fault_of(read_hashes, hex("000200")), (IkeError{IkeFault::kLength, 0}));
  EXPECT_EQ(read_hashes(Octets(2 * kMostHashes)).value().size(), kMostHashes);
  EXPECT_EQ(fault_of(read_hashes, Octets(2 * kMostHashes + 2)), (IkeError{IkeFault::kTooMany, 0}));
}

// RFC 9347 §6.1.4; what is not understood must be seen, since it must not be granted (RFC 9347 §5.1).
TEST(IkeAggfrag, OneOctetOfRequirements) {
  EXPECT_EQ(read_aggfrag_requirements(hex("00")).value(), AggfragRequirements{});
  EXPECT_EQ(read_aggfrag_requirements(hex("01")).value(), (AggfragRequirements{.fragments = InnerFragments::kRefused}));
  EXPECT_EQ(read_aggfrag_requirements(hex("02")).value(),
            (AggfragRequirements{.congestion = CongestionControl::kAsked}));
  EXPECT_EQ(read_aggfrag_requirements(hex("84")).value(), (AggfragRequirements{.unknown = 0x84}));
  for (unsigned bits = 0; bits < 256; ++bits) {
    const Octets octet{static_cast<std::byte>(bits)};
    EXPECT_EQ(written(write_aggfrag_requirements, read_aggfrag_requirements(octet).value()), octet);
  }
  for (const std::size_t size : {0u, 2u}) {
    EXPECT_EQ(fault_of(read_aggfrag_requirements, Octets(size)), (IkeError{IkeFault::kLength, 0}));
  }
}

// RFC 7296 §1.3: two octets.
TEST(IkeNotifyValues, WantedMethod) {
  EXPECT_EQ(read_wanted_method(hex("0014")).value(), KeMethod::kEcp384);
  EXPECT_EQ(written(write_wanted_method, KeMethod::kEcp384), hex("0014"));
  for (const std::size_t size : {0u, 1u, 3u}) {
    EXPECT_EQ(fault_of(read_wanted_method, Octets(size)), (IkeError{IkeFault::kLength, 0}));
  }
}

// RFC 7296 §2.3: a window of zero would let nothing through.
// [7296-2.3-a]
TEST(IkeNotifyValues, Number) {
  EXPECT_EQ(read_number(hex("00010000")).value(), 65536u);
  EXPECT_EQ(written(write_number, 65536u), hex("00010000"));
  EXPECT_EQ(fault_of(read_number, hex("00000000")), (IkeError{IkeFault::kNumber, 0}));
  for (const std::size_t size : {0u, 3u, 5u}) EXPECT_EQ(fault_of(read_number, Octets(size)).fault, IkeFault::kLength);
  WireBuffer to(8);
  write_number(to, 0);
  EXPECT_FALSE(to.ok());
}

// RFC 7296 §2.6.
// [7296-2.6-b]
TEST(IkeNotifyValues, Cookie) {
  for (const std::size_t size : {1u, 64u}) EXPECT_TRUE(read_cookie(Octets(size)).has_value());
  for (const std::size_t size : {0u, 65u}) {
    EXPECT_EQ(fault_of(read_cookie, Octets(size)), (IkeError{IkeFault::kLength, 0}));
  }
}

// RFC 8784 §5.1: the type, then the name (RFC 8784 §3 has the notification).
// RFC 9867 §3.1, Figure 1: the confirmation is what the last eight octets are.
TEST(IkeNotifyValues, PpkIdentityKey) {
  const auto octets = hex("026265726c696e0102030405060708");
  const auto read = read_ppk_identity_key(octets).value();
  EXPECT_EQ(read.identity.type, PpkIdType::kFixed);
  EXPECT_EQ(read.identity.name.size(), 6u);
  EXPECT_EQ(std::to_integer<int>(read.confirmation.front()), 1);
  EXPECT_EQ(written(write_ppk_identity_key, read), octets);
  const auto nameless = hex("020102030405060708");
  EXPECT_TRUE(read_ppk_identity_key(nameless).value().identity.name.empty());
  const auto no_id = hex("0102030405060708");
  EXPECT_EQ(fault_of(read_ppk_identity_key, no_id), (IkeError{IkeFault::kTruncated, 0}));
  WireBuffer buffer(64);
  write_ppk_identity_key(buffer, {read.identity, read.confirmation.first(7)});
  EXPECT_FALSE(buffer.ok());
}

TEST(IkeNotifyValues, PpkIdentity) {
  const Octets octets = hex("02 6b6579");
  const auto read = read_ppk_identity(octets).value();
  EXPECT_EQ(read.type, PpkIdType::kFixed);
  EXPECT_TRUE(std::ranges::equal(read.name, hex("6b6579")));
  EXPECT_EQ(written(write_ppk_identity, read), octets);
  EXPECT_EQ(fault_of(read_ppk_identity, {}), (IkeError{IkeFault::kTruncated, 0}));
}

}  // namespace
}  // namespace levelgate::ikewire::ike_notify_values_test
