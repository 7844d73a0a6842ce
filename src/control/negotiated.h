// SPDX-License-Identifier: Apache-2.0
//
// What IKE has agreed upon for a tunnel, as the plan takes it over: SAs, selectors, where the peer is, and how packets
// are carried. A tunnel without an entry has no SA.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/model/selector.h>
#include <levelgate/model/tunnel.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::control {

struct Negotiated {
  std::vector<model::EspSa> inbound;     // newest first; replaced ones stay for a moment
  std::optional<model::EspSa> outbound;  // empty: nothing may be sent yet
  model::SelectorPair selectors;         // narrowed
  model::Encapsulation encapsulation = model::Encapsulation::kNone;
  std::uint16_t udp_local_port = 4500, udp_remote_port = 4500;
  StreamId stream;  // kTcp: the connection by which authentic packets came last
  IpAddress remote;
  bool aggfrag = true;               // false: plain tunnel mode
  bool peer_takes_fragments = true;  // of inner packets
  bool peer_wants_reports = false;   // of congestion (RFC 9347 §6.1.4)
};

using NegotiatedTunnels = std::map<std::string, Negotiated>;  // by name of the tunnel

}  // namespace levelgate::control
