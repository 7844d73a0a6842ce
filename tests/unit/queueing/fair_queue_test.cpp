// SPDX-License-Identifier: Apache-2.0
//
// One class: who comes first, who gets how much, what is marked, dropped and refused.
#include "queueing/fair_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "support/inner_traffic.h"

namespace levelgate::queueing::fair_queue_test {
namespace {

using std::chrono::milliseconds;
using testing::InnerTraffic;

// A queue whose flows are told by the hash that the test gives.
class Bench {
 public:
  explicit Bench(FairQueueSettings settings = {}) : store_(8192), queue_(settings) {}
  ~Bench() {
    while (queue_.packets() != 0) traffic.give_back(queue_.discard(store_));
    EXPECT_EQ(traffic.out(), 0u);
    EXPECT_EQ(store_.size(), 0u);
    EXPECT_EQ(queue_.octets(), 0u);
    EXPECT_EQ(queue_.waiting_flows(), 0u);
  }

  bool push(std::uint32_t flow, std::uint32_t octets = 100, wire::Ecn ecn = wire::Ecn::kNotEct) {
    const std::size_t place = queue_.flow_of(flow + 1);
    if (!queue_.has_room(place)) return false;
    queue_.push(store_, place, traffic.make(flow, octets, now, ecn), now);
    return true;
  }
  const Packet* front() {
    return queue_.front(store_, now, open_since, [this](const Packet& packet, Loss loss) {
      lost.push_back({InnerTraffic::label_of(packet).number, loss});
      traffic.give_back(packet);
    });
  }
  // The flow of the packet that is next, which leaves; -1: none.
  int take() {
    if (front() == nullptr) return -1;
    const Packet packet = queue_.take(store_);
    queue_.count_sent(packet.length);
    last = InnerTraffic::label_of(packet);
    last_ecn = wire::ecn_of(packet.data);
    EXPECT_TRUE(wire::checksum_holds({packet.data, 20}));
    traffic.give_back(packet);
    return static_cast<int>(last.flow);
  }
  std::vector<int> take_all() {
    std::vector<int> flows;
    for (int flow = take(); flow >= 0; flow = take()) flows.push_back(flow);
    return flows;
  }
  FairQueue& queue() { return queue_; }

  InnerTraffic traffic;
  Instant now = at_ns(1'000'000'000);
  Instant open_since{};
  InnerTraffic::Label last;
  wire::Ecn last_ecn{};
  std::vector<std::pair<std::uint64_t, Loss>> lost;

 private:
  PacketStore store_;
  FairQueue queue_;
};

TEST(FairQueue, WithoutFairnessFirstInFirstOut) {
  Bench bench({.fair = false});
  const std::vector<int> flows = {3, 1, 3, 3, 2, 1};
  for (const int flow : flows) ASSERT_TRUE(bench.push(static_cast<std::uint32_t>(flow), 1500));
  EXPECT_EQ(bench.take_all(), flows);
}

TEST(FairQueue, AFlowThatBeginsComesFirst) {
  Bench bench;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(bench.push(1, 1500));
  EXPECT_EQ(bench.take(), 1);
  EXPECT_EQ(bench.take(), 1);  // its quantum is used up: it is an old flow
  ASSERT_TRUE(bench.push(2, 200));
  EXPECT_EQ(bench.take(), 2);
  EXPECT_EQ(bench.take(), 1);
}

// A flow that sends one packet, runs empty and sends again is not new each time.
TEST(FairQueue, NobodyIsNewAgainAndAgain) {
  Bench bench;
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(bench.push(1, 1000));
  EXPECT_EQ(bench.take(), 1);
  EXPECT_EQ(bench.take(), 1);
  std::uint64_t of_one = 0, of_two = 0;
  for (int i = 0; i < 100; ++i) {
    if (bench.queue().waiting_flows() < 2) {
      ASSERT_TRUE(bench.push(2, 1000));
    }
    (bench.take() == 1 ? of_one : of_two) += 1;
  }
  EXPECT_GE(of_one, 40u);
  EXPECT_GE(of_two, 40u);
}

TEST(FairQueue, SharesAreInOctetsWhateverTheSizes) {
  Bench bench;
  const std::map<std::uint32_t, std::uint32_t> sizes = {{1, 64}, {2, 576}, {3, 1500}, {4, 9000}};
  std::map<int, std::uint64_t> octets;
  for (int i = 0; i < 4'000; ++i) {
    for (const auto& [flow, size] : sizes) {
      while (bench.queue().octets_before(bench.queue().flow_of(flow + 1)) == 0 ||
             bench.traffic.made(flow) * size < octets[static_cast<int>(flow)] + 40'000) {
        ASSERT_TRUE(bench.push(flow, size));
      }
    }
    const int flow = bench.take();
    octets[flow] += sizes.at(static_cast<std::uint32_t>(flow));
  }
  for (const auto& [flow, sent] : octets)
    EXPECT_NEAR(static_cast<double>(sent), static_cast<double>(octets[1]), 9000.0 + 1514);
}

TEST(FairQueue, AFloodLeavesRoomForOthers) {
  Bench bench({.capacity = 256});
  std::uint32_t taken = 0;
  while (bench.push(1)) ++taken;
  EXPECT_EQ(taken, 228u);
  for (std::uint32_t flow = 2; flow < 22; ++flow) EXPECT_TRUE(bench.push(flow));
  EXPECT_EQ(bench.queue().packets(), 248u);
}

TEST(FairQueue, PredictsByShares) {
  Bench bench;
  EXPECT_EQ(bench.queue().octets_before(bench.queue().flow_of(2)), 0u);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(bench.push(1, 1000));
  EXPECT_EQ(bench.queue().octets_before(bench.queue().flow_of(2)), 10'000u);  // alone: all that waits
  ASSERT_TRUE(bench.push(2, 500));
  EXPECT_EQ(bench.queue().octets_before(bench.queue().flow_of(2)), 10'500u);
  EXPECT_EQ(bench.queue().octets_before(bench.queue().flow_of(3)), 1'000u);
  EXPECT_EQ(bench.queue().octets_before(bench.queue().flow_of(4)), 0u);
}

FairQueueSettings watched() {
  FairQueueSettings settings;
  settings.wait.max_wait = milliseconds(20);
  settings.wait.mark_from = milliseconds(10);
  settings.wait.codel = {milliseconds(5), milliseconds(100)};
  return settings;
}

TEST(FairQueue, WhatHasWaitedTooLongIsGivenUp) {
  Bench bench(watched());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.push(1));
  bench.now += milliseconds(10);
  ASSERT_TRUE(bench.push(1));
  bench.now += milliseconds(10) + Nanos(1);
  EXPECT_EQ(bench.take(), 1);
  EXPECT_EQ(bench.last.number, 3u);
  EXPECT_EQ(bench.lost.size(), 3u);
  EXPECT_EQ(bench.queue().counts().late_pkts, 3u);
  EXPECT_EQ(bench.queue().counts().sent_pkts, 1u);
}

// Nothing could be sent meanwhile: that wait is not the queue's.
TEST(FairQueue, AWaitBeforeTheTunnelOpenedDoesNotCount) {
  Bench bench(watched());
  ASSERT_TRUE(bench.push(1));
  bench.now += milliseconds(900);
  bench.open_since = bench.now - milliseconds(2);
  EXPECT_EQ(bench.take(), 1);
  EXPECT_TRUE(bench.lost.empty());
}

// [9347-2.2.5.2-a]
TEST(FairQueue, CapablePacketsAreMarkedBeforeTheyWouldBeDropped) {
  for (const wire::Ecn ecn : {wire::Ecn::kEct0, wire::Ecn::kEct1, wire::Ecn::kCe, wire::Ecn::kNotEct}) {
    Bench bench(watched());
    ASSERT_TRUE(bench.push(1, 100, ecn));
    ASSERT_TRUE(bench.push(1, 100, ecn));
    bench.now += milliseconds(10);
    EXPECT_EQ(bench.take(), 1);
    EXPECT_EQ(bench.last_ecn, ecn);
    bench.now += Nanos(1);
    EXPECT_EQ(bench.take(), 1);
    const bool capable = ecn != wire::Ecn::kNotEct;
    EXPECT_EQ(bench.last_ecn, capable ? wire::Ecn::kCe : wire::Ecn::kNotEct);
    EXPECT_EQ(bench.queue().counts().marked_pkts, capable && ecn != wire::Ecn::kCe ? 1u : 0u);
    EXPECT_TRUE(bench.lost.empty());
  }
}

// A standing queue of 8 ms for a second: marks for the capable, drops for the others, and only where it says so.
// [9347-2.2.5.2-a]
TEST(FairQueue, AStandingQueueIsAnswered) {
  for (const bool capable : {true, false}) {
    for (const bool ecn : {true, false}) {
      FairQueueSettings settings = watched();
      settings.ecn = ecn;
      settings.service_octets = 500;
      Bench bench(settings);
      const auto kind = capable ? wire::Ecn::kEct0 : wire::Ecn::kNotEct;
      for (int ms = 0; ms < 1'000; ++ms) {
        ASSERT_TRUE(bench.push(1, 100, kind));
        if (ms >= 8) {
          ASSERT_EQ(bench.take(), 1);
        }
        bench.now += milliseconds(1);
      }
      const FairQueueCounts& counts = bench.queue().counts();
      EXPECT_EQ(counts.marked_pkts != 0, capable && ecn);
      EXPECT_EQ(counts.aqm_pkts != 0, !(capable && ecn));
      EXPECT_EQ(counts.aqm_pkts, bench.lost.size());
      EXPECT_EQ(counts.late_pkts, 0u);
    }
  }
}

// Asked again about the same packet, the law does not answer twice.
TEST(FairQueue, LookingTwiceChangesNothing) {
  Bench bench(watched());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(bench.push(1, 1500, wire::Ecn::kEct0));
  bench.now += milliseconds(15);
  const Packet* const first = bench.front();
  EXPECT_EQ(bench.front(), first);
  EXPECT_EQ(bench.front(), first);
  EXPECT_EQ(bench.queue().counts().marked_pkts, 1u);
  EXPECT_EQ(bench.queue().packets(), 50u);
}

}  // namespace
}  // namespace levelgate::queueing::fair_queue_test
