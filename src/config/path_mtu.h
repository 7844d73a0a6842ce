// SPDX-License-Identifier: Apache-2.0
//
// packet-size: path-mtu, and between which sizes the path's is searched for (RFC 8899 §5.1.2).
#pragma once

#include <cstdint>

#include "config/draft.h"

namespace levelgate::config {

inline constexpr std::uint32_t kLeastIpv6Mtu = 1280;  // RFC 8200 §5: floor and base of an IPv6 path are one

// The rest of tfs and the peer's address are read.
void read_path_mtu(const Node& tfs, model::TunnelConfig& into, Complaints& complaints);
void judge_path_mtu(const Node& tfs, const model::TunnelConfig& config, Complaints& complaints);

}  // namespace levelgate::config
