// SPDX-License-Identifier: Apache-2.0
//
// The capture reader on well-formed files of each kind, on cut ones, and on hostile ones.
#include "cli/capture_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "unit/cli/capture_bytes.h"

namespace levelgate::cli::capture_reader_test {
namespace {

using tests::as_text;
using tests::CaptureBytes;
using tests::Order;

constexpr std::uint32_t kMicro = 0xA1B2C3D4;
constexpr std::uint32_t kNano = 0xA1B23C4D;

class BothOrders : public testing::TestWithParam<Order> {
 protected:
  CaptureBytes file() const { return CaptureBytes(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Order, BothOrders, testing::Values(Order::kLittle, Order::kBig),
                         [](const auto& which) { return which.param == Order::kLittle ? "little" : "big"; });

TEST_P(BothOrders, MicrosecondPcap) {
  auto bytes = file().pcap_header(kMicro, 1).record(7, 250'001, "abc").record(8, 0, "");
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->frames.size(), 2u);
  EXPECT_EQ(capture->frames[0].stamp_ns, 7'250'001'000);
  EXPECT_EQ(as_text(capture->frames[0].octets), "abc");
  EXPECT_EQ(capture->frames[0].link, LinkKind::kEthernet);
  EXPECT_EQ(capture->frames[1].stamp_ns, 8'000'000'000);
  EXPECT_FALSE(capture->damage);
}

TEST_P(BothOrders, NanosecondPcapAndRawIp) {
  for (const std::uint32_t link : {12u, 14u, 101u, 228u, 229u}) {
    auto bytes = file().pcap_header(kNano, link).record(4'000'000'000u, 999'999'999, "x");
    const auto capture = read_capture(bytes.octets());
    ASSERT_TRUE(capture);
    ASSERT_EQ(capture->frames.size(), 1u);
    EXPECT_EQ(capture->frames[0].stamp_ns, 4'000'000'000'999'999'999);
    EXPECT_EQ(capture->frames[0].link, LinkKind::kRawIp);
  }
}

TEST_P(BothOrders, LinkTypeFieldMayTellOfAFrameCheckSequence) {
  auto bytes = file().pcap_header(kMicro, 0x2400'0001u).record(1, 0, "abcdFCS4");
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->frames[0].link, LinkKind::kEthernet);
}

TEST_P(BothOrders, EveryCutOfAPcapYieldsWhatStoodBeforeIt) {
  auto bytes = file().pcap_header(kMicro, 1).record(1, 0, "first").record(2, 0, "second");
  const std::size_t first_end = 24 + 16 + 5;
  for (std::size_t cut = 24; cut <= bytes.octets().size(); ++cut) {
    const auto capture = read_capture(bytes.first(cut));
    ASSERT_TRUE(capture) << cut;
    const bool whole = cut == 24 || cut == first_end || cut == bytes.octets().size();
    EXPECT_EQ(capture->frames.size(), cut == bytes.octets().size() ? 2u : cut >= first_end ? 1u : 0u) << cut;
    ASSERT_EQ(capture->damage.has_value(), !whole) << cut;
    if (!whole) {
      EXPECT_EQ(capture->damage->offset, cut < first_end ? 24u : first_end) << cut;
    }
  }
}

TEST_P(BothOrders, ShortenedFramesAreCounted) {
  auto bytes = file().pcap_header(kMicro, 1).u32(1).u32(0).u32(2).u32(60).text("ab");
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->shortened_frames, 1u);
  EXPECT_EQ(capture->frames[0].original_octets, 60u);
}

TEST_P(BothOrders, PcapngWithSeveralInterfacesAndResolutions) {
  auto bytes = file()
                   .section()
                   .interface(1)
                   .interface_with_resolution(101, 9)
                   .interface_with_resolution(1, 0x80 | 10, 100)
                   .interface_with_resolution(1, 3)
                   .block(0xBAD, CaptureBytes(GetParam()).text("passed over"))
                   .enhanced(0, 5'000'001, "micro")
                   .enhanced(1, 5'000'001'001ull, "nano")
                   .enhanced(2, 1024 + 512, "binary")
                   .enhanced(3, 5'002, "milli");
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->frames.size(), 4u);
  EXPECT_EQ(capture->frames[0].stamp_ns, 5'000'001'000);
  EXPECT_EQ(capture->frames[0].link, LinkKind::kEthernet);
  EXPECT_EQ(capture->frames[1].stamp_ns, 5'000'001'001);
  EXPECT_EQ(capture->frames[1].link, LinkKind::kRawIp);
  EXPECT_EQ(capture->frames[2].stamp_ns, 101'500'000'000);
  EXPECT_EQ(capture->frames[3].stamp_ns, 5'002'000'000);
  EXPECT_EQ(as_text(capture->frames[3].octets), "milli");
}

TEST_P(BothOrders, ExtremeStampsStayInRange) {
  auto bytes = file()
                   .section()
                   .interface_with_resolution(1, 0)
                   .interface_with_resolution(1, 127)
                   .interface_with_resolution(1, 0x80 | 127)
                   .interface_with_resolution(1, 6, std::numeric_limits<std::int64_t>::min())
                   .interface_with_resolution(1, 6, std::numeric_limits<std::int64_t>::max());
  for (std::uint32_t i = 0; i < 5; ++i) bytes.enhanced(i, ~0ull, "x");
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  const auto most = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> expected{most, 0, 0, 0, most};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(capture->frames[i].stamp_ns, expected[i]) << i;
}

TEST_P(BothOrders, SimpleAndOldPacketBlocks) {
  auto bytes = file()
                   .section()
                   .interface(1, 4)
                   .block(3, CaptureBytes(GetParam())
                                 .u32(9)
                                 .text("cut"
                                       "t"))
                   .block(2, CaptureBytes(GetParam()).u16(0).u16(7).u32(0).u32(3'000'000).u32(3).u32(3).text("old"))
                   .block(3, CaptureBytes(GetParam()).u32(2).text("ab"));
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->frames.size(), 3u);
  EXPECT_EQ(as_text(capture->frames[0].octets), "cutt");
  EXPECT_EQ(capture->frames[0].original_octets, 9u);
  EXPECT_EQ(capture->shortened_frames, 1u);
  EXPECT_EQ(as_text(capture->frames[1].octets), "old");
  EXPECT_EQ(as_text(capture->frames[2].octets), "ab");
  for (const auto& frame : capture->frames) EXPECT_EQ(frame.stamp_ns, 3'000'000'000);  // unstamped ones: a neighbour's
}

TEST_P(BothOrders, ANewSectionForgetsTheInterfaces) {
  auto bytes = file().section().interface(1).enhanced(0, 1, "a").section().enhanced(0, 2, "b");
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->frames.size(), 1u);
  ASSERT_TRUE(capture->damage);
  EXPECT_THAT(capture->damage->what, testing::HasSubstr("interface 0"));
}

TEST_P(BothOrders, EveryCutOfAPcapngYieldsWhatStoodBeforeIt) {
  auto bytes = file().section().interface(1).enhanced(0, 1, "first").enhanced(0, 2, "second");
  const std::size_t head = 28 + 20;
  const std::size_t block = 12 + 20 + 8;
  for (std::size_t cut = 28; cut < bytes.octets().size(); ++cut) {
    const auto capture = read_capture(bytes.first(cut));
    ASSERT_TRUE(capture) << cut;
    EXPECT_EQ(capture->frames.size(), cut >= head + block ? 1u : 0u) << cut;
    const bool whole = cut == 28 || cut == head || cut == head + block;
    EXPECT_EQ(capture->damage.has_value(), !whole) << cut;
  }
}

TEST(MixedOrders, ASectionHasItsOwnOrder) {
  auto bytes = CaptureBytes(Order::kBig).section().interface(1).enhanced(0, 1, "big");
  bytes.append(CaptureBytes(Order::kLittle).section().interface(101).enhanced(0, 2, "small"));
  const auto capture = read_capture(bytes.octets());
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->frames.size(), 2u);
  EXPECT_EQ(capture->frames[1].stamp_ns, 2000);
}

TEST(ForeignLinks, PcapIsRefusedPcapngFramesAreLeftOut) {
  const auto refused = read_capture(CaptureBytes(Order::kBig).pcap_header(kMicro, 113).octets());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, testing::HasSubstr("link type 113"));
  auto mixed = CaptureBytes(Order::kBig).section().interface(113).interface(1).enhanced(0, 1, "no").enhanced(1, 2, "y");
  const auto capture = read_capture(mixed.octets());
  ASSERT_TRUE(capture);
  EXPECT_EQ(capture->frames.size(), 1u);
  EXPECT_EQ(capture->foreign_frames, 1u);
  EXPECT_FALSE(read_capture(CaptureBytes(Order::kBig).section().interface(113).enhanced(0, 1, "no").octets()));
}

TEST(NoCapture, IsAnError) {
  EXPECT_FALSE(read_capture({}));
  EXPECT_FALSE(read_capture(CaptureBytes(Order::kBig).text("abc").octets()));
  EXPECT_FALSE(read_capture(CaptureBytes(Order::kBig).text("hello, this is no capture at all").octets()));
  EXPECT_FALSE(read_capture(CaptureBytes(Order::kBig).u32(kMicro).u16(2).octets()));
  EXPECT_FALSE(read_capture(CaptureBytes(Order::kBig).section().first(20)));
  EXPECT_FALSE(read_capture(CaptureBytes(Order::kBig).block(0x0A0D0D0A, CaptureBytes(Order::kBig).u64(0)).octets()));
}

TEST(DamagedBlocks, AreNamedWithTheirPlace) {
  const auto damage_of = [](const CaptureBytes& tail) {
    auto bytes = CaptureBytes(Order::kBig).section().interface(1).enhanced(0, 1, "good");
    bytes.append(tail);
    const auto capture = read_capture(bytes.octets());
    EXPECT_TRUE(capture && capture->frames.size() == 1);
    EXPECT_EQ(capture->damage.value().offset, 28u + 20u + 36u);
    return capture->damage.value().what;
  };
  EXPECT_EQ(damage_of(CaptureBytes(Order::kBig).u32(6).u32(8).u32(8)), "a block of 8 octets");
  EXPECT_EQ(damage_of(CaptureBytes(Order::kBig).u32(6).u32(13).u64(0)), "a block of 13 octets");
  EXPECT_EQ(damage_of(CaptureBytes(Order::kBig).u32(9).u32(12).u32(16)), "a block whose two lengths differ");
  EXPECT_EQ(damage_of(CaptureBytes(Order::kBig).block(1, CaptureBytes(Order::kBig).u32(0))),
            "an interface block that is too short");
  EXPECT_EQ(damage_of(CaptureBytes(Order::kBig).block(6, CaptureBytes(Order::kBig).u64(0))),
            "a packet block that is shorter than its packet");
}

TEST(AnyOctets, NeverHarm) {
  std::mt19937_64 random(1);
  auto seed = CaptureBytes(Order::kLittle).section().interface_with_resolution(1, 9).enhanced(0, 1, "one");
  seed.block(3, CaptureBytes(Order::kLittle).u32(2).text("ab")).interface(101).enhanced(1, 2, "two");
  for (int round = 0; round < 20'000; ++round) {
    auto octets = seed.octets();
    for (int change = 0; change < 3; ++change) octets[random() % octets.size()] = static_cast<std::byte>(random());
    octets.resize(random() % (octets.size() + 1));
    const auto capture = read_capture(octets);
    if (!capture) continue;
    for (const auto& frame : capture->frames) {
      EXPECT_GE(frame.stamp_ns, 0);
      EXPECT_LE(frame.octets.size(), octets.size());
    }
  }
}

TEST(WholeFile, MissingOneIsNamed) {
  const auto content = read_whole_file("/nonexistent/x.pcap");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().what, "/nonexistent/x.pcap: No such file or directory");
  EXPECT_FALSE(read_whole_file("/"));  // a directory opens, but does not read
}

}  // namespace
}  // namespace levelgate::cli::capture_reader_test
