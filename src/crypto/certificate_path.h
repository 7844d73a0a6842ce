// SPDX-License-Identifier: Apache-2.0
//
// From a peer's certificate to an authority that the operator trusts (RFC 5280 §6), with the rules for certificates in
// IKE (RFC 4945 §5.1). Nothing is ever fetched: certificates, lists and the time are all handed in.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "crypto/certificate.h"

namespace levelgate::crypto {

enum class Revocation : std::uint8_t {
  kNone,    // lists are not asked
  kSoft,    // who is on a list is refused; a missing or old list is no fault
  kStrict,  // for every certificate but the anchor there must be a list of its issuer that is in date
};

struct PathPolicy {
  std::span<const Certificate> anchors;  // roots, intermediate authorities or pinned certificates
  std::span<const RevocationList> lists;
  Revocation revocation = Revocation::kNone;
  std::int64_t now_seconds = 0;  // since 1970
};

enum class PathFault : std::uint8_t {
  kUntrusted,  // no way leads to an anchor
  kExpired,
  kNotYetValid,
  kRevoked,
  kNoList,  // kStrict: none of the issuer, or none in date
  kUnfit,   // its key, usage, constraints or form are not accepted
  kInternal,
};
struct PathRefusal {
  PathFault fault = PathFault::kInternal;
  std::string what;  // names the certificate, its place and OpenSSL's reason
};

// The chain from the peer's certificate to the anchor. The others are what the peer sent beside it, in any order, and
// help only to find the way.
[[nodiscard]] std::expected<std::vector<Certificate>, PathRefusal> validate_path(const Certificate& peer,
                                                                                 std::span<const Certificate> others,
                                                                                 const PathPolicy& policy);

}  // namespace levelgate::crypto
