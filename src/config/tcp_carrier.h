// SPDX-License-Identifier: Apache-2.0
//
// esp.encapsulation: tcp - what goes with it, and what does not (RFC 9329 §9).
#pragma once

#include "config/draft.h"

namespace levelgate::config {

// `tunnel`: as it stands in the file; all of it is read.
void judge_esp_in_tcp(const Node& tunnel, const model::TunnelConfig& config, Complaints& complaints);

}  // namespace levelgate::config
