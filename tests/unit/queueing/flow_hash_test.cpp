// SPDX-License-Identifier: Apache-2.0
//
// Equal for what must stay in order, different for different flows, and nobody's guess without the key; and where a
// flow's packets are put, whoever else is there.
#include "queueing/flow_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "queueing/flow_places.h"
#include "support/inner_traffic.h"

namespace levelgate::queueing::flow_hash_test {
namespace {

using Octets = std::vector<std::byte>;

Octets v6_packet(unsigned next_header, unsigned label, unsigned port) {
  Octets packet(60);
  wire::write_ip(packet.data(), IpAddress::parse("2001:db8::1").value(), IpAddress::parse("2001:db8::2").value(),
                 static_cast<std::uint8_t>(next_header), 60);
  store_be<std::uint32_t>(packet.data(), 0x60000000u | label);
  store_be<std::uint16_t>(packet.data() + 40, static_cast<std::uint16_t>(port));
  return packet;
}

TEST(FlowHash, TellsFlowsApart) {
  testing::InnerTraffic traffic;
  const FlowHash hash(7);
  std::set<std::uint32_t> seen;
  for (std::uint32_t flow = 0; flow < 10'000; ++flow) seen.insert(hash(traffic.make(flow, 60, at_ns(0)).bytes()));
  EXPECT_GT(seen.size(), 9'990u);
  const Packet one = traffic.make(3, 60, at_ns(0));
  const Packet other = traffic.make(3, 900, at_ns(0), wire::Ecn::kEct0, 46);
  EXPECT_EQ(hash(one.bytes()), hash(other.bytes()));
}

TEST(FlowHash, FragmentsOfAPacketAreOneFlow) {
  testing::InnerTraffic traffic;
  const FlowHash hash(7);
  Packet first = traffic.make(3, 60, at_ns(0));
  store_be<std::uint16_t>(first.data + 6, 0x2000);
  Packet later = traffic.make(4, 60, at_ns(0));  // other octets where ports would be
  store_be<std::uint16_t>(later.data + 6, 0x0010);
  EXPECT_EQ(hash(first.bytes()), hash(later.bytes()));
  EXPECT_EQ(hash(v6_packet(44, 5, 1)), hash(v6_packet(44, 5, 2)));
}

TEST(FlowHash, LooksAtIpv6PortsOrAtTheLabel) {
  const FlowHash hash(7);
  EXPECT_NE(hash(v6_packet(17, 1, 1)), hash(v6_packet(17, 1, 2)));
  EXPECT_EQ(hash(v6_packet(17, 1, 1)), hash(v6_packet(17, 2, 1)));
  EXPECT_EQ(hash(v6_packet(47, 1, 1)), hash(v6_packet(47, 1, 2)));
  EXPECT_NE(hash(v6_packet(47, 1, 1)), hash(v6_packet(47, 2, 1)));
}

// Flows that collide under one key do not under another.
TEST(FlowHash, CollisionsDependOnTheKey) {
  testing::InnerTraffic traffic;
  const FlowHash known(1);
  const FlowHash used(2);
  std::map<std::uint32_t, unsigned> sets;
  unsigned collected = 0;
  for (std::uint32_t flow = 0; collected < 256; ++flow) {
    const Packet packet = traffic.make(flow, 60, at_ns(0));
    if (known(packet.bytes()) % 16 == 0) {
      ++collected;
      ++sets[used(packet.bytes()) % 16];
    }
    traffic.give_back(packet);
  }
  EXPECT_EQ(sets.size(), 16u);
  for (const auto& [set, count] : sets) EXPECT_LT(count, 48u) << set;
}

TEST(FlowPlaces, AHashKeepsItsPlaceWhilePacketsWait) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    FlowPlaces places;
    std::array<std::map<std::uint32_t, unsigned>, kFlows> waiting;  // by place, then by hash
    std::map<std::uint32_t, std::size_t> place_of;
    const std::uint32_t hashes = 1 + static_cast<std::uint32_t>(random() % 300);
    const std::uint32_t step = round % 2 == 0 ? 1 : 16;  // 16: all of one set
    for (int i = 0; i < 2'000; ++i) {
      if (random() % 2 == 0) {
        const std::uint32_t hash = static_cast<std::uint32_t>(random() % hashes) * step;
        const std::size_t place = places.find(hash, [&](std::size_t flow) { return !waiting[flow].empty(); }).flow;
        const auto known = place_of.find(hash);
        if (known != place_of.end() && waiting[known->second].contains(hash)) {
          ASSERT_EQ(place, known->second);
        }
        place_of[hash] = place;
        ++waiting[place][hash];
      } else {
        auto& some = waiting[random() % kFlows];
        if (some.empty()) continue;
        if (--some.begin()->second == 0) some.erase(some.begin());
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::queueing::flow_hash_test
