// SPDX-License-Identifier: Apache-2.0
//
// Counting zero bits.
#include "admission/puzzle.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <ranges>
#include <utility>

namespace levelgate::admission {

std::size_t trailing_zero_bits(ConstBytes octets) {
  std::size_t bits = 0;
  for (const std::byte octet : octets | std::views::reverse) {
    if (octet != std::byte{0})
      return bits + static_cast<std::size_t>(std::countr_zero(std::to_integer<std::uint8_t>(octet)));
    bits += 8;
  }
  return bits;
}

// [8019-7.1.4-e, 8019-7.1.4-g, 8019-8.2-e]
PuzzleCheck check_puzzle(const PuzzleTask& task, const ikewire::PuzzleSolution& solution) {
  if (solution.key_octets() == 0 || solution.keys.size() % ikewire::kPuzzleKeys != 0 ||
      solution.key_octets() > crypto::prf_octets(task.prf)) {
    return {PuzzleVerdict::kKeyOctets, 0};
  }
  for (std::size_t i = 0; i < ikewire::kPuzzleKeys; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (std::ranges::equal(solution.key(i), solution.key(k))) return {PuzzleVerdict::kSameKey, 0};
    }
  }
  auto prf = crypto::PrfUnderKeys::create(task.prf, task.text);
  if (!prf) return {};
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < ikewire::kPuzzleKeys; ++i) {
    const ConstBytes output = prf->output(solution.key(i));
    least = std::min(least, output.empty() ? 0 : trailing_zero_bits(output));
  }
  return {least >= task.difficulty ? PuzzleVerdict::kSolved : PuzzleVerdict::kTooEasy, least};
}

std::uint64_t most_tries_for(std::uint8_t difficulty) {
  constexpr std::uint64_t kFactor = 8 * ikewire::kPuzzleKeys;
  constexpr std::uint64_t kAllKeys = std::uint64_t{1} << 32;
  return difficulty >= 32 ? kAllKeys : std::min(kAllKeys, kFactor << difficulty);
}

Result<PuzzleSolver> PuzzleSolver::create(PuzzleTask task, std::uint64_t most_tries) {
  auto prf = crypto::PrfUnderKeys::create(task.prf, task.text);
  if (!prf) return std::unexpected(prf.error());
  return PuzzleSolver(std::move(task), most_tries, std::move(*prf));
}

PuzzleSolver::PuzzleSolver(PuzzleTask task, std::uint64_t most_tries, crypto::PrfUnderKeys prf)
    : task_(std::move(task)), most_tries_(std::min(most_tries, std::uint64_t{1} << 32)), prf_(std::move(prf)) {}

// The best ones stay, where nobody says how good they must be.
void PuzzleSolver::keep(const Found& found) {
  if (count_ < found_.size()) {
    found_[count_++] = found;
    return;
  }
  const auto worst = std::ranges::min_element(found_, {}, &Found::zero_bits);
  if (found.zero_bits > worst->zero_bits) *worst = found;
}

PuzzleSolver::Step PuzzleSolver::search(std::uint64_t tries) {
  if (!keys_.empty()) return Step::kSolved;
  const bool open = task_.difficulty == 0;
  const std::uint64_t end = tries < most_tries_ - next_ ? next_ + tries : most_tries_;
  std::array<std::byte, kKeyOctets> key{};
  for (; next_ < end; ++next_) {
    store_be(key.data(), static_cast<std::uint32_t>(next_));
    const ConstBytes output = prf_.output(key);
    const std::size_t bits = output.empty() ? 0 : trailing_zero_bits(output);
    if (!open && bits < task_.difficulty) continue;
    keep({static_cast<std::uint32_t>(next_), bits});
    if (open || count_ < found_.size()) continue;
    ++next_;
    write_down();
    return Step::kSolved;
  }
  if (next_ < most_tries_) return Step::kSearching;
  if (!open || count_ < found_.size()) return Step::kGivenUp;
  write_down();
  return Step::kSolved;
}

void PuzzleSolver::write_down() {
  keys_.resize(found_.size() * kKeyOctets);
  for (std::size_t i = 0; i < found_.size(); ++i) store_be(keys_.data() + i * kKeyOctets, found_[i].key);
}

}  // namespace levelgate::admission
