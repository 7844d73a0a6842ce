// SPDX-License-Identifier: Apache-2.0
//
// How inner packets become outer ones: sizes and marks of one tunnel.
#pragma once

#include "config/draft.h"

namespace levelgate::config {

void read_mapping(const Node& tunnel, model::TunnelConfig& into, Complaints& complaints);
// The tunnel is read, and its ends are known.
void judge_mapping(const Node& tunnel, const model::TunnelConfig& config, Complaints& complaints);

}  // namespace levelgate::config
