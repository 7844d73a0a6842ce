// SPDX-License-Identifier: Apache-2.0
//
// The plain payloads (RFC 7296 §3.4 to §3.12, §3.15): octets of each, what each refuses, and what a writer fails on.
#include "ikewire/ike_payloads.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_payloads_test {
namespace {

using testing::hex;
using testing::Octets;

template <typename Body>
Octets written(const Body& body, std::size_t most = 1u << 17) {
  WireBuffer to(most);
  write_body(to, body);
  EXPECT_TRUE(to.ok());
  return to.take();
}
template <typename Body>
bool fails(const Body& body) {
  WireBuffer to(1u << 17);
  write_body(to, body);
  return !to.ok();
}
template <typename Reader>
IkeError fault_of(const Reader& read, const Octets& octets) {
  const testing::ExactBlock block(octets);
  const auto body = read(block.bytes());
  EXPECT_FALSE(body.has_value());
  return body ? IkeError{} : body.error();
}
// Each beginning of `octets` shorter than `least` is truncated.
template <typename Reader>
void truncated_below(std::size_t least, const Reader& read) {
  for (std::size_t size = 0; size < least; ++size) {
    EXPECT_EQ(fault_of(read, Octets(size)), (IkeError{IkeFault::kTruncated, 0})) << size;
  }
}
bool same(ConstBytes a, const Octets& b) { return std::ranges::equal(a, b); }

TEST(IkeKeyExchange, OctetsAndReserved) {
  const Octets key = hex("aabb");
  EXPECT_EQ(written(KeyExchange{KeMethod::kMlKem768, key}), hex("00240000aabb"));
  const Octets octets = hex("0024ffffaabb");
  const auto read = read_key_exchange(octets).value();
  EXPECT_EQ(read.method, KeMethod::kMlKem768);
  EXPECT_TRUE(same(read.key, key));
  truncated_below(4, read_key_exchange);
  EXPECT_TRUE(read_key_exchange(hex("001f0000")).value().key.empty());
}

// RFC 7296 §2.10: 16 to 256 octets.
// [7296-2.10-b, 7296-3.9-a]
TEST(IkeNonce, Sizes) {
  for (const std::size_t size : {0u, 15u, 257u, 4000u}) {
    EXPECT_EQ(fault_of(read_nonce, Octets(size)), (IkeError{IkeFault::kLength, 0})) << size;
  }
  for (const std::size_t size : {16u, 32u, 256u}) EXPECT_TRUE(read_nonce(Octets(size)).has_value()) << size;
}

TEST(IkeNotify, WithAndWithoutSpi) {
  const Octets spi = hex("01020304");
  const Octets value = hex("ff");
  const Notify notify{NotifyType::kRekeySa, ProtocolId::kEsp, spi, value};
  EXPECT_EQ(written(notify), hex("0304400901020304ff"));
  const Octets octets = hex("0304400901020304ff");
  const auto read = read_notify(octets).value();
  EXPECT_EQ(read.type, NotifyType::kRekeySa);
  EXPECT_EQ(read.protocol, ProtocolId::kEsp);
  EXPECT_TRUE(same(read.spi, spi));
  EXPECT_TRUE(same(read.value, value));
  EXPECT_EQ(written(Notify{.type = NotifyType::kUsePpk, .spi = {}, .value = {}}), hex("00004033"));
}

TEST(IkeNotify, SpiStaysInside) {
  truncated_below(4, read_notify);
  EXPECT_EQ(fault_of(read_notify, hex("0304400901 0203")), (IkeError{IkeFault::kLength, 1}));
  EXPECT_TRUE(read_notify(hex("03ff4009")).error().fault == IkeFault::kLength);
  EXPECT_TRUE(fails(Notify{.type = NotifyType::kRekeySa, .spi = Octets(256), .value = {}}));
}

TEST(IkeDelete, OfChildrenAndOfTheIkeSa) {
  const Octets spis = hex("0102030405060708");
  EXPECT_EQ(written(Delete{ProtocolId::kEsp, 4, spis}), hex("030400020102030405060708"));
  const Octets octets = hex("030400020102030405060708");
  const auto read = read_delete(octets).value();
  EXPECT_EQ(read.count(), 2u);
  EXPECT_TRUE(same(read.spi(1), hex("05060708")));
  EXPECT_EQ(read_delete(hex("01000000")).value().count(), 0u);
  EXPECT_EQ(written(Delete{.spis = {}}), hex("01000000"));
}

// A size of zero with any count would be SPIs out of nothing.
TEST(IkeDelete, SizesAndCountsAgree) {
  truncated_below(4, read_delete);
  for (const char* octets : {"0300 0000", "0308 0001 0102030405060708", "0100 0001 00", "0108 0001 0102030405060708"}) {
    const IkeFault fault = fault_of(read_delete, hex(octets)).fault;
    EXPECT_TRUE(fault == IkeFault::kLength || fault == IkeFault::kCount) << octets;
  }
  EXPECT_EQ(fault_of(read_delete, hex("0304000201020304")), (IkeError{IkeFault::kCount, 2}));
  EXPECT_EQ(fault_of(read_delete, hex("0304000101020304ff")), (IkeError{IkeFault::kCount, 2}));
  EXPECT_EQ(fault_of(read_delete, hex("0100ffff")), (IkeError{IkeFault::kCount, 2}));
  EXPECT_EQ(fault_of(read_delete, hex("0204ffff")), (IkeError{IkeFault::kCount, 2}));
  EXPECT_TRUE(fails(Delete{ProtocolId::kEsp, 4, Octets(5)}));
  EXPECT_TRUE(fails(Delete{ProtocolId::kIke, 0, Octets(4)}));
}

// RFC 7296 §2.15: the reserved octets are part of what AUTH covers.
// [7296-3.5-a]
TEST(IkeIdentity, KeepsItsReservedOctets) {
  const Octets octets = hex("02 0a0b0c 612e62");
  const auto read = read_identity(octets).value();
  EXPECT_EQ(read.type, IdType::kFqdn);
  EXPECT_TRUE(same(read.value, hex("612e62")));
  EXPECT_EQ(written(read), octets);
  truncated_below(4, read_identity);
}

TEST(IkeIdentity, AddressesHaveTheirSize) {
  EXPECT_TRUE(read_identity(hex("01000000 c0000201")).has_value());
  EXPECT_EQ(fault_of(read_identity, hex("01000000 c00002")), (IkeError{IkeFault::kLength, 4}));
  EXPECT_EQ(fault_of(read_identity, hex("01000000 c000020101")), (IkeError{IkeFault::kLength, 4}));
  EXPECT_EQ(fault_of(read_identity, hex("05000000 c0000201")), (IkeError{IkeFault::kLength, 4}));
  EXPECT_TRUE(read_identity(hex("05000000 20010db8000000000000000000000001")).has_value());
  EXPECT_TRUE(read_identity(hex("0d000000")).has_value());
  EXPECT_EQ(fault_of(read_identity, hex("0d000000 00")), (IkeError{IkeFault::kLength, 4}));
}

// An empty name is read as such: who compares identities decides.
TEST(IkeIdentity, EmptyNameIsAValue) { EXPECT_TRUE(read_identity(hex("0b000000")).value().value.empty()); }

TEST(IkeCertificate, EncodingAndOctets) {
  const Octets octets = hex("04 3082");
  const auto read = read_certificate(octets).value();
  EXPECT_EQ(read.encoding, CertEncoding::kX509Signature);
  EXPECT_EQ(written(read), octets);
  truncated_below(1, read_certificate);
}

// RFC 7296 §3.7: hashes of 20 octets behind one another.
TEST(IkeCertificate, AuthorityHashesAreWholeOnes) {
  Octets two(40);
  two[20] = std::byte{9};
  const auto hashes = authority_hashes({CertEncoding::kX509Signature, two}).value();
  ASSERT_EQ(hashes.size(), 2u);
  EXPECT_EQ(hashes[1].data(), two.data() + 20);
  EXPECT_TRUE(authority_hashes({CertEncoding::kX509Signature, {}}).value().empty());
  for (const std::size_t size : {1u, 19u, 21u}) {
    EXPECT_FALSE(authority_hashes({CertEncoding::kX509Signature, Octets(size)}).has_value()) << size;
  }
}

// [7296-3.8-a]
TEST(IkeAuthentication, MethodAndOctets) {
  const Octets octets = hex("02 ffffff aabb");
  const auto read = read_authentication(octets).value();
  EXPECT_EQ(read.method, AuthMethod::kSharedKey);
  EXPECT_TRUE(same(read.value, hex("aabb")));
  EXPECT_EQ(written(read), hex("02 000000 aabb"));
  truncated_below(4, read_authentication);
}

// RFC 7427 §3: a length octet, the AlgorithmIdentifier, the signature.
TEST(IkeAuthentication, DigitalSignature) {
  const Octets octets = hex("02 3000 aabbcc");
  const auto read = read_digital_signature(octets).value();
  EXPECT_TRUE(same(read.algorithm, hex("3000")));
  EXPECT_TRUE(same(read.signature, hex("aabbcc")));
  WireBuffer to(16);
  write_digital_signature(to, read);
  EXPECT_EQ(to.take(), octets);
  truncated_below(1, read_digital_signature);
  EXPECT_EQ(fault_of(read_digital_signature, hex("00aa")), (IkeError{IkeFault::kLength, 0}));
  EXPECT_EQ(fault_of(read_digital_signature, hex("0330aa")), (IkeError{IkeFault::kLength, 0}));
  EXPECT_TRUE(read_digital_signature(hex("023000")).value().signature.empty());
  for (const std::size_t size : {0u, 256u}) {
    WireBuffer refused(1000);
    write_digital_signature(refused, {Octets(size), {}});
    EXPECT_FALSE(refused.ok()) << size;
  }
}

// RFC 7296 §3.15.1: the bit above the type is reserved.
TEST(IkeConfiguration, AttributesInOrder) {
  const Octets octets = hex("01 ffffff 8001 0000 000e 0002 0001");
  const auto read = read_configuration(octets).value();
  EXPECT_EQ(read.type, CpType::kRequest);
  ASSERT_EQ(read.attributes.size(), 2u);
  EXPECT_EQ(read.attributes[0].type, 1);
  EXPECT_TRUE(same(read.attributes[1].value, hex("0001")));
  EXPECT_EQ(written(read), hex("01 000000 0001 0000 000e 0002 0001"));
}

TEST(IkeConfiguration, BoundsOfAttributes) {
  truncated_below(4, read_configuration);
  EXPECT_EQ(fault_of(read_configuration, hex("01000000 0001")), (IkeError{IkeFault::kTruncated, 4}));
  EXPECT_EQ(fault_of(read_configuration, hex("01000000 0001 0000 0001 0001")), (IkeError{IkeFault::kLength, 10}));
  EXPECT_TRUE(read_configuration(Octets(4 + 4 * kMostConfigurationAttributes)).has_value());
  const std::size_t most = 4 + 4 * kMostConfigurationAttributes;
  EXPECT_EQ(fault_of(read_configuration, Octets(most + 4)), (IkeError{IkeFault::kTooMany, most}));
  EXPECT_TRUE(fails(Configuration{CpType::kReply, {{0x8001, {}}}}));
  EXPECT_TRUE(fails(Configuration{CpType::kReply, {{1, Octets(65536)}}}));
}

}  // namespace
}  // namespace levelgate::ikewire::ike_payloads_test
