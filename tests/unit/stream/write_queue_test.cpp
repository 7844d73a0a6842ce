// SPDX-License-Identifier: Apache-2.0
//
// What waits to be written: order, bounds, who is dropped for whom, and its laws under everything.
#include "stream/write_queue.h"

#include <gtest/gtest.h>

#include <random>

#include "support/case_count.h"
#include "support/stream_pieces.h"

namespace levelgate::stream::write_queue_test {
namespace {

using testing::StreamOctets;

StreamOctets content(std::uint8_t mark, std::size_t size) { return StreamOctets(size, std::byte{mark}); }

// Takes up to so many octets, as a socket does.
void write_some(WriteQueue& queue, std::size_t most, StreamOctets& to) {
  std::size_t taken = 0;
  for (const ConstBytes part : queue.front()) {
    const ConstBytes some = part.first(std::min(part.size(), most - taken));
    to.insert(to.end(), some.begin(), some.end());
    taken += some.size();
  }
  queue.written(taken);
}
StreamOctets write_all(WriteQueue& queue) {
  StreamOctets all;
  while (!queue.empty()) write_some(queue, 1'000, all);
  return all;
}
testing::SeenStream frames_of(ConstBytes octets) {
  return testing::read_in_pieces(FrameReader::Begin::kFrames, octets, [] { return 4'096; });
}

TEST(WriteQueue, FramesLeaveWithTheirHeads) {
  WriteQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.front()[0].empty() && queue.front()[1].empty());
  ASSERT_TRUE(queue.put(FrameKind::kIke, content(1, 3)));
  ASSERT_TRUE(queue.put(FrameKind::kEsp, content(2, 5)));
  EXPECT_EQ(queue.octets(), 16u);
  StreamOctets expected{std::byte{0}, std::byte{9}, {}, {}, {}, {}, std::byte{1}, std::byte{1}, std::byte{1}};
  for (const int value : {0, 7, 2, 2, 2, 2, 2}) expected.push_back(static_cast<std::byte>(value));
  EXPECT_EQ(write_all(queue), expected);
  EXPECT_EQ(queue.octets(), 0u);
  EXPECT_EQ(queue.esp_octets(), 0u);
}

TEST(WriteQueue, IkeLeavesBeforeEspThatHasNotBegun) {
  WriteQueue queue;
  StreamOctets octets;
  ASSERT_TRUE(queue.put(FrameKind::kEsp, content(1, 40)));
  ASSERT_TRUE(queue.put(FrameKind::kEsp, content(2, 40)));
  write_some(queue, 10, octets);
  ASSERT_TRUE(queue.put(FrameKind::kIke, content(3, 40)));
  while (!queue.empty()) write_some(queue, 10, octets);
  const auto frames = frames_of(octets).frames;
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].octets, content(1, 40));
  EXPECT_EQ(frames[1].octets, content(3, 40));
  EXPECT_EQ(frames[2].octets, content(2, 40));
}

TEST(WriteQueue, EspHasABoundOfItsOwnAndTheNewestIsRefused) {
  WriteQueue queue({1'000, 100});
  EXPECT_TRUE(queue.put(FrameKind::kEsp, content(1, 48)));
  EXPECT_TRUE(queue.put(FrameKind::kEsp, content(2, 48)));
  EXPECT_FALSE(queue.put(FrameKind::kEsp, content(3, 48)));
  EXPECT_EQ(queue.counts().esp_dropped, 1u);
  EXPECT_TRUE(queue.put(FrameKind::kIke, content(4, 800)));
  EXPECT_FALSE(queue.put(FrameKind::kEsp, content(5, 4)));
  EXPECT_EQ(queue.counts().esp_dropped, 2u);
}

TEST(WriteQueue, ForIkeTheOldestEspIsDroppedButNeverOneThatHasBegun) {
  WriteQueue queue({300, 300});
  StreamOctets octets;
  for (std::uint8_t mark = 1; mark <= 3; ++mark) ASSERT_TRUE(queue.put(FrameKind::kEsp, content(mark, 98)));
  write_some(queue, 1, octets);
  ASSERT_TRUE(queue.put(FrameKind::kIke, content(4, 90)));
  EXPECT_EQ(queue.counts().esp_dropped, 1u);
  EXPECT_FALSE(queue.put(FrameKind::kIke, content(5, 190))) << "what has begun stays";
  EXPECT_EQ(queue.counts().ike_refused, 1u);
  EXPECT_EQ(queue.counts().esp_dropped, 1u) << "what does not help is not dropped";
  while (!queue.empty()) write_some(queue, 64, octets);
  const auto frames = frames_of(octets).frames;
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].octets, content(1, 98));
  EXPECT_EQ(frames[1].octets, content(4, 90));
  EXPECT_EQ(frames[2].octets, content(3, 98));
}

TEST(WriteQueue, WhatNoFrameHoldsIsRefusedAndCounted) {
  WriteQueue queue;
  EXPECT_FALSE(queue.put(FrameKind::kIke, content(1, kIkeMost + 1)));
  EXPECT_FALSE(queue.put(FrameKind::kEsp, content(1, kEspMost + 1)));
  EXPECT_FALSE(queue.put(FrameKind::kEsp, content(0, 100)));
  EXPECT_EQ(queue.counts().impossible, 3u);
  EXPECT_TRUE(queue.empty());
}

// The longest message of ours fits twice.
TEST(WriteQueue, HoldsTwoLargeKeysInFrames) {
  WriteQueue queue;
  for (int i = 0; i < 2 * 22; ++i) EXPECT_TRUE(queue.put(FrameKind::kIke, content(1, kIkeMost)));
}

// Whatever is put and taken: the stream is whole frames, in order by kind; each frame taken leaves or is counted; what
// waits keeps its bounds; and no IKE message that was taken is lost.
TEST(WriteQueue, Laws) {
  std::mt19937_64 random(11);
  for (std::size_t i = 0; i < testing::cases(2'000); ++i) {
    const WriteBounds bounds{200 + random() % 3'000, 50 + random() % 2'000};
    WriteQueue queue(bounds);
    StreamOctets octets;
    std::vector<StreamOctets> ike, esp;
    for (int step = 0; step < 60; ++step) {
      const auto mark = static_cast<std::uint8_t>(step + 1);
      const std::size_t size = 4 + random() % 400;
      switch (random() % 3) {
        case 0:
          if (queue.put(FrameKind::kIke, content(mark, size))) ike.push_back(content(mark, size));
          break;
        case 1:
          if (queue.put(FrameKind::kEsp, content(mark, size))) esp.push_back(content(mark, size));
          break;
        default:
          write_some(queue, random() % 500, octets);
      }
      ASSERT_LE(queue.octets(), bounds.octets);
      ASSERT_LE(queue.esp_octets(), std::min(bounds.octets, bounds.esp_octets));
    }
    while (!queue.empty()) write_some(queue, 1 + random() % 500, octets);
    const testing::SeenStream seen = frames_of(octets);
    ASSERT_FALSE(seen.end);
    std::vector<StreamOctets> ike_seen, esp_seen;
    std::size_t total = 0;
    for (const auto& frame : seen.frames) {
      (frame.kind == FrameKind::kIke ? ike_seen : esp_seen).push_back(frame.octets);
      total += frame.octets.size() + (frame.kind == FrameKind::kIke ? 6 : 2);
    }
    ASSERT_EQ(total, octets.size()) << "nothing is left over";
    ASSERT_EQ(ike_seen, ike);
    auto from = esp.begin();
    for (const auto& one : esp_seen) {
      from = std::find(from, esp.end(), one);
      ASSERT_NE(from, esp.end()) << "in order";
      ++from;
    }
    ASSERT_EQ(queue.counts().esp, esp.size());
    ASSERT_LE(esp.size() - esp_seen.size(), queue.counts().esp_dropped);
  }
}

}  // namespace
}  // namespace levelgate::stream::write_queue_test
