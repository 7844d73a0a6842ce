// SPDX-License-Identifier: Apache-2.0
//
// The puzzle that a responder under load sets, and its solution (RFC 8019 §8): what they look like, not what they are
// worth.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_transform_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

// The value of PUZZLE (RFC 8019 §8.1): exactly three octets.
struct Puzzle {
  Prf prf{};
  std::uint8_t difficulty = 0;  // zero bits at the end of each output; 0: as many as the initiator can afford
  bool operator==(const Puzzle&) const = default;
};
[[nodiscard]] IkeResult<Puzzle> read_puzzle(ConstBytes value);
void write_puzzle(WireBuffer& to, const Puzzle& puzzle);

// The body of the Puzzle Solution payload (RFC 8019 §8.2): four keys of one size, one behind another. Points into what
// was read.
inline constexpr std::size_t kPuzzleKeys = 4;
inline constexpr std::size_t kLongestPuzzleKey = 64;  // the longest output of a prf of the house
struct PuzzleSolution {
  ConstBytes keys{};

  [[nodiscard]] std::size_t key_octets() const { return keys.size() / kPuzzleKeys; }
  [[nodiscard]] ConstBytes key(std::size_t index) const { return keys.subspan(index * key_octets(), key_octets()); }
};
[[nodiscard]] IkeResult<PuzzleSolution> read_puzzle_solution(ConstBytes body);
void write_body(WireBuffer& to, const PuzzleSolution& payload);

}  // namespace levelgate::ikewire
