// SPDX-License-Identifier: Apache-2.0
//
// The rules of a security gateway behind a whole worker: hops, selectors, default discard, who may pass in clear, what
// is answered, and what waits for a neighbour (RFC 4301 §5, §8; RFC 1812 §5; docs/decisions/0003).
#include "dataplane/forwarder.h"

#include <gtest/gtest.h>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::forwarder_test {
namespace {

using model::Drop;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PortId kLan2{2};
constexpr PortId kWan2{3};

model::TfsSettings on_demand() {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kOnDemand;
  return tfs;
}

// Site A with a second protected port (10.9.0.0/16) and a second outer one (203.0.113.0/24).
model::ForwardingPlan wide_plan(const model::TfsSettings& tfs = on_demand()) {
  model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  plan.ports.push_back({"lan2", MacAddress{{std::byte{2}, std::byte{5}}}, 0, model::PortSide::kProtected, {}});
  plan.ports.back().addresses = {prefix("10.9.0.1/16"), prefix("fd09::1/64")};
  plan.ports.push_back({"wan2", MacAddress{{std::byte{2}, std::byte{7}}}, 1500, model::PortSide::kOuter, {}});
  plan.ports.back().addresses = {prefix("203.0.113.1/24")};
  plan.routes.push_back({prefix("10.9.0.0/16"), model::ToConnected{kLan2}});
  plan.routes.push_back({prefix("fd09::/64"), model::ToConnected{kLan2}});
  plan.routes.push_back({prefix("203.0.113.0/24"), model::ToConnected{kWan2}});
  plan.routes.push_back({prefix("10.66.0.0/16"), model::ToBlackhole{}});
  return plan;
}

model::Route clear_route(const std::string& to, PortId port, const std::string& via) {
  return {prefix(to), model::ToNextHop{port, address(via)}, 0, model::ClearText::kAllowed};
}

struct ForwarderTest : ::testing::Test {
  void start(const model::ForwardingPlan& wanted, PlaneOptions options = {}) {
    plan = wanted;
    plane = std::make_unique<Plane>(options);
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(0));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
  }
  void arrive(PortId port, const Frame& frame) {
    plane->io().give(port, frame);
    plane->settle(plane->clock);
  }
  // The packet came through the tunnel.
  void arrive_inside(const Frame& frame) { arrive(kWan, peer->seal(aggfrag_payload(0, ip_of(frame)))); }
  void expect_drop(Drop reason, std::uint64_t count = 1) {
    EXPECT_EQ(plane->drops(reason), count) << name_of(reason);
    EXPECT_EQ(plane->all_drops(), count) << name_of(reason);
  }
  std::size_t left(PortId port) { return plane->sent(port).size(); }
  // The only IP packet that left by that port.
  Octets only(PortId port) {
    if (left(port) != 1) {
      ADD_FAILURE() << left(port) << " frames on port " << port.value;
      return Octets(40);
    }
    return ip_of(plane->sent(port)[0].frame);
  }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
};

struct IcmpSeen {
  unsigned type = 0, code = 0, mtu = 0;
  std::string from, to;
};

// Reads an ICMP error and holds its checksums.
IcmpSeen icmp_of(const Octets& packet) {
  const wire::IpView view = wire::read_ip(packet);
  EXPECT_EQ(view.verdict, wire::IpVerdict::kOk);
  const bool v4 = view.family == IpFamily::kV4;
  EXPECT_EQ(view.protocol, v4 ? wire::kProtocolIcmp : wire::kProtocolIcmpv6);
  const Octets icmp = part(packet, view.upper_offset, packet.size());
  const std::uint32_t pseudo =
      v4 ? 0 : wire::checksum_add({packet.data() + 8, 32}, static_cast<std::uint32_t>(icmp.size()) + 58);
  EXPECT_EQ(wire::checksum_finish(wire::checksum_add(icmp, pseudo)), 0);
  return {std::to_integer<unsigned>(icmp[0]), std::to_integer<unsigned>(icmp[1]),
          v4 ? load_be<std::uint16_t>(icmp.data() + 6) : load_be<std::uint32_t>(icmp.data() + 4),
          wire::source_of(packet.data(), view.family).text(), wire::destination_of(packet.data(), view.family).text()};
}

TEST_F(ForwarderTest, HopsAreLoweredOncePerGatewayBothWays) {
  for (const bool v6 : {false, true}) {
    start(wide_plan());
    const Frame out = v6 ? ip_frame("fd01::9", "fd02::9", 100, 3) : ip_frame("10.1.0.9", "10.2.0.9", 100, 3);
    arrive(kLan, out);
    ASSERT_EQ(left(kWan), 1u);
    const auto opened = peer->open(plane->sent(kWan)[0].frame);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->payload, aggfrag_payload(0, ip_of(after_hops(out, 1))));
    const Frame in = v6 ? ip_frame("fd02::9", "fd01::9", 100, 3) : ip_frame("10.2.0.9", "10.1.0.9", 100, 3);
    arrive_inside(in);
    EXPECT_EQ(only(kLan), ip_of(after_hops(in, 1)));
  }
}

TEST_F(ForwarderTest, UsedUpHopsAreAnsweredToWhereThePacketCameFrom) {
  for (const unsigned hops : {0u, 1u}) {
    start(wide_plan());
    arrive(kLan, ip_frame("10.1.0.9", "10.2.0.9", 100, 1, hops));
    expect_drop(Drop::kInnerTtl);
    EXPECT_EQ(left(kWan), 0u);
    const IcmpSeen v4 = icmp_of(only(kLan));
    EXPECT_EQ(std::tuple(v4.type, v4.code, v4.from, v4.to), std::tuple(11u, 0u, "10.1.0.1", "10.1.0.9"));
    arrive(kLan2, ip_frame("fd09::9", "fd01::9", 100, 1, hops));
    const IcmpSeen v6 = icmp_of(only(kLan2));
    EXPECT_EQ(std::tuple(v6.type, v6.code, v6.from, v6.to), std::tuple(3u, 0u, "fd09::1", "fd09::9"));
    // Out of the tunnel: the answer goes back through it.
    arrive_inside(ip_frame("10.2.0.9", "10.1.0.9", 100, 1, hops));
    ASSERT_EQ(left(kWan), 1u);
    const auto opened = peer->open(plane->sent(kWan)[0].frame);
    ASSERT_TRUE(opened);
    const IcmpSeen back = icmp_of(part(opened->payload, 4, opened->payload.size()));
    EXPECT_EQ(std::tuple(back.type, back.from, back.to), std::tuple(11u, "10.1.0.1", "10.2.0.9"));
    EXPECT_EQ(plane->drops(Drop::kInnerTtl), 3u);
  }
}

TEST_F(ForwarderTest, ErrorsAreNeverAnswered) {
  start(wide_plan());
  Frame error = ip_frame("10.1.0.9", "10.2.0.9", 100, 1, 1);
  error[wire::kEthernetOctets + 9] = std::byte{1};
  error[wire::kEthernetOctets + 20] = std::byte{11};
  wire::set_total_octets(error.data() + wire::kEthernetOctets, IpFamily::kV4, 100);
  arrive(kLan, error);
  Frame later = ip_frame("10.1.0.9", "10.2.0.9", 100, 1, 1);
  later[wire::kEthernetOctets + 7] = std::byte{5};
  wire::set_total_octets(later.data() + wire::kEthernetOctets, IpFamily::kV4, 100);
  arrive(kLan, later);
  expect_drop(Drop::kInnerTtl, 2);
  EXPECT_EQ(left(kLan), 0u);
}

// RFC 1812 §4.3.2.8, RFC 4443 §2.4 f: a burst of 256, then one each millisecond.
TEST_F(ForwarderTest, AnswersAreLimitedInRate) {
  start(wide_plan(), {.buffers = 2048});
  const auto expire = [&](int count) {
    for (int i = 0; i < count; ++i) plane->io().give(kLan, ip_frame("10.1.0.9", "10.2.0.9", 60, 1, 1));
    plane->settle(plane->clock);
  };
  expire(1'000);
  EXPECT_EQ(left(kLan), 256u);
  plane->turn(plane->clock + milliseconds(10));
  expire(1'000);
  EXPECT_EQ(left(kLan), 266u);
  plane->turn(plane->clock + seconds(100));
  expire(1'000);
  EXPECT_EQ(left(kLan), 522u);
  expect_drop(Drop::kInnerTtl, 3'000);
}

TEST_F(ForwarderTest, WithoutBuffersNothingIsAnsweredAndNothingIsLost) {
  start(wide_plan());
  plane->io().dry = true;
  arrive(kLan, ip_frame("10.1.0.9", "10.2.0.9", 60, 1, 1));
  plane->io().dry = false;
  expect_drop(Drop::kInnerTtl);
  EXPECT_EQ(left(kLan), 0u);
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
}

TEST_F(ForwarderTest, NoRouteBlackholeAndUnforwardableAreNamed) {
  start(wide_plan());
  arrive(kLan, ip_frame("10.1.0.9", "172.16.0.1", 60));
  expect_drop(Drop::kNoRoute);
  start(wide_plan());
  arrive(kLan, ip_frame("10.1.0.9", "10.66.0.1", 60));
  expect_drop(Drop::kBlackhole);
  const std::pair<const char*, const char*> bad[] = {
      {"10.1.0.9", "224.0.0.9"},   {"10.1.0.9", "255.255.255.255"}, {"10.1.0.9", "127.0.0.1"},
      {"10.1.0.9", "169.254.1.1"}, {"127.0.0.1", "10.2.0.9"},       {"0.0.0.0", "10.2.0.9"},
      {"224.0.0.9", "10.2.0.9"},   {"169.254.1.1", "10.2.0.9"},     {"fd01::9", "ff02::1"},
      {"fd01::9", "::1"},          {"fe80::1", "fd02::9"},          {"::", "fd02::9"},
  };
  for (const auto& [from, to] : bad) {
    start(wide_plan());
    arrive(kLan, ip_frame(from, to, 60));
    expect_drop(Drop::kNotForwardable);
    EXPECT_EQ(left(kWan), 0u) << from << " to " << to;
  }
}

TEST_F(ForwarderTest, SelectorsHoldBothWays) {
  model::ForwardingPlan narrow = wide_plan();
  narrow.tunnels[0].selectors.local = {model::TrafficSelector::from(prefix("10.1.7.0/24"))};
  narrow.tunnels[0].selectors.remote = {model::TrafficSelector::from(prefix("10.2.0.0/16"))};
  start(narrow);
  arrive(kLan, ip_frame("10.1.7.9", "10.2.0.9", 60));
  EXPECT_EQ(left(kWan), 1u);
  arrive_inside(ip_frame("10.2.0.9", "10.1.7.9", 60));
  EXPECT_EQ(left(kLan), 1u);
  EXPECT_EQ(plane->all_drops(), 0u);
  arrive(kLan, ip_frame("10.1.8.9", "10.2.0.9", 60));
  expect_drop(Drop::kInnerSelector, 1);
  arrive_inside(ip_frame("10.2.0.9", "10.1.8.9", 60));
  arrive_inside(ip_frame("10.3.0.9", "10.1.7.9", 60));
  arrive_inside(ip_frame("fd02::9", "fd01::9", 60));
  expect_drop(Drop::kInnerSelector, 4);
  EXPECT_EQ(left(kLan), 1u);
  EXPECT_EQ(plane->tunnel().inner_rx_pkts, 4u);  // received, then refused
}

TEST_F(ForwarderTest, ProtectedPortsReachEachOtherInClear) {
  start(wide_plan());
  arrive(kLan, ip_frame("10.1.0.9", "10.9.0.9", 60, 5));
  EXPECT_EQ(only(kLan2), ip_of(after_hops(ip_frame("10.1.0.9", "10.9.0.9", 60, 5), 1)));
  EXPECT_EQ(plane->all_drops(), 0u);
}

// docs/decisions/0003: neither connected networks nor gateways let clear text out; only an operator's own route does.
TEST_F(ForwarderTest, ClearTextLeavesAnOuterPortByAnAllowedRouteOnly) {
  model::ForwardingPlan plan_with_gateway = wide_plan();
  plan_with_gateway.routes.push_back({prefix("0.0.0.0/0"), model::ToNextHop{kWan, address("198.51.100.254")}, 1024});
  start(plan_with_gateway);
  arrive(kLan, ip_frame("10.1.0.9", "198.51.100.7", 60));
  arrive(kLan, ip_frame("10.1.0.9", "192.0.2.7", 60));
  arrive_inside(ip_frame("10.2.0.9", "192.0.2.7", 60));
  expect_drop(Drop::kClearRefused, 3);
  EXPECT_EQ(left(kWan), 0u);
  plan_with_gateway.routes.push_back(clear_route("192.0.2.0/24", kWan, "198.51.100.254"));
  start(plan_with_gateway);
  arrive(kLan, ip_frame("10.1.0.9", "192.0.2.7", 60));
  EXPECT_EQ(left(kWan), 1u);
  arrive_inside(ip_frame("10.2.0.9", "192.0.2.7", 60));
  EXPECT_EQ(left(kWan), 2u);
  EXPECT_EQ(plane->all_drops(), 0u);
}

// RFC 4301 §5.2: what should have come through a tunnel is refused in clear, whatever its destination.
TEST_F(ForwarderTest, ClearTextFromOutsidePassesOnlyWhereItMayGoBack) {
  model::ForwardingPlan with_internet = wide_plan();
  with_internet.routes.push_back(clear_route("192.0.2.0/24", kWan, "198.51.100.254"));
  with_internet.routes.push_back(clear_route("2001:db8::/32", kWan, "2001:db8::fe"));
  start(with_internet);
  arrive(kWan, ip_frame("192.0.2.7", "10.1.0.9", 60));
  arrive(kWan, ip_frame("2001:db8::7", "fd01::9", 60));
  EXPECT_EQ(left(kLan), 2u);
  EXPECT_EQ(plane->all_drops(), 0u);
  arrive(kWan, ip_frame("10.2.0.9", "10.1.0.9", 60));      // the tunnel's own network
  arrive(kWan, ip_frame("fd02::9", "fd01::9", 60));        // the same in IPv6
  arrive(kWan, ip_frame("198.51.100.7", "10.1.0.9", 60));  // connected, not allowed
  arrive(kWan, ip_frame("172.16.0.1", "10.1.0.9", 60));    // no way back
  arrive(kWan, ip_frame("10.66.0.1", "10.1.0.9", 60));     // blackhole
  arrive(kWan, ip_frame("192.0.2.7", "10.2.0.9", 60));     // from outside into the tunnel
  arrive(kWan, ip_frame("192.0.2.7", "203.0.113.9", 60));  // from outside to outside
  expect_drop(Drop::kClearRefused, 7);
  EXPECT_EQ(left(kLan), 2u);
  EXPECT_EQ(left(kWan) + left(kWan2), 0u);
}

// An error quotes what it answers: about an inside packet it never leaves in clear, about a permitted outside one it
// may.
TEST_F(ForwarderTest, ErrorsAboutTheInsideStayInside) {
  model::ForwardingPlan with_internet = wide_plan();
  with_internet.routes.push_back(clear_route("192.0.2.0/24", kWan, "198.51.100.254"));
  start(with_internet);
  arrive(kWan, ip_frame("192.0.2.7", "10.1.0.9", 60, 1, 1));
  const IcmpSeen outside = icmp_of(only(kWan));
  EXPECT_EQ(std::tuple(outside.type, outside.from, outside.to), std::tuple(11u, "198.51.100.1", "192.0.2.7"));
  // A host behind the tunnel whose address routes to the outer network: the answer would leave in clear.
  arrive_inside(ip_frame("198.51.100.77", "10.1.0.9", 60, 1, 1));
  EXPECT_EQ(left(kWan), 1u);
  EXPECT_EQ(plane->drops(Drop::kClearRefused), 1u);
  EXPECT_EQ(plane->drops(Drop::kInnerTtl), 2u);
}

TEST_F(ForwarderTest, PacketsAboveAPortsMtuAreAnsweredWithIt) {
  model::ForwardingPlan small = wide_plan();
  small.ports[kLan2.value].mtu = 1280;
  start(small);
  arrive(kLan, ip_frame("10.1.0.9", "10.9.0.9", 1280));
  EXPECT_EQ(left(kLan2), 1u);
  arrive(kLan, ip_frame("10.1.0.9", "10.9.0.9", 1281));
  expect_drop(Drop::kExceedsMtu);
  const IcmpSeen v4 = icmp_of(only(kLan));
  EXPECT_EQ(std::tuple(v4.type, v4.code, v4.mtu), std::tuple(3u, 4u, 1280u));
  plane->sent(kLan).clear();
  arrive(kLan, ip_frame("fd01::9", "fd09::9", 1400));
  const IcmpSeen v6 = icmp_of(only(kLan));
  EXPECT_EQ(std::tuple(v6.type, v6.code, v6.mtu), std::tuple(2u, 0u, 1280u));
}

TEST_F(ForwarderTest, WhatDoesNotFitATunnelWithoutFragmentationIsAnsweredWithItsInnerMtu) {
  model::TfsSettings whole = on_demand();
  whole.fragment = false;
  whole.packet_size = 600;
  start(wide_plan(whole));
  const std::uint32_t fits = wire::payload_room(600, 20) - wire::kAggfragOctets;
  arrive(kLan, ip_frame("10.1.0.9", "10.2.0.9", fits));
  EXPECT_EQ(left(kWan), 1u);
  Frame whole_only = ip_frame("10.1.0.9", "10.2.0.9", fits + 1);
  std::byte* const ip = whole_only.data() + wire::kEthernetOctets;
  ip[6] = std::byte{0x40};
  wire::set_total_octets(ip, IpFamily::kV4, fits + 1);
  arrive(kLan, whole_only);
  expect_drop(Drop::kTfsTooBig);
  const IcmpSeen seen = icmp_of(only(kLan));
  EXPECT_EQ(std::tuple(seen.type, seen.code, seen.mtu), std::tuple(3u, 4u, fits));
}

TEST_F(ForwarderTest, WhatIsForTheGatewayItselfIsTheKernelsOrNamed) {
  start(wide_plan(), {.twin = dataplane::KernelTwin::kPresent});
  arrive(kLan, ip_frame("10.1.0.9", "10.1.0.1", 60));
  EXPECT_EQ(plane->io().punted.size(), 1u);
  EXPECT_EQ(plane->io().punted[0], ip_frame("10.1.0.9", "10.1.0.1", 60));
  plane->io().punt_limit = 0;
  arrive(kLan, ip_frame("10.1.0.9", "10.9.0.1", 60));
  expect_drop(Drop::kTwinFull);
  arrive_inside(ip_frame("10.2.0.9", "10.1.0.1", 60));  // out of a tunnel no twin takes it
  arrive_inside(ip_frame("fd02::9", "fd01::1", 60));
  EXPECT_EQ(plane->drops(Drop::kForKernel), 2u);
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
  start(wide_plan(), {.twin = dataplane::KernelTwin::kAbsent});
  arrive(kLan, ip_frame("10.1.0.9", "10.1.0.1", 60));
  expect_drop(Drop::kForKernel);
}

TEST_F(ForwarderTest, AFullPortDropsWhatItDoesNotTake) {
  start(wide_plan());
  plane->io().transmit_limit = 3;
  for (int i = 0; i < 10; ++i) plane->io().give(kLan, ip_frame("10.1.0.9", "10.9.0.9", 60));
  plane->settle(plane->clock);
  EXPECT_EQ(left(kLan2), 3u);
  expect_drop(Drop::kPortFull, 7);
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
}

struct NeighbourTest : ForwarderTest {
  NeighbourTest() {
    routed = wide_plan();
    routed.routes.push_back({prefix("10.50.0.0/16"), model::ToNextHop{kLan2, address("10.9.0.254")}});
    start(routed, {.neighbours_known = false});
    (void)plane->events();
  }
  void to_host(unsigned last, int packets = 1) {
    for (int i = 0; i < packets; ++i) {
      plane->io().give(kLan, ip_frame("10.1.0.9", "10.9.0." + std::to_string(last), 60, static_cast<unsigned>(i)));
    }
    plane->settle(plane->clock);
  }
  std::vector<std::string> wanted() {
    std::vector<std::string> out;
    for (const model::Event& event : plane->events()) {
      if (event.kind == model::EventKind::kNeighbourWanted && event.port == kLan2) out.push_back(event.address.text());
    }
    return out;
  }
  model::ForwardingPlan routed;
};

TEST_F(NeighbourTest, WhatWaitsLeavesInOrderWhenTheNeighbourIsKnown) {
  to_host(9, 3);
  EXPECT_EQ(wanted(), std::vector<std::string>{"10.9.0.9"});
  EXPECT_EQ(left(kLan2), 0u);
  EXPECT_TRUE(plane->workers[0]->holds_packets());
  const MacAddress mac{{std::byte{6}, std::byte{5}}};
  routed.neighbours = {{kLan2, address("10.9.0.9"), mac}};
  ASSERT_TRUE(plane->apply(routed));
  plane->turn(plane->clock);
  ASSERT_EQ(left(kLan2), 3u);
  for (unsigned i = 0; i < 3; ++i) {
    const Frame& frame = plane->sent(kLan2)[i].frame;
    EXPECT_TRUE(same_ip(frame, after_hops(ip_frame("10.1.0.9", "10.9.0.9", 60, i), 1)));
    EXPECT_TRUE(std::equal(mac.octets.begin(), mac.octets.end(), frame.begin()));
  }
  EXPECT_FALSE(plane->workers[0]->holds_packets());
  EXPECT_EQ(plane->all_drops(), 0u);
}

TEST_F(NeighbourTest, EightWaitForOneNeighbourAndSixtyFourForAll) {
  to_host(11, 10);
  expect_drop(Drop::kNoNeighbour, 2);
  for (unsigned host = 12; host <= 18; ++host) to_host(host, 8);
  expect_drop(Drop::kNoNeighbour, 2);
  EXPECT_EQ(plane->pool.buffers_out(), 64u);
  to_host(19);
  expect_drop(Drop::kNoNeighbour, 3);
  EXPECT_EQ(wanted().size(), 9u);  // the one that finds no room is asked for too
}

TEST_F(NeighbourTest, WhatWaitedASecondIsDropped) {
  to_host(9, 2);
  const Instant since = plane->clock;
  EXPECT_EQ(plane->workers[0]->next_deadline(), since + seconds(1));
  plane->turn(since + seconds(1) - Nanos(1));
  EXPECT_EQ(plane->all_drops(), 0u);
  plane->turn(since + seconds(1));
  expect_drop(Drop::kNoNeighbour, 2);
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
  EXPECT_FALSE(plane->workers[0]->holds_packets());
}

TEST_F(NeighbourTest, ANextHopIsResolvedInTheDestinationsPlace) {
  arrive(kLan, ip_frame("10.1.0.9", "10.50.1.2", 60));
  EXPECT_EQ(wanted(), std::vector<std::string>{"10.9.0.254"});
}

TEST_F(NeighbourTest, WhatWaitsGoesWithItsPort) {
  to_host(9, 2);
  EXPECT_TRUE(plane->bury());
  EXPECT_EQ(plane->drops(Drop::kNoNeighbour), 2u);
}

struct NoDoor final : dataplane::TunnelDoor {
  void enter(dataplane::WorkerContext&, std::span<const dataplane::Entering>) noexcept override {}
};

// A packet that was held behind the turn's retry, and a next snapshot that stands where an older one stood.
TEST(Forwarder, ALaterSnapshotAtTheAddressOfAnEarlierOneIsNews) {
  MemoryIo io(16);
  dataplane::PrefixTable routes;
  ASSERT_TRUE(routes.insert(prefix("10.9.0.0/16"), 1));
  const auto cipher = crypto::make_openssl_cipher();
  dataplane::EventRing events(16);
  const auto context = std::make_unique<dataplane::WorkerContext>(io, routes, *cipher, events, 16, 16);
  NoDoor door;
  dataplane::Forwarder forwarder(door, nullptr);
  dataplane::Snapshot first;
  first.ports.resize(1);
  first.next_hops.resize(2);
  first.next_hops[1].kind = dataplane::HopKind::kConnected;
  dataplane::Snapshot second = first;
  const auto route_one = [&] {
    io.give(PortId{0}, ip_frame("10.1.0.9", "10.9.0.9", 60));
    Packet packet;
    ASSERT_EQ(io.receive(PortId{0}, {&packet, 1}), 1u);
    packet.drop_front(wire::kEthernetOctets);
    forwarder.add(*context, packet, IpFamily::kV4, 64, {});
    forwarder.flush(*context);
  };
  const auto turn = [&](const dataplane::Snapshot& snapshot, Nanos time) {
    context->snapshot = &snapshot;
    context->now = at_ns(0) + time;
    forwarder.retry_held(*context);
  };
  context->snapshot = &first;
  route_one();
  turn(first, Nanos(0));
  turn(first, seconds(2));  // given up
  EXPECT_FALSE(forwarder.holds());
  turn(second, seconds(3));
  route_one();
  EXPECT_TRUE(forwarder.holds());
  first.neighbours = dataplane::NeighbourTable({{PortId{0}, address("10.9.0.9"), MacAddress{}}});
  turn(first, seconds(3));
  EXPECT_FALSE(forwarder.holds());
  context->flush();
  EXPECT_EQ(io.sent[0].size(), 1u);
}

}  // namespace
}  // namespace levelgate::testing::forwarder_test
