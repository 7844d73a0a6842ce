// SPDX-License-Identifier: Apache-2.0
//
// ESP in TCP - what goes with it, and what does not (RFC 9329 §9).
#pragma once

#include "config/draft.h"

namespace levelgate::config {

// `tunnel`: as it stands in the file; all of it is read. Where ESP only may come to be in TCP, the encapsulation that
// the configuration has is none.
void judge_esp_in_tcp(const Node& tunnel, model::TunnelConfig& config, Complaints& complaints);

}  // namespace levelgate::config
