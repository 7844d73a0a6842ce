#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# What post-quantum preshared keys do to the keys of IKEv2, written a second time from RFC 8784 and RFC 9867 with nothing
# but hashlib and hmac. Prints tests/vectors/ike_ppk_vectors.h; with --check FILE compares instead.
import sys

from ike_keys import CIPHERS, Prf, print_or_check, rows, seven, text


def vector(prf_name, cipher, ppk_octets):
    prf, tag = Prf(prf_name), f"ppk {prf_name} {ppk_octets}"
    ppk = text(tag + " PPK", ppk_octets)
    ni, nr, spis = text(tag + " Ni", 32), text(tag + " Nr", 40), text(tag + " SPIs", 16)
    primes = [text(f"{tag} {name}", prf.size) for name in ("SK_d'", "SK_pi'", "SK_pr'")]
    # RFC 8784 §3: the first block of prf+ is enough, since every prf here has an output of its key's size.
    auth = [prf(ppk, prime + b"\x01") for prime in primes]
    # RFC 9867 §3.1 and §3.1.1
    confirmation = prf(ppk, ni + nr + spis)[:8]
    intermediate = seven(prf, cipher, prf.plus(ppk, primes[0], prf.size), ni, nr, spis)
    # RFC 9867 §3.2 and §3.2.1: a Child SA with a key exchange, and a rekey of the IKE SA
    new_ni, new_nr, new_spis = text(tag + " Ni'", 32), text(tag + " Nr'", 32), text(tag + " SPIs'", 16)
    shared = text(tag + " SK", 32)
    create_confirmation = prf(ppk, new_ni + spis)[:8]
    fresh = prf.plus(ppk, primes[0], prf.size)
    child = prf.plus(fresh, shared + new_ni + new_nr, 2 * sum(CIPHERS[cipher]))
    rekeyed = seven(prf, cipher, prf(fresh, shared + new_ni + new_nr), new_ni, new_nr, new_spis)
    return [f"crypto::Prf::{prf_name}", *map(str, CIPHERS[cipher]), ppk, ni, nr, spis, *primes, *auth, confirmation,
            intermediate, new_ni, new_nr, new_spis, shared, create_confirmation, child, rekeyed]


def header():
    # PPKs shorter than the hash, as long, and longer than its block, which HMAC hashes first.
    vectors = [vector("kHmacSha256", "aes128gcm16", 32), vector("kHmacSha384", "aes256gcm16", 43),
               vector("kHmacSha512", "aes256-sha512", 64), vector("kHmacSha256", "aes128-sha256", 200)]
    return f"""// SPDX-License-Identifier: Apache-2.0
//
// Known answers for post-quantum preshared keys, as hexadecimal digits; printed by tests/support/oracle/ike_ppk.py,
// which has them from Python's hmac alone. Not to be edited.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "crypto/prf.h"

namespace levelgate::testing {{

// clang-format off
struct IkePpkVector {{
  crypto::Prf prf;
  std::size_t encryption, integrity;  // octets of keys
  std::string_view ppk, ni, nr, spis;
  std::string_view d, pi, pr;  // without the PPK
  std::string_view auth_d, auth_pi, auth_pr;  // RFC 8784
  std::string_view confirmation;  // RFC 9867, before IKE_AUTH
  std::string_view intermediate;  // SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr
  std::string_view new_ni, new_nr, new_spis, shared;  // of CREATE_CHILD_SA
  std::string_view create_confirmation, child, rekeyed;
}};

inline constexpr std::array<IkePpkVector, {len(vectors)}> kIkePpkVectors = {{{{
{rows(vectors)}}}}};
// clang-format on

}}  // namespace levelgate::testing
"""


if __name__ == "__main__":
    sys.exit(print_or_check(header))
