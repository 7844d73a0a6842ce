// SPDX-License-Identifier: Apache-2.0
//
// The Internet checksum (RFC 1071) and its incremental update (RFC 1624). Never allocates.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace levelgate::wire {

// One's complement sum of 16-bit big-endian words, not folded to its end; an odd last octet counts as if a zero
// followed.
[[nodiscard]] inline std::uint32_t checksum_add(ConstBytes bytes, std::uint32_t sum = 0) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t wide = sum;
  for (; left >= 4; left -= 4, at += 4) wide += load_be<std::uint32_t>(at);
  if (left >= 2) {
    wide += load_be<std::uint16_t>(at);
    at += 2;
    left -= 2;
  }
  if (left != 0) wide += std::to_integer<std::uint64_t>(*at) << 8;
  while ((wide >> 32) != 0) wide = (wide & 0xffffffffu) + (wide >> 32);
  std::uint32_t folded = static_cast<std::uint32_t>(wide);
  folded = (folded & 0xffffu) + (folded >> 16);
  return (folded & 0xffffu) + (folded >> 16);
}

[[nodiscard]] inline std::uint16_t checksum_finish(std::uint32_t sum) {
  while ((sum >> 16) != 0) sum = (sum & 0xffffu) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffffu);
}

// Whether octets that contain their own checksum sum up to all ones. The octets are a multiple of four, as those of an
// IPv4 header. The sum may be made in the machine's own order, since swapping the octets of every word swaps those of
// the sum (RFC 1071).
[[nodiscard]] inline bool checksum_holds(ConstBytes bytes) {
  const std::byte* at = bytes.data();
  std::uint64_t sum = 0;
  for (std::size_t left = bytes.size(); left >= 4; left -= 4, at += 4) {
    std::uint32_t word;
    std::memcpy(&word, at, sizeof word);
    sum += word;
  }
  sum = (sum & 0xffffffffu) + (sum >> 32);
  sum = (sum & 0xffffu) + (sum >> 16);
  sum = (sum & 0xffffu) + (sum >> 16);
  return ((sum & 0xffffu) + (sum >> 16)) == 0xffffu;
}

// The checksum after one 16-bit word changed from `before` to `after` (RFC 1624 §3, equation 3).
[[nodiscard]] inline std::uint16_t checksum_adjust(std::uint16_t checksum, std::uint16_t before, std::uint16_t after) {
  std::uint32_t sum = static_cast<std::uint16_t>(~checksum);
  sum += static_cast<std::uint16_t>(~before);
  sum += after;
  return checksum_finish(sum);
}

}  // namespace levelgate::wire
