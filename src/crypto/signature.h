// SPDX-License-Identifier: Apache-2.0
//
// Signatures of the AUTH payload: verified with a public key, made by a private key that may live elsewhere. RSA keys
// below 2048 bits or with a small exponent, and curves written out as parameters, are refused when they are read, so
// that no weak key exists as a value.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signature_scheme.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace levelgate::crypto {

// Immutable; copies share the key. Any thread.
class PublicKey {
 public:
  // A whole SubjectPublicKeyInfo in DER, as in a certificate and in a CERT payload with a raw public key (RFC 7670).
  [[nodiscard]] static Result<PublicKey> from_spki(ConstBytes der);

  [[nodiscard]] KeyType type() const { return type_; }
  [[nodiscard]] ConstBytes spki() const { return spki_; }

  // Succeeds only if the signature holds. All else is kBadInput: a scheme that does not fit the key, a form that is
  // not the scheme's, a signature of another message or key.
  [[nodiscard]] Result<void> verify(SignatureScheme scheme, ConstBytes message, ConstBytes signature) const;

 private:
  PublicKey(std::shared_ptr<evp_pkey_st> key, KeyType type, ConstBytes spki)
      : key_(std::move(key)), type_(type), spki_(spki.begin(), spki.end()) {}

  std::shared_ptr<evp_pkey_st> key_;
  KeyType type_;
  std::vector<std::byte> spki_;
};

// Signing as a service: the key may be in memory or behind a token. Any thread; a signature may take milliseconds.
class PrivateKey {
 public:
  virtual ~PrivateKey() = default;

  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  // Fails with kBadInput when the scheme does not fit the key.
  [[nodiscard]] virtual Result<std::vector<std::byte>> sign(SignatureScheme scheme, ConstBytes message) const = 0;
};

// The first private key in the text: PKCS#8, or the older forms of RSA and EC. A key under a passphrase is refused;
// nobody is asked. The caller wipes the text; OpenSSL's decoders leave parts of the key in memory that they give back.
[[nodiscard]] Result<std::unique_ptr<PrivateKey>> private_key_from_pem(std::string_view pem);
// The first private key at an OSSL_STORE URI, or a path; what schemes there are depends on OpenSSL's providers.
[[nodiscard]] Result<std::unique_ptr<PrivateKey>> private_key_from_store(const std::string& uri);

}  // namespace levelgate::crypto
