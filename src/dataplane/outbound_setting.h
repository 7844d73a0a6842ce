// SPDX-License-Identifier: Apache-2.0
//
// All that a tunnel's schedule, sizes and outer headers are a function of (RFC 9347 §2.4.1), as one immutable value.
// The running tunnel takes a new one over at a slot boundary.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/model/plan.h>

#include <algorithm>
#include <cstdint>

namespace levelgate::dataplane {

struct OutboundSetting {
  std::uint64_t serial = 0;  // never reused: tells a new setting from one at the same address
  model::TfsSettings tfs;
  model::QosSettings qos;
  model::OuterMarks marks;
  std::uint64_t flow_key = 0;  // of the hash that tells flows apart
  IpAddress local, remote;     // outer addresses, one family
  model::Encapsulation encapsulation = model::Encapsulation::kNone;
  std::uint16_t udp_local_port = 0, udp_remote_port = 0;

  OutboundSetting() = default;
  OutboundSetting(const model::TunnelPlan& plan, std::uint64_t number, std::uint64_t key)
      : serial(number),
        tfs(plan.tfs),
        qos(plan.qos),
        marks(plan.marks),
        flow_key(key),
        local(plan.local),
        remote(plan.remote),
        encapsulation(plan.encapsulation),
        udp_local_port(plan.udp_local_port),
        udp_remote_port(plan.udp_remote_port) {
    tfs.receive = {};  // of the other direction
  }
  [[nodiscard]] bool same_as(const OutboundSetting& other) const {
    return tfs == other.tfs && qos == other.qos && marks == other.marks && local == other.local &&
           remote == other.remote && encapsulation == other.encapsulation && udp_local_port == other.udp_local_port &&
           udp_remote_port == other.udp_remote_port;
  }
  [[nodiscard]] bool in_stream() const { return encapsulation == model::Encapsulation::kTcp; }
  // Whether an inner packet may be cut at all.
  [[nodiscard]] bool splits() const { return tfs.fragment && tfs.mode != model::TfsMode::kPlain; }
  // The longest inner packet that enters in one piece, where `data_room` octets are in a payload; 0: any.
  [[nodiscard]] std::uint32_t inner_mtu(std::uint32_t data_room) const {
    const std::uint32_t configured = tfs.inner_mtu.value_or(0);
    if (splits()) return configured;
    return configured == 0 ? data_room : std::min(configured, data_room);
  }
};

}  // namespace levelgate::dataplane
