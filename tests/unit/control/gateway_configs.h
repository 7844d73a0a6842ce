// SPDX-License-Identifier: Apache-2.0
//
// Configurations as values, without a file: the gateway of the operator's contract (interface §3), and random ones.
#pragma once

#include <levelgate/model/config.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "control/controller.h"

namespace levelgate::tests {

inline IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }
inline IpPrefix net(const std::string& text) { return *IpPrefix::parse(text); }
inline MacAddress mac(const std::string& text) { return *MacAddress::parse(text); }

inline std::shared_ptr<const Secret> key_of(char letter) {
  std::array<std::byte, 36> octets{};
  octets.fill(static_cast<std::byte>(letter));
  return std::make_shared<const Secret>(ConstBytes(octets));
}

inline model::EspSa sa_of(std::uint32_t spi, char letter) {
  model::EspSa sa;
  sa.spi = Spi{spi};
  sa.key = key_of(letter);
  return sa;
}

inline model::TunnelConfig tunnel_of(const std::string& name, const std::string& remote) {
  model::TunnelConfig tunnel;
  tunnel.name = name;
  tunnel.interface = "wan";
  tunnel.local = ip("198.51.100.1");
  tunnel.remote = ip(remote);
  tunnel.tfs.rate_bits_per_second = 500'000'000;
  return tunnel;
}

inline model::RouteConfig route_to(const std::string& prefix, const std::string& tunnel) {
  model::RouteConfig route;
  route.to = net(prefix);
  route.tunnel = tunnel;
  return route;
}

inline model::RouteConfig hop_route(const std::string& prefix, const std::string& hop, const std::string& interface) {
  model::RouteConfig route;
  route.to = net(prefix);
  route.gateway = ip(hop);
  route.interface = interface;
  return route;
}

inline model::RouteConfig blackhole(const std::string& prefix, std::uint32_t metric) {
  model::RouteConfig route;
  route.to = net(prefix);
  route.blackhole = true;
  route.metric = metric;
  return route;
}

inline model::Config paris() {
  model::Config config;
  config.ports = {{"wan", "", "net_null0", 1500, "lg-wan"}, {"lan", "", "net_null1", std::nullopt, "lg-lan"}};
  config.interfaces = {{"wan", "wan", {net("198.51.100.1/24")}, {ip("198.51.100.254")}},
                       {"lan", "lan", {net("10.1.0.1/24")}, {}}};
  model::TunnelConfig berlin = tunnel_of("berlin", "203.0.113.1");
  berlin.outbound = sa_of(0x1001, 'a');
  berlin.inbound = sa_of(0x2002, 'b');
  config.tunnels = {berlin};
  config.routes = {route_to("10.2.0.0/16", "berlin"), blackhole("10.2.0.0/16", 200)};
  return config;
}

// Other tunnels, routes, neighbours and addresses on the same ports: what a running daemon can follow.
inline model::Config random_config(std::mt19937& random) {
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  model::Config config = paris();
  config.tunnels.clear();
  config.routes.clear();
  for (unsigned i = 0; i < 6; ++i) {
    if (below(2) == 0) continue;
    auto tunnel = tunnel_of("t" + std::to_string(i), "203.0.113." + std::to_string(10 + below(20)));
    tunnel.tfs.packet_size = 1400 - 4 * below(10);
    tunnel.interface = below(4) == 0 ? "lan" : "wan";
    config.tunnels.push_back(tunnel);
    config.routes.push_back(route_to("10." + std::to_string(10 + i) + ".0.0/16", tunnel.name));
  }
  std::shuffle(config.tunnels.begin(), config.tunnels.end(), random);
  if (below(2) == 0) config.routes.push_back(hop_route("0.0.0.0/0", "10.1.0.9", "lan"));
  if (below(2) == 0) config.interfaces[0].gateways.clear();
  if (below(2) == 0) config.interfaces[1].addresses.push_back(net("10.1." + std::to_string(below(9)) + ".7/24"));
  if (below(2) == 0) config.neighbours.push_back({"wan", ip("198.51.100.7"), mac("02:00:00:00:00:07")});
  return config;
}

inline control::Surroundings seen_around() {
  control::Surroundings seen;
  seen.ports["wan"] = {mac("02:00:00:00:00:01"), 1400};
  seen.ports["lan"] = {mac("02:00:00:00:00:02"), 9000};
  return seen;
}

// The first effect of a kind; null: there is none.
template <typename Kind>
const Kind* first(const control::Effects& effects) {
  for (const control::Effect& effect : effects) {
    if (const Kind* const is = std::get_if<Kind>(&effect)) return is;
  }
  return nullptr;
}

template <typename Kind>
std::size_t count(const control::Effects& effects) {
  return static_cast<std::size_t>(std::count_if(effects.begin(), effects.end(), [](const control::Effect& effect) {
    return std::holds_alternative<Kind>(effect);
  }));
}

inline Instant at_second(std::int64_t second) { return at_ns(second * 1'000'000'000); }

}  // namespace levelgate::tests
