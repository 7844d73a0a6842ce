// SPDX-License-Identifier: Apache-2.0
//
// Preshared keys of IKE (RFC 7296 §2.15): text without its last line break, or octets as 0x and hexadecimal digits. A
// key that somebody could have thought up is refused, since whoever records a handshake can try keys against it.
#pragma once

#include <levelgate/model/ike_config.h>

#include <expected>
#include <string>
#include <string_view>

#include "config/bounded_file.h"

namespace levelgate::config {

enum class Strength : std::uint8_t { kEnough, kAny };  // kEnough: 128 bits at least

// The most that a key of this form can hold, in bits: a random text over the letters that occur in it.
[[nodiscard]] double most_bits(std::string_view text);

// `noun` is for messages: "preshared key file".
[[nodiscard]] std::expected<model::SharedKey, BadFile> read_psk(const std::string& path, std::string_view noun,
                                                                Readers readers, Strength strength);

}  // namespace levelgate::config
