// SPDX-License-Identifier: Apache-2.0
//
// One method for each key exchange of a suite, no method twice but NONE (RFC 9370 §2.1). The first choice in the order
// of preference that works at all, found in polynomial time: a hostile list cannot make it expensive.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ikewire/ike_transform_numbers.h"

namespace levelgate::negotiation {

// Alternatives of one transform type, the preferred one first.
using MethodList = std::vector<ikewire::KeMethod>;

enum class Wanted : std::uint8_t { kAny, kOnePostQuantum };

// In the order of the lists; empty when there is no such choice.
[[nodiscard]] std::optional<MethodList> choose_methods(const std::vector<MethodList>& lists, Wanted wanted);

}  // namespace levelgate::negotiation
