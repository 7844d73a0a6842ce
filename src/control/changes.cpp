// SPDX-License-Identifier: Apache-2.0
//
// Differences of two configurations, by the parts that can be changed on their own.
#include "control/changes.h"

#include <algorithm>

namespace levelgate::control {
namespace {

class Comparison {
 public:
  void part(const std::string& path, bool same, Cost cost, std::string before = "", std::string after = "") {
    if (!same) found_.push_back({path, cost, std::move(before), std::move(after)});
  }

  template <typename T>
  void list(const std::string& path, const std::vector<T>& before, const std::vector<T>& after, Cost cost) {
    part(path, before == after, cost, std::to_string(before.size()), std::to_string(after.size()));
  }

  void tunnel(const model::TunnelConfig& before, const model::TunnelConfig& after) {
    const std::string path = "tunnels." + after.name;
    part(path + ".description", before.description == after.description, Cost::kLive);
    part(path + ".local", before.local == after.local, Cost::kTunnelRestart, before.local.text(), after.local.text());
    part(path + ".remote", before.remote == after.remote, Cost::kTunnelRestart, before.remote.text(),
         after.remote.text());
    part(path + ".static.outbound", before.outbound == after.outbound, Cost::kRekey);
    part(path + ".static.inbound", before.inbound == after.inbound, Cost::kRekey);
    part(path + ".esp.replay-window", before.replay_window == after.replay_window, Cost::kRekey,
         std::to_string(before.replay_window), std::to_string(after.replay_window));
    part(path + ".esp.encapsulation", before.encapsulation == after.encapsulation, Cost::kTunnelRestart);
    part(path + ".selectors", before.selectors == after.selectors, Cost::kLive);
    part(path + ".tfs.receive", before.tfs.receive == after.tfs.receive, Cost::kLive);
    model::TfsSettings softened = before.tfs;
    softened.receive = after.tfs.receive;
    part(path + ".tfs", softened == after.tfs, Cost::kTunnelRestart);
  }

  std::vector<Change> take() { return std::move(found_); }

 private:
  std::vector<Change> found_;
};

const model::TunnelConfig* named(const std::vector<model::TunnelConfig>& tunnels, const std::string& name) {
  const auto found =
      std::find_if(tunnels.begin(), tunnels.end(), [&](const auto& tunnel) { return tunnel.name == name; });
  return found == tunnels.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Change> changes_between(const model::Config& before, const model::Config& after) {
  Comparison comparison;
  comparison.part("node.name", before.node_name == after.node_name, Cost::kLive, before.node_name, after.node_name);
  comparison.part("dataplane", before.dataplane == after.dataplane, Cost::kDaemonRestart);
  comparison.list("ports", before.ports, after.ports, Cost::kDaemonRestart);
  comparison.list("interfaces", before.interfaces, after.interfaces, Cost::kLive);
  comparison.list("routes", before.routes, after.routes, Cost::kLive);
  comparison.list("neighbours", before.neighbours, after.neighbours, Cost::kLive);
  for (const model::TunnelConfig& tunnel : after.tunnels) {
    const model::TunnelConfig* const old = named(before.tunnels, tunnel.name);
    if (old != nullptr) comparison.tunnel(*old, tunnel);
    comparison.part("tunnels." + tunnel.name, old != nullptr, Cost::kLive, "", "new");
  }
  for (const model::TunnelConfig& tunnel : before.tunnels) {
    const bool stays = named(after.tunnels, tunnel.name) != nullptr;
    comparison.part("tunnels." + tunnel.name, stays, Cost::kLive, "removed", "");
  }
  const model::ManagementConfig& a = before.management;
  const model::ManagementConfig& b = after.management;
  comparison.part("management.api", a.api_socket == b.api_socket && a.api_group == b.api_group, Cost::kDaemonRestart,
                  a.api_socket, b.api_socket);
  comparison.part("management.log", a.log_level == b.log_level && a.log_format == b.log_format, Cost::kLive);
  return comparison.take();
}

std::string_view cost_name(Cost cost) {
  switch (cost) {
    case Cost::kLive:
      return "live";
    case Cost::kRekey:
      return "rekey";
    case Cost::kTunnelRestart:
      return "tunnel restart";
    case Cost::kDaemonRestart:
      return "daemon restart";
  }
  return "";
}

std::string change_text(const Change& change) {
  std::string text = change.path + ":";
  if (!change.before.empty() && !change.after.empty()) {
    text += " " + change.before + " -> " + change.after;
  } else {
    text +=
        " " + (change.before.empty() ? (change.after.empty() ? std::string("changed") : change.after) : change.before);
  }
  return text + " (" + std::string(cost_name(change.cost)) + ")";
}

}  // namespace levelgate::control
