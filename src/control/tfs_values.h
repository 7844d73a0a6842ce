// SPDX-License-Identifier: Apache-2.0
//
// A tunnel's settings and counters as values under the names of RFC 9348, for `show tfs` and for what is exported.
#pragma once

#include <levelgate/model/stats.h>
#include <levelgate/model/tunnel.h>

#include <string>

#include "control/admin.h"

namespace levelgate::control {

// Milliseconds as a decimal64 of six digits (RFC 7951 §6.1): "20.0", "0.000001".
[[nodiscard]] std::string milliseconds_text(Nanos time);

// The container traffic-flow-security as RFC 7951 writes it: 64-bit numbers and decimals are text.
[[nodiscard]] Value::Map tfs_value(const model::TfsSettings& settings);

// Counters by their groups, then what is ours beside them; numbers.
[[nodiscard]] Value::Map counters_value(const model::TunnelStats& counters);

}  // namespace levelgate::control
