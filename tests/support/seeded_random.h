// SPDX-License-Identifier: Apache-2.0
//
// Randomness that a seed repeats, so that a failed run can be run again.
#pragma once

#include <random>

#include "crypto/random.h"

namespace levelgate::testing {

class SeededRandom final : public crypto::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  Result<void> fill(Bytes octets) override {
    for (std::byte& octet : octets) octet = static_cast<std::byte>(engine_());
    return {};
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace levelgate::testing
