// SPDX-License-Identifier: Apache-2.0
//
// Whether a tunnel splits inner packets, and who decided it.
#pragma once

#include <levelgate/model/plan.h>

#include <string>

#include "control/admin.h"

namespace levelgate::control {

// "yes", "no (peer)": it takes no fragments (RFC 9347 §6.1.4), "no (configured)", "no (plain)".
[[nodiscard]] std::string fragmentation_text(const model::TunnelPlan& plan, const View& view);
// The same by name; "yes" where the plan has no such tunnel.
[[nodiscard]] std::string fragmentation_text(const std::string& tunnel, const View& view);

}  // namespace levelgate::control
