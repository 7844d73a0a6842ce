// SPDX-License-Identifier: Apache-2.0
//
// Plain hashes of IKE: SHA-1 for NAT detection and for the names of authorities (RFC 7296 §2.23, §3.7), where its
// strength does not matter, and SHA-2 for cookies and for telling messages apart. Never for a signature or a key.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace levelgate::crypto {

enum class IkeHash : std::uint8_t { kSha1, kSha256, kSha384, kSha512 };

[[nodiscard]] constexpr std::size_t hash_octets(IkeHash hash) {
  switch (hash) {
    case IkeHash::kSha1:
      return 20;
    case IkeHash::kSha256:
      return 32;
    case IkeHash::kSha384:
      return 48;
    case IkeHash::kSha512:
      return 64;
  }
  return 0;
}

// The hash of piece | piece | ... Works where the system's configuration of OpenSSL allows FIPS algorithms only.
[[nodiscard]] Result<std::vector<std::byte>> ike_hash(IkeHash hash, std::span<const ConstBytes> pieces);
[[nodiscard]] Result<std::vector<std::byte>> ike_hash(IkeHash hash, std::initializer_list<ConstBytes> pieces);

}  // namespace levelgate::crypto
