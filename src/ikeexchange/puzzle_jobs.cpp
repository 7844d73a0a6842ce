// SPDX-License-Identifier: Apache-2.0
//
// Slices of a search.
#include "ikeexchange/puzzle_jobs.h"

#include <algorithm>
#include <utility>

#include "ikemessage/ciphers_of_suite.h"
#include "negotiation/limits.h"

namespace levelgate::ikeexchange {

using ikestate::JobValue;
using ikestate::PuzzleSearch;
using ikestate::SaState;
Solving start_solving(Turn& turn, const ikewire::Puzzle& puzzle, std::vector<std::byte> text) {
  const auto prf = ikemessage::prf_of(puzzle.prf);
  if (!prf) return Solving::kUnknown;
  if (puzzle.difficulty > turn.means.registry.most_difficulty()) return Solving::kTooHard;
  const std::uint64_t tries =
      puzzle.difficulty == 0 ? limits::kPuzzleTries : admission::most_tries_for(puzzle.difficulty);
  auto solver = admission::PuzzleSolver::create({*prf, puzzle.difficulty, std::move(text)}, tries);
  if (!solver) return Solving::kUnknown;
  go_on_solving(turn, std::make_unique<admission::PuzzleSolver>(std::move(*solver)));
  return Solving::kBegun;
}

void go_on_solving(Turn& turn, std::unique_ptr<admission::PuzzleSolver> solver) {
  turn.run([own = std::move(solver)]() mutable {
    const auto step = own->search(limits::kPuzzleSlice);
    return JobValue(PuzzleSearch{std::move(own), step});
  });
}

std::string too_hard_text(const Turn& turn, const ikewire::Puzzle& puzzle) {
  return "the peer sets a puzzle of " + std::to_string(puzzle.difficulty) +
         " bits (not authenticated), we solve up to " + std::to_string(turn.means.registry.most_difficulty());
}

// [8019-7.2.3-a]
std::vector<std::byte> auth_puzzle_text(const SaState& sa) {
  std::vector<std::byte> text = sa.nonce_responder;
  text.resize(text.size() + sizeof(std::uint64_t));
  store_be(text.data() + text.size() - sizeof(std::uint64_t), sa.spis.responder.value);
  return text;
}

}  // namespace levelgate::ikeexchange
