// SPDX-License-Identifier: Apache-2.0
//
// Puzzles of RFC 8019: four keys, each of which makes the prf of a given text end in so many zero bits. To find them
// costs the initiator some hundred thousand prf calls, to check them costs the responder four. Pure: no clock, no
// thread; whoever searches says how far.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/prf.h"
#include "ikewire/ike_puzzle.h"

namespace levelgate::admission {

struct PuzzleTask {
  crypto::Prf prf{};
  std::uint8_t difficulty = 0;  // zero bits; 0: the more the better
  std::vector<std::byte> text;  // the cookie (RFC 8019 §7.1.3), or Nr | SPIr (RFC 8019 §7.2.3)
};

// Bits behind the last one that is set.
[[nodiscard]] std::size_t trailing_zero_bits(ConstBytes octets);

// --- checking ---

enum class PuzzleVerdict : std::uint8_t {
  kSolved,
  kKeyOctets,  // of a size that the prf does not prefer
  kSameKey,    // fewer than four different ones
  kTooEasy,    // an output has fewer zero bits than were asked for
};
struct PuzzleCheck {
  PuzzleVerdict verdict = PuzzleVerdict::kTooEasy;
  std::size_t zero_bits = 0;  // the least of the four outputs (RFC 8019 §7.1.4); 0 where none was computed
};
// At most four prf calls, all of them whatever the first says.
[[nodiscard]] PuzzleCheck check_puzzle(const PuzzleTask& task, const ikewire::PuzzleSolution& solution);

// --- solving ---

// So many prf calls find four keys but for one time in some thousand million: four in 2^difficulty each, eight times
// over.
[[nodiscard]] std::uint64_t most_tries_for(std::uint8_t difficulty);

// Thread: of whoever searches; may move between threads from one search() to the next.
class PuzzleSolver {
 public:
  // With difficulty 0 the best of `most_tries` keys are the solution.
  [[nodiscard]] static Result<PuzzleSolver> create(PuzzleTask task, std::uint64_t most_tries);

  enum class Step : std::uint8_t { kSearching, kSolved, kGivenUp };
  // At most so many prf calls more.
  [[nodiscard]] Step search(std::uint64_t tries);

  // Four keys of kKeyOctets each; only after kSolved.
  [[nodiscard]] const std::vector<std::byte>& solution() const { return keys_; }
  [[nodiscard]] std::uint64_t tried() const { return next_; }

  static constexpr std::size_t kKeyOctets = 4;

 private:
  PuzzleSolver(PuzzleTask task, std::uint64_t most_tries, crypto::PrfUnderKeys prf);
  struct Found {
    std::uint32_t key = 0;
    std::size_t zero_bits = 0;
  };
  void keep(const Found& found);
  void write_down();

  PuzzleTask task_;
  std::uint64_t most_tries_;
  crypto::PrfUnderKeys prf_;
  std::uint64_t next_ = 0;  // keys are numbers, from zero
  std::size_t count_ = 0;
  std::array<Found, ikewire::kPuzzleKeys> found_{};
  std::vector<std::byte> keys_;
};

}  // namespace levelgate::admission
