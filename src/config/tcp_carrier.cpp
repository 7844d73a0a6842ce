// SPDX-License-Identifier: Apache-2.0
//
// TCP decides when packets leave and how large they are, so nothing that measures a path or marks a packet works above
// it: neither where ESP is always there, nor where it may come to be there.
#include "config/tcp_carrier.h"

#include <optional>
#include <string>

#include "config/read_values.h"
#include "negotiation/transports.h"

namespace levelgate::config {
namespace {

// What brings ESP into TCP.
struct Carrier {
  Mark mark;
  std::string by;       // as the operator wrote it
  bool always = false;  // or only where UDP is silent
  bool named = false;   // by esp.encapsulation
};

std::string transport_text(const model::TunnelConfig& config) {
  return config.ike->ike.transport == model::Transport::kAuto ? "ike.transport: auto" : "ike.transport: fallback";
}

// Nothing: ESP never goes in TCP.
std::optional<Carrier> carrier_of(const Node& tunnel, const model::TunnelConfig& config) {
  if (config.encapsulation == model::Encapsulation::kTcp) {
    const bool always = !config.ike || !negotiation::transports_of(*config.ike).falls_back();
    return Carrier{find_below(tunnel, {"esp", "encapsulation"})->mark, "esp.encapsulation: tcp", always, true};
  }
  if (!config.ike || !negotiation::transports_of(*config.ike).esp_in_tcp) return std::nullopt;
  const Node* const own = find_below(tunnel, {"ike", "transport"});  // or it is a default
  return Carrier{own != nullptr ? own->mark : tunnel.mark, transport_text(config)};
}

void judge_connection(const Node& where, const model::TunnelConfig& config, Complaints& complaints) {
  if (config.outbound || config.inbound) {
    complaints.error(70, where, "encapsulation tcp needs IKE: static keys open no TCP connection",
                     "udp or none with static keys");
  } else if (!config.ike || !negotiation::transports_of(*config.ike).esp_in_tcp) {
    const bool apart = config.ike && config.ike->ike.transport == model::Transport::kSeparate;
    complaints.error(70, where,
                     apart ? "encapsulation tcp and transport: separate exclude each other: it keeps ESP out of TCP"
                           : "encapsulation tcp has no connection: the IKE SA of this tunnel never travels in TCP",
                     "udp, or auto; or ike.transport: tcp or fallback");
  }
}

void judge_measuring(const Node& tfs, const model::TunnelConfig& config, const Carrier& carrier,
                     Complaints& complaints) {
  const std::string instead = carrier.named ? "" : "; or esp.encapsulation: udp or none";
  const auto refuse = [&](const Node& node, const std::string& what, const std::string& cure) {
    complaints.error(71, node, what + " and " + carrier.by + " exclude each other: TCP hides the path", cure + instead);
  };
  if (config.tfs.congestion.controlled) {
    refuse(*tfs.find("mode"), "mode congestion-controlled", "mode: fixed, on-demand or plain; TCP itself backs off");
  }
  if (config.tfs.path_mtu) refuse(*tfs.find("packet-size"), "packet-size path-mtu", "packet-size: 1400B, for example");
  if (config.tfs.congestion.breaker) refuse(*tfs.find("circuit-breaker"), "circuit-breaker", "remove it");
}

void judge_marks(const Node& qos, const model::TunnelConfig& config, const Carrier& carrier, Complaints& complaints) {
  if (config.marks.copies_dscp) {
    complaints.error(71, *qos.find("inner-dscp"), "inner-dscp copy and " + carrier.by + " exclude each other",
                     "inner-dscp: hide; the packets of one connection have one mark (RFC 9329 section 9.3)");
  }
  if (!carrier.always) return;
  const auto warn = [&](const char* key) {
    if (const Node* const node = qos.find(key); node != nullptr && !complaints.faulty(node)) {
      complaints.warning(106, node->mark, std::string(key) + " has no effect with " + carrier.by);
    }
  };
  warn("outer-dscp");
  if (config.remote.family() == IpFamily::kV6) warn("flow-label");
}

void warn_of_slow_path(const Carrier& carrier, Complaints& complaints) {
  if (carrier.always) {
    complaints.warning(120, carrier.mark, "ESP in TCP is a slow path and keeps no constant rate",
                       "for networks that let nothing else through; udp or none hide sizes and times");
  } else {
    complaints.warning(
        120, carrier.mark, "where UDP is silent ESP goes in TCP, and keeps no constant rate there",
        "whoever can block UDP may bring that about; esp.encapsulation: udp or none keeps ESP out of TCP");
  }
}

}  // namespace

void judge_esp_in_tcp(const Node& tunnel, model::TunnelConfig& config, Complaints& complaints) {
  const auto carrier = carrier_of(tunnel, config);
  if (!carrier) return;
  if (carrier->named) judge_connection(*find_below(tunnel, {"esp", "encapsulation"}), config, complaints);
  const Node* const tfs = tunnel.find("tfs");
  if (tfs != nullptr && !complaints.faulty(tfs) && !complaints.faulty(tfs->find("mode"))) {
    judge_measuring(*tfs, config, *carrier, complaints);
    if (config.tfs.mode == model::TfsMode::kFixed) warn_of_slow_path(*carrier, complaints);
  }
  if (const Node* const qos = tunnel.find("qos"); qos != nullptr && !complaints.faulty(qos)) {
    judge_marks(*qos, config, *carrier, complaints);
  }
  // Until IKE says that this time it is TCP.
  if (!carrier->always) config.encapsulation = model::Encapsulation::kNone;
}

}  // namespace levelgate::config
