// SPDX-License-Identifier: Apache-2.0
//
// Tunnels of a world with post-quantum preshared keys, and reloads of their configuration.
#pragma once

#include <string>
#include <vector>

#include "support/ike_world.h"

namespace levelgate::testing {

// Octets that come from a letter.
inline model::Ppk ppk_of(std::string id, char letter) {
  const std::string text(43, letter);
  return {std::move(id), {std::make_shared<const SecretBytes>(as_bytes(text.data(), text.size()))}};
}

inline model::PpkSettings ppks(std::vector<model::Ppk> keys, bool required = true,
                               model::PpkExchange exchange = model::PpkExchange::kEither) {
  return {std::move(keys), required, exchange};
}

// As a reload gives a node other PPKs while its SAs go on.
inline void reload_ppks(IkeWorld& world, int number, WorldTunnel& tunnel, model::PpkSettings settings) {
  (number == 0 ? tunnel.first : tunnel.second).ike->ppk = std::move(settings);
  IkeNode& node = world.node(number);
  node.policy = tunnel.policy(number);
  node.engine->configure({node.policy});
}

inline std::string ppk_in(const std::optional<ikestate::PpkUse>& use) { return use ? use->ppk.id : "none"; }

}  // namespace levelgate::testing
