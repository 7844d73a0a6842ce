// SPDX-License-Identifier: Apache-2.0
//
// The data blocks of one payload (RFC 9347 §6.1.3): each whole inner packet is copied once, straight into the sink's
// buffer; what is left at the end is told. Never trusts a length, and always advances.
//
// A Sink has
//   Bytes begin(std::uint32_t octets)  a writable span of that size for one inner packet, or an empty one: refused
//   void deliver()                     the packet begun last is whole
//   void abandon()                     the packet begun last will never be whole (also called for refused ones)
//   void incomplete()                  a packet that was not begun will never be whole: one of its parts is lost
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>

#include "aggfrag/octet_copy.h"
#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

// What became of one payload. The order is that of rising harm.
enum class Accepted : std::uint8_t {
  kFull,       // data to the last octet
  kSomePad,    // data, then padding
  kAllPad,     // padding only
  kOrphan,     // nothing but the middle of a packet whose begin was lost
  kBadBlock,   // a block of unknown type or wrong length; the blocks before it were yielded
  kMalformed,  // shorter than its header
  kUnknownSubType,
};

struct AcceptResult {
  Accepted verdict = Accepted::kFull;
  bool skipped = false;        // it begins with the end of a packet whose begin was lost; blocks follow
  bool contradiction = false;  // its BlockOffset is not what the packet begun before it needs (RFC 9347 §2.5)
  std::uint32_t pad_octets = 0;
};

struct BlocksTaken {
  Accepted verdict = Accepted::kFull;
  std::uint32_t pad_octets = 0;
  std::uint32_t tail = 0;         // octets at the end that begin an inner packet; 0: none
  std::uint32_t tail_packet = 0;  // its whole length; 0: the tail is a runt, too short to tell it
};

// Padding and nothing else (RFC 9347 §2.2.3).
[[nodiscard]] inline bool all_padding(std::uint16_t block_offset, ConstBytes data) {
  return block_offset == 0 && (data.empty() || wire::block_type(data[0]) == wire::BlockType::kPad);
}

// Yields the whole blocks of `data` from the octet `from` on. Packets above `max_inner_octets` are a bad block.
template <typename Sink>
[[gnu::always_inline]] inline BlocksTaken take_blocks(ConstBytes data, std::uint32_t from,
                                                      std::uint32_t max_inner_octets, Sink& sink) {
  const std::byte* const base = data.data();
  const std::uint32_t end = static_cast<std::uint32_t>(data.size());
  std::uint32_t at = from;
  while (at < end) {
    const wire::BlockType type = wire::block_type(base[at]);
    if (type == wire::BlockType::kPad) return {Accepted::kSomePad, end - at, 0, 0};
    if (type == wire::BlockType::kUnknown) return {Accepted::kBadBlock, 0, 0, 0};
    const std::uint32_t left = end - at;
    if (left < wire::length_field_end(type)) return {Accepted::kFull, 0, left, 0};
    const std::uint32_t octets = wire::block_octets(base + at, type);
    if (octets == 0 || octets > max_inner_octets) return {Accepted::kBadBlock, 0, 0, 0};
    if (octets > left) return {Accepted::kFull, 0, left, octets};
    const Bytes target = sink.begin(octets);
    if (!target.empty()) copy_octets(target.data(), base + at, octets);
    sink.deliver();
    at += octets;  // at least 20: the loop always advances
  }
  return {};
}

}  // namespace levelgate::aggfrag
