// SPDX-License-Identifier: Apache-2.0
//
// Configuration and surroundings to plan: whose routes win, who may let clear text out, where tunnels live; and the law
// that a reload ends where a boot would.
#include "control/reconcile.h"

#include <gtest/gtest.h>

#include "unit/control/gateway_configs.h"

namespace levelgate::control::reconcile_test {
namespace {

using namespace tests;

model::ForwardingPlan plan_of(const model::Config& config, const Surroundings& seen = seen_around(),
                              std::uint32_t workers = 1, const model::ForwardingPlan* running = nullptr) {
  auto plan = make_plan(config, seen, workers, running);
  EXPECT_TRUE(plan);
  return plan ? *plan : model::ForwardingPlan{};
}

const model::Route* route_with(const model::ForwardingPlan& plan, const std::string& prefix, std::uint32_t metric) {
  for (const model::Route& route : plan.routes) {
    if (route.prefix == net(prefix) && route.metric == metric) return &route;
  }
  return nullptr;
}

TEST(Plan, PortsKnowTheirDeviceAndTheirSide) {
  const auto plan = plan_of(paris());
  ASSERT_EQ(plan.ports.size(), 2u);
  EXPECT_EQ(plan.ports[0].side, model::PortSide::kOuter) << "it carries the tunnel's local address";
  EXPECT_EQ(plan.ports[1].side, model::PortSide::kProtected);
  EXPECT_EQ(plan.ports[0].mtu, 1500u) << "the file's, though the device says 1400";
  EXPECT_EQ(plan.ports[1].mtu, 9000u) << "the device's, since the file is silent";
  EXPECT_EQ(plan.ports[0].mac.text(), "02:00:00:00:00:01");
  EXPECT_EQ(plan.ports[0].addresses, (std::vector<IpPrefix>{net("198.51.100.1/24")}));
  EXPECT_EQ(plan_of(paris(), {}).ports[1].mtu, 0u) << "nobody said anything: not limited";
}

TEST(Plan, OnlyRoutesOfTheOperatorLetClearTextOut) {
  model::Config config = paris();
  config.routes.push_back(hop_route("192.0.2.0/24", "198.51.100.9", "wan"));
  Surroundings seen = seen_around();
  seen.routes = {{net("172.16.0.0/12"), "wan", ip("198.51.100.3"), false, 20}};
  const auto plan = plan_of(config, seen);
  for (const model::Route& route : plan.routes) {
    const bool own = route.prefix == net("192.0.2.0/24");
    EXPECT_EQ(route.clear == model::ClearText::kAllowed, own) << route.prefix.text();
  }
  EXPECT_TRUE(std::holds_alternative<model::ToTunnel>(route_with(plan, "10.2.0.0/16", 0)->target));
  EXPECT_TRUE(std::holds_alternative<model::ToBlackhole>(route_with(plan, "10.2.0.0/16", 200)->target));
  EXPECT_TRUE(std::holds_alternative<model::ToConnected>(route_with(plan, "198.51.100.0/24", 0)->target));
  const auto* const gateway = std::get_if<model::ToNextHop>(&route_with(plan, "0.0.0.0/0", 1024)->target);
  ASSERT_NE(gateway, nullptr);
  EXPECT_EQ(gateway->next_hop, ip("198.51.100.254"));
}

TEST(Plan, LearntRoutesComeBehindInTheirOwnOrder) {
  Surroundings seen = seen_around();
  seen.routes = {{net("172.16.9.9/12"), "wan", ip("198.51.100.3"), false, 20},
                 {net("172.17.0.0/16"), "lan", {}, true, 0xffffffff},
                 {net("172.18.0.0/16"), "elsewhere", {}, true, 0}};
  const auto plan = plan_of(paris(), seen);
  ASSERT_NE(route_with(plan, "172.16.0.0/12", 2048 + 20), nullptr) << "host bits are cut";
  ASSERT_NE(route_with(plan, "172.17.0.0/16", 0xffffffff), nullptr) << "the metric does not wrap";
  for (const model::Route& route : plan.routes) EXPECT_NE(route.prefix, net("172.18.0.0/16")) << "no port of ours";
}

TEST(Plan, TheOperatorsNeighbourComesLastAndWins) {
  model::Config config = paris();
  config.neighbours = {{"wan", ip("198.51.100.7"), mac("02:00:00:00:00:07")}};
  Surroundings seen = seen_around();
  seen.neighbours = {{"wan", ip("198.51.100.7"), mac("02:00:00:00:00:08")},
                     {"nowhere", ip("198.51.100.8"), mac("02:00:00:00:00:08")}};
  const auto plan = plan_of(config, seen);
  ASSERT_EQ(plan.neighbours.size(), 2u);
  EXPECT_EQ(plan.neighbours.back().mac.text(), "02:00:00:00:00:07");
}

TEST(Plan, TunnelsStayOnTheirWorker) {
  model::Config config = paris();
  config.tunnels = {tunnel_of("a", "203.0.113.1"), tunnel_of("b", "203.0.113.2"), tunnel_of("c", "203.0.113.3"),
                    tunnel_of("d", "203.0.113.4")};
  config.routes.clear();
  const auto boot = plan_of(config, {}, 3);
  EXPECT_EQ(boot.tunnels[0].worker, WorkerId{0});
  EXPECT_EQ(boot.tunnels[1].worker, WorkerId{1});
  EXPECT_EQ(boot.tunnels[2].worker, WorkerId{2});
  EXPECT_EQ(boot.tunnels[3].worker, WorkerId{0});
  config.tunnels = {tunnel_of("e", "203.0.113.5"), config.tunnels[3], config.tunnels[2], config.tunnels[0]};
  const auto next = plan_of(config, {}, 3, &boot);
  EXPECT_EQ(next.tunnels[0].worker, WorkerId{1}) << "the one with the fewest";
  EXPECT_EQ(next.tunnels[1].worker, WorkerId{0});
  EXPECT_EQ(next.tunnels[2].worker, WorkerId{2});
  EXPECT_EQ(next.tunnels[3].worker, WorkerId{0});
  const auto fewer = plan_of(config, {}, 1, &next);
  for (const model::TunnelPlan& tunnel : fewer.tunnels) EXPECT_EQ(tunnel.worker, WorkerId{0});
  EXPECT_EQ(plan_of(config, {}, 0).tunnels[0].worker, WorkerId{0}) << "no worker is one worker";
}

TEST(Plan, ATunnelIsWhatTheFileSays) {
  model::Config config = paris();
  config.tunnels[0].replay_window = 64;
  config.tunnels[0].encapsulation = model::Encapsulation::kUdp;
  const auto plan = plan_of(config);
  const model::TunnelPlan& berlin = plan.tunnels.at(0);
  EXPECT_EQ(berlin.id, TunnelId{0});
  EXPECT_EQ(berlin.replay_window, 64u);
  EXPECT_EQ(berlin.encapsulation, model::Encapsulation::kUdp);
  EXPECT_EQ(berlin.outbound, config.tunnels[0].outbound);
  ASSERT_EQ(berlin.inbound.size(), 1u);
  EXPECT_EQ(berlin.inbound[0], *config.tunnels[0].inbound);
  EXPECT_EQ(berlin.tfs, config.tunnels[0].tfs);
}

// Until IKE has made its keys a tunnel is there, with its routes and its place, and has nothing to send or receive
// with.
TEST(Plan, MarksOfOuterPacketsAreThoseOfTheFile) {
  model::Config config = paris();
  config.tunnels[0].marks = {46, false, 0x12345};
  config.tunnels[0].tfs.inner_mtu = 1'300;
  const auto plan = plan_of(config);
  EXPECT_EQ(plan.tunnels[0].marks, config.tunnels[0].marks);
  EXPECT_EQ(plan.tunnels[0].tfs.inner_mtu, 1'300u);
}

TEST(Plan, ATunnelOfIkeHasNoKeysYet) {
  model::Config config = paris();
  config.tunnels[0].inbound.reset();
  config.tunnels[0].outbound.reset();
  config.tunnels[0].ike = model::TunnelIke{};
  const auto plan = plan_of(config);
  ASSERT_EQ(plan.tunnels.size(), 1u);
  EXPECT_TRUE(plan.tunnels[0].inbound.empty());
  EXPECT_FALSE(plan.tunnels[0].outbound);
  EXPECT_EQ(plan.ports[0].side, model::PortSide::kOuter);
  const model::Route* const route = route_with(plan, "10.2.0.0/16", 0);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->target, model::RouteTarget(model::ToTunnel{plan.tunnels[0].id}));
}

TEST(OuterRoute, IsTheLongestThatIsNoTunnel) {
  model::Config config = paris();
  config.routes.push_back(route_to("203.0.113.0/24", "berlin"));
  config.routes.push_back(blackhole("203.0.113.1/32", 0));
  config.routes.push_back(hop_route("203.0.112.0/23", "198.51.100.8", "wan"));
  config.routes.back().metric = 7;
  config.routes.push_back(hop_route("203.0.112.0/23", "198.51.100.9", "wan"));
  const auto plan = plan_of(config);
  const auto hop = [&](const char* peer) {
    return std::get<model::ToNextHop>(outer_route(plan, ip(peer))->target).next_hop;
  };
  EXPECT_EQ(hop("203.0.113.1"), ip("198.51.100.9")) << "of equal prefixes the lowest metric";
  EXPECT_EQ(hop("192.0.2.1"), ip("198.51.100.254")) << "the port's gateway";
  EXPECT_TRUE(std::holds_alternative<model::ToConnected>(outer_route(plan, ip("198.51.100.77"))->target));
  EXPECT_EQ(outer_route(plan, ip("2001:db8::1")), nullptr);
}

// Whatever was in force before: the plan is the one that a boot with the last configuration makes. With several workers
// only the places of tunnels may differ, and each is a worker that exists.
TEST(Reconcile, AnySequenceEndsWhereABootWould) {
  std::mt19937 random(20260101);
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t workers = 1 + static_cast<std::uint32_t>(random() % 3);
    model::ForwardingPlan running;
    model::Config last;
    for (int step = 0; step < 6; ++step) {
      last = random_config(random);
      running = plan_of(last, seen_around(), workers, step == 0 ? nullptr : &running);
    }
    model::ForwardingPlan boot = plan_of(last, seen_around(), workers);
    for (std::size_t i = 0; i < running.tunnels.size(); ++i) {
      ASSERT_LT(running.tunnels[i].worker.value, workers);
      if (workers > 1) boot.tunnels[i].worker = running.tunnels[i].worker;
    }
    ASSERT_EQ(running, boot) << "round " << round;
  }
}

TEST(Reconcile, NothingNewIsNoNewPlan) {
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    const model::Config config = random_config(random);
    const auto plan = plan_of(config, seen_around(), 3);
    EXPECT_EQ(plan_of(config, seen_around(), 3, &plan), plan);
  }
}

}  // namespace
}  // namespace levelgate::control::reconcile_test
