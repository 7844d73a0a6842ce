// SPDX-License-Identifier: Apache-2.0
//
// Two data planes whose ESP travels in TCP (RFC 9329): each has its control thread's desk, and a connection between
// them that delivers in order, late, in bursts, or for a while not at all. A ledger holds what was offered against what
// was delivered and what was counted as dropped, at every stage of the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "support/gateway.h"
#include "support/memory_streams.h"
#include "support/packets.h"
#include "support/peer.h"

namespace levelgate::testing::streamed_gateways_test {
namespace {

using model::Drop;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr StreamId kStream{5};

struct Weather {
  double octets_per_ms = 1e9;  // what the connection carries
  double stall = 0;            // chance that a millisecond begins a stall
  int longest_stall_ms = 0;
  std::size_t line = SIZE_MAX;  // octets that the sender's side holds
};

// One direction: what was offered, and the connection that carries it.
struct Direction {
  Gateway& from;
  Gateway& to;
  std::string source, destination;
  std::vector<Octets> offered{};
  MemoryStreams streams{};
  std::int64_t stalled_until_ms = 0;
  double credit = 0;  // octets that may leave the line now
  std::uint64_t received = 0;

  [[nodiscard]] MemoryStreams::Line& line() { return streams.open.at(kStream.value); }
};

class Link {
 public:
  Link(unsigned seed, const model::TfsSettings& tfs, Weather weather)
      : random_(seed),
        weather_(weather),
        a_(1'024),
        b_(1'024),
        forth_{a_, b_, "10.1.0.7", "10.2.0.9"},
        back_{b_, a_, "10.2.0.7", "10.1.0.9"} {
    for (const Site site : {Site::kA, Site::kB}) {
      model::ForwardingPlan plan = site_plan(site, tfs);
      plan.tunnels[0].encapsulation = model::Encapsulation::kTcp;
      plan.tunnels[0].stream = kStream;
      Gateway& gateway = site == Site::kA ? a_ : b_;
      EXPECT_TRUE(gateway.publisher.apply(plan, at_ns(0)));
      gateway.turn(at_ns(-1));
    }
    for (Direction* const d : {&forth_, &back_}) {
      d->streams.open[kStream.value].limit = weather.line;
    }
  }

  // In steps of 250 us; each fourth is one of control's.
  void run(int load_until_ms, int until_ms, double chance) {
    for (std::int64_t step = 0; step < std::int64_t{until_ms} * 4; ++step) {
      const std::int64_t now_ms = step / 4;
      for (Direction* const d : {&forth_, &back_}) {
        d->from.run_until(at_ns(step * 250'000 + 1));
        if (now_ms < load_until_ms && std::uniform_real_distribution<double>(0, 1)(random_) < chance) offer(*d);
        if (step % 4 != 0) continue;
        d->from.desk.pump(d->streams);
        carry(*d, now_ms, now_ms < load_until_ms);
      }
    }
    for (Direction* const d : {&forth_, &back_}) settle(*d, until_ms);
  }
  Direction& forth() { return forth_; }
  Direction& back() { return back_; }

 private:
  // What is on the way arrives; no slot more passes.
  void settle(Direction& d, std::int64_t now_ms) {
    d.from.desk.pump(d.streams);
    while (!d.line().packets.empty()) carry(d, now_ms, false);
    for (int i = 0; i < 10; ++i) d.to.turn(d.to.clock);
  }
  void offer(Direction& d) {
    const Frame frame =
        ip_frame(d.source, d.destination, 48 + random_() % 850, static_cast<unsigned>(d.offered.size()));
    d.offered.push_back(ip_of(after_hops(frame, 2)));
    d.from.io.give(kLan, frame);
    d.from.turn(d.from.clock);
  }
  // In the end the weather is fair, so that nothing stays on the way.
  void carry(Direction& d, std::int64_t now_ms, bool foul) {
    if (foul && now_ms >= d.stalled_until_ms &&
        std::uniform_real_distribution<double>(0, 1)(random_) < weather_.stall) {
      d.stalled_until_ms =
          now_ms + 1 + static_cast<std::int64_t>(random_() % static_cast<unsigned>(weather_.longest_stall_ms));
    }
    if (foul && now_ms < d.stalled_until_ms) return;
    d.credit = std::min(d.credit + weather_.octets_per_ms, 2 * weather_.octets_per_ms);
    while (!d.line().packets.empty() && static_cast<double>(d.line().packets.front().size()) <= d.credit) {
      const Octets packet = d.streams.take(kStream);
      d.credit -= static_cast<double>(packet.size());
      d.to.desk.received(kStream, packet);
      ++d.received;
    }
  }

  std::mt19937_64 random_;
  Weather weather_;
  Gateway a_, b_;
  Direction forth_, back_;
};

void check(Direction& d, const std::string& about) {
  SCOPED_TRACE(about);
  const model::TunnelStats tx = d.from.tunnel();
  const model::TunnelStats rx = d.to.tunnel();
  // Outer packets: each one that was built is in a ring, taken, or counted.
  EXPECT_EQ(tx.tx_pkts, tx.tcp_taken_pkts + tx.tcp_refused_pkts) << "nothing is left in the ring";
  EXPECT_EQ(tx.tcp_refused_pkts, d.from.drops(Drop::kTcpRefused));
  EXPECT_EQ(tx.tcp_taken_pkts, d.received + d.line().packets.size());
  if (tx.slots != 0) {
    EXPECT_EQ(tx.slots, tx.tx_pkts + tx.skipped_slots);
  }
  EXPECT_EQ(d.received, rx.rx_pkts + d.to.drops(Drop::kTcpInboundFull));
  // Inner packets: delivered once, whole, in order; what is missing was refused by name on one of the two sides.
  std::vector<Octets> delivered;
  for (const Sent& sent : d.to.io.sent[kLan.value]) delivered.push_back(ip_of(sent.frame));
  std::size_t at = 0;
  for (const Octets& packet : delivered) {
    while (at < d.offered.size() && !(d.offered[at] == packet)) ++at;
    ASSERT_LT(at, d.offered.size()) << "an inner packet that was never offered, or came out of order";
    ++at;
  }
  EXPECT_EQ(rx.inner_rx_pkts, delivered.size());
  const std::uint64_t refused_inside = d.from.drops(Drop::kTfsQueueDelay) + d.from.drops(Drop::kTfsQueueFull);
  EXPECT_EQ(tx.inner_tx_pkts + refused_inside, d.offered.size());
  const std::uint64_t lost =
      tx.tcp_refused_pkts + d.from.drops(Drop::kTcpOutboundFull) + d.to.drops(Drop::kTcpInboundFull);
  if (lost == 0) {
    EXPECT_EQ(delivered.size(), tx.inner_tx_pkts);
    EXPECT_EQ(rx.rx_missed_pkts, 0u);
    EXPECT_FALSE(d.to.worker.holds_packets());
    EXPECT_EQ(d.to.all_drops() - d.to.drops(Drop::kTfsQueueDelay), 0u);
  }
  EXPECT_EQ(d.to.drops(Drop::kReplay) + d.to.drops(Drop::kAuthFailed) + d.to.drops(Drop::kEspMalformed), 0u);
}

model::TfsSettings settings(model::TfsMode mode) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.packet_size = 1'000;
  tfs.rate_bits_per_second = 1'000 * 8 * 2'000;  // a slot each 500 us
  tfs.max_queue_delay = milliseconds(50);
  tfs.receive.lost_packet_timer = milliseconds(3);
  tfs.init_delay = microseconds(500);
  return tfs;
}

TEST(StreamedGateways, AConnectionThatCarriesAllLosesNothing) {
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain}) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
      Link link(seed, settings(mode), {});
      link.run(200, 400, 0.3);
      const std::string about = "mode " + std::to_string(static_cast<int>(mode)) + ", seed " + std::to_string(seed);
      ASSERT_GT(link.forth().offered.size(), 100u);
      ASSERT_NO_FATAL_FAILURE(check(link.forth(), about + ", forth"));
      ASSERT_NO_FATAL_FAILURE(check(link.back(), about + ", back"));
      EXPECT_EQ(link.forth().from.drops(Drop::kTcpRefused), 0u);
    }
  }
}

// The line is as long as it may be, and no octet longer, however long the connection stands.
TEST(StreamedGateways, WhatAStallingConnectionDoesNotTakeIsCountedAndMemoryIsBounded) {
  std::uint64_t refused = 0;
  for (const auto mode : {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain}) {
    for (unsigned seed = 1; seed <= 8; ++seed) {
      Weather weather;
      weather.octets_per_ms = 2'500;
      weather.stall = 0.05;
      weather.longest_stall_ms = 40;
      weather.line = 8'000 + 1'000 * seed;
      Link link(seed, settings(mode), weather);
      link.run(400, 700, 0.5);
      for (Direction* const d : {&link.forth(), &link.back()}) {
        ASSERT_NO_FATAL_FAILURE(
            check(*d, "mode " + std::to_string(static_cast<int>(mode)) + ", seed " + std::to_string(seed)));
        EXPECT_LE(d->line().most, weather.line);
        refused += d->from.drops(Drop::kTcpRefused);
      }
    }
  }
  EXPECT_GT(refused, 500u) << "or the weather was too fair";
}

// Control hangs: the rings fill, and no further. What they held is worth sending when it comes back.
TEST(StreamedGateways, WhileControlStandsTheRingsAreTheBound) {
  Link link(1, settings(model::TfsMode::kFixed), {});
  Gateway& gateway = link.forth().from;
  gateway.run_until(at_ns(1'000'000'000));
  const model::TunnelStats stats = gateway.tunnel();
  EXPECT_EQ(stats.slots, 2'000u);
  EXPECT_EQ(stats.slots, stats.tx_pkts + stats.skipped_slots);
  EXPECT_EQ(stats.skipped_slots, gateway.drops(Drop::kTcpOutboundFull));
  EXPECT_GE(stats.tx_pkts, 20u);
  EXPECT_LE(stats.tx_pkts * 980, gateway.streams.outbound.capacity());
  EXPECT_LE(gateway.io.buffers_out(), 1u) << "one may be built for the next slot";
  gateway.desk.pump(link.forth().streams);
  EXPECT_EQ(link.forth().line().packets.size(), stats.tx_pkts);
}

// When and how much is handed over says nothing of what is inside.
TEST(StreamedGateways, WhatControlSeesOfAFixedTunnelIsTheSameIdleAndLoaded) {
  std::vector<std::vector<std::size_t>> seen;
  for (const double chance : {0.0, 0.2, 1.0}) {
    Link link(3, settings(model::TfsMode::kFixed), {});
    Direction& d = link.forth();
    std::vector<std::size_t> sizes;
    std::mt19937 random(4);
    for (std::int64_t ms = 0; ms < 200; ++ms) {
      if (std::uniform_real_distribution<double>(0, 1)(random) < chance) {
        d.from.io.give(kLan, ip_frame(d.source, d.destination, 48 + random() % 1'400, static_cast<unsigned>(ms)));
      }
      d.from.run_until(at_ns(ms * 1'000'000 + 1));
      d.from.desk.pump(d.streams);
      sizes.push_back(d.line().packets.size());
      while (!d.line().packets.empty()) sizes.push_back(d.streams.take(kStream).size());
    }
    seen.push_back(std::move(sizes));
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

}  // namespace
}  // namespace levelgate::testing::streamed_gateways_test
