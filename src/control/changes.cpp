// SPDX-License-Identifier: Apache-2.0
//
// Field by field, in the order of the file. Keys are told to differ, never shown.
#include "control/changes.h"

#include <algorithm>
#include <set>

#include "control/change_text.h"
#include "control/figures.h"
#include "control/ike_changes.h"

namespace levelgate::control {
namespace {

template <typename T>
const T* named(const std::vector<T>& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& item) { return item.name == name; });
  return found != list.end() ? &*found : nullptr;
}

// What the operator wrote as tfs.mode.
std::string mode_text(const model::TfsSettings& tfs) {
  return tfs.congestion.controlled ? "congestion-controlled" : text(tfs.mode);
}

std::string setting_text(const std::optional<model::BreakerSettings>& breaker) {
  if (!breaker) return "none";
  const std::string clear = breaker->clears_after ? span(*breaker->clears_after) : "never";
  return "loss " + decimals(breaker->loss_permille / 10.0, 1) + "% for " + span(breaker->persists) + ", " +
         (breaker->action == model::BreakerAction::kStop ? "stop" : "floor") + ", clear after " + clear;
}

class Comparison {
 public:
  void all(const model::Config& a, const model::Config& b) {
    field("node.name", Cost::kLive, a.node_name, b.node_name);
    dataplane(a.dataplane, b.dataplane);
    each("ports", Cost::kDaemonRestart, a.ports, b.ports, [this](auto&... args) { port(args...); });
    each("interfaces", Cost::kLive, a.interfaces, b.interfaces, [this](auto&... args) { interface(args...); });
    each("tunnels", Cost::kLive, a.tunnels, b.tunnels, [this](auto&... args) { tunnel(args...); });
    entries("routes", a.routes, b.routes);
    entries("neighbours", a.neighbours, b.neighbours);
    append(ike_changes(a.ike, b.ike));
    management(a.management, b.management);
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  void add(const std::string& path, Cost cost, std::string before, std::string after) {
    changes_.push_back({path, cost, std::move(before), std::move(after)});
  }

  void append(std::vector<Change> more) { changes_.insert(changes_.end(), more.begin(), more.end()); }

  template <typename T>
  void field(const std::string& path, Cost cost, const T& before, const T& after) {
    if (before != after) add(path, cost, text(before), text(after));
  }

  // Things with a name: gone, new, or changed inside.
  template <typename T, typename Inside>
  void each(const std::string& path, Cost cost, const std::vector<T>& before, const std::vector<T>& after,
            Inside inside) {
    for (const T& item : before) {
      if (named(after, item.name) == nullptr) add(path + "." + item.name, cost, "there", "");
    }
    for (const T& item : after) {
      const T* const old = named(before, item.name);
      if (old == nullptr) {
        add(path + "." + item.name, cost, "", "new");
      } else if (!(*old == item)) {
        const std::string prefix = path + "." + item.name + ".";
        inside(prefix, *old, item);
      }
    }
  }

  // Lists without names: what left and what came.
  template <typename T>
  void entries(const std::string& path, const std::vector<T>& before, const std::vector<T>& after) {
    std::multiset<std::string> old;
    for (const T& item : before) old.insert(text(item));
    std::vector<std::string> fresh;
    for (const T& item : after) {
      const auto same = old.find(text(item));
      if (same == old.end()) {
        fresh.push_back(text(item));
      } else {
        old.erase(same);
      }
    }
    for (const std::string& gone : old) add(path, Cost::kLive, gone, "");
    for (const std::string& come : fresh) add(path, Cost::kLive, "", come);
  }

  void dataplane(const model::DataplaneConfig& a, const model::DataplaneConfig& b) {
    const auto memory = [](const model::DataplaneConfig& d) {
      return d.no_huge ? std::string("none") : std::to_string(d.memory_octets >> 20) + "MiB";
    };
    field("dataplane.memory", Cost::kDaemonRestart, memory(a), memory(b));
    field("dataplane.main-core", Cost::kDaemonRestart, a.main_core, b.main_core);
    field("dataplane.workers", Cost::kDaemonRestart, a.worker_cores, b.worker_cores);
    field("dataplane.crypto", Cost::kDaemonRestart, a.crypto, b.crypto);
    if (a.idle != b.idle) {
      const auto word = [](model::IdleMode idle) { return idle == model::IdleMode::kPoll ? "poll" : "adaptive"; };
      add("dataplane.idle", Cost::kDaemonRestart, word(a.idle), word(b.idle));
    }
  }

  void port(const std::string& path, const model::PortConfig& a, const model::PortConfig& b) {
    field(path + "pci", Cost::kDaemonRestart, a.pci, b.pci);
    field(path + "vdev", Cost::kDaemonRestart, a.vdev, b.vdev);
    field(path + "mtu", Cost::kDaemonRestart, a.mtu, b.mtu);
    field(path + "twin", Cost::kDaemonRestart, a.twin, b.twin);
  }

  void interface(const std::string& path, const model::InterfaceConfig& a, const model::InterfaceConfig& b) {
    field(path + "port", Cost::kLive, a.port, b.port);
    field(path + "addresses", Cost::kLive, a.addresses, b.addresses);
    field("ports." + b.port + ".gateway", Cost::kLive, a.gateways, b.gateways);
  }

  void tunnel(const std::string& path, const model::TunnelConfig& a, const model::TunnelConfig& b) {
    field(path + "description", Cost::kLive, a.description, b.description);
    field(path + "local.interface", Cost::kTunnelRestart, a.interface, b.interface);
    field(path + "local.address", Cost::kTunnelRestart, a.local, b.local);
    field(path + "remote.address", Cost::kTunnelRestart, a.remote, b.remote);
    if (a.outbound && b.outbound) field(path + "static.esn", Cost::kRekey, a.outbound->esn, b.outbound->esn);
    sa(path + "static.outbound", a.outbound, b.outbound);
    sa(path + "static.inbound", a.inbound, b.inbound);
    field(path + "esp.replay-window", Cost::kRekey, a.replay_window, b.replay_window);
    const auto choice = [](const model::TunnelIke& ike) { return std::pair(ike.encapsulation, ike.esp_in_tcp); };
    const bool told = a.ike && b.ike && choice(*a.ike) != choice(*b.ike);  // by the choice behind it
    if (a.encapsulation != b.encapsulation && !told) {
      add(path + "esp.encapsulation", Cost::kTunnelRestart, std::string(name_of(a.encapsulation)),
          std::string(name_of(b.encapsulation)));
    }
    field(path + "selectors.local", Cost::kLive, a.selectors.local, b.selectors.local);
    field(path + "selectors.remote", Cost::kLive, a.selectors.remote, b.selectors.remote);
    tfs(path + "tfs.", a.tfs, b.tfs, a.ike && b.ike);
    qos(path + "qos", a.qos, b.qos);
    marks(path + "qos.", a.marks, b.marks);
    if (a.ike.has_value() != b.ike.has_value()) {
      add(path + "auth", Cost::kTunnelRestart, a.ike ? "there" : "", b.ike ? "new" : "");
    }
    if (a.ike && b.ike) append(tunnel_ike_changes(path, *a.ike, *b.ike));
  }

  void sa(const std::string& path, const std::optional<model::EspSa>& a, const std::optional<model::EspSa>& b) {
    if (!a || !b) {
      if (a.has_value() != b.has_value()) add(path, Cost::kRekey, a ? "there" : "", b ? "new" : "");
      return;
    }
    field(path + ".spi", Cost::kRekey, a->spi.value, b->spi.value);
    field(path + ".cipher", Cost::kRekey, a->cipher, b->cipher);
    field(path + ".first-sequence", Cost::kRekey, a->first_sequence.value, b->first_sequence.value);
    const bool same_key = a->key == b->key || (a->key && b->key && a->key->equals(*b->key));
    if (!same_key) add(path + ".key.file", Cost::kRekey, "a key", "another key");
  }

  void tfs(const std::string& path, const model::TfsSettings& a, const model::TfsSettings& b, bool negotiated) {
    const bool same_payload = (a.mode == model::TfsMode::kPlain) == (b.mode == model::TfsMode::kPlain);
    // With IKE the peer is asked for reports when a Child SA is made (RFC 9347 §6.1.4), with static keys never.
    const bool same_reports = !negotiated || a.wants_reports() == b.wants_reports();
    const Cost reports = same_reports ? Cost::kLive : Cost::kTunnelRestart;
    field(path + "mode", same_payload ? reports : Cost::kTunnelRestart, mode_text(a), mode_text(b));
    field(path + "rate", Cost::kLive, set_rate(a.rate_bits_per_second), set_rate(b.rate_bits_per_second));
    if (a.rate_layer != b.rate_layer) {
      const auto word = [](model::RateLayer layer) { return layer == model::RateLayer::kL3 ? "l3" : "l2"; };
      add(path + "rate-layer", Cost::kLive, word(a.rate_layer), word(b.rate_layer));
    }
    const auto size = [](const model::TfsSettings& tfs) {
      return tfs.path_mtu ? std::string("path-mtu") : std::to_string(tfs.packet_size);
    };
    field(path + "packet-size", a.path_mtu.has_value() == b.path_mtu.has_value() ? Cost::kLive : reports, size(a),
          size(b));
    if (a.path_mtu && b.path_mtu) path_mtu(path + "path-mtu.", *a.path_mtu, *b.path_mtu);
    field(path + "fragment", Cost::kLive, a.fragment, b.fragment);
    field(path + "min-fragment", Cost::kLive, a.min_fragment, b.min_fragment);
    const auto mtu = [](const model::TfsSettings& tfs) {
      return tfs.inner_mtu ? std::to_string(*tfs.inner_mtu) : std::string("none");
    };
    field(path + "mtu", Cost::kLive, mtu(a), mtu(b));
    field(path + "max-queue-delay", Cost::kLive, span(a.max_queue_delay), span(b.max_queue_delay));
    field(path + "init-delay", Cost::kLive, span(a.init_delay), span(b.init_delay));
    field(path + "catch-up", Cost::kLive, a.catch_up_slots, b.catch_up_slots);
    const model::CongestionSettings& x = a.congestion;
    const model::CongestionSettings& y = b.congestion;
    const auto floor = [](std::uint64_t rate) { return rate == 0 ? std::string("auto") : set_rate(rate); };
    field(path + "min-rate", Cost::kLive, floor(x.min_rate), floor(y.min_rate));
    field(path + "ecn", Cost::kLive, x.counts_marks, y.counts_marks);
    field(path + "congestion-reports", Cost::kLive, x.reports_wanted, y.reports_wanted);
    field(path + "circuit-breaker", reports, setting_text(x.breaker), setting_text(y.breaker));
    const auto window = [](const model::ReceiveSettings& receive) {
      return receive.adapt_window ? std::string("auto") : std::to_string(receive.reorder_window);
    };
    field(path + "receive.reorder-window", Cost::kLive, window(a.receive), window(b.receive));
    field(path + "receive.lost-timer", Cost::kLive, a.receive.lost_packet_timer, b.receive.lost_packet_timer);
    field(path + "receive.send-immediately", Cost::kLive, a.receive.send_immediately, b.receive.send_immediately);
  }

  void path_mtu(const std::string& path, const model::PathMtuSettings& a, const model::PathMtuSettings& b) {
    const auto most = [](std::uint32_t octets) { return octets == 0 ? std::string("auto") : std::to_string(octets); };
    field(path + "max-size", Cost::kLive, most(a.max_size), most(b.max_size));
    field(path + "probe-interval", Cost::kLive, span(a.probe_interval), span(b.probe_interval));
  }

  void qos(const std::string& path, const model::QosSettings& a, const model::QosSettings& b) {
    if (a == b) return;
    const auto text = [](const model::QosSettings& qos) {
      std::string all;
      for (const model::QosClass& one : qos.classes) {
        all += (all.empty() ? "" : ", ") + one.name + " " + std::to_string(one.share / 10) + "%";
      }
      return all;
    };
    // Shares say most; what else may differ is matching and treatment.
    const std::string before = text(a), after = text(b);
    add(path, Cost::kLive, before, before == after ? after + ", matched or treated otherwise" : after);
  }

  void marks(const std::string& path, const model::OuterMarks& a, const model::OuterMarks& b) {
    const auto word = [](const model::OuterMarks& marks) { return marks.copies_dscp ? "copy" : "hide"; };
    field(path + "outer-dscp", Cost::kLive, std::uint32_t{a.dscp}, std::uint32_t{b.dscp});
    if (a.copies_dscp != b.copies_dscp) add(path + "inner-dscp", Cost::kLive, word(a), word(b));
    field(path + "flow-label", Cost::kLive, a.flow_label, b.flow_label);
  }

  void management(const model::ManagementConfig& a, const model::ManagementConfig& b) {
    field("management.api.socket", Cost::kDaemonRestart, a.api_socket, b.api_socket);
    field("management.api.group", Cost::kDaemonRestart, a.api_group, b.api_group);
    const auto key_log = [](const std::optional<model::KeyLogConfig>& log) {
      return log ? log->directory + " for " + (log->version == model::WiresharkVersion::k4_0 ? "4.0" : "4.4") : "off";
    };
    if (a.key_log != b.key_log) add("management.keylog", Cost::kDaemonRestart, key_log(a.key_log), key_log(b.key_log));
    field("management.log.level", Cost::kLive, a.log_level, b.log_level);
    if (a.log_format != b.log_format) {
      const auto word = [](model::LogFormat format) { return format == model::LogFormat::kText ? "text" : "json"; };
      add("management.log.format", Cost::kLive, word(a.log_format), word(b.log_format));
    }
  }

  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> changes_between(const model::Config& before, const model::Config& after) {
  Comparison comparison;
  comparison.all(before, after);
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
  std::string what = change.before.empty()  ? "+ " + change.after
                     : change.after.empty() ? "- " + change.before
                                            : change.before + " -> " + change.after;
  if (change.before.empty() && change.after == "new") what = "new";
  if (change.after.empty() && change.before == "there") what = "removed";
  return change.path + ": " + what + " (" + std::string(cost_name(change.cost)) + ")";
}

}  // namespace levelgate::control
