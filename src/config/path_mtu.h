// SPDX-License-Identifier: Apache-2.0
//
// packet-size: path-mtu, and between which sizes the path's is searched for (RFC 8899 §5.1.2).
#pragma once

#include "config/draft.h"

namespace levelgate::config {

// The rest of tfs and the peer's address are read.
void read_path_mtu(const Node& tfs, model::TunnelConfig& into, Complaints& complaints);
void judge_path_mtu(const Node& tfs, const model::TunnelConfig& config, Complaints& complaints);

}  // namespace levelgate::config
