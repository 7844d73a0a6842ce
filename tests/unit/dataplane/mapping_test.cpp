// SPDX-License-Identifier: Apache-2.0
//
// From inner headers to outer ones and back, behind a whole worker (RFC 9347 §2.2.5 to §2.2.7): what is cut before the
// tunnel and what is answered, outer headers that tell nothing of inner ones, and ECN on the way in (RFC 6040 §4.2).
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "dataplane/outer_frame.h"
#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"
#include "wire/outer_fields.h"

namespace levelgate::testing::mapping_test {
namespace {

using model::Drop;
using model::TfsMode;
using wire::Ecn;

model::TfsSettings settings(TfsMode mode, bool fragment = true, std::uint32_t packet_size = 600) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.packet_size = packet_size;
  tfs.rate_bits_per_second = packet_size * 8 * 1'000;
  tfs.max_queue_delay = std::chrono::seconds(10);
  tfs.fragment = fragment;
  return tfs;
}

Frame inner(std::size_t octets, unsigned mark = 0) { return ip_frame("10.1.0.9", "10.2.0.9", octets, mark); }

// One packet out of fragments that are all there and in order; the header is the first one's, made whole.
Octets together(const std::vector<Octets>& fragments) {
  Octets whole;
  for (const Octets& one : fragments) {
    const std::size_t header = (std::to_integer<unsigned>(one[0]) & 15u) * 4;
    const std::size_t offset = (load_be<std::uint16_t>(one.data() + 6) & 0x1fffu) * 8;
    if (whole.empty()) whole.assign(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(header));
    EXPECT_EQ(whole.size() - (std::to_integer<unsigned>(whole[0]) & 15u) * 4, offset);
    whole.insert(whole.end(), one.begin() + static_cast<std::ptrdiff_t>(header), one.end());
  }
  whole[6] &= std::byte{0xdf};
  wire::set_total_octets(whole.data(), IpFamily::kV4, static_cast<std::uint32_t>(whole.size()));
  return whole;
}

struct MappingTest : ::testing::Test {
  void start(const model::ForwardingPlan& wanted, PlaneOptions options = {}) {
    plan = wanted;
    plane = std::make_unique<Plane>(options);
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(-1));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
  }
  void start(const model::TfsSettings& tfs, PlaneOptions options = {}) { start(site_plan(Site::kA, tfs), options); }
  void offer(const Frame& frame) { plane->io().give(kLan, frame); }
  void run(std::int64_t until_ns = 100'000'000) { plane->run_until(at_ns(until_ns)); }
  [[nodiscard]] std::uint32_t limit() const {
    const dataplane::OutboundSetting setting(plan.tunnels[0], 1, 0);
    return setting.inner_mtu(dataplane::OuterFrame(setting).data_room());
  }
  // The inner packets that have left.
  std::vector<Octets> sent_inside() {
    std::vector<Octets> payloads;
    std::vector<Octets> plain;
    for (const Sent& sent : plane->sent(kWan)) {
      auto opened = peer->open(sent.frame);
      if (!opened) ADD_FAILURE() << "not authentic";
      if (!opened) continue;
      const bool aggfrag = opened->next_header == wire::kNextHeaderAggfrag;
      (aggfrag ? payloads : plain).push_back(opened->payload);
    }
    return payloads.empty() ? plain : inner_packets(payloads);
  }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
};

TEST_F(MappingTest, WhereNothingIsSplitIpv4WithoutDfIsCutAndCounted) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    start(settings(mode, false));
    const Frame frame = inner(3'000, 7);
    offer(frame);
    run();
    const std::vector<Octets> fragments = sent_inside();
    ASSERT_EQ(fragments.size(), 6u);
    for (const Octets& one : fragments) EXPECT_LE(one.size(), limit());
    EXPECT_EQ(together(fragments), ip_of(after_hops(frame, 1)));
    EXPECT_EQ(plane->tunnel().ip_fragmented_pkts, 1u);
    EXPECT_EQ(plane->tunnel().ip_fragments_made, 6u);
    EXPECT_EQ(plane->tunnel().inner_tx_pkts, 6u);
    EXPECT_EQ(plane->all_drops(), 0u);
    EXPECT_TRUE(plane->sent(kLan).empty()) << "nobody is told";
    EXPECT_TRUE(plane->bury());
  }
}

TEST_F(MappingTest, WithDfAndIpv6AreAnsweredWithTheSizeThatFits) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    start(settings(mode, false));
    offer(with_df(inner(limit(), 1)));
    offer(with_df(inner(limit() + 1, 2)));
    offer(ip_frame("fd01::9", "fd02::9", limit() + 1, 3));
    run();
    EXPECT_EQ(sent_inside().size(), 1u);
    EXPECT_EQ(plane->drops(Drop::kTfsTooBig), 2u);
    EXPECT_EQ(plane->tunnel().ip_fragmented_pkts, 0u);
    ASSERT_EQ(plane->sent(kLan).size(), 2u);
    const Octets four = ip_of(plane->sent(kLan)[0].frame);
    EXPECT_EQ(four[20], std::byte{3});
    EXPECT_EQ(load_be<std::uint32_t>(four.data() + 24), limit());
    const Octets six = ip_of(plane->sent(kLan)[1].frame);
    EXPECT_EQ(six[40], std::byte{2});
    EXPECT_EQ(load_be<std::uint32_t>(six.data() + 44), limit());
    EXPECT_TRUE(plane->bury());
  }
}

// RFC 9347 §2.2.7: a tunnel MTU may be configured, also where AGGFRAG could split.
// [9347-2.2.7-a]
TEST_F(MappingTest, AConfiguredMtuHoldsInEveryMode) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    for (const bool fragment : {true, false}) {
      model::TfsSettings tfs = settings(mode, fragment, 1'400);
      tfs.inner_mtu = 700;
      start(tfs);
      EXPECT_EQ(limit(), 700u);
      offer(inner(700, 1));
      offer(inner(1'200, 2));
      offer(with_df(inner(701, 3)));
      run();
      EXPECT_EQ(sent_inside().size(), 3u);
      EXPECT_EQ(plane->tunnel().ip_fragmented_pkts, 1u);
      EXPECT_EQ(plane->drops(Drop::kTfsTooBig), 1u);
      ASSERT_EQ(plane->sent(kLan).size(), 1u);
      EXPECT_EQ(load_be<std::uint32_t>(ip_of(plane->sent(kLan)[0].frame).data() + 24), 700u);
    }
  }
  model::TfsSettings wide = settings(TfsMode::kOnDemand, false);
  wide.inner_mtu = 9'000;
  start(wide);
  EXPECT_LT(limit(), 600u) << "what fits an outer packet is the limit where nothing is split";
}

// RFC 4301 §7: the peer cannot tell where fragments without ports belong.
TEST_F(MappingTest, SelectorsThatNamePortsLetNothingBeCut) {
  model::ForwardingPlan ports = site_plan(Site::kA, settings(TfsMode::kOnDemand, false));
  model::TrafficSelector udp = model::TrafficSelector::from(prefix("10.2.0.0/16"));
  udp.protocol = wire::kProtocolUdp;
  udp.port_first = 0;
  udp.port_last = 40'000;
  ports.tunnels[0].selectors.remote = {udp};
  start(ports);
  Frame frame = inner(1'500);
  std::byte* const ip = frame.data() + wire::kEthernetOctets;
  ip[9] = std::byte{17};
  wire::set_total_octets(ip, IpFamily::kV4, 1'500);
  store_be<std::uint16_t>(ip + 22, 4'000);
  offer(frame);
  run();
  EXPECT_EQ(plane->drops(Drop::kTfsTooBig), 1u);
  EXPECT_EQ(plane->sent(kLan).size(), 1u);
  plan.tunnels[0].selectors.remote[0].port_last = 65'535;
  start(plan);
  offer(frame);
  run();
  EXPECT_EQ(plane->all_drops(), 0u);
  EXPECT_EQ(plane->tunnel().ip_fragments_made, 3u);
}

TEST_F(MappingTest, WithoutBuffersAPacketIsDroppedWholeAndNoneIsLost) {
  for (const std::size_t buffers : {2u, 4u, 5u}) {  // six fragments
    start(settings(TfsMode::kOnDemand, false), {.buffers = buffers});
    offer(inner(3'000));
    run();
    EXPECT_EQ(plane->drops(Drop::kNoBuffer), 1u);
    EXPECT_EQ(plane->tunnel().ip_fragmented_pkts, 0u);
    EXPECT_TRUE(sent_inside().empty());
    EXPECT_TRUE(plane->bury());
  }
}

// Fragments go on to the worker that owns the tunnel as the packet that they are made of.
TEST_F(MappingTest, AnotherWorkersTunnelCutsToo) {
  start(settings(TfsMode::kOnDemand, false), {.workers = 2});
  for (std::size_t worker : {0u, 1u}) plane->io(worker).give(kLan, inner(3'000, static_cast<unsigned>(worker)));
  run();
  EXPECT_EQ(plane->tunnel().ip_fragmented_pkts, 2u);
  EXPECT_EQ(plane->all_drops(), 0u);
}

// RFC 9347 §2.2.3.1.
// [9347-2.2.3.1-b]
TEST_F(MappingTest, NoFirstFragmentIsShorterThanConfigured) {
  for (const std::uint32_t least : {6u, 40u, 300u, 10'000u}) {
    for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand}) {
      model::TfsSettings tfs = settings(mode);
      tfs.min_fragment = least;
      start(tfs);
      const std::uint32_t room = dataplane::OuterFrame(dataplane::OutboundSetting(plan.tunnels[0], 1, 0)).data_room();
      std::vector<Frame> offered;
      for (unsigned i = 0; i < 60; ++i) offered.push_back(inner(100 + i * 23, i));
      for (const Frame& frame : offered) offer(frame);
      run(200'000'000);
      std::vector<Octets> payloads;
      std::size_t shortest = room;
      for (const Sent& sent : plane->sent(kWan)) {
        auto opened = peer->open(sent.frame);
        ASSERT_TRUE(opened);
        payloads.push_back(opened->payload);
        std::size_t at = 4 + load_be<std::uint16_t>(opened->payload.data() + 2);
        while (at < opened->payload.size() && opened->payload[at] != std::byte{0}) {
          const std::size_t left = opened->payload.size() - at;
          const std::size_t whole = load_be<std::uint16_t>(opened->payload.data() + at + 2);
          if (whole > left) shortest = std::min(shortest, left);
          at += std::min(whole, left);
        }
      }
      EXPECT_GE(shortest, std::min(least, room)) << least;
      const std::vector<Octets> out = inner_packets(payloads);
      ASSERT_EQ(out.size(), offered.size());
      for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], ip_of(after_hops(offered[i], 1)));
    }
  }
}

// Inner packets whose headers differ in all that could be copied.
std::vector<Frame> all_kinds() {
  std::vector<Frame> frames;
  for (unsigned i = 0; i < 64; ++i) {
    Frame four = ip_frame("10.1.0.9", "10.2.0.9", 60 + i * 5, i, 2 + i * 3);
    std::byte* const ip = four.data() + wire::kEthernetOctets;
    ip[1] = static_cast<std::byte>(i * 4 + i % 4);
    store_be<std::uint16_t>(ip + 4, static_cast<std::uint16_t>(i * 997));
    wire::set_total_octets(ip, IpFamily::kV4, 60 + i * 5);
    frames.push_back(i % 2 == 0 ? four : with_df(four));
    Frame six = ip_frame("fd01::9", "fd02::9", 80 + i * 5, i, 2 + i * 3);
    store_be<std::uint32_t>(six.data() + wire::kEthernetOctets, 0x60000000u | i << 22 | i % 4 << 20 | i * 1'234);
    frames.push_back(six);
  }
  return frames;
}

// The outer IP header without what depends on the length.
Octets header_of(const Frame& frame) {
  Octets ip = ip_of(frame);
  const bool v4 = (std::to_integer<unsigned>(ip[0]) >> 4) == 4;
  ip.resize(v4 ? wire::kIpv4Octets : wire::kIpv6Octets);
  wire::set_total_octets(ip.data(), v4 ? IpFamily::kV4 : IpFamily::kV6, 1'000);
  return ip;
}

model::ForwardingPlan outer_v6(model::ForwardingPlan plan) {
  plan.tunnels[0].local = address("2001:db8:1::1");
  plan.tunnels[0].remote = address("2001:db8:1::2");
  plan.ports[0].addresses.push_back(prefix("2001:db8:1::1/64"));
  plan.routes.push_back({prefix("2001:db8:1::/64"), model::ToConnected{kWan}});
  return plan;
}

// [9347-2.2.5.3-a, 9347-2.2.5.3-c, 9347-3.1-b]
TEST_F(MappingTest, OuterHeadersTellNothingOfInnerOnes) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    for (const bool six : {false, true}) {
      for (const unsigned dscp : {0u, 46u, 63u}) {
        model::ForwardingPlan wanted = site_plan(Site::kA, settings(mode));
        if (six) wanted = outer_v6(wanted);
        wanted.tunnels[0].marks.dscp = static_cast<std::uint8_t>(dscp);
        wanted.tunnels[0].marks.flow_label = dscp * 1'001;
        wanted.tunnels[0].marks.copies_dscp = mode != TfsMode::kPlain;  // no mode that aggregates copies
        start(wanted);
        for (const Frame& frame : all_kinds()) offer(frame);
        run();
        std::set<Octets> headers;
        for (const Sent& sent : plane->sent(kWan)) headers.insert(header_of(sent.frame));
        EXPECT_GT(plane->sent(kWan).size(), 40u);
        ASSERT_EQ(headers.size(), 1u);
        const Octets header = *headers.begin();
        EXPECT_EQ(wire::dscp_of(header.data()), dscp);
        EXPECT_EQ(wire::ecn_of(header.data()), Ecn::kNotEct);
        if (six) {
          EXPECT_EQ(load_be<std::uint32_t>(header.data()) & 0xfffffu, dscp * 1'001);
        } else {
          EXPECT_EQ(load_be<std::uint32_t>(header.data() + 4), 0x00004000u) << "DF set, identification 0";
        }
        EXPECT_EQ(header[six ? 7 : 8], std::byte{64});
        EXPECT_EQ(wire::read_ip_shallow(ip_of(plane->sent(kWan)[0].frame)).verdict, wire::IpVerdict::kOk);
      }
    }
  }
}

TEST_F(MappingTest, APlainTunnelMayShowTheDscpOfEachPacket) {
  for (const bool six : {false, true}) {
    model::ForwardingPlan wanted = site_plan(Site::kA, settings(TfsMode::kPlain, true, 1'400));
    if (six) wanted = outer_v6(wanted);
    wanted.tunnels[0].marks.copies_dscp = true;
    start(wanted);
    for (const Frame& frame : all_kinds()) offer(frame);
    run();
    ASSERT_EQ(plane->sent(kWan).size(), 128u);
    for (const Sent& sent : plane->sent(kWan)) {
      const Octets outer = ip_of(sent.frame);
      const auto opened = peer->open(sent.frame);
      ASSERT_TRUE(opened);
      EXPECT_EQ(wire::dscp_of(outer.data()), wire::dscp_of(opened->payload.data()));
      EXPECT_EQ(wire::ecn_of(outer.data()), Ecn::kNotEct);
      EXPECT_EQ(wire::read_ip_shallow(outer).verdict, wire::IpVerdict::kOk);
    }
  }
}

TEST_F(MappingTest, MarksOfThePathGoOnWithThePacketOfAPlainTunnel) {
  for (unsigned outer = 0; outer < 4; ++outer) {
    for (unsigned inside = 0; inside < 4; ++inside) {
      start(settings(TfsMode::kPlain));
      Octets packet = ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100, 1));
      wire::set_ecn(packet.data(), static_cast<Ecn>(inside));
      Frame frame = peer->seal(packet, wire::kProtocolIpv4);
      wire::set_ecn(frame.data() + wire::kEthernetOctets, static_cast<Ecn>(outer));
      plane->io().give(kWan, frame);
      plane->settle(at_ns(0));
      const wire::EcnOfBoth both = wire::ecn_of_both(static_cast<Ecn>(inside), static_cast<Ecn>(outer));
      EXPECT_EQ(plane->drops(Drop::kOuterCongestion), both.drop ? 1u : 0u);
      EXPECT_EQ(plane->all_drops(), both.drop ? 1u : 0u);
      EXPECT_EQ(plane->tunnel().rx_drop_pkts, both.drop ? 1u : 0u);
      EXPECT_EQ(plane->tunnel().ecn_unexpected_pkts, both.unexpected ? 1u : 0u);
      EXPECT_EQ(plane->tunnel().ecn_ce_pkts, outer == 3 ? 1u : 0u);
      ASSERT_EQ(plane->sent(kLan).size(), both.drop ? 0u : 1u);
      if (both.drop) continue;
      const Octets out = ip_of(plane->sent(kLan)[0].frame);
      EXPECT_EQ(wire::ecn_of(out.data()), both.inner);
      EXPECT_EQ(wire::read_ip_shallow(out).verdict, wire::IpVerdict::kOk);
    }
  }
}

// RFC 9347 §2.2.5.2, §3.1: a mark on the outer packet says nothing of those inside.
TEST_F(MappingTest, MarksOnAnAggregateAreCountedAndGoNoFurther) {
  for (unsigned outer = 0; outer < 4; ++outer) {
    start(settings(TfsMode::kOnDemand));
    Octets first = ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100, 1));
    Octets second = ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100, 2));
    wire::set_ecn(second.data(), Ecn::kEct0);
    Frame frame = peer->seal(aggfrag_payload(0, first + second));
    wire::set_ecn(frame.data() + wire::kEthernetOctets, static_cast<Ecn>(outer));
    plane->io().give(kWan, frame);
    plane->settle(at_ns(0));
    ASSERT_EQ(plane->sent(kLan).size(), 2u);
    EXPECT_EQ(wire::ecn_of(ip_of(plane->sent(kLan)[0].frame).data()), Ecn::kNotEct);
    EXPECT_EQ(wire::ecn_of(ip_of(plane->sent(kLan)[1].frame).data()), Ecn::kEct0);
    EXPECT_EQ(plane->tunnel().ecn_unexpected_pkts, outer == 0 ? 0u : 1u);
    EXPECT_EQ(plane->tunnel().ecn_ce_pkts, outer == 3 ? 1u : 0u);
    EXPECT_EQ(plane->all_drops(), 0u);
  }
}

// A peer that begins to take no fragments: the packet whose begin has left goes on, no slot is missed.
TEST_F(MappingTest, FragmentsEndBetweenTwoSlots) {
  start(settings(TfsMode::kFixed));
  std::vector<Frame> offered;
  for (unsigned i = 0; i < 30; ++i) offered.push_back(inner(900, i));
  for (unsigned i = 0; i < 15; ++i) offer(offered[i]);
  run(30'500'000);
  plan.tunnels[0].tfs.fragment = false;
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  for (unsigned i = 15; i < 30; ++i) offer(offered[i]);
  run(150'000'000);
  const std::vector<Sent>& wire = plane->sent(kWan);
  for (std::size_t k = 0; k < wire.size(); ++k)
    EXPECT_EQ(to_ns(wire[k].when), static_cast<std::int64_t>(k * 1'000'000));
  EXPECT_EQ(plane->all_drops(), 0u);
  EXPECT_EQ(plane->tunnel().ip_fragmented_pkts, 15u);
  EXPECT_EQ(sent_inside().size(), 15u + 2 * 15u);
}

}  // namespace
}  // namespace levelgate::testing::mapping_test
