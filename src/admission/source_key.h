// SPDX-License-Identifier: Apache-2.0
//
// Who counts as one source (RFC 8019 §4.2): what one subscriber has.
#pragma once

#include <levelgate/base/ip_address.h>

namespace levelgate::admission {

// An IPv4 address, or the network of an IPv6 /64.
[[nodiscard]] inline IpAddress source_key(const IpAddress& source) {
  return source.family() == IpFamily::kV4 ? source : IpPrefix{source, 64}.network().address;
}

}  // namespace levelgate::admission
