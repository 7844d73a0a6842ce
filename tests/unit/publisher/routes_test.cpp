// SPDX-License-Identifier: Apache-2.0
//
// Routes and next hops as they are published: numbers that stay what they were, which route wins, and a table without
// room.
#include <set>

#include "crypto/aead_burst.h"
#include "dataplane/prefix_table.h"
#include "publisher/publisher.h"
#include "unit/publisher/publishing.h"

namespace levelgate::testing::routes_test {
namespace {

using model::ForwardingPlan;
using PublishedRoutes = PublisherTest;

std::uint64_t hop_of(Plane& plane, const std::string& to) {
  const std::uint32_t wanted = address(to).v4_host_order();
  std::uint64_t hop = 0;
  plane.routes.find_v4({&wanted, 1}, {&hop, 1});
  return hop;
}

// A worker that looks up while routes change finds the old or the new next hop, never a third.
TEST_F(PublishedRoutes, NumbersOfNextHopsAreNeverGivenToAnother) {
  start(site_plan(Site::kA, fixed()));
  const std::uint64_t tunnel = hop_of(*plane, "10.2.0.1");
  const std::uint64_t lan = hop_of(*plane, "10.1.0.1");
  EXPECT_NE(tunnel, lan);
  EXPECT_NE(tunnel, dataplane::kNoNextHop);
  ForwardingPlan without = plan;
  std::erase_if(without.routes, [](const model::Route& route) { return route.prefix == prefix("10.2.0.0/16"); });
  std::erase_if(without.routes, [](const model::Route& route) { return route.prefix == prefix("fd02::/64"); });
  without.routes.push_back({prefix("10.3.0.0/16"), model::ToNextHop{kLan, address("10.1.0.254")}});
  ASSERT_TRUE(plane->apply(without));
  EXPECT_EQ(hop_of(*plane, "10.2.0.1"), dataplane::kNoNextHop);
  EXPECT_EQ(hop_of(*plane, "10.1.0.1"), lan);
  const std::uint64_t via = hop_of(*plane, "10.3.0.1");
  EXPECT_NE(via, tunnel);
  EXPECT_EQ(plane->snapshots.load(0)->next_hops[tunnel].kind, dataplane::HopKind::kNone);
  ASSERT_TRUE(plane->apply(plan));
  EXPECT_EQ(hop_of(*plane, "10.2.0.1"), tunnel);
  EXPECT_EQ(hop_of(*plane, "10.3.0.1"), dataplane::kNoNextHop);
}

TEST_F(PublishedRoutes, TheLowestMetricWinsAndTheOuterPathIsNeverATunnel) {
  ForwardingPlan wanted = site_plan(Site::kA, fixed());
  const MacAddress gateway{{std::byte{4}}};
  const MacAddress better{{std::byte{6}}};
  wanted.tunnels[0].remote = address("192.0.2.1");
  wanted.routes.push_back({prefix("0.0.0.0/0"), model::ToNextHop{kWan, address("198.51.100.9")}, 10});
  wanted.routes.push_back({prefix("192.0.0.0/8"), model::ToTunnel{TunnelId{0}}});
  wanted.routes.push_back({prefix("192.0.2.1/32"), model::ToBlackhole{}});
  wanted.neighbours = {{kWan, address("198.51.100.9"), gateway}, {kWan, address("198.51.100.8"), better}};
  start(wanted);
  plane->run_until(at_ns(500'000));
  ASSERT_EQ(plane->sent(kWan).size(), 1u);
  EXPECT_EQ(plane->sent(kWan)[0].frame[0], gateway.octets[0]);
  wanted.routes.push_back({prefix("0.0.0.0/0"), model::ToNextHop{kWan, address("198.51.100.8")}, 5});
  ASSERT_TRUE(plane->apply(wanted));
  plane->run_until(at_ns(2'500'000));
  EXPECT_EQ(plane->sent(kWan).back().frame[0], better.octets[0]);
  EXPECT_EQ(plane->snapshots.load(0)->next_hops[hop_of(*plane, "11.0.0.1")].address, address("198.51.100.8"));
}

// A table that takes three prefixes and no more.
struct NarrowTable final : dataplane::RouteTable {
  dataplane::PrefixTable inside;
  std::set<IpPrefix> taken;
  bool insert(const IpPrefix& prefix, std::uint64_t next_hop) override {
    if (taken.size() == 3 && !taken.contains(prefix)) return false;
    taken.insert(prefix);
    return inside.insert(prefix, next_hop);
  }
  void erase(const IpPrefix& prefix) override {
    taken.erase(prefix);
    inside.erase(prefix);
  }
  void find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> hops) const noexcept override {
    inside.find_v4(addresses, hops);
  }
  void find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
               std::span<std::uint64_t> hops) const noexcept override {
    inside.find_v6(addresses, hops);
  }
};

// What found no room is told, and gets its room when another prefix goes.
TEST(RouteTable, RoutesWithoutRoomAreCounted) {
  NarrowTable table;
  handover::SnapshotCell<dataplane::Snapshot> snapshots(1);
  const auto cipher = crypto::make_openssl_cipher();
  dataplane::WorkerCounters counters;
  publisher::Publisher publisher({snapshots, table, {cipher.get()}, {&counters}});
  ForwardingPlan plan = site_plan(Site::kA, fixed());
  ASSERT_EQ(plan.routes.size(), 5u);
  ASSERT_TRUE(publisher.apply(plan, at_ns(0)));
  EXPECT_EQ(publisher.routes_without_room(), 2u);
  const std::set<IpPrefix> first = table.taken;
  std::erase_if(plan.routes, [&](const model::Route& route) { return first.contains(route.prefix); });
  ASSERT_TRUE(publisher.apply(plan, at_ns(0)));
  EXPECT_EQ(publisher.routes_without_room(), 0u) << "what went made room in the same step";
  EXPECT_EQ(table.taken.size(), 2u);
}

}  // namespace
}  // namespace levelgate::testing::routes_test
