// SPDX-License-Identifier: Apache-2.0
//
// The ESP ciphers that the house knows, and their sizes. Names for people live in the config schema.
#pragma once

#include <cstddef>
#include <cstdint>

namespace levelgate {

// AES-GCM with a 16-octet ICV (RFC 4106), ChaCha20-Poly1305 (RFC 7634).
enum class EspCipher : std::uint8_t { kAes128Gcm16, kAes256Gcm16, kChaCha20Poly1305 };

// Octets of the cipher key alone; KEYMAT has the salt behind it (RFC 4106 §8.1, RFC 7634 §2).
[[nodiscard]] constexpr std::size_t key_octets(EspCipher cipher) { return cipher == EspCipher::kAes128Gcm16 ? 16 : 32; }
inline constexpr std::size_t kSaltOctets = 4;

}  // namespace levelgate
