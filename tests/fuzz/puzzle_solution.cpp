// SPDX-License-Identifier: Apache-2.0
// links: admission
//
// The first octet says which prf and how hard; then a PUZZLE, then a solution. What reads is written back the same, and
// a check takes four calls at most and never accepts equal keys.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "admission/puzzle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace levelgate;
  if (size < 4) return 0;
  const ConstBytes input = std::as_bytes(std::span(data, size));
  const auto puzzle = ikewire::read_puzzle(input.subspan(1, 3));
  if (!puzzle) std::abort();
  ikewire::WireBuffer again(size);
  ikewire::write_puzzle(again, *puzzle);
  if (!std::ranges::equal(again.octets(), input.subspan(1, 3))) std::abort();
  const auto solution = ikewire::read_puzzle_solution(input.subspan(4));
  if (!solution) return 0;
  if (solution->key_octets() == 0 || solution->keys.size() != 4 * solution->key_octets()) std::abort();
  const admission::PuzzleTask task{crypto::Prf(data[0] % 3), static_cast<std::uint8_t>(data[0] >> 4), {}};
  const admission::PuzzleCheck check = admission::check_puzzle(task, *solution);
  const bool solved = check.verdict == admission::PuzzleVerdict::kSolved;
  if (solved != (check.zero_bits >= task.difficulty && check.verdict != admission::PuzzleVerdict::kKeyOctets &&
                 check.verdict != admission::PuzzleVerdict::kSameKey)) {
    std::abort();
  }
  if (solved && std::ranges::equal(solution->key(0), solution->key(1))) std::abort();
  return 0;
}
