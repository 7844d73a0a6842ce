// SPDX-License-Identifier: Apache-2.0
//
// The part of the table of keys that is about post-quantum preshared keys (RFC 8784, RFC 9867).
#pragma once

#include <array>

#include "syntax/key_terms.h"
#include "syntax/schema.h"

namespace levelgate::syntax::ppk_keys {

using namespace terms;
using enum KeyType;

inline constexpr std::string_view kId = "Its name at both sides: 1 to 128 printable characters without space.";
inline constexpr std::string_view kFile =
    "File readable by its owner only. A last line break is dropped; 0x and hexadecimal digits are octets.";
inline constexpr std::string_view kCredential = "Name of a credential of the service unit (LoadCredential=).";
inline constexpr std::string_view kWeak = "Takes a key that may have less than 256 bits.";

inline constexpr std::array kTable = std::to_array<KeySpec>({
    {"tunnels.*.ppk", kMap,
     "A post-quantum preshared key that enters the keys beside the key exchange and does not replace auth or "
     "local.identity: id, and either file or credential.",
     kRekey},
    {"tunnels.*.ppk.id", kText, kId, kRekey},
    {"tunnels.*.ppk.file", kText, kFile, kRekey},
    {"tunnels.*.ppk.credential", kText, kCredential, kRekey},
    {"tunnels.*.ppk.weak", kBoolean, kWeak, kRekey, "false"},
    {"tunnels.*.ppk.required", kBoolean,
     "No SA without a PPK; false: without one where the peer has none, for the time until both sides have it.", kTunnel,
     "true"},
    {"tunnels.*.ppk.exchange", kChoice,
     "Where it enters the keys. intermediate: before names are said (RFC 9867); auth: the first IKE SA itself stays "
     "without (RFC 8784); either: as the peer can, intermediate first.",
     kRekey, "either", "either|auth|intermediate"},
    {"tunnels.*.ppk.others",
     kList,
     "PPKs that are known beside that one, for the time of a change: the next one, or the last.",
     kRekey,
     {},
     {},
     {},
     0,
     15},
    {"tunnels.*.ppk.others.[]", kMap, "A PPK.", kRekey},
    {"tunnels.*.ppk.others.[].id", kText, kId, kRekey},
    {"tunnels.*.ppk.others.[].file", kText, kFile, kRekey},
    {"tunnels.*.ppk.others.[].credential", kText, kCredential, kRekey},
    {"tunnels.*.ppk.others.[].weak", kBoolean, kWeak, kRekey, "false"},
});

}  // namespace levelgate::syntax::ppk_keys
