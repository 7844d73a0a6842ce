// SPDX-License-Identifier: Apache-2.0
//
// What key exchanges take of a core of this machine: the median of some of each.
#pragma once

#include <levelgate/base/result.h>

#include <cstdint>
#include <span>

#include "rehearsal/key_costs.h"

namespace levelgate::cli {

// Fails for a method that the house does not have.
[[nodiscard]] Result<rehearsal::KeyCosts> measured_key_costs(std::span<const std::uint16_t> methods);

}  // namespace levelgate::cli
