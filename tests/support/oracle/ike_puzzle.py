#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Puzzles of RFC 8019, solved a second time with nothing but hashlib and hmac: the first four keys of four octets, counted
# up from zero, whose outputs end in so many zero bits. Prints tests/vectors/ike_puzzle_vectors.h; with --check FILE
# compares instead.
import sys

from ike_keys import Prf, print_or_check, rows, text


def zero_bits(octets):
    number = int.from_bytes(octets, "big")
    return 8 * len(octets) if number == 0 else (number & -number).bit_length() - 1


def vector(prf_name, difficulty, octets):
    prf, message = Prf(prf_name), text(f"puzzle {prf_name} {difficulty}", octets)
    keys, number = [], 0
    while len(keys) < 4:
        key = number.to_bytes(4, "big")
        if zero_bits(prf(key, message)) >= difficulty:
            keys.append(key)
        number += 1
    least = min(zero_bits(prf(key, message)) for key in keys)
    return [f"crypto::Prf::{prf_name}", str(difficulty), message, b"".join(keys), str(least), str(number)]


def header():
    vectors = [vector("kHmacSha256", 8, 42), vector("kHmacSha384", 9, 64), vector("kHmacSha512", 10, 40),
               vector("kHmacSha256", 12, 1)]
    return f"""// SPDX-License-Identifier: Apache-2.0
//
// Known answers for puzzles, as hexadecimal digits; printed by tests/support/oracle/ike_puzzle.py, which has them from
// Python's hmac alone. Not to be edited.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/prf.h"

namespace levelgate::testing {{

// clang-format off
struct IkePuzzleVector {{
  crypto::Prf prf;
  std::uint8_t difficulty;
  std::string_view text, keys;
  std::size_t zero_bits;  // of the worst key
  std::uint64_t tries;  // prf calls until the fourth
}};

inline constexpr std::array<IkePuzzleVector, {len(vectors)}> kIkePuzzleVectors = {{{{
{rows(vectors)}}}}};
// clang-format on

}}  // namespace levelgate::testing
"""


if __name__ == "__main__":
    sys.exit(print_or_check(header))
