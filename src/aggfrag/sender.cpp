// SPDX-License-Identifier: Apache-2.0
//
// The packing loop (RFC 9347 §2.2.3, §6.1.1). One copy per inner octet; the packets that come next are prefetched,
// since cold inner octets cost more than their encryption. Never divides, never calls through a pointer.
#include "aggfrag/sender.h"

#include <algorithm>
#include <cstring>

#include "aggfrag/octet_copy.h"
#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {
namespace {

constexpr std::size_t kPrefetchAhead = 4;  // packets; beyond this the lines are evicted before they are read
constexpr std::uint32_t kMaxBlockOffset = 0xffff;

// Inlined by force: left to itself GCC sees a function without effects and drops the call.
[[gnu::always_inline]] inline void prefetch(const Packet& packet) {
  __builtin_prefetch(packet.data);
  __builtin_prefetch(packet.data + 64);
}

}  // namespace

// Returns the octets used. A packet of which only the begin left stays at the queue's head.
std::uint32_t Sender::copy_blocks(const InnerQueue& queue, std::byte* to, std::uint32_t room, std::uint32_t* consumed) {
  const std::size_t waiting = queue.size();
  std::size_t index = 0;
  std::uint32_t used = 0;
  if (head_offset_ != 0) {
    const Packet& packet = queue.front();
    used = std::min(packet.length - head_offset_, room);
    std::memcpy(to, packet.data + head_offset_, used);
    head_offset_ += used;
    if (head_offset_ != packet.length) return used;
    head_offset_ = 0;
    index = 1;
  }
  for (; index < waiting; ++index) {
    if (index + kPrefetchAhead < waiting) prefetch(queue.at(index + kPrefetchAhead));
    const Packet& packet = queue.at(index);
    const std::uint32_t space = room - used;
    if (packet.length > space) {
      if (!may_split(packet.length, space, used)) break;
      std::memcpy(to + used, packet.data, space);
      head_offset_ = space;
      used = room;
      break;
    }
    copy_octets(to + used, packet.data, packet.length);
    used += packet.length;
  }
  *consumed = static_cast<std::uint32_t>(index);
  return used;
}

// What remains must fit the 16 bits of BlockOffset, which is more than a few octets of the largest IPv6 packet allow. A
// payload so small that it never has room for a whole first fragment starts one anyway: else nothing would move.
bool Sender::may_split(std::uint32_t octets, std::uint32_t space, std::uint32_t used) const {
  if (fragmentation_ == Fragmentation::kForbidden) return false;
  return used == 0 || (space >= min_fragment_ && octets - space <= kMaxBlockOffset);
}

Filled Sender::copy(const InnerQueue& queue, Bytes payload) {
  // What is left of the half-sent packet, in full, even when it is more than this payload holds (RFC 9347 §6.1.1).
  const std::uint32_t block_offset = head_offset_ == 0 ? 0 : queue.front().length - head_offset_;
  wire::write_aggfrag(payload.data(), static_cast<std::uint16_t>(block_offset));
  Filled filled;
  filled.data_octets = copy_blocks(queue, payload.data() + wire::kAggfragOctets,
                                   static_cast<std::uint32_t>(payload.size()) - wire::kAggfragOctets, &filled.consumed);
  filled.payload_octets = wire::kAggfragOctets + filled.data_octets;
  filled.all_pad = filled.data_octets == 0;
  return filled;
}

Filled Sender::fill(const InnerQueue& queue, Bytes payload) {
  Filled filled = copy(queue, payload);
  filled.pad_octets = static_cast<std::uint32_t>(payload.size()) - filled.payload_octets;
  // Zeros, so that nothing of an earlier packet leaks inside the tunnel.
  std::memset(payload.data() + filled.payload_octets, 0, filled.pad_octets);
  filled.payload_octets = static_cast<std::uint32_t>(payload.size());
  return filled;
}

Filled Sender::fill_unpadded(const InnerQueue& queue, Bytes payload) { return copy(queue, payload); }

}  // namespace levelgate::aggfrag
