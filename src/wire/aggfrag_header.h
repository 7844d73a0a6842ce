// SPDX-License-Identifier: Apache-2.0
//
// The AGGFRAG payload header, both sub-types, and the first octets of a data block (RFC 9347 §6.1). Reading is bounded
// by the span; the reserved octet is sent as zero and ignored on receipt.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>

namespace levelgate::wire {

inline constexpr std::uint8_t kNextHeaderAggfrag = 144;        // RFC 9347 §7.1
inline constexpr std::uint32_t kAggfragOctets = 4;             // sub-type 0, RFC 9347 §6.1.1
inline constexpr std::uint32_t kAggfragCongestionOctets = 24;  // sub-type 1, RFC 9347 §6.1.2

enum class AggfragVerdict : std::uint8_t { kOk, kTooShort, kUnknownSubType };

struct AggfragView {
  AggfragVerdict verdict = AggfragVerdict::kTooShort;
  std::uint8_t sub_type = 0;
  std::uint8_t header_octets = 0;
  std::uint16_t block_offset = 0;  // octets of data blocks before the next new block; may point beyond the payload
};

[[nodiscard]] inline AggfragView read_aggfrag(ConstBytes payload) {
  AggfragView view;
  if (payload.size() < kAggfragOctets) return view;
  view.sub_type = std::to_integer<std::uint8_t>(payload[0]);
  if (view.sub_type > 1) {
    view.verdict = AggfragVerdict::kUnknownSubType;
    return view;
  }
  view.header_octets = static_cast<std::uint8_t>(view.sub_type == 0 ? kAggfragOctets : kAggfragCongestionOctets);
  if (payload.size() < view.header_octets) return view;
  view.block_offset = load_be<std::uint16_t>(payload.data() + 2);
  view.verdict = AggfragVerdict::kOk;
  return view;
}

inline void write_aggfrag(std::byte* to, std::uint16_t block_offset) {
  store_be<std::uint16_t>(to, 0);
  store_be<std::uint16_t>(to + 2, block_offset);
}

enum class BlockType : std::uint8_t { kPad, kIpv4, kIpv6, kUnknown };

// The high nibble of a block's first octet (RFC 9347 §6.1.3).
[[nodiscard]] inline BlockType block_type(std::byte first) {
  switch (std::to_integer<unsigned>(first) >> 4) {
    case 0:
      return BlockType::kPad;
    case 4:
      return BlockType::kIpv4;
    case 6:
      return BlockType::kIpv6;
  }
  return BlockType::kUnknown;
}

// Octets from a block's begin that hold its length field: with fewer, a fragment is a runt.
[[nodiscard]] inline std::uint32_t length_field_end(BlockType type) { return type == BlockType::kIpv6 ? 6 : 4; }

inline constexpr std::uint32_t kLongestRunt = 5;

// Octets of the inner packet by its own header; 0 when that header contradicts itself. `at` holds at least
// length_field_end(type) octets.
[[nodiscard]] inline std::uint32_t block_octets(const std::byte* at, BlockType type) {
  if (type == BlockType::kIpv6) return 40u + load_be<std::uint16_t>(at + 4);
  const std::uint32_t header = (std::to_integer<std::uint32_t>(at[0]) & 0x0fu) * 4;
  const std::uint32_t total = load_be<std::uint16_t>(at + 2);
  return header >= 20 && total >= header ? total : 0;
}

}  // namespace levelgate::wire
