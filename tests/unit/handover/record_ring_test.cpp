// SPDX-License-Identifier: Apache-2.0
//
// The ring of records between two threads: a queue that is bounded in octets, whole records, order; and both ends
// free-running.
#include "handover/record_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace levelgate::handover::record_ring_test {
namespace {

using Octets = std::vector<std::byte>;
using Ring = RecordRing<std::uint64_t>;

Octets octets_of(std::uint64_t number, std::size_t count) {
  Octets octets(count);
  for (std::size_t i = 0; i < count; ++i) octets[i] = static_cast<std::byte>(number * 31 + i * 7);
  return octets;
}

bool equal(std::span<const std::byte> a, const Octets& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

TEST(RecordRing, GivesWhatItTookWhereItStands) {
  Ring ring(1'024);
  EXPECT_EQ(ring.capacity(), 1'024u);
  EXPECT_FALSE(ring.front().has_value());
  ASSERT_TRUE(ring.push(7, octets_of(7, 100)));
  ASSERT_TRUE(ring.push(8, {}));
  for (int look = 0; look < 2; ++look) {
    const auto record = ring.front();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->head, 7u);
    EXPECT_TRUE(equal(record->octets, octets_of(7, 100))) << "looking takes nothing away";
  }
  ring.pop();
  const auto empty = ring.front();
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->head, 8u);
  EXPECT_TRUE(empty->octets.empty());
  ring.pop();
  EXPECT_FALSE(ring.front().has_value());
}

TEST(RecordRing, WhatFindsNoRoomChangesNothing) {
  Ring ring(256);
  std::uint64_t taken = 0;
  while (ring.push(taken, octets_of(taken, 40))) ++taken;
  EXPECT_EQ(taken, 256 / Ring::cost_of(40));
  EXPECT_FALSE(ring.push(99, octets_of(99, 41)));
  for (std::uint64_t i = 0; i < taken; ++i, ring.pop()) {
    const auto record = ring.front();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->head, i);
    EXPECT_TRUE(equal(record->octets, octets_of(i, 40)));
  }
  EXPECT_FALSE(ring.front().has_value());
}

// However far around the ring stands: the longest record always fits an empty one, and no longer one ever does.
TEST(RecordRing, LongestFitsAnEmptyRingWhereverItStands) {
  for (std::size_t ahead = 0; ahead < 64; ++ahead) {
    Ring ring(512);
    for (std::size_t i = 0; i < ahead; ++i) {
      ASSERT_TRUE(ring.push(i, {}));
      ASSERT_TRUE(ring.front());
      ring.pop();
    }
    EXPECT_FALSE(ring.push(1, Octets(ring.longest() + 1)));
    ASSERT_TRUE(ring.push(2, octets_of(2, ring.longest()))) << ahead;
    const auto record = ring.front();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->head, 2u);
    EXPECT_TRUE(equal(record->octets, octets_of(2, ring.longest()))) << ahead;
    ring.pop();
    EXPECT_FALSE(ring.front().has_value());
  }
}

// Records of any length, many times around: a queue whose sum of costs never passes the capacity. What is left unused
// at the end of the store is less than the record behind it costs.
TEST(RecordRing, BehavesLikeAQueueBoundedInOctets) {
  std::mt19937 random(3);
  for (const std::size_t capacity : {128u, 512u, 4'096u}) {
    Ring ring(capacity);
    std::deque<std::pair<std::uint64_t, std::size_t>> model;
    std::size_t held = 0;
    std::uint64_t next = 0;
    for (int step = 0; step < 10'000; ++step) {
      if (random() % 2 == 0) {
        const std::size_t octets = random() % (ring.longest() + 2);
        const std::size_t cost = Ring::cost_of(octets);
        const bool taken = ring.push(next, octets_of(next, octets));
        if (octets > ring.longest() || held + cost > capacity) {
          ASSERT_FALSE(taken);
        }
        std::size_t unused = cost;
        for (const auto& [number, length] : model) unused = std::max(unused, Ring::cost_of(length));
        if (octets <= ring.longest() && held + cost + unused <= capacity) {
          ASSERT_TRUE(taken);
        }
        if (!taken) continue;
        model.emplace_back(next++, octets);
        held += cost;
      } else {
        const auto record = ring.front();
        ASSERT_EQ(record.has_value(), !model.empty());
        if (!record) continue;
        ASSERT_EQ(record->head, model.front().first);
        ASSERT_TRUE(equal(record->octets, octets_of(model.front().first, model.front().second)));
        ring.pop();
        held -= Ring::cost_of(model.front().second);
        model.pop_front();
      }
    }
  }
}

// Both ends run free: every record comes once, whole, in order.
TEST(RecordRingThreads, EveryRecordOnceAndInOrder) {
  constexpr std::uint64_t kRecords = 10'000;
  Ring ring(1'024);
  const auto length_of = [](std::uint64_t number) { return static_cast<std::size_t>(number * 2'654'435'761U % 120); };
  std::thread writer([&] {
    for (std::uint64_t sent = 0; sent < kRecords;) {
      if (ring.push(sent, octets_of(sent, length_of(sent)))) {
        ++sent;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t got = 0; got < kRecords;) {
    const auto record = ring.front();
    if (!record) {
      std::this_thread::yield();
      continue;
    }
    wrong += record->head != got || !equal(record->octets, octets_of(got, length_of(got))) ? 1 : 0;
    ring.pop();
    ++got;
  }
  writer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_FALSE(ring.front().has_value());
}

}  // namespace
}  // namespace levelgate::handover::record_ring_test
