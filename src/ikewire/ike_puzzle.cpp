// SPDX-License-Identifier: Apache-2.0
//
// Readers and writers of puzzles and their solutions.
#include "ikewire/ike_puzzle.h"

namespace levelgate::ikewire {
namespace {

constexpr std::size_t kPuzzleOctets = 3;

}  // namespace

IkeResult<Puzzle> read_puzzle(ConstBytes value) {
  if (value.size() != kPuzzleOctets) return ike_fault(IkeFault::kLength, 0);
  ByteReader from(value);
  const Prf prf{from.read<std::uint16_t>()};
  return Puzzle{prf, from.read<std::uint8_t>()};
}

void write_puzzle(WireBuffer& to, const Puzzle& puzzle) {
  to.write(static_cast<std::uint16_t>(puzzle.prf));
  to.write(puzzle.difficulty);
}

// [8019-8.2-a, 8019-8.2-b, 8019-8.2-d]
IkeResult<PuzzleSolution> read_puzzle_solution(ConstBytes body) {
  const bool whole = !body.empty() && body.size() % kPuzzleKeys == 0;
  if (!whole || body.size() > kPuzzleKeys * kLongestPuzzleKey) return ike_fault(IkeFault::kLength, 0);
  return PuzzleSolution{body};
}

void write_body(WireBuffer& to, const PuzzleSolution& payload) { to.write_bytes(payload.keys); }

}  // namespace levelgate::ikewire
