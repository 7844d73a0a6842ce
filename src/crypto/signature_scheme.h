// SPDX-License-Identifier: Apache-2.0
//
// The signatures that IKE may carry and the AlgorithmIdentifiers by which authentication method 14 names them
// (RFC 7427 §3 and appendix A, RFC 8420, draft-ietf-ipsecme-ikev2-pqc-auth). SHA-1 is not among them (RFC 8247 §3.2).
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace levelgate::crypto {

enum class KeyType : std::uint8_t {
  kRsa,
  kRsaPss,  // the certificate restricts the key to RSASSA-PSS
  kEcP256,
  kEcP384,
  kEcP521,
  kEd25519,
  kEd448,
  kMlDsa44,
  kMlDsa65,
  kMlDsa87,
};

enum class SignatureScheme : std::uint8_t {
  kRsaPssSha256,
  kRsaPssSha384,
  kRsaPssSha512,
  kRsaPkcs1Sha256,
  kRsaPkcs1Sha384,
  kRsaPkcs1Sha512,
  kEcdsaSha256,  // a DER structure, on any curve; the same numbers r and s as below in another form
  kEcdsaSha384,
  kEcdsaSha512,
  kEcdsaP256Sha256Raw,  // r | s of fixed length (RFC 4754)
  kEcdsaP384Sha384Raw,
  kEcdsaP521Sha512Raw,
  kEd25519,
  kEd448,
  kMlDsa44,
  kMlDsa65,
  kMlDsa87,
};

[[nodiscard]] std::string_view name_of(KeyType type);
[[nodiscard]] std::string_view name_of(SignatureScheme scheme);

// IANA's authentication method that carries the scheme: 9, 10, 11 or 14.
[[nodiscard]] std::uint8_t auth_method_of(SignatureScheme scheme);
// IANA's hash algorithm that the peer must have announced: 2 to 4 for SHA-2, 5 where the scheme hashes by itself.
[[nodiscard]] std::uint16_t hash_algorithm_of(SignatureScheme scheme);
// What method 14 puts before the signature; empty for the schemes of methods 9 to 11.
[[nodiscard]] ConstBytes algorithm_identifier_of(SignatureScheme scheme);

// Understands what it reads, octets are not compared: parameters that say the same in another form are the same
// (RFC 7427 §3, RFC 4055 §3.1). Fails with kBadInput for all that is not one of the schemes above, exactly.
[[nodiscard]] Result<SignatureScheme> read_algorithm_identifier(ConstBytes der);

// Whether a key of the type can make and hold such a signature.
[[nodiscard]] bool fits(KeyType type, SignatureScheme scheme);
// The schemes of method 14 that fit, best first, the hash that matches the key's strength before the others.
[[nodiscard]] std::vector<SignatureScheme> schemes_of(KeyType type);

}  // namespace levelgate::crypto
