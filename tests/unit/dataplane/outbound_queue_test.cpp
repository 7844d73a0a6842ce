// SPDX-License-Identifier: Apache-2.0
//
// Classes behind a whole worker: which class a packet is of, that voice does not wait for bulk, that marks and drops
// have names, and that a reload of the classes loses nothing.
#include "dataplane/outbound_queue.h"

#include <gtest/gtest.h>

#include "dataplane/class_match.h"
#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::outbound_queue_test {
namespace {

using model::Drop;
using std::chrono::milliseconds;

Frame inner(std::size_t octets, unsigned mark, unsigned traffic_class = 0, const char* from = "10.1.0.9") {
  Frame frame = ip_frame(from, "10.2.0.9", octets, mark);
  std::byte* const ip = frame.data() + wire::kEthernetOctets;
  const std::uint16_t before = load_be<std::uint16_t>(ip);
  const auto after = static_cast<std::uint16_t>(before | traffic_class);
  store_be<std::uint16_t>(ip, after);
  store_be<std::uint16_t>(ip + 10, wire::checksum_adjust(load_be<std::uint16_t>(ip + 10), before, after));
  return frame;
}

model::QosClass class_of(const char* name, std::uint64_t dscp, std::uint32_t share) {
  model::QosClass one;
  one.name = name;
  one.dscp = dscp;
  one.share = share;
  return one;
}

model::ForwardingPlan plan_with(std::vector<model::QosClass> classes) {
  model::TfsSettings tfs;
  tfs.rate_bits_per_second = 1'400 * 8 * 1'000;  // a slot each millisecond
  model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  plan.tunnels[0].qos.classes = std::move(classes);
  return plan;
}

constexpr unsigned kExpedited = 46 << 2;

TEST(ClassMatch, ByDscpAndSelectors) {
  model::QosSettings qos;
  qos.classes = {class_of("voice", 1ULL << 46, 300), class_of("host", 0, 100), class_of("rest", 0, 600)};
  const auto number = [&](const Frame& frame) {
    return dataplane::ClassMatch(qos).of(ConstBytes(frame).subspan(wire::kEthernetOctets));
  };
  qos.classes[1].dscp = 1ULL << 10;
  EXPECT_EQ(number(inner(60, 1)), 2u);
  EXPECT_EQ(number(inner(60, 1, kExpedited)), 0u);
  EXPECT_EQ(number(inner(60, 1, 10 << 2)), 1u);
  qos.classes[1].dscp = 0;
  qos.classes[1].selectors.local = {model::TrafficSelector::from(IpPrefix::parse("10.1.0.9/32").value())};
  EXPECT_EQ(number(inner(60, 1)), 1u);
  EXPECT_EQ(number(inner(60, 1, kExpedited)), 0u);
  EXPECT_EQ(number(inner(60, 1, 0, "10.1.0.8")), 2u);
  EXPECT_EQ(number(ip_frame("fd01::9", "fd02::9", 60)), 2u);
  qos.classes[1].dscp = 1ULL << 46;  // both must hold
  EXPECT_EQ(number(inner(60, 1)), 2u);
  EXPECT_EQ(number(inner(60, 1, kExpedited)), 0u);
  EXPECT_EQ(dataplane::ClassMatch(model::QosSettings{}).of(ConstBytes(inner(60, 1)).subspan(14)), 0u);
}

TEST(OutboundQueue, VoiceGoesInFrontOfBulk) {
  Plane plane({.buffers = 256, .buffer_octets = 4'096});
  const model::ForwardingPlan plan = plan_with({class_of("voice", 1ULL << 46, 300), class_of("rest", 0, 700)});
  ASSERT_TRUE(plane.apply(plan));
  plane.turn(at_ns(-1));
  for (unsigned i = 0; i < 10; ++i) plane.io().give(kLan, inner(1'300, i));
  plane.settle(at_ns(100'000));
  plane.io().give(kLan, inner(200, 77, kExpedited));
  plane.run_until(at_ns(2'100'000));
  const auto classes = plane.publisher->stats().tunnels.at(0).classes;
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[0].name, "voice");
  EXPECT_EQ(classes[0].sent_pkts, 1u);
  EXPECT_EQ(classes[0].sent_octets, 200u);
  EXPECT_LE(classes[1].sent_pkts, 2u);
  EXPECT_GE(classes[1].queue_pkts, 7u);
  EXPECT_TRUE(plane.bury());
}

// Twenty times what the tunnel carries: who can hear it is marked, nobody waits longer than the bound, and all add up.
TEST(OutboundQueue, MarksAndRefusalsAreCountedByClass) {
  Plane plane({.buffers = 512, .buffer_octets = 4'096});
  const model::ForwardingPlan plan = plan_with({class_of("default", 0, 1000)});
  ASSERT_TRUE(plane.apply(plan));
  plane.turn(at_ns(-1));
  unsigned mark = 0;
  for (int ms = 0; ms < 500; ++ms) {
    for (int i = 0; i < 20; ++i) plane.io().give(kLan, inner(1'300, ++mark, static_cast<unsigned>(wire::Ecn::kEct0)));
    plane.run_until(at_ns(ms * 1'000'000LL + 1));
  }
  plane.run_until(at_ns(1'000'000'000));
  const model::NamedTunnelStats stats = plane.publisher->stats().tunnels.at(0);
  ASSERT_EQ(stats.classes.size(), 1u);
  EXPECT_GT(stats.classes[0].marked_pkts, 300u);
  EXPECT_EQ(stats.classes[0].aqm_pkts, 0u);
  EXPECT_EQ(stats.classes[0].sent_pkts + stats.classes[0].refused_pkts, mark);
  EXPECT_EQ(stats.classes[0].sent_pkts, stats.counters.inner_tx_pkts);
  EXPECT_EQ(stats.classes[0].refused_pkts, plane.drops(Drop::kTfsQueueDelay));
  EXPECT_EQ(stats.counters.tx_drop_pkts, plane.drops(Drop::kTfsQueueDelay));
  EXPECT_TRUE(plane.bury());
}

// What waits, and what was begun, goes over into the new classes.
TEST(OutboundQueue, ChangedClassesLoseNothing) {
  Plane plane({.buffers = 256, .buffer_octets = 4'096});
  ASSERT_TRUE(plane.apply(plan_with({class_of("default", 0, 1000)})));
  plane.turn(at_ns(-1));
  for (unsigned i = 0; i < 8; ++i) plane.io().give(kLan, inner(1'500, i, i % 2 == 0 ? kExpedited : 0));
  plane.run_until(at_ns(2'500'000));
  const model::ForwardingPlan plan = plan_with({class_of("voice", 1ULL << 46, 300), class_of("rest", 0, 700)});
  ASSERT_TRUE(plane.apply(plan));
  plane.run_until(at_ns(30'000'000));
  EXPECT_EQ(plane.all_drops(), 0u);
  EXPECT_EQ(plane.tunnel().inner_tx_pkts, 8u);
  EXPECT_EQ(plane.tunnel().queue_pkts, 0u);
  EXPECT_EQ(plane.tunnel().skipped_slots, 0u);
  Peer peer(plan.tunnels[0]);
  Octets stream;
  for (const Sent& sent : plane.sent(kWan)) {
    const Octets payload = peer.open(sent.frame)->payload;
    stream.insert(stream.end(), payload.begin() + wire::kAggfragOctets, payload.end());
  }
  for (unsigned i = 0; i < 8; ++i) {
    const Octets packet = ip_of(after_hops(inner(1'500, i, i % 2 == 0 ? kExpedited : 0), 1));
    EXPECT_NE(std::search(stream.begin(), stream.end(), packet.begin(), packet.end()), stream.end()) << i;
  }
  EXPECT_TRUE(plane.bury());
}

}  // namespace
}  // namespace levelgate::testing::outbound_queue_test
