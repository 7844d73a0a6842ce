// SPDX-License-Identifier: Apache-2.0
//
// The copy of inner octets between buffers that do not overlap. Small packets are the expensive ones per octet: from 16
// to 64 octets go through registers, as a head and a tail that may overlap, without a call; the rest is memcpy's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace levelgate::aggfrag {

// 16 octets in one register.
using Chunk [[gnu::vector_size(16)]] = std::uint64_t;

[[gnu::always_inline]] inline Chunk load_chunk(const std::byte* from) {
  Chunk chunk;
  std::memcpy(&chunk, from, sizeof chunk);
  return chunk;
}
[[gnu::always_inline]] inline void store_chunk(std::byte* to, Chunk chunk) { std::memcpy(to, &chunk, sizeof chunk); }

// Touches nothing but the `octets`.
[[gnu::always_inline]] inline void copy_octets(std::byte* to, const std::byte* from, std::size_t octets) {
  constexpr std::size_t kChunk = sizeof(Chunk);
  if (octets < kChunk || octets > 4 * kChunk) {
    std::memcpy(to, from, octets);
    return;
  }
  const Chunk first = load_chunk(from);
  const Chunk last = load_chunk(from + octets - kChunk);
  if (octets > 2 * kChunk) {
    const Chunk second = load_chunk(from + kChunk);
    const Chunk third = load_chunk(from + octets - 2 * kChunk);
    store_chunk(to + kChunk, second);
    store_chunk(to + octets - 2 * kChunk, third);
  }
  store_chunk(to, first);
  store_chunk(to + octets - kChunk, last);
}

}  // namespace levelgate::aggfrag
