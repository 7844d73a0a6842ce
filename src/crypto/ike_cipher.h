// SPDX-License-Identifier: Apache-2.0
//
// Protection of the bodies of SK and SKF payloads: AEAD (RFC 5282, RFC 7634) or AES-CBC with an HMAC over the
// ciphertext (RFC 7296 §3.14, RFC 4868). Padding and IVs are the caller's; the sizes here say what they must be.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace levelgate::crypto {

enum class IkeEncryption : std::uint8_t { kAes128Gcm16, kAes256Gcm16, kChaCha20Poly1305, kAes128Cbc, kAes256Cbc };
// kNone with an AEAD and never without one.
enum class IkeIntegrity : std::uint8_t { kNone, kHmacSha256, kHmacSha384, kHmacSha512 };

struct IkeProtection {
  IkeEncryption encryption;
  IkeIntegrity integrity;

  bool operator==(const IkeProtection&) const = default;
};

struct IkeCipherSizes {
  std::size_t encryption_key_octets;  // of SK_ei or SK_er as derived: with the salt at its end
  std::size_t salt_octets;
  std::size_t integrity_key_octets;  // of SK_ai or SK_ar
  std::size_t iv_octets;
  std::size_t block_octets;  // what is sealed is a multiple of it
  std::size_t icv_octets;
};

// Fails for a pair that RFC 7296 §3.3 does not allow.
[[nodiscard]] Result<IkeCipherSizes> ike_cipher_sizes(IkeProtection protection);

// One direction of an IKE SA. Thread: each object belongs to one thread.
class IkeCipher {
 public:
  // Takes copies of the keys, which must have the sizes that ike_cipher_sizes() tells.
  [[nodiscard]] static Result<IkeCipher> create(IkeProtection protection, ConstBytes encryption_key,
                                                ConstBytes integrity_key);

  [[nodiscard]] const IkeCipherSizes& sizes() const { return sizes_; }

  // Ciphertext, then ICV. The associated data runs from the IKE header to the octet before the IV. For AES-CBC the IV
  // must be random; for an AEAD it must never repeat under the key.
  [[nodiscard]] Result<std::vector<std::byte>> seal(ConstBytes iv, ConstBytes associated, ConstBytes plaintext) const;

  // The plaintext with its padding. Fails with kBadInput for every octet that is not as it was sealed.
  [[nodiscard]] Result<std::vector<std::byte>> open(ConstBytes iv, ConstBytes associated, ConstBytes sealed) const;

 private:
  IkeCipher(IkeProtection protection, const IkeCipherSizes& sizes, ConstBytes encryption_key, ConstBytes integrity_key)
      : protection_(protection), sizes_(sizes), encryption_key_(encryption_key), integrity_key_(integrity_key) {}

  [[nodiscard]] bool is_aead() const { return protection_.integrity == IkeIntegrity::kNone; }
  [[nodiscard]] Result<void> run_aead(Bytes body, Bytes icv, ConstBytes iv, ConstBytes associated, int seal) const;
  [[nodiscard]] Result<void> run_cbc(Bytes body, ConstBytes iv, int seal) const;
  [[nodiscard]] Result<SecretBytes> mac(ConstBytes associated, ConstBytes iv, ConstBytes ciphertext) const;

  IkeProtection protection_;
  IkeCipherSizes sizes_;
  SecretBytes encryption_key_;
  SecretBytes integrity_key_;
};

}  // namespace levelgate::crypto
