// SPDX-License-Identifier: Apache-2.0
//
// What a message says of itself at a glance: to be asked of each datagram before any is served, so it reads the header
// and at most one payload, takes no memory, and believes nothing.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>

namespace levelgate::ikemessage {

struct Glance {
  // The SPI that must be ours; 0: it names none, or the header is no good.
  std::uint64_t own_spi = 0;
  // An IKE_SA_INIT request with a cookie as its first payload, which is where it has to stand (RFC 7296 §2.6).
  bool returns_cookie = false;
};

[[nodiscard]] Glance glance(ConstBytes message);

}  // namespace levelgate::ikemessage
