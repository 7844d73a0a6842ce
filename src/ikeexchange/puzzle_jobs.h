// SPDX-License-Identifier: Apache-2.0
//
// Solving puzzles as initiator, slice by slice, as jobs that own the search: whoever begins one gets each slice's
// outcome by on_job() (RFC 8019 §7.1.2, §7.2.2).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

enum class Solving : std::uint8_t {
  kBegun,
  kTooHard,
  kUnknown,  // a prf that is not computed here
};
[[nodiscard]] Solving start_solving(Turn& turn, const ikewire::Puzzle& puzzle, std::vector<std::byte> text);
void go_on_solving(Turn& turn, std::unique_ptr<admission::PuzzleSolver> solver);

[[nodiscard]] std::string too_hard_text(const Turn& turn, const ikewire::Puzzle& puzzle);

// Nr | SPIr (RFC 8019 §7.2.3).
[[nodiscard]] std::vector<std::byte> auth_puzzle_text(const ikestate::SaState& sa);

}  // namespace levelgate::ikeexchange
