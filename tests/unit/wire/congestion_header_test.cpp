// SPDX-License-Identifier: Apache-2.0
//
// Sub-type 1, octet by octet (RFC 9347 §6.1.2): what is written is read again, delays stop at their field's largest
// value, and reserved bits are nobody's business.
#include "wire/congestion_header.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "wire/aggfrag_header.h"

namespace levelgate::wire::congestion_header_test {
namespace {

using Octets = std::array<std::byte, kAggfragCongestionOctets>;

Octets written(const CongestionHeader& header, std::uint16_t block_offset = 0) {
  Octets octets;
  octets.fill(std::byte{0xaa});
  write_congestion(octets.data(), block_offset, header);
  return octets;
}

TEST(CongestionHeader, OctetByOctet) {
  const CongestionHeader header{true, true, 0x01020304, 0x200001, 0x100001, 0x1ffffe, 0xa1b2c3d4, 0x11223344};
  const std::array<unsigned, kAggfragCongestionOctets> expected{0x01, 0x03, 0x07, 0xd0, 0x01, 0x02, 0x03, 0x04,
                                                                // 0x200001 << 42 | 0x100001 << 21 | 0x1ffffe
                                                                0x80, 0x00, 0x06, 0x00, 0x00, 0x3f, 0xff, 0xfe,  //
                                                                0xa1, 0xb2, 0xc3, 0xd4, 0x11, 0x22, 0x33, 0x44};
  const Octets octets = written(header, 2000);
  for (std::size_t i = 0; i < octets.size(); ++i) EXPECT_EQ(std::to_integer<unsigned>(octets[i]), expected[i]) << i;
  const AggfragView view = read_aggfrag(octets);
  EXPECT_EQ(view.verdict, AggfragVerdict::kOk);
  EXPECT_EQ(view.sub_type, 1);
  EXPECT_EQ(view.header_octets, 24);
  EXPECT_EQ(view.block_offset, 2000);
  EXPECT_EQ(read_congestion(octets.data()), header);
}

// [9347-3.1-a]
TEST(CongestionHeader, FlagsApart) {
  for (const bool p : {false, true}) {
    for (const bool e : {false, true}) {
      CongestionHeader header;
      header.probing = p;
      header.marks_counted = e;
      const Octets octets = written(header);
      EXPECT_EQ(std::to_integer<unsigned>(octets[1]), (p ? 2u : 0u) + (e ? 1u : 0u));
      EXPECT_EQ(read_congestion(octets.data()), header);
    }
  }
}

TEST(CongestionHeader, ReservedBitsAreIgnored) {
  Octets octets = written({true, false, 7, 8, 9, 10, 11, 12});
  const CongestionHeader clean = read_congestion(octets.data());
  octets[1] |= std::byte{0xfc};
  EXPECT_EQ(read_congestion(octets.data()), clean);
}

// [9347-6.1.2-c, 9347-6.1.2-d, 9347-6.1.2-e]
TEST(CongestionHeader, DelaysSaturate) {
  for (const std::uint32_t more : {0u, 1u, 0x1000u, 0xff000000u}) {
    const CongestionHeader header{false, false, 0, kMostRttUs + more, kMostDelayUs + more, kMostDelayUs + more, 0, 0};
    const CongestionHeader read = read_congestion(written(header).data());
    EXPECT_EQ(read.rtt_us, 0x3fffffu);
    EXPECT_EQ(read.echo_delay_us, 0x1fffffu);
    EXPECT_EQ(read.transmit_delay_us, 0x1fffffu);
    EXPECT_EQ(read.tval, 0u);
  }
}

TEST(CongestionHeader, MicrosecondsOfATime) {
  EXPECT_EQ(microseconds_of(Nanos(1999)), 1u);
  EXPECT_EQ(microseconds_of(Nanos(-5'000'000)), 0u);
  EXPECT_EQ(microseconds_of(std::chrono::hours(1000)), 0xffffffffu);
}

std::uint32_t draw_field(std::uint32_t most) {
  return *rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, most),
                         rc::gen::element<std::uint32_t>(0, 1, most - 1, most));
}

RC_GTEST_PROP(CongestionHeader, RoundTrip, ()) {
  const CongestionHeader header{*rc::gen::arbitrary<bool>(),
                                *rc::gen::arbitrary<bool>(),
                                *rc::gen::arbitrary<std::uint32_t>(),
                                draw_field(kMostRttUs),
                                draw_field(kMostDelayUs),
                                draw_field(kMostDelayUs),
                                *rc::gen::arbitrary<std::uint32_t>(),
                                *rc::gen::arbitrary<std::uint32_t>()};
  const auto block_offset = *rc::gen::arbitrary<std::uint16_t>();
  const Octets octets = written(header, block_offset);
  RC_ASSERT(read_congestion(octets.data()) == header);
  RC_ASSERT(read_aggfrag(octets).block_offset == block_offset);
}

RC_GTEST_PROP(CongestionHeader, AnyOctetsWriteBackEqual, ()) {
  Octets octets;
  for (std::byte& octet : octets) octet = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  octets[0] = std::byte{1};
  octets[1] &= std::byte{3};
  RC_ASSERT(written(read_congestion(octets.data()), read_aggfrag(octets).block_offset) == octets);
}

}  // namespace
}  // namespace levelgate::wire::congestion_header_test
