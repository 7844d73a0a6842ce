// SPDX-License-Identifier: Apache-2.0
//
// Randomness that a seed repeats: SplitMix64 (Steele, Lea, Flood 2014). For rehearsals, never for keys that protect
// anything.
#pragma once

#include <cstdint>

#include "crypto/random.h"

namespace levelgate::rehearsal {

class RepeatableRandom final : public crypto::Random {
 public:
  explicit RepeatableRandom(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
    return z ^ z >> 31;
  }
  // From 0 up to, and without, 1.
  [[nodiscard]] double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  Result<void> fill(Bytes octets) override {
    for (std::byte& octet : octets) octet = static_cast<std::byte>(next());
    return {};
  }

 private:
  std::uint64_t state_;
};

}  // namespace levelgate::rehearsal
