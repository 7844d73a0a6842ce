// SPDX-License-Identifier: Apache-2.0
//
// Whether a certificate speaks for the identity of an ID payload (RFC 4945 §3.1, RFC 7296 §3.5): the name must stand in
// the certificate in the same kind. The common name is no host name, and no name has wildcards.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstdint>

#include "crypto/certificate.h"

namespace levelgate::crypto {

enum class IdentityKind : std::uint8_t { kIpv4, kFqdn, kRfc822, kIpv6, kDn };

// The octets are the Identification Data of the payload. Fails with kBadInput; the text names what the certificate has.
[[nodiscard]] Result<void> bind_identity(const Certificate& certificate, IdentityKind kind, ConstBytes identity);

}  // namespace levelgate::crypto
