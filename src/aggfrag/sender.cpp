// SPDX-License-Identifier: Apache-2.0
//
// The packing loop (RFC 9347 §2.2.3, §6.1.1). One copy per inner octet; the packets that come next are prefetched,
// since cold inner data costs more than its encryption.
#include "aggfrag/sender.h"

#include <algorithm>
#include <cstring>

#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {
namespace {

constexpr std::size_t kPrefetchAhead = 4;  // packets; beyond this the lines are evicted before they are read

void prefetch(const InnerQueue& queue, std::size_t index) {
  if (index >= queue.size()) return;
  const std::byte* data = queue.at(index).data;
  __builtin_prefetch(data);
  __builtin_prefetch(data + 64);
}

}  // namespace

Filled Sender::copy(const InnerQueue& queue, Bytes payload) {
  Filled filled;
  const std::uint32_t room = static_cast<std::uint32_t>(payload.size()) - wire::kAggfragOctets;
  std::byte* const data = payload.data() + wire::kAggfragOctets;
  // What is left of the half-sent packet, in full, even when it is more than this payload holds (RFC 9347 §6.1.1).
  const std::uint32_t block_offset = head_offset_ == 0 ? 0 : queue.front().length - head_offset_;
  wire::write_aggfrag(payload.data(), static_cast<std::uint16_t>(block_offset));
  std::uint32_t used = 0;
  const std::size_t waiting = queue.size();
  for (std::size_t index = 0; index < waiting; ++index) {
    const Packet& packet = queue.at(index);
    const std::uint32_t left = packet.length - head_offset_;
    const std::uint32_t space = room - used;
    if (left <= space) {
      prefetch(queue, index + kPrefetchAhead);
      std::memcpy(data + used, packet.data + head_offset_, left);
      used += left;
      head_offset_ = 0;
      ++filled.consumed;
      continue;
    }
    const bool may_split = head_offset_ != 0 || (fragmentation_ == Fragmentation::kAllowed && space >= kMinFragment);
    if (may_split) {
      std::memcpy(data + used, packet.data + head_offset_, space);
      used += space;
      head_offset_ += space;
    }
    break;
  }
  filled.data_octets = used;
  filled.payload_octets = wire::kAggfragOctets + used;
  filled.all_pad = used == 0;
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
