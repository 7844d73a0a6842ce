// SPDX-License-Identifier: Apache-2.0
//
// The IKEv2 header (RFC 7296 §3.1): its octets, its verdicts, and the buffer that messages are written into.
#include "ikewire/ike_header.h"

#include <gtest/gtest.h>

#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_header_test {
namespace {

using testing::hex;
using testing::Octets;

const char* const kGolden = "0102030405060708 1112131415161718 2e 20 25 28 0000002a 0000001c";

IkeHeader golden_header() {
  return {.initiator_spi = IkeSpi{0x0102030405060708},
          .responder_spi = IkeSpi{0x1112131415161718},
          .first_payload = PayloadType::kSk,
          .exchange = Exchange::kInformational,
          .sender = IkeRole::kInitiator,
          .direction = IkeDirection::kResponse,
          .message_id = MessageId{42}};
}

// The golden octets with one changed.
Octets with(std::size_t at, unsigned value) {
  Octets octets = hex(kGolden);
  octets[at] = static_cast<std::byte>(value);
  return octets;
}

TEST(IkeHeader, ReadsItsFields) {
  const IkeHeaderView view = read_ike_header(hex(kGolden));
  EXPECT_EQ(view.verdict, IkeHeaderVerdict::kOk);
  EXPECT_EQ(view.header, golden_header());
}

// [7296-3.1-d, 7296-3.1-g, 7296-3.1-h, 7296-3.1-l, 7296-2.5-d]
TEST(IkeHeader, WritesItsFields) {
  WireBuffer to(28);
  write_ike_header(to, golden_header());
  finish_ike_message(to, 0, PayloadType::kSk);
  ASSERT_TRUE(to.ok());
  EXPECT_EQ(to.take(), hex(kGolden));
}

// A message may begin behind the non-ESP marker; the length does not count it (RFC 7296 §3.1).
TEST(IkeHeader, LengthAndFirstPayloadAreMendedWhereTheHeaderIs) {
  WireBuffer to(64);
  to.fill(std::byte{0}, kNonEspMarkerOctets);
  write_ike_header(to, golden_header());
  to.fill(std::byte{9}, 10);
  finish_ike_message(to, kNonEspMarkerOctets, PayloadType::kNonce);
  ASSERT_TRUE(to.ok());
  const IkeHeaderView view = read_ike_header(to.octets().subspan(kNonEspMarkerOctets));
  EXPECT_EQ(view.verdict, IkeHeaderVerdict::kOk);
  EXPECT_EQ(view.header.first_payload, PayloadType::kNonce);
}

// [7296-3.1-i, 7296-3.1-m]
TEST(IkeHeader, FlagsAreIndependent) {
  for (const IkeRole role : {IkeRole::kInitiator, IkeRole::kResponder}) {
    for (const IkeDirection direction : {IkeDirection::kRequest, IkeDirection::kResponse}) {
      IkeHeader header = golden_header();
      header.sender = role;
      header.direction = direction;
      WireBuffer to(28);
      write_ike_header(to, header);
      EXPECT_EQ(read_ike_header(to.octets()).header, header);
    }
  }
  EXPECT_EQ(read_ike_header(with(19, 0x08)).header.direction, IkeDirection::kRequest);
  EXPECT_EQ(read_ike_header(with(19, 0x20)).header.sender, IkeRole::kResponder);
}

// Minor version, version flag and reserved flags are ignored (RFC 7296 §3.1).
// [7296-2.5-a, 7296-2.5-f, 7296-3.1-g, 7296-3.1-h, 7296-3.1-l]
TEST(IkeHeader, IgnoresWhatItMust) {
  EXPECT_EQ(read_ike_header(with(17, 0x2f)).verdict, IkeHeaderVerdict::kOk);
  EXPECT_EQ(read_ike_header(with(19, 0xff)).header, golden_header());
}

TEST(IkeHeader, TooShort) {
  const Octets octets = hex(kGolden);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const testing::ExactBlock cut(ConstBytes(octets).first(size));
    EXPECT_EQ(read_ike_header(cut.bytes()).verdict, IkeHeaderVerdict::kTooShort);
  }
}

TEST(IkeHeader, LengthIsExactlyTheMessages) {
  for (const unsigned low : {0x1bu, 0x1du, 0x00u}) {
    const IkeHeaderView view = read_ike_header(with(27, low));
    EXPECT_EQ(view.verdict, IkeHeaderVerdict::kLength);
    EXPECT_EQ(view.header, IkeHeader{});
  }
  EXPECT_EQ(read_ike_header(with(24, 0x80)).verdict, IkeHeaderVerdict::kLength);
}

// RFC 7296 §2.5: a request of a higher major version is told so, under its own SPIs and message id.
// [7296-3.1-f]
TEST(IkeHeader, HigherVersionKeepsItsFields) {
  const IkeHeaderView view = read_ike_header(with(17, 0x30));
  EXPECT_EQ(view.verdict, IkeHeaderVerdict::kHighVersion);
  EXPECT_EQ(view.header, golden_header());
}

TEST(IkeHeader, OldVersionSaysNothing) {
  for (const unsigned version : {0x10u, 0x1fu, 0x00u}) {
    const IkeHeaderView view = read_ike_header(with(17, version));
    EXPECT_EQ(view.verdict, IkeHeaderVerdict::kOldVersion);
    EXPECT_EQ(view.header, IkeHeader{});
  }
}

TEST(IkeHeader, ABufferTooSmallFailsAsAValue) {
  WireBuffer to(27);
  write_ike_header(to, golden_header());
  finish_ike_message(to, 0, PayloadType::kSk);
  EXPECT_FALSE(to.ok());
}

TEST(WireBuffer, HoldsWhatItMayAndNoMore) {
  WireBuffer to(4);
  to.write(std::uint32_t{0x01020304});
  EXPECT_TRUE(to.ok());
  to.write_bytes({});
  EXPECT_TRUE(to.ok());
  to.write(std::uint8_t{5});
  EXPECT_FALSE(to.ok());
  EXPECT_EQ(to.size(), 4u);
}

// A write that would fit after one that did not would leave a hole that nobody sees.
TEST(WireBuffer, StaysFailed) {
  WireBuffer to(4);
  to.fill(std::byte{0}, 5);
  to.write(std::uint8_t{1});
  to.patch(0, std::uint8_t{1});
  EXPECT_FALSE(to.ok());
  EXPECT_EQ(to.size(), 0u);
}

TEST(WireBuffer, PatchesOnlyWhatWasWritten) {
  WireBuffer to(8);
  to.fill(std::byte{0}, 3);
  to.patch(1, std::uint16_t{0x0a0b});
  EXPECT_TRUE(to.ok());
  EXPECT_EQ(Octets(to.octets().begin(), to.octets().end()), hex("000a0b"));
  to.patch(2, std::uint16_t{0});
  EXPECT_FALSE(to.ok());
}

TEST(WireBuffer, NarrowFieldsRefuseWideNumbers) {
  WireBuffer fits(8);
  fits.write_narrow<std::uint8_t>(255);
  fits.patch_narrow<std::uint8_t>(0, 254);
  EXPECT_TRUE(fits.ok());
  EXPECT_EQ(fits.octets()[0], std::byte{254});
  WireBuffer written(8);
  written.write_narrow<std::uint8_t>(256);
  EXPECT_FALSE(written.ok());
  WireBuffer patched(8);
  patched.fill(std::byte{0}, 2);
  patched.patch_narrow<std::uint16_t>(0, 65536);
  EXPECT_FALSE(patched.ok());
}

}  // namespace
}  // namespace levelgate::ikewire::ike_header_test
