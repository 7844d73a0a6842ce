// SPDX-License-Identifier: Apache-2.0
//
// The virtual clock: slots at exact moments, what a moment means, and where a replay ends (interface section 3).
#include "cli/replay_run.h"

#include <gtest/gtest.h>

#include <deque>

#include "crypto/aead_burst.h"
#include "unit/api/private_folder.h"

namespace levelgate::cli::replay_run_test {
namespace {

constexpr PortId kWan{0}, kLan{1};

model::EspSa sa(std::uint32_t spi) {
  model::EspSa made;
  made.spi = Spi{spi};
  made.key = std::make_shared<const Secret>(ConstBytes(std::vector<std::byte>(36, std::byte{7})));
  return made;
}

// One tunnel of 1,000 slots a second; 10.2.0.0/16 goes into it, 10.1.0.0/16 is connected.
model::ForwardingPlan gateway() {
  model::ForwardingPlan plan;
  plan.ports = {
      {.name = "wan", .mac = {}, .side = model::PortSide::kOuter, .addresses = {*IpPrefix::parse("192.0.2.1/24")}},
      {.name = "lan", .mac = {}, .addresses = {*IpPrefix::parse("10.1.0.1/16")}}};
  model::TunnelPlan tunnel;
  tunnel.name = "lab";
  tunnel.local = *IpAddress::parse("192.0.2.1");
  tunnel.remote = *IpAddress::parse("192.0.2.2");
  tunnel.tfs.rate_bits_per_second = 1'000 * 1'400 * 8;
  tunnel.inbound = {sa(1)};
  tunnel.outbound = sa(1);  // its own packets, played back, come in again
  plan.tunnels = {tunnel};
  plan.routes = {{*IpPrefix::parse("192.0.2.0/24"), model::ToConnected{kWan}},
                 {*IpPrefix::parse("10.1.0.0/16"), model::ToConnected{kLan}},
                 {*IpPrefix::parse("10.2.0.0/16"), model::ToTunnel{TunnelId{0}}}};
  return plan;
}

// A packet of 60 octets from 10.1.0.2 to a host of the last octet given; protocol 253, no checksum beyond IP's.
std::vector<std::byte> inner(std::uint8_t second_octet) {
  std::vector<std::byte> packet(60);
  ByteWriter w(packet);
  w.write<std::uint32_t>(0x4500'003C);
  w.write<std::uint32_t>(0);
  w.write<std::uint16_t>(0x40FD);
  w.write<std::uint16_t>(0);
  w.write<std::uint32_t>(0x0A01'0002);
  w.write<std::uint32_t>(0x0A00'0002u | std::uint32_t{second_octet} << 16);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load_be<std::uint16_t>(packet.data() + i);
  sum = (sum & 0xFFFF) + (sum >> 16);
  store_be<std::uint16_t>(packet.data() + 10, static_cast<std::uint16_t>(~((sum & 0xFFFF) + (sum >> 16))));
  return packet;
}

class ReplayRun : public testing::Test {
 protected:
  void arrive(std::int64_t at_ns, PortId port, const std::vector<std::byte>& packet, LinkKind link = LinkKind::kRawIp) {
    kept_.push_back(packet);
    arrivals_.push_back({Nanos(at_ns), port, {at_ns, link, kept_.back(), static_cast<std::uint32_t>(packet.size())}});
  }
  // What left by a port.
  Capture run(std::optional<Nanos> until, PortId port = kWan) {
    auto writer = CaptureWriter::open(path_);
    EXPECT_TRUE(writer);
    CaptureIo io(2, replay_buffers(plan_), replay_frame_octets(plan_, arrivals_));
    io.set_output(port, &*writer);
    const auto cipher = crypto::make_openssl_cipher();
    auto ended = run_replay(plan_, arrivals_, until, *cipher, io);
    EXPECT_TRUE(ended) << ended.error().what;
    EXPECT_TRUE(writer->close());
    end_ = std::move(*ended);
    content_ = *read_whole_file(path_);
    return *read_capture(content_);
  }
  const model::TunnelStats& counters() const { return end_.stats.tunnels.at(0).counters; }

  tests::PrivateFolder folder_;
  const std::string path_ = folder_ / "out.pcap";
  model::ForwardingPlan plan_ = gateway();
  std::deque<std::vector<std::byte>> kept_;
  std::vector<Arrival> arrivals_;
  ReplayEnd end_;
  std::vector<std::byte> content_;
};

TEST_F(ReplayRun, TenSecondsAreTenThousandPacketsAtExactMoments) {
  const auto out = run(std::chrono::seconds(10));
  ASSERT_EQ(out.frames.size(), 10'000u);
  for (std::size_t k = 0; k < out.frames.size(); ++k) {
    ASSERT_EQ(out.frames[k].stamp_ns, static_cast<std::int64_t>(k) * 1'000'000);
    ASSERT_EQ(out.frames[k].octets.size(), 1'414u);
  }
  EXPECT_EQ(counters().tx_all_pad_pkts, 10'000u);
  EXPECT_EQ(counters().skipped_slots, 0u);
  EXPECT_EQ(end_.at, std::chrono::seconds(10));
}

TEST_F(ReplayRun, UntilIsExclusive) {
  EXPECT_EQ(run(Nanos(0)).frames.size(), 0u);
  EXPECT_EQ(run(Nanos(1)).frames.size(), 1u);
  EXPECT_EQ(run(Nanos(1'000'000)).frames.size(), 1u);
  EXPECT_EQ(run(Nanos(1'000'001)).frames.size(), 2u);
}

TEST_F(ReplayRun, WhatArrivesAtASlotGoesWithTheNextOne) {
  arrive(0, kLan, inner(2));
  (void)run(Nanos(1));
  EXPECT_EQ(counters().tx_all_pad_pkts, 1u);
  (void)run(Nanos(1'000'001));
  EXPECT_EQ(counters().inner_tx_pkts, 1u);
  arrivals_.clear();
  arrive(999'999, kLan, inner(2));  // just before slot 1
  (void)run(Nanos(1'000'001));
  EXPECT_EQ(counters().inner_tx_pkts, 1u);
}

TEST_F(ReplayRun, WithoutUntilItEndsOneSlotAfterTheQueue) {
  EXPECT_EQ(run(std::nullopt).frames.size(), 1u);
  arrive(1'500'000, kLan, inner(2));
  const auto out = run(std::nullopt);
  ASSERT_EQ(out.frames.size(), 4u);  // 0, 1, the packet's at 2 ms, and one more
  EXPECT_EQ(counters().inner_tx_pkts, 1u);
  EXPECT_EQ(end_.at, Nanos(3'000'000));
}

TEST_F(ReplayRun, WithoutUntilOnDemandEndsWhenAllIsOut) {
  plan_.tunnels[0].tfs.mode = model::TfsMode::kOnDemand;
  plan_.tunnels[0].tfs.rate_bits_per_second = 0;
  plan_.tunnels[0].tfs.init_delay = Nanos(300);
  EXPECT_EQ(run(std::nullopt).frames.size(), 0u);
  arrive(0, kLan, inner(2));
  arrive(1'000, kLan, inner(2));
  const auto out = run(std::nullopt);
  ASSERT_EQ(out.frames.size(), 2u);
  EXPECT_EQ(out.frames[0].stamp_ns, 300);
  EXPECT_EQ(out.frames[1].stamp_ns, 1'300);
}

TEST_F(ReplayRun, WhatTheTunnelSentComesInAgain) {
  plan_.tunnels[0].selectors = {};
  arrive(1'500'000, kLan, inner(2));
  const auto sent = run(std::nullopt);
  std::vector<std::vector<std::byte>> frames;
  for (const auto& frame : sent.frames) {
    frames.emplace_back(frame.octets.begin(), frame.octets.end());
    frames.back()[30 + 3] = std::byte{1};  // now for 192.0.2.1
    frames.back()[26 + 3] = std::byte{2};
    frames.back()[24] = frames.back()[25] = std::byte{0};
    std::uint32_t sum = 0;
    for (std::size_t i = 14; i < 34; i += 2) sum += load_be<std::uint16_t>(frames.back().data() + i);
    sum = (sum & 0xFFFF) + (sum >> 16);
    store_be<std::uint16_t>(frames.back().data() + 24, static_cast<std::uint16_t>(~((sum & 0xFFFF) + (sum >> 16))));
  }
  arrivals_.clear();
  plan_.routes[2].target = model::ToConnected{kLan};  // what comes out goes to the lan
  for (std::size_t i = 0; i < frames.size(); ++i) {
    arrive(static_cast<std::int64_t>(i) * 1'000'000, kWan, frames[i], LinkKind::kEthernet);
  }
  const auto out = run(std::chrono::seconds(1), kLan);
  EXPECT_EQ(counters().rx_pkts, frames.size());
  ASSERT_EQ(out.frames.size(), 1u);
  EXPECT_EQ(out.frames[0].stamp_ns, 2'000'000);
  // To the unknown neighbour, and one hop less.
  EXPECT_EQ(out.frames[0].octets[0], std::byte{2});
  EXPECT_EQ(out.frames[0].octets[14 + 8], std::byte{0x3E});
}

TEST_F(ReplayRun, DropsAreCountedByName) {
  arrive(0, kLan, inner(3));  // no route
  arrive(0, kLan, {std::byte{0x45}});
  (void)run(std::nullopt);
  EXPECT_EQ(end_.stats.drops[static_cast<std::size_t>(model::Drop::kNoRoute)], 1u);
  EXPECT_EQ(end_.stats.drops[static_cast<std::size_t>(model::Drop::kInnerMalformed)], 1u);
}

TEST_F(ReplayRun, AFaultyPlanIsAnError) {
  plan_.tunnels[0].outbound->key = std::make_shared<const Secret>();
  CaptureIo io(2, 64, 2'000);
  EXPECT_FALSE(run_replay(plan_, arrivals_, std::nullopt, *crypto::make_openssl_cipher(), io));
}

TEST(Arrivals, AreInTheOrderOfTheirStamps) {
  Capture first, second;
  first.frames = {{5, LinkKind::kRawIp, {}, 1}, {3, LinkKind::kRawIp, {}, 2}};
  second.frames = {{3, LinkKind::kRawIp, {}, 3}, {9, LinkKind::kRawIp, {}, 4}};
  const auto row = arrivals_of({{kLan, &first}, {kWan, &second}});
  std::vector<std::uint32_t> marks;
  std::vector<std::int64_t> moments;
  for (const Arrival& arrival : row) {
    marks.push_back(arrival.frame.original_octets);
    moments.push_back(arrival.at.count());
  }
  EXPECT_EQ(marks, (std::vector<std::uint32_t>{2, 3, 1, 4}));
  EXPECT_EQ(moments, (std::vector<std::int64_t>{0, 0, 2, 6}));
  EXPECT_TRUE(arrivals_of({}).empty());
}

}  // namespace
}  // namespace levelgate::cli::replay_run_test
