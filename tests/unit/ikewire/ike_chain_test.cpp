// SPDX-License-Identifier: Apache-2.0
//
// The payload chain (RFC 7296 §2.5, §3.2): exact consumption, limits, critical payloads, encrypted ones last, and the
// 32-bit form for large keys.
#include "ikewire/ike_chain.h"

#include <gtest/gtest.h>

#include "ikewire/ike_payloads.h"
#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_chain_test {
namespace {

using testing::ExactBlock;
using testing::hex;
using testing::Octets;

constexpr ChainRules kInside{.place = ChainPlace::kInsideEncrypted};
constexpr ChainRules kBigInside{.place = ChainPlace::kInsideEncrypted, .big = BigPayloads::kKeyExchange};
constexpr PayloadType kUnknown{200};

IkeResult<std::vector<PayloadView>> read(PayloadType first, const Octets& octets, const ChainRules& rules = {}) {
  return read_chain(first, ExactBlock(octets).bytes(), rules);
}
IkeError fault_of(PayloadType first, const Octets& octets, const ChainRules& rules = {}) {
  const auto chain = read(first, octets, rules);
  EXPECT_FALSE(chain.has_value());
  return chain ? IkeError{} : chain.error();
}

TEST(IkeChain, ReadsPayloadsInOrder) {
  const Octets octets = hex("2b00000701020328000004 00000005ff");
  const auto chain = read_chain(PayloadType::kNonce, octets, {}).value();
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0].type, PayloadType::kNonce);
  EXPECT_EQ(chain[0].offset, 0u);
  EXPECT_TRUE(std::ranges::equal(chain[0].body, hex("010203")));
  EXPECT_EQ(chain[1].type, PayloadType::kVendorId);
  EXPECT_EQ(chain[1].offset, 7u);
  EXPECT_TRUE(chain[1].body.empty());
  EXPECT_EQ(chain[2].type, PayloadType::kNonce);
  EXPECT_EQ(chain[2].next, PayloadType::kNone);
  EXPECT_EQ(chain[2].body.data(), octets.data() + 15);
}

TEST(IkeChain, EmptyMessage) {
  EXPECT_TRUE(read(PayloadType::kNone, {}).value().empty());
  EXPECT_EQ(fault_of(PayloadType::kNone, hex("00")), (IkeError{IkeFault::kTrailing, 0}));
}

TEST(IkeChain, TakesUpItsOctetsExactly) {
  EXPECT_EQ(fault_of(PayloadType::kNonce, hex("0000000400")), (IkeError{IkeFault::kTrailing, 4}));
  EXPECT_EQ(fault_of(PayloadType::kNonce, {}), (IkeError{IkeFault::kTruncated, 0, PayloadType::kNonce}));
  EXPECT_EQ(fault_of(PayloadType::kNonce, hex("2b000004000000")),
            (IkeError{IkeFault::kTruncated, 4, PayloadType::kVendorId}));
}

// Lengths below the header would read it twice or never end.
TEST(IkeChain, LengthHoldsTheHeaderAndFits) {
  for (const char* octets : {"2b000000", "2b000003", "00000005", "0000ffff"}) {
    EXPECT_EQ(fault_of(PayloadType::kNonce, hex(octets)), (IkeError{IkeFault::kLength, 0, PayloadType::kNonce}));
  }
}

TEST(IkeChain, HasAtMostTheCallersCount) {
  const Octets three = hex("2b0000042b00000400000004");
  ChainRules rules{.most_payloads = 3};
  EXPECT_EQ(read(PayloadType::kVendorId, three, rules).value().size(), 3u);
  rules.most_payloads = 2;
  EXPECT_EQ(fault_of(PayloadType::kVendorId, three, rules), (IkeError{IkeFault::kTooMany, 8, PayloadType::kVendorId}));
}

// RFC 7296 §2.5: the type goes into UNSUPPORTED_CRITICAL_PAYLOAD.
TEST(IkeChain, UnknownCriticalPayloadIsReportedWithItsType) {
  EXPECT_EQ(fault_of(PayloadType::kVendorId, hex("c800000400800004")),
            (IkeError{IkeFault::kUnknownCritical, 4, kUnknown}));
  EXPECT_EQ(fault_of(kUnknown, hex("00800004")).fault, IkeFault::kUnknownCritical);
}

// [7296-2.5-g, 7296-2.5-j, 7296-3.2-d]
TEST(IkeChain, UnknownPayloadIsPassedOver) {
  const auto chain = read(kUnknown, hex("2b7f000500 00000004")).value();
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_FALSE(chain[0].critical);
}

// [7296-3.2-c]
TEST(IkeChain, CriticalBitOfAKnownPayloadSaysNothing) {
  EXPECT_TRUE(read(PayloadType::kNonce, hex("00ff0004")).value()[0].critical);
}

// RFC 7296 §3.14: SK is the last, and its successor is the first inside.
// [7296-3.1-a, 7296-3.14-a, 7383-2.5-a]
TEST(IkeChain, EncryptedPayloadEndsTheChain) {
  for (const PayloadType type : {PayloadType::kSk, PayloadType::kSkf}) {
    const auto chain = read(type, hex("2b000006aabb")).value();
    ASSERT_EQ(chain.size(), 1u);
    EXPECT_EQ(chain[0].next, PayloadType::kVendorId);
    EXPECT_EQ(fault_of(type, hex("2b00000400000004")), (IkeError{IkeFault::kMisplaced, 0, type}));
    EXPECT_EQ(fault_of(type, hex("00000004"), kInside), (IkeError{IkeFault::kMisplaced, 0, type}));
  }
}

TEST(IkeChain, BigFormIsReadOnlyWhereAgreedAndInside) {
  const Octets octets = hex("0040 0000000a 01020304");
  const auto big = read(PayloadType::kKe, octets, kBigInside).value();
  ASSERT_EQ(big.size(), 1u);
  EXPECT_EQ(big[0].body.size(), 4u);
  // Elsewhere the bit is reserved, and the length field the short one: zero here.
  EXPECT_EQ(fault_of(PayloadType::kKe, octets, kInside).fault, IkeFault::kLength);
  EXPECT_EQ(fault_of(PayloadType::kKe, octets, {.big = BigPayloads::kKeyExchange}).fault, IkeFault::kLength);
}

TEST(IkeChain, BigFormIsForKeyExchangesOnly) {
  EXPECT_EQ(fault_of(PayloadType::kCert, hex("0040 00000007 01"), kBigInside),
            (IkeError{IkeFault::kBig, 0, PayloadType::kCert}));
}

TEST(IkeChain, BigFormsLengthIsCheckedAsAnyOther) {
  for (const char* octets : {"0040 00000005", "0040 00000007", "0040 ffffffff"}) {
    EXPECT_EQ(fault_of(PayloadType::kKe, hex(octets), kBigInside).fault, IkeFault::kLength) << octets;
  }
  EXPECT_EQ(fault_of(PayloadType::kKe, hex("0040 000000"), kBigInside).fault, IkeFault::kTruncated);
}

// [7296-3.2-a, 7296-3.2-d]
TEST(IkeChainWriter, NamesEachSuccessor) {
  WireBuffer buffer(64);
  ChainWriter to(buffer);
  EXPECT_EQ(to.first(), PayloadType::kNone);
  to.add(PayloadType::kNonce, ConstBytes(hex("010203")));
  to.add(PayloadType::kVendorId, ConstBytes());
  to.open_encrypted(PayloadType::kSk, PayloadType::kIdi);
  to.close();
  ASSERT_TRUE(buffer.ok());
  EXPECT_EQ(to.first(), PayloadType::kNonce);
  EXPECT_EQ(buffer.take(), hex("2b000007010203 2e000004 23000004"));
}

// [7296-3.1-a, 7296-3.14-a, 7383-2.5-a]
TEST(IkeChainWriter, NothingFollowsAnEncryptedPayload) {
  WireBuffer buffer(64);
  ChainWriter to(buffer);
  to.open_encrypted(PayloadType::kSk, PayloadType::kNone);
  to.close();
  to.open(PayloadType::kNonce);
  EXPECT_FALSE(buffer.ok());
}

TEST(IkeChainWriter, APayloadEndsAt65535Octets) {
  for (const std::size_t body : {65531u, 65532u}) {
    const Octets octets(body);
    WireBuffer buffer(1u << 20);
    ChainWriter to(buffer);
    to.add(PayloadType::kVendorId, ConstBytes(octets));
    EXPECT_EQ(buffer.ok(), body == 65531u);
  }
}

// draft-smyslov-ipsecme-ikev2-mceliece-01 §4 has the big form for a KE; a large certificate fails as ever.
TEST(IkeChainWriter, NothingElseTakesTheBigForm) {
  const Octets octets(65532);
  WireBuffer buffer(1u << 20);
  ChainWriter to(buffer, BigPayloads::kKeyExchange);
  to.open(PayloadType::kCert, octets.size());
  buffer.write_bytes(octets);
  to.close();
  EXPECT_FALSE(buffer.ok());
}

// The big form where the short one does not fit, for a KE, when agreed; else it fails as any other.
TEST(IkeChainWriter, LargeKeysTakeTheBigForm) {
  for (const std::size_t key : {65527u, 65528u, 1357824u}) {
    const Octets octets(key, std::byte{7});
    WireBuffer buffer(1u << 21);
    ChainWriter to(buffer, BigPayloads::kKeyExchange);
    to.add(PayloadType::kKe, KeyExchange{KeMethod::kMceliece8192128, octets});
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ(buffer.size(), key + 4 + (key == 65527u ? kPayloadHeaderOctets : kBigPayloadHeaderOctets));
    const auto chain = read_chain(PayloadType::kKe, buffer.octets(), kBigInside).value();
    EXPECT_EQ(read_key_exchange(chain[0].body).value().key.size(), key);
    WireBuffer refused(1u << 21);
    ChainWriter plain(refused);
    plain.add(PayloadType::kKe, KeyExchange{KeMethod::kMceliece8192128, octets});
    EXPECT_EQ(refused.ok(), key == 65527u);
  }
}

}  // namespace
}  // namespace levelgate::ikewire::ike_chain_test
