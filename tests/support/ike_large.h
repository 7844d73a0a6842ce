// SPDX-License-Identifier: Apache-2.0
//
// Tunnels with large keys, and when they have them.
#pragma once

#include <string>

#include "support/ike_world.h"

namespace levelgate::testing {

inline WorldTunnel tunnel_with(const std::string& method, bool first = true, bool second = true,
                               std::uint64_t pace = 100'000'000) {
  WorldTunnel tunnel;
  if (first) tunnel.first.ike->large_keys = model::LargeKeys{.method = method, .pace_bits_per_second = pace};
  if (second) tunnel.second.ike->large_keys = model::LargeKeys{.method = method, .pace_bits_per_second = pace};
  return tunnel;
}

inline WorldTunnel tunnel_before_auth(const std::string& method, std::uint64_t pace = 100'000'000) {
  WorldTunnel tunnel = tunnel_with(method, true, true, pace);
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
    end->ike->large_keys->when = model::LargeKeyTime::kBeforeAuth;
  }
  return tunnel;
}

// What each side sends is under keys with a large key in them. Old SAs may linger.
inline bool is_protected(IkeWorld& world) {
  for (const int number : {0, 1}) {
    bool found = false;
    IkeNode& node = world.node(number);
    node.engine->each([&](const ike::IkeSa& sa) {
      const auto child = sa.state().children.find(node.sends_by);
      found = found || (child != sa.state().children.end() && child->second.large_key);
    });
    if (!found) return false;
  }
  return true;
}

}  // namespace levelgate::testing
