// SPDX-License-Identifier: Apache-2.0
//
// Two whole data planes in one process, over a link that loses, repeats and reorders, in virtual time (RFC 9347 §2.2.3,
// §2.4.1).
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "support/gateway.h"
#include "support/packets.h"

namespace levelgate::testing::two_gateways_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

model::TfsSettings fixed(std::uint64_t packets_per_second = 1000, std::uint32_t packet_size = 1400) {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kFixed;
  tfs.packet_size = packet_size;
  tfs.rate_bits_per_second = packets_per_second * packet_size * 8;
  tfs.max_queue_delay = std::chrono::seconds(10);
  return tfs;
}

struct Link {
  double loss = 0;
  double repeat = 0;
  std::int64_t jitter_ns = 0;
  std::mt19937_64 random{1};
};

// Plays what A sent on the wire into B at its time of arrival.
void carry(Gateway& a, Gateway& b, Link& link, Instant until) {
  std::multimap<std::int64_t, Frame> arrivals;
  std::uniform_real_distribution<double> chance(0, 1);
  for (const Sent& sent : a.io.sent[kWan.value]) {
    if (chance(link.random) < link.loss) continue;
    const int copies = chance(link.random) < link.repeat ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const std::int64_t late =
          link.jitter_ns == 0 ? 0
                              : static_cast<std::int64_t>(link.random() % static_cast<std::uint64_t>(link.jitter_ns));
      arrivals.emplace(to_ns(sent.when) + late, sent.frame);
    }
  }
  a.io.sent[kWan.value].clear();
  for (const auto& [when, frame] : arrivals) {
    b.run_until(at_ns(when));
    b.clock = at_ns(when);
    b.io.give(kWan, frame);
    b.turn(b.clock);
  }
  b.run_until(until);
}

struct Pair {
  explicit Pair(const model::TfsSettings& tfs) {
    EXPECT_TRUE(a.publisher.apply(site_plan(Site::kA, tfs), at_ns(0)));
    EXPECT_TRUE(b.publisher.apply(site_plan(Site::kB, tfs), at_ns(0)));
    a.turn(at_ns(-1));
    b.turn(at_ns(-1));
  }
  Gateway a;
  Gateway b;
};

// Offers random packets to A's protected side over a time; returns them as they were.
std::vector<Frame> offer(Gateway& a, std::mt19937_64& random, std::size_t count, Nanos apart, std::size_t longest) {
  std::vector<Frame> offered;
  for (std::size_t i = 0; i < count; ++i) {
    a.run_until(a.clock + apart + Nanos(1));
    const bool v6 = random() % 4 == 0;
    const std::size_t octets = 48 + random() % (longest - 47);
    offered.push_back(v6 ? ip_frame("fd01::9", "fd02::9", octets, static_cast<unsigned>(i))
                         : ip_frame("10.1.0.9", "10.2.0.9", octets, static_cast<unsigned>(i)));
    a.io.give(kLan, offered.back());
  }
  return offered;
}

TEST(TwoGateways, EveryPacketArrivesOnceInOrderWithTwoHopsLess) {
  for (const std::uint32_t size : {128u, 600u, 1400u}) {
    Pair pair(fixed(20000, size));
    std::mt19937_64 random(size);
    const std::vector<Frame> offered = offer(pair.a, random, 300, microseconds(200), 3000);
    pair.a.run_until(pair.a.clock + std::chrono::seconds(1));
    Link link;
    carry(pair.a, pair.b, link, pair.a.clock + std::chrono::seconds(3));
    const std::vector<Sent>& out = pair.b.io.sent[kLan.value];
    ASSERT_EQ(out.size(), offered.size()) << "size " << size;
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_TRUE(same_ip(out[i].frame, after_hops(offered[i], 2))) << i;
    EXPECT_EQ(pair.a.all_drops() + pair.b.all_drops(), 0u);
  }
}

TEST(TwoGateways, TheWireIsAFunctionOfTheClockAlone) {
  std::vector<std::pair<std::int64_t, std::size_t>> seen[2];
  for (int loaded = 0; loaded < 2; ++loaded) {
    Gateway a;
    ASSERT_TRUE(a.publisher.apply(site_plan(Site::kA, fixed(3000)), at_ns(0)));
    a.turn(at_ns(-1));
    std::mt19937_64 random(7);
    if (loaded == 1) (void)offer(a, random, 2000, microseconds(100), 1500);
    a.run_until(at_ns(1'000'000'000));
    for (const Sent& sent : a.io.sent[kWan.value]) seen[loaded].emplace_back(to_ns(sent.when), sent.frame.size());
  }
  EXPECT_EQ(seen[0].size(), 3000u);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(TwoGateways, UnderLossDuplicationAndReorderingWhatArrivesWasSentOnceAndInOrder) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    model::TfsSettings tfs = fixed(5000, 700);
    tfs.receive.reorder_window = seed % 5;
    tfs.receive.lost_packet_timer = milliseconds(3);
    Pair pair(tfs);
    std::mt19937_64 random(seed);
    const std::vector<Frame> offered = offer(pair.a, random, 400, microseconds(300), 2500);
    pair.a.run_until(pair.a.clock + std::chrono::seconds(1));
    Link link{0.05, 0.05, 500'000, std::mt19937_64(seed)};
    carry(pair.a, pair.b, link, pair.a.clock + std::chrono::seconds(4));
    std::size_t next = 0;
    for (const Sent& sent : pair.b.io.sent[kLan.value]) {
      while (next < offered.size() && !same_ip(sent.frame, after_hops(offered[next], 2))) ++next;
      ASSERT_LT(next, offered.size()) << "a packet that was not offered, or twice, or out of order; seed " << seed;
      ++next;
    }
    EXPECT_GT(pair.b.io.sent[kLan.value].size(), offered.size() / 4);
    EXPECT_GT(pair.b.tunnel().rx_missed_pkts, 0u);
    EXPECT_EQ(pair.b.drops(model::Drop::kAuthFailed), 0u);
    EXPECT_FALSE(pair.b.worker.holds_packets());
  }
}

TEST(TwoGateways, BuffersComeBackWhenTheTunnelGoes) {
  Pair pair(fixed());
  std::mt19937_64 random(3);
  (void)offer(pair.a, random, 50, microseconds(10), 1500);
  model::ForwardingPlan empty = site_plan(Site::kA, fixed());
  empty.tunnels.clear();
  empty.routes.pop_back();
  empty.routes.erase(empty.routes.begin() + 2);
  ASSERT_TRUE(pair.a.publisher.apply(empty, pair.a.clock));
  for (int i = 0; i < 10; ++i) {
    pair.a.turn(pair.a.clock);
    pair.a.publisher.reclaim();
  }
  EXPECT_TRUE(pair.a.publisher.nothing_buried());
  EXPECT_EQ(pair.a.io.buffers_out(), 0u);
}

}  // namespace
}  // namespace levelgate::testing::two_gateways_test
