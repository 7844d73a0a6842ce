#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# IKEv2 key schedules written a second time from RFC 7296, RFC 9370 and RFC 9242, with nothing but hashlib and hmac.
# Prints tests/vectors/ike_key_vectors.h; with --check FILE compares instead.
import hashlib
import hmac
import sys

PRFS = {"kHmacSha256": (hashlib.sha256, 32), "kHmacSha384": (hashlib.sha384, 48), "kHmacSha512": (hashlib.sha512, 64)}
# name of the suite -> octets of (encryption key with salt, integrity key)
CIPHERS = {"aes128gcm16": (20, 0), "aes256gcm16": (36, 0), "aes256ctr": (36, 32), "aes128-sha256": (16, 32),
           "aes256-sha512": (32, 64)}


def text(label, octets):
    """Octets that look random and come from a label."""
    out = b""
    count = 0
    while len(out) < octets:
        out += hashlib.sha256(f"{label} {count}".encode()).digest()
        count += 1
    return out[:octets]


class Prf:
    def __init__(self, name):
        self.name = name
        self.hash, self.size = PRFS[name]

    def __call__(self, key, data):
        return hmac.new(key, data, self.hash).digest()

    def plus(self, key, seed, octets):
        out, last, number = b"", b"", 1
        while len(out) < octets:
            last = self(key, last + seed + bytes([number]))
            out += last
            number += 1
        return out[:octets]


def seven(prf, cipher, skeyseed, ni, nr, spis):
    """SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr in one piece (RFC 7296 §2.14)."""
    encryption, integrity = CIPHERS[cipher]
    return prf.plus(skeyseed, ni + nr + spis, 3 * prf.size + 2 * integrity + 2 * encryption)


def ike_vector(prf_name, cipher, nonce_octets, shared_octets):
    """All stages in the life of one IKE SA: initial, two additional key exchanges, a rekey that changes the prf."""
    prf, tag = Prf(prf_name), f"{prf_name} {cipher}"
    ni, nr = text(tag + " Ni", nonce_octets), text(tag + " Nr", nonce_octets + 16)
    spis = text(tag + " SPIs", 16)
    shared = [text(f"{tag} SK({n})", shared_octets) for n in range(3)]
    stages = [seven(prf, cipher, prf(ni + nr, shared[0]), ni, nr, spis)]
    for n in (1, 2):
        skeyseed = prf(stages[-1][:prf.size], shared[n] + ni + nr)
        stages.append(seven(prf, cipher, skeyseed, ni, nr, spis))
    new_prf = Prf("kHmacSha512" if prf_name != "kHmacSha512" else "kHmacSha256")
    new_ni, new_nr, new_spis = text(tag + " Ni'", 32), text(tag + " Nr'", 48), text(tag + " SPIs'", 16)
    sk_d = stages[-1][:prf.size]
    seed = shared[0] + new_ni + new_nr
    rekeyed = seven(new_prf, cipher, prf(sk_d, seed), new_ni, new_nr, new_spis)
    rekeyed_hybrid = seven(new_prf, cipher, prf(sk_d, seed + shared[1] + shared[2]), new_ni, new_nr, new_spis)
    octets = 2 * sum(CIPHERS[cipher])
    child = prf.plus(sk_d, ni + nr, octets)
    child_hybrid = prf.plus(sk_d, seed + shared[1] + shared[2], octets)
    return [f"crypto::Prf::{prf_name}", f"crypto::Prf::{new_prf.name}", *map(str, CIPHERS[cipher]), ni, nr, spis,
            *shared, *stages, new_ni, new_nr, new_spis, rekeyed, rekeyed_hybrid, child, child_hybrid]


def auth_vector(prf_name):
    """Signed octets of both sides in all forms, the IntAuth chain of two exchanges, and the proof of a shared key."""
    prf = Prf(prf_name)
    request, response = text("request", 300), text("response", 280)
    ni, nr, id_i, id_r = text("Ni", 32), text("Nr", 24), text("IDi", 20), text("IDr", 11)
    keys = [text(f"SK_p {n}", prf.size) for n in range(6)]  # SK_pi1, SK_pr1, SK_pi2, SK_pr2, SK_pi3, SK_pr3
    messages = [(text(f"A {n}", 32), text(f"P {n}", 100 * n)) for n in range(4)]  # the first has no inner payload
    chain = [b"", b""]
    for n, (headers, payloads) in enumerate(messages):
        chain[n % 2] = prf(keys[n], chain[n % 2] + headers + payloads)
    int_auth = chain[0] + chain[1] + (3).to_bytes(4, "big")
    maced_i, maced_r = prf(keys[4], id_i), prf(keys[5], id_r)
    zero = bytes(8)
    classic_i = request + nr + maced_i
    full_i = zero + response + request + nr + maced_i + int_auth
    full_r = zero + request + response + ni + maced_r + int_auth
    psk = b"a secret that both sides know"
    padded = prf(psk, b"Key Pad for IKEv2")
    return [f"crypto::Prf::{prf_name}", request, response, ni, nr, id_i, id_r, *keys,
            *[part for message in messages for part in message], int_auth,
            *[prf(b"tag", octets) for octets in (classic_i, full_i, full_r)], psk, prf(padded, classic_i)]


def literal(value):
    if isinstance(value, str):
        return value
    digits = value.hex()
    lines = [digits[at:at + 112] for at in range(0, len(digits), 112)] or [""]
    return "\n     ".join(f'"{line}"' for line in lines)


def rows(vectors):
    return ",\n".join("    {" + ",\n     ".join(literal(value) for value in vector) + "}" for vector in vectors)


def header():
    ike = [ike_vector("kHmacSha256", "aes128gcm16", 32, 32), ike_vector("kHmacSha384", "aes256gcm16", 48, 48),
           ike_vector("kHmacSha512", "aes256-sha512", 64, 256), ike_vector("kHmacSha256", "aes128-sha256", 16, 32),
           ike_vector("kHmacSha384", "aes256ctr", 24, 66)]
    auth = [auth_vector(name) for name in PRFS]
    return f"""// SPDX-License-Identifier: Apache-2.0
//
// Known answers for IKEv2 key schedules and proofs, as hexadecimal digits; printed by tests/support/oracle/ike_keys.py,
// which has them from Python's hmac alone. Not to be edited.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "crypto/prf.h"

namespace levelgate::testing {{

// clang-format off
struct IkeKeyVector {{
  crypto::Prf prf, new_prf;
  std::size_t encryption, integrity;  // octets of keys
  std::string_view ni, nr, spis, shared0, shared1, shared2;
  std::string_view initial, after_first, after_second;  // SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr
  std::string_view new_ni, new_nr, new_spis, rekeyed, rekeyed_hybrid;
  std::string_view child, child_hybrid;
}};

inline constexpr std::array<IkeKeyVector, {len(ike)}> kIkeKeyVectors = {{{{
{rows(ike)}}}}};

struct IkeAuthVector {{
  crypto::Prf prf;
  std::string_view request, response, ni, nr, id_i, id_r;
  std::string_view pi1, pr1, pi2, pr2, pi3, pr3;
  std::string_view a_i1, p_i1, a_r1, p_r1, a_i2, p_i2, a_r2, p_r2;
  std::string_view int_auth;  // the message id of IKE_AUTH is 3
  std::string_view tag_classic_i, tag_full_i, tag_full_r;  // prf("tag", octets)
  std::string_view secret, proof;  // of classic_i
}};

inline constexpr std::array<IkeAuthVector, {len(auth)}> kIkeAuthVectors = {{{{
{rows(auth)}}}}};
// clang-format on

}}  // namespace levelgate::testing
"""


def print_or_check(header):
    """The whole program of a script whose output is kept: prints it, or with --check FILE compares; the exit code."""
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="utf-8") as stored:
            same = stored.read() == header()
        print("same" if same else f"{sys.argv[2]} is not what this script prints")
        return 0 if same else 1
    print(header(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(print_or_check(header))
