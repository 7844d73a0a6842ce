// SPDX-License-Identifier: Apache-2.0
//
// Routes in the order of trust: what the operator wrote, connected networks, gateways of ports, and what the kernel
// learnt. Only the operator's own routes may let clear text out of an outer port.
#include "control/reconcile.h"

#include <algorithm>

#include "control/path_sizes.h"

namespace levelgate::control {
namespace {

constexpr std::uint32_t kConnectedMetric = 0;
constexpr std::uint32_t kGatewayMetric = 1024;     // of a port's gateway: any route of the operator's wins
constexpr std::uint32_t kLearntMetricBase = 2048;  // kernel routes come behind, in their own order

class PlanMaker {
 public:
  PlanMaker(const model::Config& config, const Surroundings& surroundings, std::uint32_t workers,
            const model::ForwardingPlan* running, const NegotiatedTunnels& negotiated)
      : config_(config),
        surroundings_(surroundings),
        workers_(std::max(workers, 1u)),
        running_(running),
        negotiated_(negotiated) {}

  Result<model::ForwardingPlan> make() {
    for (const model::PortConfig& port : config_.ports) add_port(port);
    for (const model::TunnelConfig& tunnel : config_.tunnels) add_tunnel(tunnel);
    pin_tunnels();
    for (const model::RouteConfig& route : config_.routes) add_route(route);
    for (const model::InterfaceConfig& interface : config_.interfaces) add_connected(interface);
    for (const LearntRoute& route : surroundings_.routes) add_learnt(route);
    for (const LearntNeighbour& n : surroundings_.neighbours) {
      if (ports_.contains(n.port)) plan_.neighbours.push_back({ports_[n.port], n.address, n.mac});
    }
    for (const model::NeighbourConfig& n : config_.neighbours) {  // the operator's come last: they win
      plan_.neighbours.push_back({ports_[n.port], n.address, n.mac});
    }
    plan_.max_inner_octets = kLargestInner;
    return std::move(plan_);
  }

 private:
  void add_port(const model::PortConfig& port) {
    model::PortPlan plan;
    plan.name = port.name;
    plan.mtu = port.mtu.value_or(0);
    const auto device = surroundings_.ports.find(port.name);
    if (device != surroundings_.ports.end()) {
      plan.mac = device->second.mac;
      if (plan.mtu == 0) plan.mtu = device->second.mtu;
    }
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      if (interface.port != port.name) continue;
      plan.addresses.insert(plan.addresses.end(), interface.addresses.begin(), interface.addresses.end());
      const bool outer = std::any_of(config_.tunnels.begin(), config_.tunnels.end(),
                                     [&](const auto& tunnel) { return tunnel.interface == interface.name; });
      if (outer) plan.side = model::PortSide::kOuter;
    }
    ports_[port.name] = PortId{static_cast<std::uint16_t>(plan_.ports.size())};
    plan_.ports.push_back(std::move(plan));
  }

  PortId port_of_interface(const std::string& name) {
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      if (interface.name == name) return ports_[interface.port];
    }
    return PortId{};
  }

  void add_tunnel(const model::TunnelConfig& tunnel) {
    model::TunnelPlan plan;
    plan.id = TunnelId{static_cast<std::uint32_t>(plan_.tunnels.size())};
    plan.name = tunnel.name;
    plan.local = tunnel.local;
    plan.remote = tunnel.remote;
    plan.encapsulation = tunnel.encapsulation;
    plan.replay_window = tunnel.replay_window;
    plan.tfs = tunnel.tfs;
    plan.qos = tunnel.qos;
    plan.marks = tunnel.marks;
    plan.selectors = tunnel.selectors;
    if (tunnel.inbound) plan.inbound = {*tunnel.inbound};
    plan.outbound = tunnel.outbound;
    if (tunnel.ike) add_negotiated(plan);
    const model::TunnelPlan* const old = running_tunnel(plan.name);
    if (plan.tfs.path_mtu) bound_path_mtu(plan.tfs, plan_.ports, port_of_interface(tunnel.interface), old);
    if (old != nullptr) plan.breaker_clears = old->breaker_clears;
    tunnels_[tunnel.name] = plan.id;
    plan_.tunnels.push_back(std::move(plan));
  }

  void add_negotiated(model::TunnelPlan& plan) const {
    const auto found = negotiated_.find(plan.name);
    if (found == negotiated_.end()) return;
    const Negotiated& agreed = found->second;
    plan.inbound = agreed.inbound;
    plan.outbound = agreed.outbound;
    if (!agreed.outbound) return;
    plan.selectors = agreed.selectors;
    plan.remote = agreed.remote;
    plan.encapsulation = agreed.encapsulation;
    plan.udp_local_port = agreed.udp_local_port;
    plan.udp_remote_port = agreed.udp_remote_port;
    plan.stream = agreed.stream;
    if (!agreed.aggfrag) plan.tfs.mode = model::TfsMode::kPlain;
    if (!agreed.peer_takes_fragments) plan.tfs.fragment = false;      // [9347-6.1.4-c, 9347-6.1.4-d]
    plan.tfs.congestion.reports_wanted |= agreed.peer_wants_reports;  // [9347-6.1.4-b]
  }

  // Old tunnels stay where they are; new ones go, in the order of the file, to the worker with the fewest.
  void pin_tunnels() {
    std::vector<std::uint32_t> load(workers_, 0);
    std::vector<bool> pinned(plan_.tunnels.size(), false);
    for (model::TunnelPlan& tunnel : plan_.tunnels) {
      const model::TunnelPlan* const old = running_tunnel(tunnel.name);
      if (old == nullptr || old->worker.value >= workers_) continue;
      tunnel.worker = old->worker;
      pinned[tunnel.id.value] = true;
      ++load[tunnel.worker.value];
    }
    for (model::TunnelPlan& tunnel : plan_.tunnels) {
      if (pinned[tunnel.id.value]) continue;
      const auto least = std::min_element(load.begin(), load.end());
      tunnel.worker = WorkerId{static_cast<std::uint16_t>(least - load.begin())};
      ++*least;
    }
  }

  const model::TunnelPlan* running_tunnel(const std::string& name) const {
    if (running_ == nullptr) return nullptr;
    for (const model::TunnelPlan& tunnel : running_->tunnels) {
      if (tunnel.name == name) return &tunnel;
    }
    return nullptr;
  }

  void add_route(const model::RouteConfig& route) {
    model::Route plan;
    plan.prefix = route.to;
    plan.metric = route.metric;
    if (route.blackhole) {
      plan.target = model::ToBlackhole{};
    } else if (route.gateway) {
      plan.target = model::ToNextHop{port_of_interface(route.interface), *route.gateway};
      plan.clear = model::ClearText::kAllowed;
    } else {
      plan.target = model::ToTunnel{tunnels_[route.tunnel]};
    }
    plan_.routes.push_back(plan);
  }

  void add_connected(const model::InterfaceConfig& interface) {
    const PortId port = ports_[interface.port];
    for (const IpPrefix& prefix : interface.addresses) {
      plan_.routes.push_back(
          {prefix.network(), model::ToConnected{port}, kConnectedMetric, model::ClearText::kRefused});
    }
    for (const IpAddress& gateway : interface.gateways) {
      const IpPrefix everything{IpPrefix{gateway, 0}.network().address, 0};
      plan_.routes.push_back({everything, model::ToNextHop{port, gateway}, kGatewayMetric, model::ClearText::kRefused});
    }
  }

  void add_learnt(const LearntRoute& route) {
    const auto port = ports_.find(route.port);
    if (port == ports_.end()) return;
    model::Route plan;
    plan.prefix = route.prefix.network();
    plan.metric = kLearntMetricBase + std::min(route.metric, 0xffffffffU - kLearntMetricBase);
    if (route.connected) {
      plan.target = model::ToConnected{port->second};
    } else {
      plan.target = model::ToNextHop{port->second, route.next_hop};
    }
    plan_.routes.push_back(plan);
  }

  const model::Config& config_;
  const Surroundings& surroundings_;
  std::uint32_t workers_;
  const model::ForwardingPlan* running_;
  const NegotiatedTunnels& negotiated_;
  model::ForwardingPlan plan_;
  std::map<std::string, PortId> ports_;
  std::map<std::string, TunnelId> tunnels_;
};

}  // namespace

Result<model::ForwardingPlan> make_plan(const model::Config& config, const Surroundings& surroundings,
                                        std::uint32_t worker_count, const model::ForwardingPlan* running,
                                        const NegotiatedTunnels& negotiated) {
  return PlanMaker(config, surroundings, worker_count, running, negotiated).make();
}

const model::Route* outer_route(const model::ForwardingPlan& plan, const IpAddress& peer) {
  const model::Route* best = nullptr;
  for (const model::Route& route : plan.routes) {
    const bool usable = std::holds_alternative<model::ToNextHop>(route.target) ||
                        std::holds_alternative<model::ToConnected>(route.target);
    if (!usable || !route.prefix.contains(peer)) continue;
    const bool better = best == nullptr || route.prefix.length > best->prefix.length ||
                        (route.prefix.length == best->prefix.length && route.metric < best->metric);
    if (better) best = &route;
  }
  return best;
}

}  // namespace levelgate::control
