// SPDX-License-Identifier: Apache-2.0
//
// The reader of RFC 9329: however a stream is cut, the same frames come out of it; whatever it is, the reader neither
// reads beyond it nor holds more than it brought.
#include <gtest/gtest.h>

#include <random>

#include "support/case_count.h"
#include "support/stream_pieces.h"

namespace levelgate::testing::stream_framing_laws_test {
namespace {

using stream::FrameKind;
using stream::FrameReader;
using Begin = FrameReader::Begin;

StreamOctets draw_octets(std::mt19937_64& random, std::size_t size) {
  StreamOctets octets(size);
  for (std::byte& octet : octets) octet = static_cast<std::byte>(random());
  return octets;
}

struct Drawn {
  StreamOctets octets;
  SeenStream expected;
};

// Frames of all lengths that matter, with what is to be ignored between them.
Drawn draw_stream(std::mt19937_64& random, Begin begin) {
  Drawn drawn;
  if (begin == Begin::kPrefixFirst) drawn.octets.assign(stream::kPrefix.begin(), stream::kPrefix.end());
  for (std::size_t left = random() % 12; left > 0; --left) {
    switch (random() % 5) {
      case 0:
        for (const int value : {0, 3, 0xff}) drawn.octets.push_back(static_cast<std::byte>(value));
        continue;
      case 1:
        for (const int value : {0, 2}) drawn.octets.push_back(static_cast<std::byte>(value));
        continue;
      default:
        break;
    }
    const bool ike = random() % 2 == 0;
    const std::size_t most = random() % 16 == 0 ? stream::kIkeMost : 600;
    StreamOctets content = draw_octets(random, (ike ? 0 : 4) + random() % (most - 3));
    if (!ike) content[random() % 4] |= std::byte{1};
    const FrameKind kind = ike ? FrameKind::kIke : FrameKind::kEsp;
    append_frame(drawn.octets, kind, content);
    drawn.expected.frames.push_back({kind, std::move(content)});
  }
  return drawn;
}

TEST(StreamFramingLaws, EverySegmentationGivesTheSameFrames) {
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < cases(600); ++i) {
    const Begin begin = random() % 2 == 0 ? Begin::kPrefixFirst : Begin::kFrames;
    const Drawn drawn = draw_stream(random, begin);
    const std::size_t most = std::size_t{1} << random() % 17;
    ASSERT_EQ(read_in_pieces(begin, drawn.octets, [&] { return random() % (most + 1); }), drawn.expected);
    ASSERT_EQ(read_in_pieces(begin, drawn.octets, [] { return 1; }), drawn.expected);
    ASSERT_EQ(read_in_pieces(begin, drawn.octets, [&] { return drawn.octets.size(); }), drawn.expected);
  }
}

// Each cut of one short stream into two pieces, and into three.
TEST(StreamFramingLaws, EveryCutOfAShortStream) {
  StreamOctets octets(stream::kPrefix.begin(), stream::kPrefix.end());
  append_frame(octets, FrameKind::kIke, StreamOctets(2, std::byte{1}));
  for (const int value : {0, 3, 0xff, 0, 2}) octets.push_back(static_cast<std::byte>(value));
  append_frame(octets, FrameKind::kEsp, StreamOctets(4, std::byte{2}));
  const SeenStream whole = read_in_pieces(Begin::kPrefixFirst, octets, [&] { return octets.size(); });
  ASSERT_EQ(whole.frames.size(), 2u);
  for (std::size_t first = 0; first <= octets.size(); ++first) {
    for (std::size_t second = 0; first + second <= octets.size(); ++second) {
      std::vector<std::size_t> sizes{octets.size(), second, first};
      ASSERT_EQ(read_in_pieces(Begin::kPrefixFirst, octets,
                               [&] {
                                 const std::size_t size = sizes.back();
                                 if (sizes.size() > 1) sizes.pop_back();
                                 return size;
                               }),
                whole);
    }
  }
}

// Garbage, and good streams with some octets altered: the same end at the same place however they are cut, and never
// more memory than twice what is under way.
TEST(StreamFramingLaws, GarbageIsAValue) {
  std::mt19937_64 random(2);
  std::size_t ended = 0;
  for (std::size_t i = 0; i < cases(4'000); ++i) {
    const Begin begin = random() % 2 == 0 ? Begin::kPrefixFirst : Begin::kFrames;
    StreamOctets octets = random() % 4 == 0 ? draw_octets(random, random() % 300) : draw_stream(random, begin).octets;
    for (std::size_t alterations = random() % 4; alterations > 0 && !octets.empty(); --alterations) {
      octets[random() % octets.size()] = static_cast<std::byte>(random() % 3 == 0 ? 0 : random());
    }
    const SeenStream whole = read_in_pieces(begin, octets, [&] { return octets.size(); });
    ASSERT_EQ(read_in_pieces(begin, octets, [&] { return random() % 40; }), whole);
    ended += whole.end ? 1 : 0;
    FrameReader reader(begin);
    std::size_t brought = 0;
    for (ConstBytes rest = octets; !rest.empty();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 40, rest.size());
      ConstBytes piece = rest.first(size);
      rest = rest.subspan(size);
      brought += size;
      while (reader.next(piece)) brought = piece.size();
      ASSERT_TRUE(piece.empty()) << "a piece is used up";
      ASSERT_LE(reader.memory(), 2 * (brought + 80));
    }
  }
  EXPECT_GT(ended, cases(4'000) / 20);
}

}  // namespace
}  // namespace levelgate::testing::stream_framing_laws_test
