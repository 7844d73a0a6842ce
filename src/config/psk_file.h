// SPDX-License-Identifier: Apache-2.0
//
// Preshared keys of IKE (RFC 7296 §2.15): text without its last line break, or octets as 0x and hexadecimal digits. A
// key that somebody could have thought up is refused, since whoever records a handshake can try keys against it.
// Post-quantum preshared keys have the same forms (RFC 8784 §5.1).
#pragma once

#include <levelgate/model/ike_config.h>

#include <expected>
#include <string>
#include <string_view>

#include "config/bounded_file.h"

namespace levelgate::config {

// What a key must be able to hold.
struct Strength {
  int bits = 0;             // 0: any
  int finding = 54;         // when it holds less, or nothing at all
  std::string_view waiver;  // what the file says to take it nevertheless
};
inline constexpr Strength kPskStrength{128, 54, "auth.psk.weak: true"};
inline constexpr Strength kPpkStrength{256, 56, "ppk.weak: true"};  // RFC 8784 §6

// The most that a key of this form can hold, in bits: a random text over the letters that occur in it.
[[nodiscard]] double most_bits(std::string_view text);

// `noun` is for messages: "preshared key file".
[[nodiscard]] std::expected<model::SharedKey, BadFile> read_psk(const std::string& path, std::string_view noun,
                                                                Readers readers, const Strength& strength);

}  // namespace levelgate::config
