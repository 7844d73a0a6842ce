// SPDX-License-Identifier: Apache-2.0
//
// Fills AGGFRAG payloads with inner packets (RFC 9347 §2.2, §2.2.3, §6.1.1). Which packet is next is asked for at the
// moment it is copied. Never allocates, never reads a clock, never divides, never calls through a pointer. A first
// fragment always shows the packet's length field, so that no runt is sent; only a payload too small for that has no
// choice.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/packet.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>

#include "aggfrag/octet_copy.h"
#include "wire/aggfrag_header.h"
#include "wire/congestion_header.h"
#include "wire/ip_header.h"

namespace levelgate::aggfrag {

enum class Fragmentation : std::uint8_t { kAllowed, kForbidden };

// The shortest first fragment that there is: the receiver sees the length field of either family. Anything longer pads
// away payload while packets wait: up to its length less one from every payload (RFC 9347 §2.2.3.1).
inline constexpr std::uint32_t kMinFragment = wire::kLongestRunt + 1;

struct Filled {
  std::uint32_t consumed = 0;     // packets that are now fully copied
  std::uint32_t data_octets = 0;  // inner octets in this payload
  std::uint32_t pad_octets = 0;
  std::uint32_t payload_octets = 0;  // header + data + padding
  bool all_pad = false;
};

// Whom the Sender asks for packets. front() is the one that is next now, null when none waits; another call may name
// another one, until begin() says that its first octets left. fitting() is another one of at most so many octets, for
// what is left of a payload in which the front finds no room; null: none. pop() takes away the one that was named last,
// copied in full.
template <typename S>
concept PacketSource = requires(S source, std::uint32_t octets) {
  { source.front() } -> std::convertible_to<const Packet*>;
  { source.fitting(octets) } -> std::convertible_to<const Packet*>;
  source.begin();
  source.pop();
};

// Thread: worker.
class Sender {
 public:
  // No first fragment is shorter than `min_fragment` octets, at least kMinFragment, unless a whole payload is.
  explicit Sender(Fragmentation fragmentation, std::uint32_t min_fragment = kMinFragment)
      : fragmentation_(fragmentation), min_fragment_(min_fragment) {}

  // Writes every octet of `payload` (at least header + 1), zero padding behind the data: the outer stream must look
  // the same whether or not anyone is talking.
  template <PacketSource Source>
  Filled fill(Source& source, Bytes payload) {
    Filled filled = copy(source, payload);
    filled.pad_octets = static_cast<std::uint32_t>(payload.size()) - filled.payload_octets;
    // Zeros, so that nothing of an earlier packet leaks inside the tunnel.
    std::memset(payload.data() + filled.payload_octets, 0, filled.pad_octets);
    filled.payload_octets = static_cast<std::uint32_t>(payload.size());
    return filled;
  }
  // The same without padding, for on-demand mode; where none waits it gives the header alone.
  template <PacketSource Source>
  Filled fill_unpadded(Source& source, Bytes payload) {
    return copy(source, payload);
  }

  // Payloads are of sub-type 1 from now on and say this of the path (RFC 9347 §6.1.2): 20 octets less for data.
  void report(const wire::CongestionHeader& header) { report_ = header; }
  // Payloads are of sub-type 0 again.
  void report_nothing() { report_.reset(); }
  // From the next payload on; a packet whose begin has left goes on in any case.
  void set_fragmentation(Fragmentation fragmentation, std::uint32_t min_fragment) {
    fragmentation_ = fragmentation;
    min_fragment_ = min_fragment;
  }
  // A packet that does not end within the present payload and so many octets of later ones is not begun.
  void set_horizon(std::uint64_t octets) { horizon_ = octets; }
  // Nothing but padding, even while packets wait; between the fragments of one as well (RFC 9347 §2.2.3).
  Filled fill_padding(Bytes payload) const {
    Filled filled;
    const std::uint32_t header = header_octets();
    write_header(payload.data(), 0);
    filled.payload_octets = static_cast<std::uint32_t>(payload.size());
    filled.pad_octets = filled.payload_octets - header;
    filled.all_pad = true;
    std::memset(payload.data() + header, 0, filled.pad_octets);
    return filled;
  }
  // Octets of the source's front that already left.
  [[nodiscard]] std::uint32_t head_offset() const { return head_offset_; }
  // A fragment cannot continue under another SA (RFC 9347 §2.2.3): the half-sent packet starts anew.
  void restart_packet() { head_offset_ = 0; }

 private:
  static constexpr std::uint32_t kMaxBlockOffset = 0xffff;

  template <PacketSource Source>
  Filled copy(Source& source, Bytes payload) {
    Filled filled;
    const std::uint32_t header = header_octets();
    std::byte* const data = payload.data() + header;
    const std::uint32_t room = static_cast<std::uint32_t>(payload.size()) - header;
    std::uint32_t used = 0;
    std::uint32_t block_offset = 0;
    if (head_offset_ != 0) {
      // What is left of the half-sent packet, in full, even when it is more than this payload holds. [9347-2.2.3-j]
      block_offset = source.front()->length - head_offset_;
      used = copy_rest(source, data, room, &filled.consumed);
    }
    write_header(payload.data(), static_cast<std::uint16_t>(block_offset));
    if (head_offset_ == 0) used = copy_blocks(source, data, room, used, &filled.consumed);
    filled.data_octets = used;
    filled.payload_octets = header + used;
    filled.all_pad = used == 0;
    return filled;
  }
  [[nodiscard]] std::uint32_t header_octets() const {
    return report_ ? wire::kAggfragCongestionOctets : wire::kAggfragOctets;
  }
  void write_header(std::byte* to, std::uint16_t block_offset) const {
    report_ ? wire::write_congestion(to, block_offset, *report_) : wire::write_aggfrag(to, block_offset);
  }
  template <PacketSource Source>
  std::uint32_t copy_rest(Source& source, std::byte* to, std::uint32_t room, std::uint32_t* consumed) {
    const Packet& packet = *source.front();
    const std::uint32_t octets = std::min(packet.length - head_offset_, room);
    std::memcpy(to, packet.data + head_offset_, octets);
    head_offset_ += octets;
    if (head_offset_ != packet.length) return octets;
    head_offset_ = 0;
    source.pop();
    ++*consumed;
    return octets;
  }
  // One copy per inner octet. Returns the octets used. [9347-2.2.3-a, 9347-2.2.3-h, 9347-2.2.3-i, 9347-2.2.3.1-b]
  template <PacketSource Source>
  std::uint32_t copy_blocks(Source& source, std::byte* to, std::uint32_t room, std::uint32_t used,
                            std::uint32_t* consumed) {
    while (used != room) {
      const Packet* packet = source.front();
      if (packet == nullptr) break;
      const std::uint32_t space = room - used;
      if (packet->length > space) {
        if (may_split(packet->length, space, used)) {
          std::memcpy(to + used, packet->data, space);
          source.begin();
          head_offset_ = space;
          return room;
        }
        packet = space < wire::kIpv4Octets ? nullptr : source.fitting(space);
        if (packet == nullptr) break;
      }
      copy_octets(to + used, packet->data, packet->length);
      used += packet->length;
      source.pop();
      ++*consumed;
    }
    return used;
  }
  // What remains must fit the 16 bits of BlockOffset, which is more than a few octets of the largest IPv6 packet allow.
  // A payload so small that it never has room for a whole first fragment starts one anyway: else nothing would move.
  [[nodiscard]] bool may_split(std::uint32_t octets, std::uint32_t space, std::uint32_t used) const {
    if (fragmentation_ == Fragmentation::kForbidden || octets - space > horizon_) return false;
    return used == 0 || (space >= min_fragment_ && octets - space <= kMaxBlockOffset);
  }

  Fragmentation fragmentation_;
  std::uint32_t min_fragment_;
  std::uint32_t head_offset_ = 0;
  std::uint64_t horizon_ = UINT64_MAX;
  std::optional<wire::CongestionHeader> report_;
};

}  // namespace levelgate::aggfrag
