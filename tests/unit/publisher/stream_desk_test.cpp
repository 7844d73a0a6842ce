// SPDX-License-Identifier: Apache-2.0
//
// Between workers and TCP connections (RFC 9329): everything is handed over or counted, nothing reaches another
// tunnel's connection, and one call does a bounded amount of work.
#include "publisher/stream_desk.h"

#include "publishing.h"
#include "support/memory_streams.h"

namespace levelgate::testing::stream_desk_test {
namespace {

using model::Drop;

constexpr std::size_t kOuterHeaders = wire::kEthernetOctets + wire::kIpv4Octets;

struct StreamDeskTest : PublisherTest {
  void start_streamed(std::size_t stream_octets = 65'536) {
    plan = site_plan(Site::kA, fixed());
    plan.tunnels[0].encapsulation = model::Encapsulation::kTcp;
    plan.tunnels[0].stream = StreamId{7};
    plane = std::make_unique<Plane>(PlaneOptions{.stream_octets = stream_octets});
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(-1));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
  }
  void slots(int count) { plane->run_until(plane->clock + std::chrono::milliseconds(count)); }
  Octets esp() {
    const Frame frame = peer->seal(aggfrag_payload(0, ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100))));
    return part(frame, kOuterHeaders, frame.size());
  }
  MemoryStreams streams;
};

TEST_F(StreamDeskTest, WhatAWorkerSentReachesTheTunnelsConnectionInOrder) {
  start_streamed();
  streams.open[7];
  streams.open[8];
  slots(20);
  plane->desk->pump(streams);
  EXPECT_EQ(streams.open[7].packets.size(), 20u);
  EXPECT_TRUE(streams.open[8].packets.empty());
  for (std::uint64_t number = 1; number <= 20; ++number) {
    EXPECT_EQ(peer->open(Frame(kOuterHeaders) + streams.take(StreamId{7}))->number, number);
  }
  EXPECT_EQ(plane->tunnel().tcp_taken_pkts, 20u);
  EXPECT_EQ(plane->tunnel().tcp_refused_pkts, 0u);
  plan.tunnels[0].stream = StreamId{8};
  slots(1);
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  slots(1);
  plane->desk->pump(streams);
  EXPECT_EQ(streams.open[8].packets.size(), 2u) << "the connection of now, for what was sent before as well";
}

TEST_F(StreamDeskTest, WhatAConnectionDoesNotTakeIsCounted) {
  start_streamed();
  streams.open[7].limit = 5 * (1'400 - 20 + 2);
  slots(20);
  plane->desk->pump(streams);
  EXPECT_EQ(plane->tunnel().tcp_taken_pkts, 5u);
  EXPECT_EQ(plane->tunnel().tcp_refused_pkts, 15u);
  EXPECT_EQ(plane->drops(Drop::kTcpRefused), 15u);
  streams.open.clear();
  slots(5);
  plane->desk->pump(streams);
  EXPECT_EQ(plane->drops(Drop::kTcpRefused), 20u) << "a connection that is gone";
  EXPECT_EQ(streams.refused, 20u);
  EXPECT_EQ(plane->tunnel().tx_pkts, 25u);
}

TEST_F(StreamDeskTest, WithoutAConnectionInThePlanNobodyIsAsked) {
  start_streamed();
  slots(3);
  plan.tunnels[0].stream = StreamId{};
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  streams.open[0];
  plane->desk->pump(streams);
  EXPECT_TRUE(streams.open[0].packets.empty());
  EXPECT_EQ(plane->drops(Drop::kTcpRefused), 3u);
}

// Another tunnel at the same place in the plan must not get what was sent for one that is gone.
TEST_F(StreamDeskTest, WhatATunnelThatIsGoneHasSentReachesNobody) {
  start_streamed();
  streams.open[7];
  slots(4);
  plan.tunnels[0].name = "another";
  plan.tunnels[0].outbound = fresh_sa(1);
  plan.tunnels[0].inbound = {fresh_sa(2)};
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  plane->desk->pump(streams);
  EXPECT_TRUE(streams.open[7].packets.empty());
  EXPECT_EQ(plane->drops(Drop::kTunnelClosing), 4u);
  slots(2);
  ASSERT_TRUE(plane->apply({}, plane->clock));
  plane->desk->pump(streams);
  EXPECT_TRUE(streams.open[7].packets.empty());
}

TEST_F(StreamDeskTest, OneCallHandsOverABoundedNumber) {
  start_streamed(1'048'576);
  streams.open[7];
  slots(2 * static_cast<int>(publisher::StreamDesk::kOnePump));
  plane->desk->pump(streams);
  EXPECT_EQ(streams.open[7].packets.size(), publisher::StreamDesk::kOnePump);
  plane->desk->pump(streams);
  EXPECT_EQ(streams.open[7].packets.size(), 2 * publisher::StreamDesk::kOnePump);
  plane->desk->pump(streams);
}

TEST_F(StreamDeskTest, WhatComesOutOfAConnectionReachesTheOwnerOfItsSaOrIsCounted) {
  start_streamed(8'192);
  plane->desk->received(StreamId{7}, esp());
  plane->settle(plane->clock);
  EXPECT_EQ(plane->sent(kLan).size(), 1u);
  plane->desk->received(StreamId{7}, Octets(40));
  plane->desk->received(StreamId{7}, Octets(3));
  plane->desk->received(StreamId{7}, {});
  plane->settle(plane->clock);
  EXPECT_EQ(plane->drops(Drop::kUnknownSpi), 1u);
  EXPECT_EQ(plane->drops(Drop::kEspMalformed), 2u);
  for (int i = 0; i < 100; ++i) plane->desk->received(StreamId{7}, esp());
  plane->settle(plane->clock);
  const std::uint64_t full = plane->drops(Drop::kTcpInboundFull);
  EXPECT_GT(full, 0u);
  EXPECT_EQ(plane->tunnel().rx_pkts + full, 101u);
  Octets longest = esp();
  longest.resize(65'533);
  plane->desk->received(StreamId{7}, longest);
  EXPECT_EQ(plane->drops(Drop::kTcpInboundFull), full + 1) << "longer than the ring takes";
}

}  // namespace
}  // namespace levelgate::testing::stream_desk_test
