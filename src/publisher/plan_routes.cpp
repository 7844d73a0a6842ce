// SPDX-License-Identifier: Apache-2.0
//
// Routes of a plan, one by one.
#include "publisher/plan_routes.h"

#include <variant>

namespace levelgate::publisher {

std::string hop_key(const model::Route& route, const model::ForwardingPlan& plan) {
  const std::string clear = route.clear == model::ClearText::kAllowed ? "+" : "-";
  struct Visitor {
    const model::ForwardingPlan& plan;
    std::string operator()(const model::ToTunnel& to) const { return "tunnel " + plan.tunnels[to.tunnel.value].name; }
    std::string operator()(const model::ToNextHop& to) const {
      return "via " + std::to_string(to.port.value) + " " + to.next_hop.text();
    }
    std::string operator()(const model::ToConnected& to) const { return "port " + std::to_string(to.port.value); }
    std::string operator()(const model::ToBlackhole&) const { return "blackhole"; }
  };
  return clear + std::visit(Visitor{plan}, route.target);
}

dataplane::NextHop hop_of(const model::Route& route) {
  dataplane::NextHop hop;
  hop.clear_allowed = route.clear == model::ClearText::kAllowed;
  struct Visitor {
    dataplane::NextHop& hop;
    void operator()(const model::ToTunnel& to) const {
      hop.kind = dataplane::HopKind::kTunnel;
      hop.tunnel = to.tunnel;
    }
    void operator()(const model::ToNextHop& to) const {
      hop.kind = dataplane::HopKind::kNeighbour;
      hop.port = to.port;
      hop.address = to.next_hop;
    }
    void operator()(const model::ToConnected& to) const {
      hop.kind = dataplane::HopKind::kConnected;
      hop.port = to.port;
    }
    void operator()(const model::ToBlackhole&) const { hop.kind = dataplane::HopKind::kBlackhole; }
  };
  std::visit(Visitor{hop}, route.target);
  return hop;
}

std::map<IpPrefix, const model::Route*> best_routes(const model::ForwardingPlan& plan) {
  std::map<IpPrefix, const model::Route*> best;
  for (const model::Route& route : plan.routes) {
    const model::Route*& slot = best[route.prefix.network()];
    if (slot == nullptr || route.metric < slot->metric) slot = &route;
  }
  return best;
}

dataplane::OuterPath outer_path(const model::ForwardingPlan& plan, const model::TunnelPlan& tunnel,
                                const MacAddress* unknown_mac) {
  dataplane::OuterPath path;
  const model::Route* best = nullptr;
  for (const model::Route& route : plan.routes) {
    const bool usable = std::holds_alternative<model::ToNextHop>(route.target) ||
                        std::holds_alternative<model::ToConnected>(route.target);
    if (!usable || !route.prefix.contains(tunnel.remote)) continue;
    const bool better = best == nullptr || route.prefix.length > best->prefix.length ||
                        (route.prefix.length == best->prefix.length && route.metric < best->metric);
    if (better) best = &route;
  }
  if (best == nullptr) return path;
  const dataplane::NextHop hop = hop_of(*best);
  path.routed = true;
  path.port = hop.port;
  path.next_hop = hop.kind == dataplane::HopKind::kNeighbour ? hop.address : tunnel.remote;
  path.own_mac = plan.ports[hop.port.value].mac;
  for (const model::Neighbour& neighbour : plan.neighbours) {
    if (neighbour.port != path.port || neighbour.address != path.next_hop) continue;
    path.next_hop_mac = neighbour.mac;
    path.resolved = true;
  }
  if (!path.resolved && unknown_mac != nullptr) {
    path.next_hop_mac = *unknown_mac;
    path.resolved = true;
  }
  return path;
}

}  // namespace levelgate::publisher
