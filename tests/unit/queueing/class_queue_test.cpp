// SPDX-License-Identifier: Apache-2.0
//
// Several classes: the first goes first within its share, all get theirs under load, and what was begun is ended.
#include "queueing/class_queue.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/inner_traffic.h"

namespace levelgate::queueing::class_queue_test {
namespace {

using std::chrono::milliseconds;
using testing::InnerTraffic;

std::vector<ClassSettings> shares(std::vector<std::uint32_t> of) {
  std::vector<ClassSettings> classes;
  for (const std::uint32_t share : of) classes.push_back({share, {}});
  return classes;
}

// The flow of a packet is its class.
class Bench {
 public:
  explicit Bench(const std::vector<ClassSettings>& classes) : queue(classes) {}
  ~Bench() {
    while (!queue.empty()) traffic.give_back(queue.discard(store));
    EXPECT_EQ(traffic.out(), 0u);
    EXPECT_EQ(store.size(), 0u);
    EXPECT_EQ(queue.octets(), 0u);
  }
  Joined push(std::uint32_t number, std::uint32_t octets, std::uint64_t bearable = SIZE_MAX) {
    const Packet packet = traffic.make(number, octets, now);
    const Joined joined = queue.push(store, number, number, packet, now, bearable);
    if (joined != Joined::kTaken) traffic.give_back(packet);
    return joined;
  }
  const Packet* front() {
    return queue.front(store, now, [this](const Packet& packet, Loss, std::size_t) {
      ++lost;
      traffic.give_back(packet);
    });
  }
  int take() {
    if (front() == nullptr) return -1;
    const Packet packet = queue.pop(store);
    traffic.give_back(packet);
    return static_cast<int>(InnerTraffic::label_of(packet).flow);
  }

  InnerTraffic traffic;
  PacketStore store{8192};
  ClassQueue queue;
  Instant now = at_ns(1'000'000'000);
  unsigned lost = 0;
};

TEST(ClassQueue, TheFirstClassGoesFirst) {
  Bench bench(shares({300, 700}));
  for (int i = 0; i < 10; ++i) ASSERT_EQ(bench.push(1, 1500), Joined::kTaken);
  EXPECT_EQ(bench.take(), 1);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(bench.push(0, 200), Joined::kTaken);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(bench.take(), 0);
  EXPECT_EQ(bench.take(), 1);
}

TEST(ClassQueue, UnderLoadEachClassHasItsShareOfOctets) {
  for (const std::vector<std::uint32_t>& of :
       {std::vector<std::uint32_t>{300, 700}, {10, 990}, {500, 300, 200}, {900, 99, 1}}) {
    Bench bench(shares(of));
    const std::vector<std::uint32_t> sizes = {200, 1500, 700};
    std::vector<double> octets(of.size());
    double all = 0;
    for (int i = 0; i < 200'000; ++i) {
      for (std::uint32_t number = 0; number < of.size(); ++number) {
        while (bench.queue.in_class(number).packets() < 4) ASSERT_EQ(bench.push(number, sizes[number]), Joined::kTaken);
      }
      const auto number = static_cast<std::size_t>(bench.take());
      octets[number] += sizes[number];
      all += sizes[number];
    }
    for (std::size_t i = 0; i < of.size(); ++i) EXPECT_NEAR(octets[i] / all, of[i] / 1000.0, 0.002) << i;
  }
}

// What one class does not use the others have; nothing waits while nobody else wants to send.
TEST(ClassQueue, AnUnusedShareIsNotLost) {
  Bench bench(shares({10, 890, 100}));
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(bench.push(0, 1500), Joined::kTaken);
  for (int i = 0; i < 3'000; ++i) ASSERT_EQ(bench.take(), 0);
  // And an idle class saves up no more than one round.
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(bench.push(1, 1500), Joined::kTaken);
    ASSERT_EQ(bench.push(2, 1500), Joined::kTaken);
  }
  int in_front = 0;
  while (bench.take() == 1) ++in_front;
  EXPECT_LE(in_front, 32'768 / 1500 + 1);
}

// [9347-2.2.3-a]
TEST(ClassQueue, WhatWasBegunStaysAtTheFront) {
  std::vector<ClassSettings> classes = shares({300, 700});
  classes[1].queue.wait.max_wait = milliseconds(5);
  Bench bench(classes);
  ASSERT_EQ(bench.push(1, 1500), Joined::kTaken);
  ASSERT_EQ(bench.push(1, 1500), Joined::kTaken);
  const Packet* const front = bench.front();
  ASSERT_NE(front, nullptr);
  const std::byte* const begun = front->data;
  bench.queue.begin(bench.store);
  ASSERT_EQ(bench.push(0, 100), Joined::kTaken);
  bench.now += milliseconds(500);
  EXPECT_EQ(bench.front()->data, begun);
  bench.queue.begin(bench.store);  // goes on
  EXPECT_EQ(bench.queue.size(), 3u);
  EXPECT_EQ(bench.take(), 1);
  EXPECT_EQ(bench.lost, 0u);
  EXPECT_EQ(bench.take(), 0);
  EXPECT_EQ(bench.take(), -1);
  EXPECT_EQ(bench.lost, 1u);
}

// Until it was begun, a packet that would be next gives way to a better one.
TEST(ClassQueue, BindsLate) {
  Bench bench(shares({300, 700}));
  ASSERT_EQ(bench.push(1, 1500), Joined::kTaken);
  ASSERT_NE(bench.front(), nullptr);
  ASSERT_EQ(bench.push(0, 100), Joined::kTaken);
  EXPECT_EQ(bench.take(), 0);
}

TEST(ClassQueue, RefusesWhatWouldLeaveTooLate) {
  Bench bench(shares({200, 800}));
  EXPECT_EQ(bench.push(1, 1000, 0), Joined::kLate);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(bench.push(1, 1000, 4'000), Joined::kTaken);
  EXPECT_EQ(bench.push(1, 1000, 4'000), Joined::kLate);
  // The first class goes in front of that, and takes of the second one's time only what its share is.
  ASSERT_EQ(bench.push(0, 800, 1), Joined::kTaken);
  EXPECT_EQ(bench.push(0, 100, 800), Joined::kLate);
  EXPECT_EQ(bench.push(0, 100, 4'001), Joined::kTaken);
  EXPECT_EQ(bench.push(1, 100, 4'900), Joined::kLate);
  EXPECT_EQ(bench.push(1, 100, 4'901), Joined::kTaken);
}

TEST(ClassQueue, AFullStoreRefuses) {
  Bench bench(shares({1000}));
  PacketStore small(3);
  ClassQueue queue(shares({1000}));
  for (int i = 0; i < 4; ++i) {
    const Packet packet = bench.traffic.make(0, 100, bench.now);
    EXPECT_EQ(queue.push(small, 0, 0, packet, bench.now, SIZE_MAX), i < 3 ? Joined::kTaken : Joined::kFull);
    if (i == 3) bench.traffic.give_back(packet);
  }
  while (!queue.empty()) bench.traffic.give_back(queue.discard(small));
}

}  // namespace
}  // namespace levelgate::queueing::class_queue_test
