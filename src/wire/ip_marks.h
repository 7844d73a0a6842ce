// SPDX-License-Identifier: Apache-2.0
//
// DSCP and ECN of an IP header (RFC 2474 §3, RFC 3168 §5), and the one change that a queue may make to them.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>

#include "wire/checksum.h"

namespace levelgate::wire {

enum class Ecn : std::uint8_t { kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3 };

// Traffic class of IPv6, TOS octet of IPv4; `packet` holds a whole header of either family.
[[nodiscard]] inline std::uint8_t traffic_class_of(const std::byte* packet) {
  if ((std::to_integer<unsigned>(packet[0]) >> 4) == 4) return std::to_integer<std::uint8_t>(packet[1]);
  return static_cast<std::uint8_t>(load_be<std::uint16_t>(packet) >> 4);
}
[[nodiscard]] inline std::uint8_t dscp_of(const std::byte* packet) {
  return static_cast<std::uint8_t>(traffic_class_of(packet) >> 2);
}
[[nodiscard]] inline Ecn ecn_of(const std::byte* packet) { return static_cast<Ecn>(traffic_class_of(packet) & 3u); }

// Sets CE where the ends can hear it (RFC 3168 §5) and mends the IPv4 checksum. False, and nothing changed: Not-ECT.
[[nodiscard]] inline bool mark_congestion(std::byte* packet) {
  if (ecn_of(packet) == Ecn::kNotEct) return false;
  const std::uint16_t before = load_be<std::uint16_t>(packet);
  if ((before >> 12) == 6) {
    store_be<std::uint16_t>(packet, static_cast<std::uint16_t>(before | 0x0030u));
    return true;
  }
  const std::uint16_t after = static_cast<std::uint16_t>(before | 0x0003u);
  store_be<std::uint16_t>(packet, after);
  store_be<std::uint16_t>(packet + 10, checksum_adjust(load_be<std::uint16_t>(packet + 10), before, after));
  return true;
}

}  // namespace levelgate::wire
