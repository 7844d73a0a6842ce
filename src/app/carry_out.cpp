// SPDX-License-Identifier: Apache-2.0
//
// Carries out what the controller decided: plans to the data plane, addresses and questions to the kernel, notices to
// the log. A kernel that refuses something is told in the log and changes nothing else.
#include <algorithm>

#include "app/daemon.h"
#include "control/notice_ids.h"

namespace levelgate::app {

void Daemon::carry_out(const control::Effects& effects) {
  for (const control::Effect& effect : effects) {
    std::visit([this](const auto& one) { carry_out(one); }, effect);
  }
  if (key_log_) log_keys();
}

void Daemon::log_keys() {
  const auto written = key_log_->take(controller_.plan(), controller_.tunnels().engine());
  if (!written) {
    log_.write(
        {.level = Level::kWarn, .component = "keylog", .message = written.error().what, .event = control::kKeyLogFull});
    return;
  }
  for (const KeyLog::Written& one : *written) {
    log_.write({.level = Level::kWarn,
                .component = "keylog",
                .message = "keys of an SA are in the key log: " + one.what,
                .tunnel = one.tunnel,
                .event = control::kKeyLogOn});
  }
}

void Daemon::carry_out(const control::ApplyPlan& effect) {
  const std::size_t homeless = data_plane_->routes_without_room();
  const Result<void> outcome = data_plane_->apply(effect.plan);
  if (outcome) esp_in_tcp_->follow(effect.plan);
  if (const std::size_t now = data_plane_->routes_without_room(); now != 0 && now != homeless) {
    log_.write({.level = Level::kWarn,
                .component = "route",
                .message = "the route table is full",
                .event = control::kRouteWithoutRoom,
                .fields = {{"prefixes", std::to_string(now)}}});
  }
  carry_out(controller_.applied(outcome, moment_now()));
}

void Daemon::carry_out(const control::SetTwin& effect) {
  const std::string twin = twin_of(effect.port);
  if (twin.empty()) return;
  const auto everything = [](const IpAddress& gateway) { return IpPrefix{gateway, 0}.network(); };
  for (const IpAddress& old : gateways_[effect.port]) {
    const bool stays = std::find(effect.gateways.begin(), effect.gateways.end(), old) != effect.gateways.end();
    if (!stays) complain("kernel", network_->remove_route(twin, everything(old), old));
  }
  gateways_[effect.port] = effect.gateways;
  std::vector<IpPrefix>& now = addresses_[effect.port];
  for (const IpPrefix& old : now) {
    const bool stays = std::find(effect.addresses.begin(), effect.addresses.end(), old) != effect.addresses.end();
    if (!stays) complain("kernel", network_->remove_address(twin, old));
  }
  for (const IpPrefix& address : effect.addresses) {
    const bool there = std::find(now.begin(), now.end(), address) != now.end();
    if (!there) complain("kernel", network_->add_address(twin, address));
  }
  now = effect.addresses;
  for (const IpAddress& gateway : effect.gateways) {
    complain("kernel", network_->add_route(twin, everything(gateway), gateway));
  }
}

void Daemon::carry_out(const control::ResolveNeighbour& effect) {
  const std::string twin = twin_of(effect.port);
  if (!twin.empty()) network_->want_neighbour(twin, effect.address);
}

void Daemon::carry_out(const control::SetLog& effect) { log_.set(effect.level, effect.format); }

void Daemon::carry_out(const control::Notice& effect) {
  log_.write({effect.level, effect.component, effect.message, effect.tunnel, effect.event, effect.fields});
}

void Daemon::carry_out(const control::ReloadOutcome& effect) { last_outcome_ = effect; }

void Daemon::carry_out(const control::IkeWork& effect) { ike_->carry_out(*effect.effect); }

control::Surroundings Daemon::look_around() {
  control::Surroundings seen;
  seen.ports = devices_->seen();
  std::map<std::string, std::string> port_of_twin;
  for (const dpdk::Port* port : devices_->ports()) port_of_twin[port->twin_name()] = port->name();
  for (const auto& route : network_->routes(twins())) {
    seen.routes.push_back({.prefix = route.prefix,
                           .port = port_of_twin[route.interface],
                           .next_hop = route.next_hop,
                           .connected = route.connected,
                           .metric = route.metric});
  }
  for (const auto& neighbour : network_->neighbours(twins())) {
    if (neighbour.usable)
      seen.neighbours.push_back({port_of_twin[neighbour.interface], neighbour.address, neighbour.mac});
  }
  return seen;
}

std::vector<std::string> Daemon::twins() const {
  std::vector<std::string> names;
  for (const dpdk::Port* port : devices_->ports()) {
    if (port->has_twin()) names.push_back(port->twin_name());
  }
  return names;
}

std::string Daemon::twin_of(const std::string& port) const {
  for (const dpdk::Port* candidate : devices_->ports()) {
    if (candidate->name() == port && candidate->has_twin()) return candidate->twin_name();
  }
  return {};
}

void Daemon::info(std::string_view component, std::string_view message,
                  std::vector<std::pair<std::string_view, std::string>> fields) {
  log_.write({Level::kInfo, component, message, {}, {}, std::move(fields)});
}

void Daemon::complain(std::string_view component, const Result<void>& outcome) {
  if (!outcome) log_.write({Level::kWarn, component, outcome.error().what});
}

}  // namespace levelgate::app
