// SPDX-License-Identifier: Apache-2.0
//
// SK and SKF (RFC 7296 §3.14, RFC 7383 §2.5): where the parts lie, least padding, numbers of fragments, hostile sizes.
#include "ikewire/ike_encrypted.h"

#include <gtest/gtest.h>

#include "ikewire/ike_header.h"
#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_encrypted_test {
namespace {

using testing::hex;
using testing::Octets;

constexpr SealShape kGcm{.iv_octets = 8, .icv_octets = 16, .block_octets = 1};
constexpr SealShape kCbc{.iv_octets = 16, .icv_octets = 12, .block_octets = 16};
constexpr PayloadType kSk = PayloadType::kSk;
constexpr PayloadType kSkf = PayloadType::kSkf;

IkeError fault_of(PayloadType type, const Octets& body, const SealShape& shape) {
  const testing::ExactBlock block(body);
  const auto parts = read_sealed({.type = type, .body = block.bytes()}, kIkeHeaderOctets, shape);
  EXPECT_FALSE(parts.has_value());
  return parts ? IkeError{} : parts.error();
}

struct Written {
  Octets octets;
  SealedParts parts;
  bool ok;
};
Written written(const Unsealed& payload) {
  WireBuffer buffer(1u << 20);
  write_ike_header(buffer, {});
  ChainWriter chain(buffer);
  const SealedParts parts = write_unsealed(chain, payload);
  finish_ike_message(buffer, 0, chain.first());
  const bool ok = buffer.ok();
  return {buffer.take(), parts, ok};
}

TEST(IkeEncrypted, GoldenOctets) {
  const Octets inner = hex("0000000401");
  const auto sk = written({.first_inside = PayloadType::kNonce, .inner = inner, .shape = {2, 3, 1}});
  ASSERT_TRUE(sk.ok);
  EXPECT_EQ(Octets(sk.octets.begin() + 28, sk.octets.end()), hex("2800000f 0000 0000000401 00 000000"));
  const auto skf = written(
      {.first_inside = PayloadType::kNone, .fragment = FragmentNumber{2, 513}, .inner = inner, .shape = {2, 3, 4}});
  ASSERT_TRUE(skf.ok);
  EXPECT_EQ(Octets(skf.octets.begin() + 28, skf.octets.end()),
            hex("00000015 0002 0201 0000 0000000401 0000 02 000000"));
}

// What is written is found again, for every size of the text and every shape.
// [7296-3.14-d]
TEST(IkeEncrypted, ReaderFindsTheWritersParts) {
  for (const SealShape& shape : {kGcm, kCbc}) {
    for (std::size_t size = 0; size < 40; ++size) {
      const Octets inner(size, std::byte{7});
      const bool odd = size % 2 != 0;
      const auto fragment = odd ? std::optional(FragmentNumber{3, 9}) : std::nullopt;
      const auto message = written({PayloadType::kIdr, fragment, inner, shape});
      ASSERT_TRUE(message.ok);
      const auto header = read_ike_header(message.octets).header;
      const ConstBytes octets = message.octets;
      const auto chain = read_chain(header.first_payload, octets.subspan(kIkeHeaderOctets), {}).value();
      const auto parts = read_sealed(chain.at(0), kIkeHeaderOctets, shape).value();
      EXPECT_EQ(parts.first_inside, PayloadType::kIdr);
      EXPECT_EQ(parts.fragment, fragment);
      EXPECT_EQ(parts.iv_at, kIkeHeaderOctets + 4 + (odd ? 4u : 0u));
      EXPECT_EQ(parts.text_at, parts.iv_at + shape.iv_octets);
      EXPECT_EQ((parts.icv_at - parts.text_at) % shape.block_octets, 0u);
      EXPECT_LE(parts.icv_at - parts.text_at, size + shape.block_octets);
      EXPECT_EQ(parts.end, octets.size());
      EXPECT_EQ(parts.iv_at, message.parts.iv_at);
      EXPECT_EQ(parts.text_at, message.parts.text_at);
      EXPECT_EQ(parts.icv_at, message.parts.icv_at);
      EXPECT_EQ(parts.end, message.parts.end);
      const auto text = inner_payloads(octets.subspan(parts.text_at, parts.icv_at - parts.text_at)).value();
      EXPECT_TRUE(std::ranges::equal(text, inner));
    }
  }
}

// RFC 7383 §2.5: payloads in clear stand in front, in the first fragment. All in front of the IV is associated data
// (RFC 5282 §5.1).
TEST(IkeEncrypted, OffsetsAreInTheMessage) {
  WireBuffer buffer(200);
  write_ike_header(buffer, {});
  ChainWriter chain(buffer);
  chain.add(PayloadType::kVendorId, ConstBytes(hex("0102030405")));
  const Octets inner = hex("aabb");
  const SealedParts parts = write_unsealed(chain, {.inner = inner, .shape = kGcm});
  ASSERT_TRUE(buffer.ok());
  EXPECT_EQ(parts.iv_at, kIkeHeaderOctets + 9 + 4);
  const auto read = read_chain(chain.first(), buffer.octets().subspan(kIkeHeaderOctets), {}).value();
  const SealedParts found = read_sealed(read.at(1), kIkeHeaderOctets, kGcm).value();
  EXPECT_EQ(found.iv_at, parts.iv_at);
  EXPECT_EQ(found.end, buffer.size());
}

// Sizes that would make the text shorter than nothing.
TEST(IkeEncrypted, TooSmallForItsParts) {
  for (std::size_t size = 0; size < 25; ++size) {
    EXPECT_EQ(fault_of(kSk, Octets(size), kGcm), (IkeError{IkeFault::kTruncated, 0})) << size;
  }
  EXPECT_TRUE(read_sealed({.type = kSk, .body = Octets(25)}, 28, kGcm).has_value());
  EXPECT_EQ(fault_of(kSkf, hex("000100"), kGcm), (IkeError{IkeFault::kTruncated, 0}));
  EXPECT_EQ(fault_of(kSkf, hex("00010001 00"), kGcm), (IkeError{IkeFault::kTruncated, 4}));
}

// [7296-3.14-d]
TEST(IkeEncrypted, TextIsWholeBlocks) {
  EXPECT_TRUE(read_sealed({.type = kSk, .body = Octets(16 + 32 + 12)}, 28, kCbc).has_value());
  EXPECT_EQ(fault_of(kSk, Octets(16 + 31 + 12), kCbc), (IkeError{IkeFault::kLength, 0}));
}

// RFC 7383 §2.5: numbers begin at one and do not exceed the total.
// [7383-2.5-c]
TEST(IkeEncrypted, FragmentNumbers) {
  for (const char* numbers : {"00000000", "00000001", "00010000", "00020001", "ffff0001"}) {
    Octets body = hex(numbers);
    body.resize(40);
    EXPECT_EQ(fault_of(kSkf, body, kGcm), (IkeError{IkeFault::kNumber, 0})) << numbers;
  }
  Octets body = hex("ffffffff");
  body.resize(40);
  const FragmentNumber last{65535, 65535};
  EXPECT_EQ(read_sealed({.type = kSkf, .body = body}, 28, kGcm).value().fragment, last);
  for (const FragmentNumber& wrong : {FragmentNumber{0, 1}, FragmentNumber{2, 1}, FragmentNumber{0, 0}}) {
    EXPECT_FALSE(written({.fragment = wrong, .inner = {}, .shape = kGcm}).ok);
  }
}

// [7296-3.14-d]
TEST(IkeEncrypted, PaddingLiesInTheText) {
  EXPECT_TRUE(inner_payloads(hex("00")).value().empty());
  EXPECT_TRUE(inner_payloads(hex("000001")).value().size() == 1);
  EXPECT_TRUE(inner_payloads(hex("aabb02")).value().empty());
  EXPECT_EQ(inner_payloads({}).error(), (IkeError{IkeFault::kTruncated, 0}));
  EXPECT_EQ(inner_payloads(hex("aabb03")).error(), (IkeError{IkeFault::kLength, 2}));
  EXPECT_EQ(inner_payloads(hex("ff")).error(), (IkeError{IkeFault::kLength, 0}));
}

// RFC 7296 §3.2: larger texts travel as fragments only.
TEST(IkeEncrypted, APayloadEndsAt65535Octets) {
  const std::size_t most = 65535 - 4 - 8 - 1 - 16;
  EXPECT_TRUE(written({.inner = Octets(most), .shape = kGcm}).ok);
  EXPECT_FALSE(written({.inner = Octets(most + 1), .shape = kGcm}).ok);
}

}  // namespace
}  // namespace levelgate::ikewire::ike_encrypted_test
