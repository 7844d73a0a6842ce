// SPDX-License-Identifier: Apache-2.0
//
// TCP decides when packets leave and how large they are, so nothing that measures a path or marks a packet works above
// it.
#include "config/tcp_carrier.h"

#include "config/read_values.h"
#include "negotiation/transports.h"

namespace levelgate::config {
namespace {

void judge_connection(const Node& where, const model::TunnelConfig& config, Complaints& complaints) {
  if (config.outbound || config.inbound) {
    complaints.error(70, where, "encapsulation tcp needs IKE: static keys open no TCP connection",
                     "udp or none with static keys");
  } else if (config.ike && !negotiation::may_carry_esp(*config.ike)) {
    const bool apart = config.ike->ike.transport == model::Transport::kSeparate;
    complaints.error(70, where,
                     apart ? "encapsulation tcp and transport: separate exclude each other: it keeps ESP out of TCP"
                           : "encapsulation tcp has no connection: the IKE SA of this tunnel never travels in TCP",
                     "udp, or auto; or ike.transport: tcp");
  }
}

void judge_measuring(const Node& tfs, const model::TunnelConfig& config, Complaints& complaints) {
  const auto refuse = [&](const Node& node, const std::string& what, const char* cure) {
    complaints.error(71, node, what + " and esp.encapsulation: tcp exclude each other: TCP hides the path", cure);
  };
  if (config.tfs.congestion.controlled) {
    refuse(*tfs.find("mode"), "mode congestion-controlled", "mode: fixed, on-demand or plain; TCP itself backs off");
  }
  if (config.tfs.path_mtu) refuse(*tfs.find("packet-size"), "packet-size path-mtu", "packet-size: 1400B, for example");
  if (config.tfs.congestion.breaker) refuse(*tfs.find("circuit-breaker"), "circuit-breaker", "remove it");
}

void judge_marks(const Node& qos, const model::TunnelConfig& config, Complaints& complaints) {
  if (config.marks.copies_dscp) {
    complaints.error(71, *qos.find("inner-dscp"), "inner-dscp copy and esp.encapsulation: tcp exclude each other",
                     "inner-dscp: hide; the packets of one connection have one mark (RFC 9329 section 9.3)");
  }
  const auto warn = [&](const char* key) {
    if (const Node* const node = qos.find(key); node != nullptr && !complaints.faulty(node)) {
      complaints.warning(106, node->mark, std::string(key) + " has no effect with esp.encapsulation: tcp");
    }
  };
  warn("outer-dscp");
  if (config.remote.family() == IpFamily::kV6) warn("flow-label");
}

}  // namespace

void judge_esp_in_tcp(const Node& tunnel, const model::TunnelConfig& config, Complaints& complaints) {
  if (config.encapsulation != model::Encapsulation::kTcp) return;
  const Node& where = *find_below(tunnel, {"esp", "encapsulation"});
  judge_connection(where, config, complaints);
  const Node* const tfs = tunnel.find("tfs");
  if (tfs != nullptr && !complaints.faulty(tfs) && !complaints.faulty(tfs->find("mode"))) {
    judge_measuring(*tfs, config, complaints);
    if (config.tfs.mode == model::TfsMode::kFixed) {
      complaints.warning(120, where.mark, "ESP in TCP is a slow path and keeps no constant rate",
                         "for networks that let nothing else through; udp or none hide sizes and times");
    }
  }
  if (const Node* const qos = tunnel.find("qos"); qos != nullptr && !complaints.faulty(qos)) {
    judge_marks(*qos, config, complaints);
  }
}

}  // namespace levelgate::config
