// SPDX-License-Identifier: Apache-2.0
//
// AUTH payloads made and verified (RFC 7296 §2.15, RFC 7427, RFC 4754, RFC 8420, draft-ietf-ipsecme-ikev2-pqc-auth),
// and the certificates and identities behind them (RFC 4945). Both are jobs: they own all that they read, may run on
// any thread, and take milliseconds. Verification accepts what announcements.h announces and nothing else
// [7296-1.2-a, 7296-1.2-b, 7296-1.2-c, 7296-3.6-c, 7296-4-g, 7296-4-i].
#pragma once

#include <levelgate/base/result.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authentication/announcements.h"
#include "authentication/credentials.h"
#include "crypto/prf.h"

namespace levelgate::authentication {

struct ProofRequest {
  std::shared_ptr<const Credentials> credentials;
  std::optional<SchemeChoice> choice{};  // empty: by the shared key
  crypto::Prf prf{};
  std::vector<std::byte> octets{};  // of signed_octets()
};
struct Proof {
  ikewire::AuthMethod method = ikewire::AuthMethod::kSharedKey;
  std::vector<std::byte> value;
  std::string text;  // "ECDSA P-384 with SHA-384"
};
// Fails where credentials and choice do not fit, or the key's token does not answer.
[[nodiscard]] Result<Proof> prove(const ProofRequest& request);

struct Evidence {
  std::shared_ptr<const Credentials> credentials;  // none: nobody is configured under the peer's identity
  crypto::Prf prf{};
  ikewire::AuthMethod method = ikewire::AuthMethod::kSharedKey;
  std::vector<std::byte> value;                        // of AUTH
  std::vector<std::byte> octets;                       // of signed_octets()
  std::vector<std::vector<std::byte>> certificates{};  // DER as received, the peer's first
  IdentityPayload identity;                            // the peer's
  std::int64_t now_seconds = 0;                        // since 1970
  std::vector<std::byte> own_value;                    // of our own AUTH in the same SA, where it is made already
};
struct Verified {
  std::string method_text;
  std::string subject, issuer, authority;         // empty with a shared key
  std::optional<crypto::SignatureScheme> scheme;  // what the peer used
  std::int64_t last_second = 0;                   // since 1970, in which the whole chain is valid; 0 with a shared key
};

enum class AuthFault : std::uint8_t {
  kNoSharedKey,
  kWrongSharedKey,
  kMethodNotAllowed,
  kNoCertificate,
  kBadCertificate,
  kUntrusted,
  kExpired,
  kNotYetValid,
  kRevoked,
  kNoRevocationList,
  kIdentityNotInCertificate,
  kWrongIdentity,  // the peer is not who these credentials are for, or nobody that we know
  kSchemeNotAllowed,
  kBadSignature,
  kMalformed,
  kReflected,  // what came is our own
};
struct AuthRefusal {
  AuthFault fault = AuthFault::kMalformed;
  std::string text;  // for our own operator; nothing of it is for the peer
};
// A shared key that nobody has set takes the work of one that is wrong, so that time tells no names.
[[nodiscard]] std::expected<Verified, AuthRefusal> verify(const Evidence& evidence);

}  // namespace levelgate::authentication
