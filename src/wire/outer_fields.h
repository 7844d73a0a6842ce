// SPDX-License-Identifier: Apache-2.0
//
// What stands in an outer IP header beside addresses and length (RFC 9347 §2.2.5): DSCP and flow label, and what the
// ECN field of an outer header means for the inner one (RFC 6040 §4.2).
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>

#include "wire/ip_header.h"
#include "wire/ip_marks.h"

namespace levelgate::wire {

// ECN stays; the IPv4 checksum is mended. `header` is whole, of either family.
inline void set_dscp(std::byte* header, unsigned dscp) {
  const std::uint16_t before = load_be<std::uint16_t>(header);
  if (before >> 12 == 6) {
    store_be<std::uint16_t>(header, static_cast<std::uint16_t>((before & 0xf03fu) | dscp << 6));
    return;
  }
  const std::uint16_t after = static_cast<std::uint16_t>((before & 0xff03u) | dscp << 2);
  store_be<std::uint16_t>(header, after);
  store_be<std::uint16_t>(header + 10, checksum_adjust(load_be<std::uint16_t>(header + 10), before, after));
}

// Of an IPv6 header; 20 bits.
inline void set_flow_label(std::byte* header, std::uint32_t label) {
  const std::uint32_t before = load_be<std::uint32_t>(header);
  store_be<std::uint32_t>(header, (before & 0xfff00000u) | label);
}

// DSCP stays; the IPv4 checksum is mended.
inline void set_ecn(std::byte* header, Ecn ecn) {
  const unsigned bits = static_cast<unsigned>(ecn);
  const std::uint16_t before = load_be<std::uint16_t>(header);
  if (before >> 12 == 6) {
    store_be<std::uint16_t>(header, static_cast<std::uint16_t>((before & 0xffcfu) | bits << 4));
    return;
  }
  const std::uint16_t after = static_cast<std::uint16_t>((before & 0xfffcu) | bits);
  store_be<std::uint16_t>(header, after);
  store_be<std::uint16_t>(header + 10, checksum_adjust(load_be<std::uint16_t>(header + 10), before, after));
}

struct EcnOfBoth {
  Ecn inner = Ecn::kNotEct;  // as it leaves the tunnel
  bool drop = false;         // congestion that the inner packet has no way to tell of
  bool unexpected = false;   // no tunnel makes this of anything
};

// RFC 6040 §4.2, figure 4: where one outer packet carries one inner packet.
[[nodiscard]] constexpr EcnOfBoth ecn_of_both(Ecn inner, Ecn outer) {
  if (outer == Ecn::kNotEct) return {inner};
  if (inner == Ecn::kNotEct) return {Ecn::kNotEct, outer == Ecn::kCe, true};
  if (inner == Ecn::kCe) return {Ecn::kCe, false, outer == Ecn::kEct1};
  if (outer == Ecn::kCe) return {Ecn::kCe};
  if (outer == Ecn::kEct1) return {Ecn::kEct1};
  return {inner, false, inner == Ecn::kEct1};
}

}  // namespace levelgate::wire
