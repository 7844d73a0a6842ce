// SPDX-License-Identifier: Apache-2.0
//
// Two data planes that search for what the path between them carries (RFC 8899, RFC 9347 §2, §6.1.2), in virtual time:
// the size that they find, what an observer sees of it, and what inner packets notice.
#include <gtest/gtest.h>

#include <set>

#include "control/path_sizes.h"
#include "support/two_way.h"

namespace levelgate::testing::path_mtu_gateways_test {
namespace {

using namespace std::chrono_literals;

using Wire = std::vector<std::pair<std::int64_t, std::size_t>>;  // moments, and octets of outer packets

model::TfsSettings searching(std::uint64_t rate = 5'000'000) {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kFixed;
  tfs.rate_bits_per_second = rate;
  tfs.path_mtu.emplace();
  const model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  control::bound_path_mtu(tfs, plan.ports, kWan, nullptr);
  return tfs;
}

model::TfsSettings reporting() {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kFixed;
  tfs.packet_size = 1000;
  tfs.rate_bits_per_second = 5'000'000;
  tfs.congestion.reports_wanted = true;
  return tfs;
}

struct Pair : TwoWay {
  Pair(const model::TfsSettings& tfs_a, const model::TfsSettings& tfs_b) : TwoWay(tfs_a, tfs_b) {
    control = [](const model::Event& event, model::ForwardingPlan& plan) {
      if (event.kind != model::EventKind::kPathMtu) return;
      if (auto resized = control::with_size(plan, event)) plan = std::move(*resized);
    };
  }
  [[nodiscard]] std::uint32_t size_a() const { return plan_a.tunnels[0].tfs.packet_size; }
};

Wire wire_of(const Direction& direction) {
  Wire wire;
  for (const Sent& sent : direction.passed) wire.emplace_back(to_ns(sent.when), sent.frame.size() - 14);
  return wire;
}

std::set<std::size_t> sizes_since(const Direction& direction, std::size_t from) {
  std::set<std::size_t> sizes;
  for (std::size_t i = from; i < direction.passed.size(); ++i) sizes.insert(direction.passed[i].frame.size() - 14);
  return sizes;
}

double bits_per_second(const Direction& direction, std::size_t from, Nanos span) {
  double octets = 0;
  for (std::size_t i = from; i < direction.passed.size(); ++i) {
    octets += static_cast<double>(direction.passed[i].frame.size() - 14);
  }
  return octets * 8 / std::chrono::duration<double>(span).count();
}

// A router's word that packets of A's tunnel are too big: "fragmentation needed", next-hop MTU 576 (RFC 1191 §4).
Frame forged_too_big(const Sent& quoted) {
  Frame frame = ip_frame("198.51.100.77", "198.51.100.1", 20 + 8 + 28);
  frame[14 + 9] = std::byte{1};
  wire::set_total_octets(frame.data() + 14, IpFamily::kV4, 56);
  std::byte* const icmp = frame.data() + 34;
  std::fill(icmp, frame.data() + frame.size(), std::byte{0});
  icmp[0] = std::byte{3};
  icmp[1] = std::byte{4};
  icmp[6] = std::byte{576 >> 8};
  icmp[7] = std::byte{576 & 0xff};
  std::copy_n(quoted.frame.begin() + 14, 28, icmp + 8);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 36; i += 2) {
    sum += std::to_integer<std::uint32_t>(icmp[i]) << 8 | std::to_integer<std::uint32_t>(icmp[i + 1]);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  icmp[2] = static_cast<std::byte>(sum >> 8);
  icmp[3] = static_cast<std::byte>(sum & 0xff);
  return frame;
}

TEST(PathMtuGateways, FindWhatThePathCarries) {
  for (const std::size_t mtu : {576u, 900u, 1200u, 1280u, 1371u, 1492u, 1500u}) {
    Pair pair(searching(), reporting());
    pair.to_b.mtu = mtu;
    pair.run(20s);
    const std::size_t found = mtu / 4 * 4;
    EXPECT_EQ(pair.size_a(), found);
    const std::size_t before = pair.to_b.passed.size();
    pair.run(10s);
    EXPECT_EQ(sizes_since(pair.to_b, before), std::set<std::size_t>{found});
    EXPECT_NEAR(bits_per_second(pair.to_b, before, 10s), 5e6, 2e4);
    EXPECT_EQ(pair.a.tunnel().path_mtu_state, 4u);
    EXPECT_EQ(pair.a.tunnel().skipped_slots, 0u);
    const std::uint64_t sealed = pair.a.publisher.stats().tunnels[0].outbound->octets;
    EXPECT_LE(sealed - pair.a.tunnel().tx_octets, found);  // the packet of the next slot
  }
}

// Both at once, each its own direction.
TEST(PathMtuGateways, EachDirectionHasItsOwnSize) {
  Pair pair(searching(), searching());
  pair.to_b.mtu = 1300;
  pair.to_a.mtu = 1420;
  pair.run(20s);
  EXPECT_EQ(pair.size_a(), 1300u);
  EXPECT_EQ(pair.plan_b.tunnels[0].tfs.packet_size, 1420u);
}

// Probes carry nothing, and no inner packet lies around one: a lost probe takes nothing along, and is no loss event.
TEST(PathMtuGateways, ProbesCostNoInnerPacket) {
  Pair pair(searching(), reporting());
  pair.to_b.mtu = 1300;
  pair.load(4ms);
  pair.run(20s);
  pair.load(0ms);
  pair.run(1s);
  EXPECT_GT(pair.a.tunnel().path_mtu_probes_lost, 6u);
  EXPECT_GT(pair.inner_offered, 4000u);
  EXPECT_EQ(pair.inner_delivered, pair.inner_offered);
  EXPECT_EQ(pair.b.tunnel().inner_rx_incomplete_pkts, 0u);
  EXPECT_EQ(pair.b.tunnel().rx_missed_pkts, pair.a.tunnel().path_mtu_probes_lost);
  EXPECT_EQ(pair.b.tunnel().path_loss_interval_inbound, 0u);
  EXPECT_EQ(pair.a.tunnel().path_loss_interval_outbound, 0u);
}

// The same wire, packet by packet, whether or not anyone is talking: search, shrinking path, growing path.
TEST(PathMtuGateways, LoadDoesNotMoveTheWire) {
  Wire forth[2];
  Wire back[2];
  for (const int loaded : {0, 1}) {
    model::TfsSettings tfs = searching();
    tfs.path_mtu->probe_interval = 20s;
    tfs.congestion.controlled = true;
    Pair pair(tfs, searching());
    pair.to_b.mtu = 1400;
    pair.to_b.lost_of_1000 = 5;
    if (loaded == 1) pair.load(317us);  // more than the tunnel carries
    pair.run(15s);
    EXPECT_EQ(pair.size_a(), 1400u);
    pair.to_b.mtu = 1250;
    pair.run(20s);
    EXPECT_EQ(pair.size_a(), 1248u);
    pair.to_b.mtu = 1500;
    pair.run(40s);
    EXPECT_EQ(pair.size_a(), 1500u);
    forth[loaded] = wire_of(pair.to_b);
    back[loaded] = wire_of(pair.to_a);
    EXPECT_EQ(pair.inner_delivered > 10'000, loaded == 1);
  }
  EXPECT_EQ(forth[0], forth[1]);
  EXPECT_EQ(back[0], back[1]);
}

TEST(PathMtuGateways, AShrinkingPathIsFollowed) {
  Pair pair(searching(), reporting());
  pair.load(4ms);
  pair.run(10s);
  ASSERT_EQ(pair.size_a(), 1500u);
  pair.to_b.mtu = 1300;
  pair.run(4s);
  const std::uint64_t lost = pair.inner_offered - pair.inner_delivered;
  pair.run(20s);
  pair.load(0ms);
  pair.run(1s);
  EXPECT_EQ(pair.size_a(), 1300u);
  EXPECT_LE(pair.inner_offered - pair.inner_delivered, lost);  // from the base on none
}

// Nobody's word but the peer's: forged ICMP moves nothing, and what a router drops it drops (DF).
TEST(PathMtuGateways, ForgedTooBigChangesNothing) {
  Wire wire[2];
  for (const int forged : {0, 1}) {
    Pair pair(searching(), reporting());
    pair.to_b.mtu = 1400;
    for (int i = 0; i < 100; ++i) {
      pair.run(150ms);
      if (forged == 1) pair.a.io.give(kWan, forged_too_big(pair.to_b.passed.back()));
    }
    EXPECT_EQ(pair.size_a(), 1400u);
    wire[forged] = wire_of(pair.to_b);
    for (const Sent& sent : pair.to_b.passed) ASSERT_EQ(sent.frame[20], std::byte{0x40});
  }
  EXPECT_EQ(wire[0], wire[1]);
}

TEST(PathMtuGateways, APeerThatReportsNothingGetsTheBase) {
  model::TfsSettings mute = reporting();
  mute.congestion.reports_wanted = false;
  Pair pair(searching(), mute);
  pair.run(30s);
  EXPECT_EQ(sizes_since(pair.to_b, 0), std::set<std::size_t>{1200});
  EXPECT_EQ(pair.a.tunnel().path_mtu_state, 5u);
  EXPECT_EQ(pair.a.tunnel().path_mtu_probes_sent, 0u);
}

// The rate stays what congestion control made it, in bits per second.
TEST(PathMtuGateways, CongestionControlGoesOn) {
  model::TfsSettings tfs = searching();
  tfs.congestion.controlled = true;
  Pair pair(tfs, reporting());
  pair.run(20s);
  EXPECT_EQ(pair.size_a(), 1500u);
  EXPECT_EQ(pair.a.tunnel().path_rate_bits_per_second, 5'000'000u);
  const std::size_t before = pair.to_b.passed.size();
  pair.run(10s);
  EXPECT_NEAR(bits_per_second(pair.to_b, before, 10s), 5e6, 2e4);
}

// Without fragmentation the size that was found decides what enters in one piece.
TEST(PathMtuGateways, WholePacketsGrowWithThePath) {
  model::TfsSettings tfs = searching();
  tfs.fragment = false;
  Pair pair(tfs, reporting());
  pair.run(1ms);
  pair.a.io.give(kLan, with_df(ip_frame("10.1.0.9", "10.2.0.9", 1400, 1)));
  pair.run(10s);
  EXPECT_EQ(pair.inner_delivered, 0u);
  ASSERT_EQ(pair.size_a(), 1500u);
  pair.a.io.give(kLan, with_df(ip_frame("10.1.0.9", "10.2.0.9", 1400, 2)));
  pair.run(1s);
  EXPECT_EQ(pair.inner_delivered, 1u);
}

// A reload of something else goes on with the size that was found.
TEST(PathMtuGateways, AReloadKeepsWhatWasFound) {
  Pair pair(searching(), reporting());
  pair.to_b.mtu = 1400;
  pair.run(15s);
  const std::size_t before = pair.to_b.passed.size();
  pair.plan_a.tunnels[0].tfs.max_queue_delay = 30ms;
  pair.apply();
  pair.run(5s);
  pair.plan_a.tunnels[0].tfs.congestion.min_rate = 100'000;  // the search begins a new life, at that size
  pair.apply();
  pair.run(10s);
  EXPECT_EQ(pair.size_a(), 1400u);
  const std::set<std::size_t> sizes = sizes_since(pair.to_b, before);
  EXPECT_LE(sizes.size(), 2u);  // and tries one step more
  EXPECT_TRUE(sizes.contains(1400));
}

}  // namespace
}  // namespace levelgate::testing::path_mtu_gateways_test
