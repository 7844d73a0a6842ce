// SPDX-License-Identifier: Apache-2.0
//
// The pseudo-random functions of IKEv2 and prf+ (RFC 7296 §2.13, RFC 4868 §2.1.2): HMAC over SHA-2 and nothing older
// (RFC 8247 §2.2). Never shortens or pads a key by itself.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

namespace levelgate::crypto {

enum class Prf : std::uint8_t { kHmacSha256, kHmacSha384, kHmacSha512 };

// The length of the output, which is the preferred key length too: that of SK_d, SK_pi and SK_pr.
[[nodiscard]] constexpr std::size_t prf_octets(Prf prf) {
  switch (prf) {
    case Prf::kHmacSha256:
      return 32;
    case Prf::kHmacSha384:
      return 48;
    case Prf::kHmacSha512:
      return 64;
  }
  return 0;
}

// prf(key, piece | piece | ...). Fails for an empty key: each key of IKE has octets, and one without is a secret that
// was never set.
[[nodiscard]] Result<SecretBytes> prf(Prf prf, ConstBytes key, std::span<const ConstBytes> pieces);
[[nodiscard]] Result<SecretBytes> prf(Prf prf, ConstBytes key, std::initializer_list<ConstBytes> pieces);

// One message under many keys, one after the other, with no memory taken for each: a puzzle asks for some hundred
// thousand of them (RFC 8019 §7.1.3). Thread: of who made it.
class PrfUnderKeys {
 public:
  [[nodiscard]] static Result<PrfUnderKeys> create(Prf prf, ConstBytes message);
  PrfUnderKeys(PrfUnderKeys&&) noexcept;
  PrfUnderKeys& operator=(PrfUnderKeys&&) noexcept;
  ~PrfUnderKeys();

  // The output for this key, valid until the next call; empty when OpenSSL refused it, as it refuses no key at all.
  [[nodiscard]] ConstBytes output(ConstBytes key);

 private:
  struct Parts;
  explicit PrfUnderKeys(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The first octets of prf+(key, seed). Fails beyond 255 outputs of the prf: the counter is one octet.
[[nodiscard]] Result<SecretBytes> prf_plus(Prf prf, ConstBytes key, ConstBytes seed, std::size_t octets);

}  // namespace levelgate::crypto
