// SPDX-License-Identifier: Apache-2.0
//
// Counters as JSON.
#pragma once

#include <optional>
#include <string>

#include "support/link_emulator/direction.h"

namespace levelgate::testing {

// One object; what is counted, and the law between the counts, stand at PathCounts and DirectionCounts.
[[nodiscard]] std::string direction_json(const Direction& direction, std::optional<std::uint64_t> kernel_drops);

}  // namespace levelgate::testing
