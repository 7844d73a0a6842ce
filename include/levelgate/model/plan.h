// SPDX-License-Identifier: Apache-2.0
//
// ForwardingPlan: everything the data plane shall be, as one immutable value. The control tower makes it,
// publisher::Publisher turns the difference to the last one into the next snapshot.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>
#include <levelgate/model/outer_marks.h>
#include <levelgate/model/qos.h>
#include <levelgate/model/selector.h>
#include <levelgate/model/tunnel.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace levelgate::model {

// Whether clear text from another port may leave here. A port that carries a tunnel's outer packets is
// kOuter: nothing that came from a protected port leaves through it in clear unless a route allows it.
enum class PortSide : std::uint8_t { kProtected, kOuter };

struct PortPlan {
  std::string name;
  MacAddress mac;            // of the port and of its twin
  std::uint32_t mtu = 1500;  // octets of an IP packet; 0: not limited (replay without a configured mtu)
  PortSide side = PortSide::kProtected;
  std::vector<IpPrefix> addresses;  // the gateway's own addresses on this port with their prefixes
  auto operator<=>(const PortPlan&) const = default;
};

// Where packets for a prefix go.
struct ToTunnel {
  TunnelId tunnel;
  auto operator<=>(const ToTunnel&) const = default;
};
struct ToNextHop {
  PortId port;
  IpAddress next_hop;
  auto operator<=>(const ToNextHop&) const = default;
};
struct ToConnected {
  PortId port;
  auto operator<=>(const ToConnected&) const = default;
};
struct ToBlackhole {
  auto operator<=>(const ToBlackhole&) const = default;
};
using RouteTarget = std::variant<ToTunnel, ToNextHop, ToConnected, ToBlackhole>;

// Why clear text may follow this route out of an outer port.
enum class ClearText : std::uint8_t { kRefused, kAllowed };

struct Route {
  IpPrefix prefix;  // host bits zero
  RouteTarget target;
  std::uint32_t metric = 0;               // lower wins among equal prefixes
  ClearText clear = ClearText::kRefused;  // kAllowed: the operator's own route says so
  auto operator<=>(const Route&) const = default;
};

struct Neighbour {
  PortId port;
  IpAddress address;
  MacAddress mac;
  auto operator<=>(const Neighbour&) const = default;
};

struct TunnelPlan {
  TunnelId id;       // equals the position in ForwardingPlan::tunnels
  std::string name;  // unique; the identity over reloads
  IpAddress local;   // outer addresses, one family
  IpAddress remote;
  Encapsulation encapsulation = Encapsulation::kNone;
  std::uint16_t udp_local_port = 4500;
  std::uint16_t udp_remote_port = 4500;
  StreamId stream;                                    // kTcp: by which outer packets leave; none: nothing leaves
  std::optional<std::uint32_t> replay_window = 4096;  // numbers, 64 to 65,536
  TfsSettings tfs;
  QosSettings qos;
  OuterMarks marks;
  SelectorPair selectors;
  std::vector<EspSa> inbound;        // newest first; all are accepted
  std::optional<EspSa> outbound;     // the SA that sends
  WorkerId worker;                   // the worker that owns the tunnel
  std::uint32_t breaker_clears = 0;  // how often the operator has closed the circuit breaker
  friend bool operator==(const TunnelPlan&, const TunnelPlan&) = default;
};

struct ForwardingPlan {
  std::vector<PortPlan> ports;
  std::vector<TunnelPlan> tunnels;
  std::vector<Route> routes;              // static, connected and learnt ones
  std::vector<Neighbour> neighbours;      // static and learnt ones
  std::uint32_t max_inner_octets = 9216;  // largest inner packet that is reassembled
  friend bool operator==(const ForwardingPlan&, const ForwardingPlan&) = default;
};

}  // namespace levelgate::model
