// SPDX-License-Identifier: Apache-2.0
//
// Tunnels by the transports of both sides, and what a node has told its operator.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "support/ike_world.h"

namespace levelgate::testing {

inline WorldTunnel tunnel_by(model::Transport first, model::Transport second,
                             model::EncapsulationChoice carrier = model::EncapsulationChoice::kAuto) {
  WorldTunnel tunnel;
  tunnel.first.ike->ike.transport = first;
  tunnel.second.ike->ike.transport = second;
  tunnel.first.ike->encapsulation = tunnel.second.ike->encapsulation = carrier;
  return tunnel;
}

// How often a report of this id came.
inline std::size_t times_told(const IkeNode& node, std::string_view id) {
  return static_cast<std::size_t>(std::ranges::count_if(node.reports, [&](const auto& one) { return one.id == id; }));
}

}  // namespace levelgate::testing
