// SPDX-License-Identifier: Apache-2.0
//
// Frames of RFC 9329: known streams, whole and octet by octet, the edges of the length field, and what is held.
#include "stream/frame_reader.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/hex_octets.h"
#include "support/stream_pieces.h"
#include "vectors/stream_vectors.h"

namespace levelgate::stream::frame_reader_test {
namespace {

using testing::from_hex;
using testing::kStreamVectors;
using testing::read_in_pieces;
using testing::SeenFrame;
using testing::SeenStream;
using testing::StreamOctets;
using testing::StreamVector;

using Begin = FrameReader::Begin;

SeenStream expected(const StreamVector& vector) {
  SeenStream seen{{}, vector.end};
  const auto contents = from_hex(vector.contents);
  ByteReader reader(contents);
  while (reader.remaining() > 0) {
    const auto kind = reader.read<std::uint8_t>() == 'i' ? FrameKind::kIke : FrameKind::kEsp;
    const ConstBytes octets = reader.read_bytes(reader.read<std::uint16_t>());
    seen.frames.push_back({kind, StreamOctets(octets.begin(), octets.end())});
  }
  EXPECT_TRUE(reader.ok());
  return seen;
}

// [9329-3-b, 9329-3.1-b, 9329-3.2-b, 9329-6.1-b, 9329-6.1-l, 9329-6.1-m, 9329-6.6-b]
TEST(FrameReader, KnownStreamsReadTheSameInPiecesOfAnySize) {
  for (const StreamVector& vector : kStreamVectors) {
    const auto octets = from_hex(vector.octets);
    const Begin begin = vector.from_originator ? Begin::kPrefixFirst : Begin::kFrames;
    for (const std::size_t size : {1u, 2u, 3u, 5u, 7u, 100u, 1448u, 70'000u}) {
      EXPECT_EQ(read_in_pieces(begin, octets, [&] { return size; }), expected(vector)) << vector.name << ' ' << size;
    }
  }
}

// [9329-3.1-a, 9329-3.2-a, 9329-4-a]
TEST(FrameReader, OurOwnFramesAreThoseOfTheKnownStreams) {
  for (const StreamVector& vector : kStreamVectors) {
    if (vector.end || vector.name.contains("keepalive") || vector.name.contains("prefix")) continue;
    StreamOctets octets;
    if (vector.from_originator) octets.assign(kPrefix.begin(), kPrefix.end());
    for (const SeenFrame& frame : expected(vector).frames) testing::append_frame(octets, frame.kind, frame.octets);
    EXPECT_EQ(octets, from_hex(vector.octets)) << vector.name;
  }
}

TEST(FrameHead, WhatNoFrameCanHoldHasNone) {
  const StreamOctets octets(kFrameMost, std::byte{7});
  const auto of = [&](FrameKind kind, std::size_t size) { return FrameHead::of(kind, ConstBytes(octets).first(size)); };
  EXPECT_TRUE(of(FrameKind::kIke, kIkeMost));
  EXPECT_FALSE(of(FrameKind::kIke, kIkeMost + 1));
  EXPECT_TRUE(of(FrameKind::kEsp, kEspMost));
  EXPECT_FALSE(of(FrameKind::kEsp, kEspMost + 1));
  EXPECT_FALSE(of(FrameKind::kEsp, 3)) << "shorter than an SPI";
  EXPECT_FALSE(FrameHead::of(FrameKind::kEsp, StreamOctets(20))) << "its SPI would read as the marker";
  EXPECT_EQ(kIkeMost, 65'529u);
}

TEST(FrameReader, TheLongestFramesComeWhole) {
  for (const auto& [kind, size] : {std::pair(FrameKind::kIke, kIkeMost), std::pair(FrameKind::kEsp, kEspMost)}) {
    const StreamOctets content(size, std::byte{9});
    StreamOctets octets;
    testing::append_frame(octets, kind, content);
    const SeenStream seen = read_in_pieces(Begin::kFrames, octets, [] { return 1000; });
    ASSERT_EQ(seen.frames.size(), 1u);
    EXPECT_EQ(seen.frames[0], (SeenFrame{kind, content}));
    EXPECT_FALSE(seen.end);
  }
}

// A length alone takes no memory: what is held follows what arrived.
TEST(FrameReader, HoldsWhatArrivedAndNotWhatWasAnnounced) {
  FrameReader reader(Begin::kFrames);
  SeenStream seen;
  const StreamOctets announced = from_hex("ffff 00000000");
  testing::feed(reader, announced, seen);
  EXPECT_EQ(reader.under_way(), 65'535u);
  EXPECT_LE(reader.memory(), 64u);
  for (int i = 0; i < 100; ++i) testing::feed(reader, StreamOctets(10), seen);
  EXPECT_LE(reader.memory(), 2u * 1'006);
  for (int i = 0; i < 7; ++i) testing::feed(reader, StreamOctets(9'000), seen);
  EXPECT_TRUE(seen.frames.empty());
  testing::feed(reader, StreamOctets(1'529), seen);
  ASSERT_EQ(seen.frames.size(), 1u);
  EXPECT_EQ(reader.memory(), 0u) << "a frame that was handed out is not kept";
  EXPECT_EQ(reader.under_way(), 0u);
}

TEST(FrameReader, SaysWhatIsUnderWay) {
  FrameReader reader(Begin::kPrefixFirst);
  SeenStream seen;
  testing::feed(reader, from_hex("494b4554"), seen);
  EXPECT_FALSE(reader.prefix_read());
  EXPECT_EQ(reader.under_way(), 0u);
  testing::feed(reader, from_hex("4350 00"), seen);
  EXPECT_TRUE(reader.prefix_read());
  EXPECT_EQ(reader.under_way(), 2u);
  testing::feed(reader, from_hex("08"), seen);
  EXPECT_EQ(reader.under_way(), 8u);
  testing::feed(reader, from_hex("00000000 0102 0003ff 0002 00"), seen);
  EXPECT_EQ(seen.frames.size(), 1u);
  EXPECT_EQ(reader.under_way(), 2u);
  EXPECT_EQ(reader.counts().ike, 1u);
  EXPECT_EQ(reader.counts().keepalives, 1u);
  EXPECT_EQ(reader.counts().empty, 1u);
}

TEST(FrameReader, NothingIsReadBehindAnEnd) {
  FrameReader reader(Begin::kFrames);
  SeenStream seen;
  testing::feed(reader, from_hex("0001"), seen);
  EXPECT_EQ(seen.end, StreamEnd::kLength);
  testing::feed(reader, from_hex("0008 00000000 0102"), seen);
  EXPECT_TRUE(seen.frames.empty());
  EXPECT_EQ(seen.end, StreamEnd::kLength);
  EXPECT_EQ(reader.memory(), 0u);
}

TEST(StreamEnds, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kStreamEnds; ++i) names.insert(name_of(static_cast<StreamEnd>(i)));
  EXPECT_EQ(names.size(), kStreamEnds);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace levelgate::stream::frame_reader_test
