// SPDX-License-Identifier: Apache-2.0
//
// The burst seam to whatever runs the AEAD: libipsec-mb, a cryptodev, OpenSSL. Sequence numbers, replay and
// layout stay in Sealer and Opener; a Cipher knows keys, nonces and octets (RFC 4303 §2, RFC 4106, RFC 7634).
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace levelgate::esp {

enum class Purpose : std::uint8_t { kSeal, kOpen };

// A prepared key. Made and destroyed by the control thread, used by one worker in between; only the Cipher
// that made it looks inside.
class CipherKey {
 public:
  virtual ~CipherKey() = default;
};

enum class CipherVerdict : std::uint8_t { kDone, kAuthFailed };

inline constexpr std::size_t kNonceOctets = 12;
inline constexpr std::size_t kTagOctets = 16;

// One packet. The body is sealed or opened in place; seal writes the tag, open compares it in constant time
// and leaves the body undefined when it does not hold. What cannot be sealed becomes zeros, body and tag, with the
// verdict kAuthFailed: it may still leave in its slot, and says nothing.
struct CipherJob {
  CipherKey* key = nullptr;
  std::byte* body = nullptr;
  std::byte* tag = nullptr;
  std::uint32_t body_octets = 0;
  std::uint8_t aad_octets = 0;  // 8, or 12 with ESN
  CipherVerdict verdict = CipherVerdict::kDone;
  std::array<std::byte, kNonceOctets> nonce{};
  std::array<std::byte, 12> aad{};
};

// Thread: prepare by control, seal and open by one worker (each worker has a Cipher of its own).
class Cipher {
 public:
  virtual ~Cipher() = default;
  // The cipher key alone, without salt. Fails when the back end lacks the cipher; never throws.
  [[nodiscard]] virtual Result<std::unique_ptr<CipherKey>> prepare(EspCipher cipher, ConstBytes key,
                                                                   Purpose purpose) = 0;
  // All jobs are finished on return, each with its verdict; a burst is at most 64 jobs. No allocation.
  virtual void seal(std::span<CipherJob> jobs) noexcept = 0;
  virtual void open(std::span<CipherJob> jobs) noexcept = 0;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "ipsec-mb", "cryptodev", "openssl"
};

}  // namespace levelgate::esp
