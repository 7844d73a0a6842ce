// SPDX-License-Identifier: Apache-2.0
//
// Puzzles against Python's answers (the table of RFC 8019 §4.4 is not HMAC-SHA-256 of the octets that it shows, here or
// there); what was solved is accepted, what was altered is not.
#include "admission/puzzle.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/wire/octets.h"
#include "vectors/ike_puzzle_vectors.h"

namespace levelgate::admission::puzzle_test {
namespace {

using testing::hex;
using testing::Octets;

constexpr std::string_view kCookie = "739ae7492d8a810cf5e8dc0f9626c9dda773c5a3";

PuzzleCheck checked(const PuzzleTask& task, const Octets& keys) {
  const testing::ExactBlock block(keys);
  return check_puzzle(task, ikewire::PuzzleSolution{block.bytes()});
}

Octets solved(const PuzzleTask& task) {
  auto solver = PuzzleSolver::create(task, most_tries_for(task.difficulty));
  EXPECT_EQ(solver->search(most_tries_for(task.difficulty)), PuzzleSolver::Step::kSolved);
  return solver->solution();
}

// The worst of the four counts [8019-7.1.4-e, 8019-7.1.4-g].
TEST(Puzzle, WhatPythonFinds) {
  for (const auto& vector : testing::kIkePuzzleVectors) {
    const PuzzleTask task{vector.prf, vector.difficulty, hex(vector.text)};
    auto solver = PuzzleSolver::create(task, most_tries_for(task.difficulty));
    ASSERT_TRUE(solver.has_value());
    ASSERT_EQ(solver->search(1'000'000), PuzzleSolver::Step::kSolved);
    EXPECT_EQ(solver->solution(), hex(vector.keys));
    EXPECT_EQ(solver->tried(), vector.tries);
    const PuzzleCheck check = checked(task, solver->solution());
    EXPECT_EQ(check.verdict, PuzzleVerdict::kSolved);
    EXPECT_EQ(check.zero_bits, vector.zero_bits);
  }
}

TEST(Puzzle, ZeroBitsAreCountedFromTheEnd) {
  EXPECT_EQ(trailing_zero_bits(hex("01")), 0u);
  EXPECT_EQ(trailing_zero_bits(hex("80")), 7u);
  EXPECT_EQ(trailing_zero_bits(hex("ff 80 00")), 15u);
  EXPECT_EQ(trailing_zero_bits(hex("01 00 00")), 16u);
  EXPECT_EQ(trailing_zero_bits(hex("00 00")), 16u);
  EXPECT_EQ(trailing_zero_bits({}), 0u);
}

// In whatever slices the search is made, it finds the same.
TEST(Puzzle, WhatIsSolvedIsAccepted) {
  std::mt19937 dice(8019);
  for (int round = 0; round < 200; ++round) {
    const auto prf = crypto::Prf(dice() % 3);
    PuzzleTask task{prf, static_cast<std::uint8_t>(1 + dice() % 9), Octets(1 + dice() % 64)};
    for (std::byte& octet : task.text) octet = std::byte(dice());
    const Octets whole = solved(task);
    auto slices = PuzzleSolver::create(task, most_tries_for(task.difficulty));
    PuzzleSolver::Step step{};
    do {
      const std::uint64_t before = slices->tried(), most = 1 + dice() % 100;
      step = slices->search(most);
      ASSERT_LE(slices->tried() - before, most);
    } while (step == PuzzleSolver::Step::kSearching);
    ASSERT_EQ(step, PuzzleSolver::Step::kSolved);
    ASSERT_EQ(slices->solution(), whole);
    ASSERT_EQ(checked(task, whole).verdict, PuzzleVerdict::kSolved);
    ASSERT_GE(checked(task, whole).zero_bits, task.difficulty);
  }
}

// One in some hundred thousand altered keys would be a solution as well: of these none is.
TEST(Puzzle, WhatIsAlteredIsRefused) {
  const PuzzleTask task{crypto::Prf::kHmacSha384, 12, hex("c0 01 d0 0d")};
  const Octets good = solved(task);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Octets keys = good;
    keys[bit / 8] ^= std::byte(1U << (bit % 8));
    EXPECT_NE(checked(task, keys).verdict, PuzzleVerdict::kSolved) << bit;
  }
  for (std::size_t bit = 0; bit < task.text.size() * 8; ++bit) {
    PuzzleTask other = task;
    other.text[bit / 8] ^= std::byte(1U << (bit % 8));
    EXPECT_EQ(checked(other, good).verdict, PuzzleVerdict::kTooEasy) << bit;
  }
  PuzzleTask other = task;
  other.prf = crypto::Prf::kHmacSha256;
  EXPECT_EQ(checked(other, good).verdict, PuzzleVerdict::kTooEasy);
}

// [8019-8.2-a, 8019-8.2-e]
TEST(Puzzle, FourDifferentKeysOfASizeThatThePrfPrefers) {
  const PuzzleTask task{crypto::Prf::kHmacSha256, 8, hex(kCookie)};
  const Octets good = solved(task);
  for (std::size_t from = 0; from < 4; ++from) {
    for (std::size_t to = 0; to < 4; ++to) {
      Octets keys = good;
      std::copy_n(good.begin() + std::ptrdiff_t(4 * from), 4, keys.begin() + std::ptrdiff_t(4 * to));
      EXPECT_EQ(checked(task, keys).verdict, from == to ? PuzzleVerdict::kSolved : PuzzleVerdict::kSameKey);
    }
  }
  EXPECT_EQ(checked(task, {}).verdict, PuzzleVerdict::kKeyOctets);
  EXPECT_EQ(checked(task, Octets(15)).verdict, PuzzleVerdict::kKeyOctets);
  Octets longest(4 * 32);
  for (std::size_t i = 0; i < 4; ++i) longest[32 * i] = std::byte(i);
  EXPECT_EQ(checked(task, longest).verdict, PuzzleVerdict::kTooEasy);
  longest.resize(4 * 33);
  EXPECT_EQ(checked(task, longest).verdict, PuzzleVerdict::kKeyOctets);
}

// Difficulty 0: the best that was found within the work that was to be spent.
TEST(Puzzle, WithoutADifficultyTheBestCounts) {
  const PuzzleTask task{crypto::Prf::kHmacSha256, 0, hex(kCookie)};
  auto solver = PuzzleSolver::create(task, 4096);
  ASSERT_EQ(solver->search(4095), PuzzleSolver::Step::kSearching);
  ASSERT_EQ(solver->search(4095), PuzzleSolver::Step::kSolved);
  EXPECT_EQ(solver->tried(), 4096u);
  const std::size_t reached = checked(task, solver->solution()).zero_bits;
  EXPECT_EQ(checked(task, solver->solution()).verdict, PuzzleVerdict::kSolved);
  EXPECT_GE(reached, 8u);
  // No four of them are better.
  PuzzleTask better = task;
  better.difficulty = static_cast<std::uint8_t>(reached + 1);
  auto strict = PuzzleSolver::create(better, 4096);
  EXPECT_EQ(strict->search(4096), PuzzleSolver::Step::kGivenUp);
}

TEST(Puzzle, TheSearchEnds) {
  const PuzzleTask task{crypto::Prf::kHmacSha256, 255, hex(kCookie)};
  auto solver = PuzzleSolver::create(task, 1000);
  EXPECT_EQ(solver->search(999), PuzzleSolver::Step::kSearching);
  EXPECT_EQ(solver->search(1'000'000), PuzzleSolver::Step::kGivenUp);
  EXPECT_EQ(solver->tried(), 1000u);
  EXPECT_EQ(solver->search(1'000'000), PuzzleSolver::Step::kGivenUp);
  EXPECT_EQ(solver->tried(), 1000u);
  EXPECT_TRUE(solver->solution().empty());
  EXPECT_EQ(most_tries_for(10), 32u * 1024);
  EXPECT_EQ(most_tries_for(255), std::uint64_t{1} << 32);
}

}  // namespace
}  // namespace levelgate::admission::puzzle_test
