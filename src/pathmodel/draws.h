// SPDX-License-Identifier: Apache-2.0
//
// What chance decides of a packet, as a function of seed, number and question: no answer depends on what else was
// asked, so a slower line or a later packet loses the same numbers. SplitMix64's finalizer (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace levelgate::pathmodel {

enum class Question : std::uint8_t {
  kLost,
  kBurst,
  kJitter,
  kCopyJitter,
  kHeldBack,
  kDuplicated,
  kCorrupted,
  kWhichBit,
};

class Draws {
 public:
  explicit constexpr Draws(std::uint64_t seed) : seed_(mixed(seed)) {}

  [[nodiscard]] constexpr std::uint64_t bits(std::uint64_t number, Question question) const {
    return mixed(seed_ + number * kQuestions + static_cast<std::uint64_t>(question));
  }
  // From 0 to below 1.
  [[nodiscard]] constexpr double uniform(std::uint64_t number, Question question) const {
    return static_cast<double>(bits(number, question) >> 11) * 0x1p-53;
  }
  [[nodiscard]] constexpr bool happens(double share, std::uint64_t number, Question question) const {
    return uniform(number, question) < share;
  }

 private:
  static constexpr std::uint64_t kQuestions = 8;

  static constexpr std::uint64_t mixed(std::uint64_t value) {
    value *= 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  std::uint64_t seed_;
};

}  // namespace levelgate::pathmodel
