// SPDX-License-Identifier: Apache-2.0
//
// UDP port 4500 of a tunnel's own address: ESP goes to its SA, IKE and keepalives to the kernel (RFC 3948 §2, §3), and
// a peer whose NAT gave it another port is noticed (RFC 7296 §2.23).
#include <gtest/gtest.h>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::udp_peer_test {
namespace {

using model::Encapsulation;
using std::chrono::milliseconds;

struct UdpPeerTest : ::testing::Test {
  // `sends`: how the peer sends, whatever the plan says.
  void start(Encapsulation planned, Encapsulation sends, bool v6 = false) {
    model::TfsSettings tfs;
    tfs.mode = model::TfsMode::kOnDemand;
    plan = site_plan(Site::kA, tfs);
    model::TunnelPlan& tunnel = plan.tunnels[0];
    tunnel.encapsulation = planned;
    if (v6) {
      tunnel.local = address("2001:db8::1");
      tunnel.remote = address("2001:db8::2");
      plan.routes.push_back({prefix("2001:db8::/64"), model::ToConnected{kWan}});
    }
    plan.ports[0].addresses.clear();  // the tunnel's own address is ours by the tunnel alone
    plane = std::make_unique<Plane>(PlaneOptions{.twin = dataplane::KernelTwin::kPresent});
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(0));
    model::TunnelPlan far = tunnel;
    far.encapsulation = sends;
    peer = std::make_unique<Peer>(far);
  }
  Frame esp() { return peer->seal(aggfrag_payload(0, ip_of(ip_frame("10.2.0.9", "10.1.0.9", 100)))); }
  void arrive(const Frame& frame) {
    plane->io().give(kWan, frame);
    plane->settle(plane->clock);
  }
  // A datagram from the peer's port 4500 to ours.
  [[nodiscard]] Frame datagram(const Octets& payload) const {
    const model::TunnelPlan& tunnel = plan.tunnels[0];
    const auto octets_of_udp = static_cast<std::uint16_t>(wire::kUdpOctets + payload.size());
    const bool v4 = tunnel.local.family() == IpFamily::kV4;
    const std::uint32_t ip = v4 ? wire::kIpv4Octets : wire::kIpv6Octets;
    Frame frame(wire::kEthernetOctets + ip + wire::kUdpOctets);
    wire::write_ethernet(frame.data(), {}, {}, v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6);
    std::byte* const at = frame.data() + wire::kEthernetOctets;
    (void)wire::write_ip(at, tunnel.remote, tunnel.local, wire::kProtocolUdp, ip + octets_of_udp);
    wire::write_udp(at + ip, 4'500, 4'500, octets_of_udp);
    return frame + payload;
  }
  std::vector<model::Event> moves() {
    std::vector<model::Event> events = plane->events();
    std::erase_if(events, [](const model::Event& event) { return event.kind != model::EventKind::kPeerMoved; });
    return events;
  }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
};

Frame from_port(Frame frame, std::uint16_t port, bool v6 = false) {
  store_be<std::uint16_t>(frame.data() + wire::kEthernetOctets + (v6 ? wire::kIpv6Octets : wire::kIpv4Octets), port);
  return frame;
}

// [7296-2.23-d, 7296-2.23-h]
TEST_F(UdpPeerTest, EspReachesItsSaInBothFormsWhateverThePlanSendsItself) {
  for (const bool v6 : {false, true}) {
    for (const auto planned : {Encapsulation::kNone, Encapsulation::kUdp}) {
      for (const auto sends : {Encapsulation::kNone, Encapsulation::kUdp}) {
        start(planned, sends, v6);
        arrive(esp());
        EXPECT_EQ(plane->sent(kLan).size(), 1u);
        EXPECT_EQ(plane->all_drops(), 0u);
        EXPECT_EQ(plane->io().punt_count, 0u);
        EXPECT_TRUE(moves().empty());
      }
    }
  }
}

// RFC 3948 §2.2, §2.3: four zero octets, and the single octet 0xFF.
TEST_F(UdpPeerTest, IkeAndKeepalivesReachTheKernelAsTheyCame) {
  for (const bool v6 : {false, true}) {
    for (const auto planned : {Encapsulation::kNone, Encapsulation::kUdp}) {
      start(planned, planned, v6);
      const std::vector<Frame> frames{datagram(Octets(4) + octets({1, 2, 3, 4, 5, 6, 7, 8}) + Octets(60)),
                                      datagram(octets({0xff}))};
      for (const Frame& frame : frames) arrive(frame);
      EXPECT_EQ(plane->io().punted, frames);
      EXPECT_EQ(plane->all_drops(), 0u);
    }
  }
}

TEST_F(UdpPeerTest, AnotherSourcePortIsToldOnceInAWhile) {
  for (const bool v6 : {false, true}) {
    start(Encapsulation::kUdp, Encapsulation::kUdp, v6);
    arrive(esp());
    EXPECT_TRUE(moves().empty());
    for (int i = 0; i < 20; ++i) arrive(from_port(esp(), 1'024, v6));
    const std::vector<model::Event> told = moves();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].tunnel, TunnelId{0});
    EXPECT_EQ(told[0].spi, plan.tunnels[0].inbound[0].spi);
    EXPECT_EQ(told[0].address, plan.tunnels[0].remote);
    EXPECT_EQ(told[0].udp_port, 1'024);
    plane->run_until(plane->clock + milliseconds(300));
    arrive(from_port(esp(), 1'025, v6));
    EXPECT_EQ(moves().size(), 1u) << "an event may be lost: it is told again";
    EXPECT_EQ(plane->sent(kLan).size(), 22u) << "what has moved is authentic all the same";
  }
}

TEST_F(UdpPeerTest, AnotherSourceAddressIsTold) {
  start(Encapsulation::kUdp, Encapsulation::kUdp);
  const IpAddress elsewhere = address("203.0.113.5");
  model::TunnelPlan far = plan.tunnels[0];
  far.remote = elsewhere;
  peer = std::make_unique<Peer>(far);
  arrive(esp());
  const std::vector<model::Event> told = moves();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].address, elsewhere);
  EXPECT_EQ(told[0].udp_port, 4'500);
}

// RFC 7296 §2.23: only what is authentic, and newer than all before, says where the peer is.
TEST_F(UdpPeerTest, ForgedReplayedOlderAndBarePacketsTellNothing) {
  start(Encapsulation::kUdp, Encapsulation::kUdp);
  const Frame older = esp();
  const Frame newest = esp();
  arrive(newest);
  arrive(from_port(older, 1'024));
  arrive(from_port(newest, 1'024));
  Frame forged = from_port(esp(), 1'024);
  forged.back() ^= std::byte{1};
  arrive(forged);
  EXPECT_TRUE(moves().empty());
  start(Encapsulation::kUdp, Encapsulation::kNone);
  arrive(esp());
  EXPECT_TRUE(moves().empty()) << "bare ESP has no port";
  start(Encapsulation::kNone, Encapsulation::kUdp);
  arrive(from_port(esp(), 1'024));
  EXPECT_TRUE(moves().empty()) << "a peer without NAT keeps its address";
}

// The plan decides: with the new port in it the tunnel sends there, under the numbers that go on.
TEST_F(UdpPeerTest, ANewPortInThePlanIsFollowedWithTheSameNumbers) {
  start(Encapsulation::kUdp, Encapsulation::kUdp);
  const auto send_one = [&] {
    plane->io().give(kLan, ip_frame("10.1.0.9", "10.2.0.9", 100));
    plane->run_until(plane->clock + milliseconds(1));
  };
  send_one();
  plan.tunnels[0].udp_remote_port = 1'024;
  ASSERT_TRUE(plane->apply(plan, plane->clock));
  send_one();
  ASSERT_EQ(plane->sent(kWan).size(), 2u);
  EXPECT_EQ(peer->open(plane->sent(kWan)[0].frame)->number, 1u);
  EXPECT_EQ(peer->open(plane->sent(kWan)[1].frame)->number, 2u);
  const std::byte* const udp = plane->sent(kWan)[1].frame.data() + wire::kEthernetOctets + wire::kIpv4Octets;
  EXPECT_EQ(load_be<std::uint16_t>(udp + 2), 1'024);
  EXPECT_EQ(plane->publisher->stats().tunnels[0].outbound->packets, 2u);
}

}  // namespace
}  // namespace levelgate::testing::udp_peer_test
