// SPDX-License-Identifier: Apache-2.0
//
// Known answers for puzzles, as hexadecimal digits; printed by tests/support/oracle/ike_puzzle.py, which has them from
// Python's hmac alone. Not to be edited.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/prf.h"

namespace levelgate::testing {

// clang-format off
struct IkePuzzleVector {
  crypto::Prf prf;
  std::uint8_t difficulty;
  std::string_view text, keys;
  std::size_t zero_bits;  // of the worst key
  std::uint64_t tries;  // prf calls until the fourth
};

inline constexpr std::array<IkePuzzleVector, 4> kIkePuzzleVectors = {{
    {crypto::Prf::kHmacSha256,
     8,
     "957581d65d7fc20bb72e0db905bbcd94330e5a02c7c0fe4cb85045faf54b0287b826fec9547f423b21d8",
     "000000250000007c000002f000000337",
     8,
     824},
    {crypto::Prf::kHmacSha384,
     9,
     "01d9ab53743a2a73572cc671405fd9cfcfa0270889c68e45c80ceb3f91c90e34672c4b232ed51eb324f331bba5afd97ebb9f369cf3c1ae1d"
     "f186014a176825b0",
     "0000011b0000020c0000038600000bfc",
     9,
     3069},
    {crypto::Prf::kHmacSha512,
     10,
     "6f82f94295a5642708a4f9473415474844eb1c1e388b229c1a85078b188b3a1e284a01ad736c30f9",
     "0000006b000006ff0000089300000cce",
     10,
     3279},
    {crypto::Prf::kHmacSha256,
     12,
     "b3",
     "00000224000013c300004ba300005e6d",
     12,
     24174}}};
// clang-format on

}  // namespace levelgate::testing
