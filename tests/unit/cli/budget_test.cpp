// SPDX-License-Identifier: Apache-2.0
//
// The sums of interface section 4 and of RFC 9347 appendix C.
#include "cli/budget.h"

#include <gtest/gtest.h>

namespace levelgate::cli::budget_test {
namespace {

model::TunnelConfig berlin() {
  model::TunnelConfig tunnel;
  tunnel.name = "berlin";
  tunnel.local = *IpAddress::parse("198.51.100.1");
  tunnel.tfs.rate_bits_per_second = 500'000'000;
  return tunnel;
}

TEST(Budget, AsInTheOperatorsContract) {
  model::Config config;
  config.ports.resize(2);
  config.tunnels = {berlin()};
  EXPECT_EQ(
      budget_text(config, true),
      "ok: 2 ports, 1 tunnel, 0 routes\n"
      "berlin  500 Mbit/s outer = 44 643 packets/s, one every 22.40 us; carries at most 479.3 Mbit/s inner (95.9 %)\n"
      "        queue 20 ms = 1.20 MB; added one-way delay when idle <= 22.40 us + crypto\n"
      "        1400-byte outer: 20 IPv4 + 8 ESP + 8 IV + 16 ICV + 2 trailer + 4 AGGFRAG leaves 1342 bytes for "
      "inner packets\n");
}

TEST(Budget, RoomOfEachEncapsulation) {
  auto tunnel = berlin();
  EXPECT_EQ(rate_budget(tunnel).inner_octets, 1342u);
  tunnel.encapsulation = model::Encapsulation::kUdp;
  EXPECT_EQ(rate_budget(tunnel).inner_octets, 1334u);
  tunnel.local = *IpAddress::parse("2001:db8::1");
  EXPECT_EQ(rate_budget(tunnel).inner_octets, 1314u);
  tunnel.tfs.mode = model::TfsMode::kPlain;
  EXPECT_EQ(rate_budget(tunnel).inner_octets, 1318u);
  tunnel.tfs.packet_size = 30;
  EXPECT_EQ(rate_budget(tunnel).inner_octets, 0u);
}

TEST(Budget, TheLinkLayerCounts38OctetsMore) {
  auto tunnel = berlin();
  tunnel.tfs.rate_layer = model::RateLayer::kL2;
  EXPECT_DOUBLE_EQ(rate_budget(tunnel).packets_per_second, 500e6 / (1438 * 8));
}

}  // namespace
}  // namespace levelgate::cli::budget_test
