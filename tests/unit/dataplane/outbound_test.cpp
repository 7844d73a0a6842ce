// SPDX-License-Identifier: Apache-2.0
//
// The sending side of a tunnel behind a whole worker: exact slots, constant sizes, what becomes of packets that cannot
// leave, and how long one may wait (RFC 9347 §2.2, §2.4.1; docs/decisions/0004).
#include "dataplane/outbound.h"

#include <gtest/gtest.h>

#include <random>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::outbound_test {
namespace {

using model::Drop;
using model::TfsMode;
using std::chrono::milliseconds;
using std::chrono::seconds;

model::TfsSettings fixed(std::uint64_t rate = 1'400 * 8 * 1'000, std::uint32_t packet_size = 1'400) {
  model::TfsSettings tfs;
  tfs.mode = TfsMode::kFixed;
  tfs.packet_size = packet_size;
  tfs.rate_bits_per_second = rate;
  tfs.max_queue_delay = seconds(10);
  return tfs;
}

model::TfsSettings other(TfsMode mode) {
  model::TfsSettings tfs = fixed();
  tfs.mode = mode;
  return tfs;
}

Frame inner(std::size_t octets, unsigned mark = 0) { return ip_frame("10.1.0.9", "10.2.0.9", octets, mark); }

struct OutboundTest : ::testing::Test {
  void start(const model::ForwardingPlan& wanted, PlaneOptions options = {}) {
    plan = wanted;
    plane = std::make_unique<Plane>(options);
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(-1));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
    opened_before = 0;
  }
  void start(const model::TfsSettings& tfs, PlaneOptions options = {}) { start(site_plan(Site::kA, tfs), options); }
  void offer(const Frame& frame) { plane->io().give(kLan, frame); }
  std::vector<Sent>& wire() { return plane->sent(kWan); }
  // Opens all that was sent; the numbers must be 1, 2, 3 without a gap.
  std::vector<Peer::Opened> open_all() {
    std::vector<Peer::Opened> out;
    for (const Sent& sent : wire()) {
      auto opened = peer->open(sent.frame);
      if (!opened) {
        ADD_FAILURE() << "frame " << out.size() << " is not authentic";
        return out;
      }
      EXPECT_EQ(opened->number, plan.tunnels[0].outbound->first_sequence.value + opened_before++);
      out.push_back(std::move(*opened));
    }
    wire().clear();
    return out;
  }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
  std::uint64_t opened_before = 0;
};

// [9347-2-a, 9347-2.3-a, 9347-4.2-a]
TEST_F(OutboundTest, SlotsStandWhereTheRateSaysToTheNanosecond) {
  for (const std::uint64_t rate : {9'999'991ULL, 11'200'000ULL, 123'456'789ULL}) {
    for (const auto layer : {model::RateLayer::kL3, model::RateLayer::kL2}) {
      model::TfsSettings tfs = fixed(rate);
      tfs.rate_layer = layer;
      start(tfs);
      plane->run_until(at_ns(100'000'000));
      const std::uint64_t octets = layer == model::RateLayer::kL3 ? 1'400 : 1'438;
      ASSERT_GT(wire().size(), 80u);
      for (std::size_t k = 0; k < wire().size(); ++k) {
        ASSERT_EQ(to_ns(wire()[k].when), static_cast<std::int64_t>(k * octets * 8'000'000'000ULL / rate)) << k;
        ASSERT_EQ(wire()[k].frame.size(), 1'414u);
      }
      EXPECT_EQ(plane->tunnel().slots, wire().size());
      EXPECT_EQ(plane->tunnel().pacing_max_ns, 0u);
      for (const Peer::Opened& opened : open_all()) EXPECT_EQ(opened.next_header, wire::kNextHeaderAggfrag);
    }
  }
}

// Nine slots are due when eight may be late: the ones before are skipped and nothing is caught up (decision 0004).
TEST_F(OutboundTest, AfterAStallAFewLateSlotsAreSentAndTheRestSkipped) {
  for (const std::uint32_t catch_up : {0u, 3u, 8u, 31u, 32u}) {
    model::TfsSettings tfs = fixed();
    tfs.catch_up_slots = catch_up;
    start(tfs);
    plane->run_until(at_ns(10'500'000));  // slots 0 to 10
    ASSERT_EQ(wire().size(), 11u);
    plane->settle(at_ns(90'200'000));                         // slots 11 to 90
    const std::uint64_t burst = std::min(catch_up + 1, 32u);  // what one burst can send
    EXPECT_EQ(wire().size(), 11 + burst);
    model::TunnelStats stats = plane->tunnel();
    EXPECT_EQ(stats.slots, 91u);
    EXPECT_EQ(stats.skipped_slots, 80 - burst);
    EXPECT_EQ(stats.late_slots, burst - 1);
    EXPECT_EQ(stats.tx_pkts, 11 + burst);
    EXPECT_EQ(stats.pacing_max_ns, 200'000 + (burst - 1) * 1'000'000);
    plane->run_until(at_ns(100'000'000));
    EXPECT_EQ(to_ns(wire().back().when), 99'000'000);
    EXPECT_EQ(plane->tunnel().skipped_slots, 80 - burst);
    EXPECT_EQ(open_all().size(), 20 + burst);
  }
}

// A numbered packet is never thrown away: what the port refuses goes with the next slot.
// [9347-2.2.3-e]
TEST_F(OutboundTest, AFullPortSkipsSlotsAndBreaksNoNumber) {
  start(fixed());
  for (unsigned i = 0; i < 10; ++i) offer(inner(1'000, i));
  plane->run_until(at_ns(2'500'000));
  plane->io().transmit_limit = 0;
  plane->run_until(at_ns(5'500'000));
  plane->io().transmit_limit = SIZE_MAX;
  plane->run_until(at_ns(20'000'000));
  EXPECT_EQ(plane->tunnel().slots, 20u);
  EXPECT_EQ(plane->tunnel().skipped_slots, 3u);
  EXPECT_EQ(plane->tunnel().late_slots, 0u);
  EXPECT_EQ(plane->tunnel().tx_pkts, 17u);
  EXPECT_EQ(plane->all_drops(), 0u);
  EXPECT_EQ(open_all().size(), 17u);
  EXPECT_EQ(plane->tunnel().inner_tx_pkts, 10u);
}

TEST_F(OutboundTest, ATunnelWithoutAnSaMissesNoSlot) {
  start(fixed());
  plane->run_until(at_ns(9'500'000));
  const model::TunnelStats before = plane->tunnel();
  const auto sa = std::exchange(plan.tunnels[0].outbound, std::nullopt);
  ASSERT_TRUE(plane->apply(plan));
  plane->run_until(at_ns(600'400'000));
  EXPECT_EQ(plane->tunnel().skipped_slots, before.skipped_slots);
  EXPECT_EQ(plane->tunnel().slots, plane->tunnel().tx_pkts + plane->tunnel().skipped_slots);
  plan.tunnels[0].outbound = sa;
  ASSERT_TRUE(plane->apply(plan));
  const std::size_t sent = wire().size();
  plane->run_until(at_ns(610'400'000));
  EXPECT_EQ(wire().size(), sent + 10) << "and is on schedule at once";
}

TEST_F(OutboundTest, ATunnelWhosePathResolvesLateIsOnScheduleAtOnce) {
  start(fixed(), {.neighbours_known = false});
  offer(inner(500, 7));
  plane->run_until(at_ns(600'400'000));
  EXPECT_TRUE(wire().empty());
  std::size_t wanted = 0;
  for (const model::Event& event : plane->events()) {
    wanted += event.kind == model::EventKind::kNeighbourWanted && event.address == plan.tunnels[0].remote;
  }
  EXPECT_EQ(wanted, 2u);  // at 250 and 500 ms
  EXPECT_EQ(plane->tunnel().slots, 601u);
  EXPECT_EQ(plane->tunnel().skipped_slots, 601u);
  EXPECT_EQ(plane->tunnel().late_slots, 0u);
  plan.neighbours = {{kWan, plan.tunnels[0].remote, MacAddress{{std::byte{4}}}}};
  ASSERT_TRUE(plane->apply(plan));
  plane->run_until(at_ns(610'000'000));
  ASSERT_EQ(wire().size(), 9u);
  for (std::size_t k = 0; k < 9; ++k) EXPECT_EQ(to_ns(wire()[k].when), static_cast<std::int64_t>(601 + k) * 1'000'000);
  EXPECT_EQ(wire()[0].frame[0], std::byte{4});
  EXPECT_EQ(plane->tunnel().pacing_max_ns, 0u);
  EXPECT_EQ(part(open_all()[0].payload, 4, 504), ip_of(after_hops(inner(500, 7), 1)));
}

// A stall while nothing can leave is no late slot: none was sent.
TEST_F(OutboundTest, SlotsThatNothingLeftInAreSkippedAndNeverLate) {
  start(fixed(), {.neighbours_known = false});
  plane->turn(at_ns(50'000'000));
  EXPECT_EQ(plane->tunnel().slots, 51u);
  EXPECT_EQ(plane->tunnel().skipped_slots, 51u);
  EXPECT_EQ(plane->tunnel().late_slots, 0u);
  EXPECT_EQ(plane->tunnel().pacing_max_ns, 0u);
}

TEST_F(OutboundTest, WithoutAnOutboundSaNothingIsTaken) {
  model::ForwardingPlan mute = site_plan(Site::kA, fixed());
  mute.tunnels[0].outbound.reset();
  plan = mute;
  plane = std::make_unique<Plane>();
  ASSERT_TRUE(plane->apply(mute));
  offer(inner(500));
  plane->run_until(at_ns(10'000'000));
  EXPECT_EQ(plane->drops(Drop::kNoOutboundSa), 1u);
  EXPECT_EQ(plane->tunnel().tx_drop_pkts, 1u);
  EXPECT_TRUE(wire().empty());
  EXPECT_EQ(plane->tunnel().skipped_slots, 0u);
}

// RFC 4303 §3.3.3: the last number is used, then nothing; what waits is named and the peer of the house is told once.
TEST_F(OutboundTest, UsedUpNumbersStopEveryMode) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    model::ForwardingPlan last = site_plan(Site::kA, other(mode));
    last.tunnels[0].outbound->esn = false;
    last.tunnels[0].outbound->first_sequence = EspSeq{0xffff'fffe};
    start(last);
    for (unsigned i = 0; i < 5; ++i) offer(inner(1'300, i));
    plane->run_until(at_ns(20'000'000));
    EXPECT_EQ(open_all().size(), 2u);
    offer(inner(100));
    plane->run_until(at_ns(30'000'000));
    EXPECT_TRUE(wire().empty());
    EXPECT_EQ(plane->tunnel().inner_tx_pkts + plane->drops(Drop::kSequenceExhausted), 6u);
    EXPECT_EQ(plane->tunnel().tx_drop_pkts, plane->drops(Drop::kSequenceExhausted));
    std::size_t told = 0;
    for (const model::Event& event : plane->events()) told += event.kind == model::EventKind::kSequenceExhausted;
    EXPECT_EQ(told, 1u);
    EXPECT_FALSE(plane->workers[0]->holds_packets());
    EXPECT_EQ(plane->pool.buffers_out(), 0u);
  }
}

TEST_F(OutboundTest, WithoutBuffersSlotsAreSkippedAndNothingIsReordered) {
  start(fixed());
  for (unsigned i = 0; i < 6; ++i) offer(inner(1'300, i));
  plane->run_until(at_ns(1'500'000));
  plane->io().dry = true;
  plane->run_until(at_ns(3'500'000));
  plane->io().dry = false;
  plane->run_until(at_ns(20'000'000));
  EXPECT_GT(plane->drops(Drop::kNoBuffer), 0u);
  EXPECT_EQ(plane->tunnel().skipped_slots, 2u);
  Octets stream;
  for (const Peer::Opened& opened : open_all()) {
    const bool padding = opened.payload[3] == std::byte{0} && opened.payload[4] == std::byte{0};
    if (!padding) stream = stream + part(opened.payload, 4, opened.payload.size());
  }
  Octets wanted;
  for (unsigned i = 0; i < 6; ++i) wanted = wanted + ip_of(after_hops(inner(1'300, i), 1));
  EXPECT_EQ(part(stream, 0, wanted.size()), wanted);
}

TEST_F(OutboundTest, TheOtherModesHoldWhatHasNoBufferOrNoWay) {
  for (const TfsMode mode : {TfsMode::kOnDemand, TfsMode::kPlain}) {
    start(other(mode), {.buffers = 1'024, .neighbours_known = false});
    for (unsigned i = 0; i < 300; ++i) offer(inner(100, i));
    plane->settle(at_ns(0));
    EXPECT_EQ(plane->tunnel().queue_pkts, 300u);
    EXPECT_EQ(plane->tunnel().tx_drop_pkts, 0u);
    plan.neighbours = {{kWan, plan.tunnels[0].remote, MacAddress{{std::byte{4}}}}};
    ASSERT_TRUE(plane->apply(plan));
    plane->settle(at_ns(1'000));
    EXPECT_EQ(plane->tunnel().inner_tx_pkts, 300u);
    EXPECT_EQ(plane->tunnel().queue_pkts, 0u);
  }
  start(other(TfsMode::kOnDemand));
  plane->io().dry = true;
  offer(inner(100));
  plane->turn(at_ns(0));
  EXPECT_EQ(plane->drops(Drop::kNoBuffer), 1u);
  plane->io().dry = false;
  plane->turn(at_ns(1));
  EXPECT_EQ(wire().size(), 1u);
}

TEST_F(OutboundTest, PlainModeNeedsRoomAroundThePacket) {
  start(other(TfsMode::kPlain), {.buffer_octets = dataplane::PacketIo::kHeadroom + wire::kEthernetOctets + 300});
  offer(inner(300));
  plane->settle(at_ns(0));
  EXPECT_EQ(plane->drops(Drop::kNoBuffer), 1u);
  EXPECT_EQ(plane->tunnel().tx_drop_pkts, 1u);
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
}

TEST_F(OutboundTest, PlainModeIsEspAroundEachPacket) {
  start(other(TfsMode::kPlain));
  offer(inner(333, 1));
  offer(ip_frame("fd01::9", "fd02::9", 777, 2));
  plane->settle(at_ns(0));
  ASSERT_EQ(wire().size(), 2u);
  EXPECT_EQ(wire()[0].frame.size(), wire::kEthernetOctets + 20 + wire::esp_octets(333));
  const auto opened = open_all();
  EXPECT_EQ(opened[0].next_header, wire::kProtocolIpv4);
  EXPECT_EQ(opened[0].payload, ip_of(after_hops(inner(333, 1), 1)));
  EXPECT_EQ(opened[1].next_header, wire::kProtocolIpv6);
  EXPECT_EQ(opened[1].payload, ip_of(after_hops(ip_frame("fd01::9", "fd02::9", 777, 2), 1)));
  EXPECT_EQ(plane->tunnel().inner_tx_octets, 1'110u);
  EXPECT_EQ(plane->tunnel().tx_octets, 40 + wire::esp_octets(333) + wire::esp_octets(777));
}

// [9347-2.3-a]
TEST_F(OutboundTest, OnDemandWaitsItsDelayAndSendsFullPacketsAtOnce) {
  model::TfsSettings tfs = other(TfsMode::kOnDemand);
  tfs.init_delay = milliseconds(2);
  start(tfs);
  const std::uint32_t room = wire::payload_room(1'400, 20) - wire::kAggfragOctets;
  plane->settle(at_ns(5'000));
  offer(inner(300, 1));
  plane->settle(at_ns(5'000));
  EXPECT_EQ(plane->workers[0]->next_deadline(), at_ns(2'005'000));
  offer(inner(200, 2));
  plane->settle(at_ns(1'000'000));  // a second one does not start the clock anew
  EXPECT_EQ(plane->workers[0]->next_deadline(), at_ns(2'005'000));
  plane->settle(at_ns(2'004'999));
  EXPECT_TRUE(wire().empty());
  plane->settle(at_ns(2'005'000));
  ASSERT_EQ(wire().size(), 1u);
  EXPECT_EQ(wire()[0].frame.size(), wire::kEthernetOctets + 20 + wire::esp_octets(504));  // no padding
  EXPECT_EQ(plane->workers[0]->next_deadline(), kNever);
  offer(inner(room + 100, 3));
  plane->settle(at_ns(3'000'000));
  ASSERT_EQ(wire().size(), 2u);
  EXPECT_EQ(wire()[1].frame.size(), 1'414u);
  plane->run_until(at_ns(9'000'000));
  ASSERT_EQ(wire().size(), 3u);
  EXPECT_EQ(wire()[2].when, at_ns(5'000'000));
  EXPECT_EQ(plane->tunnel().tx_all_pad_pkts + plane->tunnel().tx_extra_pad_pkts, 0u);
  const auto opened = open_all();
  EXPECT_EQ(opened.size(), 3u);
  for (const Peer::Opened& one : opened) EXPECT_EQ(one.next_header, wire::kNextHeaderAggfrag);
}

// RFC 3948 §2.1 over IPv4, RFC 8200 §8.1 over IPv6; headers are a function of the configuration.
TEST_F(OutboundTest, OuterHeadersAreRightInBothFamiliesBareAndInUdp) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    for (const bool v6 : {false, true}) {
      for (const auto encapsulation : {model::Encapsulation::kNone, model::Encapsulation::kUdp}) {
        model::ForwardingPlan wanted = site_plan(Site::kA, other(mode));
        wanted.tunnels[0].encapsulation = encapsulation;
        if (v6) {
          wanted.tunnels[0].local = address("2001:db8::1");
          wanted.tunnels[0].remote = address("2001:db8::2");
          wanted.routes.push_back({prefix("2001:db8::/64"), model::ToConnected{kWan}});
        }
        start(wanted);
        offer(inner(400));
        offer(inner(777));
        plane->run_until(at_ns(3'000'000));
        ASSERT_GE(wire().size(), 1u);
        const bool udp = encapsulation == model::Encapsulation::kUdp;
        for (const Sent& sent : wire()) {
          const Octets ip = ip_of(sent.frame);
          const wire::IpView view = wire::read_ip(ip);
          ASSERT_EQ(view.verdict, wire::IpVerdict::kOk);
          EXPECT_EQ(view.total_octets, ip.size());
          EXPECT_EQ(wire::source_of(ip.data(), view.family), wanted.tunnels[0].local);
          EXPECT_EQ(wire::destination_of(ip.data(), view.family), wanted.tunnels[0].remote);
          EXPECT_EQ(view.hop_limit, 64);
          EXPECT_TRUE(view.dont_fragment);
          EXPECT_EQ(view.protocol, udp ? wire::kProtocolUdp : wire::kProtocolEsp);
          if (!udp) continue;
          const Octets datagram = part(ip, view.upper_offset, ip.size());
          EXPECT_EQ(wire::read_udp(datagram).octets, datagram.size());
          EXPECT_EQ(std::pair(view.source_port, view.destination_port),
                    std::pair(std::uint16_t{4500}, std::uint16_t{4500}));
          const auto sum = load_be<std::uint16_t>(datagram.data() + 6);
          const std::uint32_t pseudo =
              wire::checksum_add({ip.data() + 8, 32}, static_cast<std::uint32_t>(datagram.size()) + 17);
          if (v6) {
            EXPECT_NE(sum, 0);
            EXPECT_EQ(wire::checksum_finish(wire::checksum_add(datagram, pseudo)), 0);
          } else {
            EXPECT_EQ(sum, 0);
          }
        }
        EXPECT_GE(open_all().size(), 1u);
      }
    }
  }
}

TEST_F(OutboundTest, AFullQueueRefusesByName) {
  start(fixed(), {.buffers = 5'000, .buffer_octets = 2'048});
  for (unsigned i = 0; i < 4'500; ++i) offer(inner(60, i));
  plane->settle(at_ns(-1));
  constexpr std::uint64_t kOneFlow = 3'641;  // of 4,096: others find room
  EXPECT_EQ(plane->tunnel().queue_pkts, kOneFlow);
  EXPECT_EQ(plane->drops(Drop::kTfsQueueFull), 4'500 - kOneFlow);
  EXPECT_EQ(plane->tunnel().tx_drop_pkts, 4'500 - kOneFlow);
  EXPECT_EQ(plane->tunnel().queue_octets, kOneFlow * 60);
  EXPECT_EQ(plane->tunnel().queue_max_octets, kOneFlow * 60);
  plane->run_until(at_ns(1'000'000'000));
  EXPECT_EQ(plane->tunnel().inner_tx_pkts, kOneFlow);
  EXPECT_EQ(plane->tunnel().queue_pkts, 0u);
}

// How long the last of these packets waited for its first octet, if it was taken.
std::optional<Nanos> wait_of_last(const model::TfsSettings& tfs, const std::vector<std::size_t>& sizes, Instant at) {
  Plane plane({.buffers = 1'024, .buffer_octets = 4'096});
  const model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  if (!plane.apply(plan)) return std::nullopt;
  plane.run_until(at);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    plane.io().give(kLan, inner(sizes[i], static_cast<unsigned>(i)));
  }
  plane.settle(at);
  plane.run_until(at + seconds(2));
  if (plane.all_drops() != 0) return std::nullopt;
  Peer peer(plan.tunnels[0]);
  const Octets begin = part(ip_of(after_hops(inner(sizes.back(), static_cast<unsigned>(sizes.size() - 1)), 1)), 0, 24);
  // A first fragment may be shorter than what tells the packet from others: looked for in the stream, not in a payload.
  Octets stream;
  std::vector<std::pair<std::size_t, Instant>> ends;
  for (const Sent& sent : plane.sent(kWan)) {
    const Octets payload = peer.open(sent.frame)->payload;
    stream.insert(stream.end(), payload.begin() + wire::kAggfragOctets, payload.end());
    ends.emplace_back(stream.size(), sent.when);
  }
  const auto found = std::search(stream.begin(), stream.end(), begin.begin(), begin.end());
  for (const auto& [end, when] : ends) {
    if (found != stream.end() && found < stream.begin() + static_cast<std::ptrdiff_t>(end)) return when - at;
  }
  ADD_FAILURE() << "the last packet never left";
  return std::nullopt;
}

// A packet is taken when its first octet leaves within the delay, and refused when that is one nanosecond too short.
TEST_F(OutboundTest, ThePredictedWaitIsTheWait) {
  std::mt19937 random(1);
  for (int round = 0; round < 30; ++round) {
    model::TfsSettings tfs = fixed(7'777'777 + random() % 1'000'000, round % 3 == 0 ? 300 : 1'400);
    tfs.fragment = round % 2 == 0;
    const std::uint32_t longest = tfs.fragment ? 2'500 : wire::payload_room(tfs.packet_size, 20) - 4;
    std::vector<std::size_t> sizes;
    for (unsigned i = 0; i < 5 + random() % 60; ++i) sizes.push_back(48 + random() % (longest - 47));
    const Instant at = at_ns(static_cast<std::int64_t>(10'000'000 + random() % 10'000'000));
    const auto wait = wait_of_last(tfs, sizes, at);
    ASSERT_TRUE(wait);
    tfs.max_queue_delay = *wait;
    EXPECT_EQ(wait_of_last(tfs, sizes, at), wait) << "round " << round;
    tfs.max_queue_delay = *wait - Nanos(1);
    EXPECT_EQ(wait_of_last(tfs, sizes, at), std::nullopt) << "round " << round;
  }
}

TEST_F(OutboundTest, ARefusedPacketIsCountedForItsTunnel) {
  model::TfsSettings tfs = fixed();
  tfs.max_queue_delay = milliseconds(5);
  start(tfs);
  for (unsigned i = 0; i < 20; ++i) offer(inner(1'300, i));
  plane->settle(at_ns(0));
  EXPECT_GT(plane->drops(Drop::kTfsQueueDelay), 10u);
  EXPECT_EQ(plane->drops(Drop::kTfsQueueDelay), plane->tunnel().tx_drop_pkts);
  plane->run_until(at_ns(100'000'000));
  EXPECT_EQ(plane->tunnel().inner_tx_pkts + plane->tunnel().tx_drop_pkts, 20u);
}

// RFC 9348: every packet that left is all padding or carries data.
TEST_F(OutboundTest, PaddingIsCountedByKind) {
  start(fixed());
  const std::uint64_t room = wire::payload_room(1'400, 20) - wire::kAggfragOctets;
  offer(inner(500, 1));
  offer(inner(room, 2));
  plane->run_until(at_ns(9'999'999));  // slot 10 is not built yet
  const model::TunnelStats stats = plane->tunnel();
  EXPECT_EQ(stats.tx_pkts, 10u);
  EXPECT_EQ(stats.tx_octets, 14'000u);
  EXPECT_EQ(stats.tx_all_pad_pkts, 8u);
  EXPECT_EQ(stats.tx_all_pad_octets, 8 * room);
  EXPECT_EQ(stats.tx_extra_pad_pkts, 1u);
  EXPECT_EQ(stats.tx_extra_pad_octets, room - 500);
  EXPECT_EQ(stats.inner_tx_octets, 500 + room);
}

}  // namespace
}  // namespace levelgate::testing::outbound_test
