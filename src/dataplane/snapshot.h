// SPDX-License-Identifier: Apache-2.0
//
// The immutable tables that workers read during a turn: ports, next hops, neighbours, tunnels and SAs. Made by the
// Publisher; a worker loads it once per turn and keeps no pointer from it across turns.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>
#include <levelgate/model/plan.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "dataplane/neighbour_table.h"
#include "dataplane/selector_match.h"

namespace levelgate::esp {
class Sealer;
}

namespace levelgate::congestion {
class PathControl;
}

namespace levelgate::dataplane {

class OutboundTunnel;
class OutboundQueue;
struct OutboundSetting;
class InboundSa;
struct TunnelCounters;
struct SaCounters;

struct PortEntry {
  PortId id;
  MacAddress mac;
  std::uint32_t mtu = 0;  // 0: not limited
  model::PortSide side = model::PortSide::kProtected;
  std::vector<IpPrefix> addresses;
};

enum class HopKind : std::uint8_t { kNone, kTunnel, kNeighbour, kConnected, kBlackhole };

struct NextHop {
  HopKind kind = HopKind::kNone;
  PortId port;
  TunnelId tunnel;
  IpAddress address;  // kNeighbour: of the next hop
  bool clear_allowed = false;
};

// Where a tunnel's outer packets go at the moment.
struct OuterPath {
  bool resolved = false;
  bool routed = false;  // a route exists; port and next_hop hold
  PortId port;
  IpAddress next_hop;
  MacAddress next_hop_mac;
  MacAddress own_mac;
};

struct TunnelEntry {
  TunnelId id;
  WorkerId worker;
  OutboundTunnel* outbound = nullptr;
  const OutboundSetting* setting = nullptr;
  std::uint64_t setting_serial = 0;  // of *setting
  OutboundQueue* queue = nullptr;    // an empty one for *setting; its worker puts it in place of the old one
  congestion::PathControl* congestion = nullptr;  // where the tunnel sends reports; its worker's
  std::uint32_t breaker_clears = 0;               // how often the operator has closed the breaker
  esp::Sealer* sealer = nullptr;                  // null: no outbound SA
  SaCounters* sealed = nullptr;                   // of the outbound SA
  SaId sealer_id;                                 // never reused: tells a new sealer from one at the same address
  std::uint64_t serial = 0;                       // never reused: tells a tunnel from a later one with the same id
  TunnelCounters* counters = nullptr;
  std::uint32_t inner_mtu = 0;  // largest inner packet that enters in one piece; 0: any size is taken
  OuterPath path;
  bool udp = false;        // the peer is reached through UDP, from where it may move
  bool in_stream = false;  // the peer is reached through a TCP connection
  StreamId stream;         // which one it is; none: there is none at the moment
  IpAddress remote;
  std::uint16_t udp_remote_port = 0;
  SelectorMatch selectors{model::SelectorPair{}};
  bool closing = false;  // give back what is held, then set the drained mark
};

struct InboundEntry {
  InboundSa* sa = nullptr;
  const TunnelEntry* tunnel = nullptr;  // closing: where what is held still goes; null: the tunnel goes as well
  WorkerId worker;
  bool closing = false;
  const InboundEntry* older = nullptr;  // the same tunnel's next older living SA
};

struct Snapshot {
  std::vector<PortEntry> ports;
  std::vector<NextHop> next_hops;  // index: what the RouteTable answers
  NeighbourTable neighbours;
  std::vector<TunnelEntry> tunnels;                             // index: TunnelId
  std::vector<TunnelEntry> closing;                             // tunnels on their way out
  std::vector<InboundEntry> inbound;                            // living and closing
  std::unordered_map<std::uint32_t, const InboundEntry*> spis;  // living SAs only
  std::vector<std::uint32_t> own_v4;                            // host order
  std::vector<IpAddress> own_v6;

  [[nodiscard]] bool own(const IpAddress& address) const {
    if (address.family() == IpFamily::kV4) return own_v4_address(address.v4_host_order());
    for (const IpAddress& mine : own_v6) {
      if (mine == address) return true;
    }
    return false;
  }
  [[nodiscard]] bool own_v4_address(std::uint32_t address) const {
    for (const std::uint32_t mine : own_v4) {
      if (mine == address) return true;
    }
    return false;
  }
};

}  // namespace levelgate::dataplane
