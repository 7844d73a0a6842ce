// SPDX-License-Identifier: Apache-2.0
//
// Fills AGGFRAG payloads from a queue of inner packets (RFC 9347 §2.2, §2.2.3). Never allocates, never reads a clock,
// never knows what a NIC is. A first fragment always shows the packet's length field, so that no runt is sent; only a
// payload too small for that has no choice.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>

#include "aggfrag/inner_queue.h"
#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

enum class Fragmentation : std::uint8_t { kAllowed, kForbidden };

// The shortest first fragment that there is: the receiver sees the length field of either family. Anything longer pads
// away payload while packets wait: up to its length less one from every payload (RFC 9347 §2.2.3.1).
inline constexpr std::uint32_t kMinFragment = wire::kLongestRunt + 1;

struct Filled {
  std::uint32_t consumed = 0;     // packets at the queue's head that are now fully copied
  std::uint32_t data_octets = 0;  // inner octets in this payload
  std::uint32_t pad_octets = 0;
  std::uint32_t payload_octets = 0;  // header + data + padding
  bool all_pad = false;
};

// Thread: worker.
class Sender {
 public:
  // No first fragment is shorter than `min_fragment` octets, at least kMinFragment, unless a whole payload is.
  explicit Sender(Fragmentation fragmentation, std::uint32_t min_fragment = kMinFragment)
      : fragmentation_(fragmentation), min_fragment_(min_fragment) {}

  // Writes every octet of `payload` (at least header + 1), zero padding behind the data: the outer stream must look
  // the same whether or not anyone is talking. The caller pops `consumed` packets from the queue.
  Filled fill(const InnerQueue& queue, Bytes payload);
  // The same without padding, for on-demand mode; an empty queue gives the header alone.
  Filled fill_unpadded(const InnerQueue& queue, Bytes payload);

  // From the next payload on; a packet whose begin has left goes on in any case.
  void set_fragmentation(Fragmentation fragmentation, std::uint32_t min_fragment) {
    fragmentation_ = fragmentation;
    min_fragment_ = min_fragment;
  }
  // Octets of the queue's front that already left.
  [[nodiscard]] std::uint32_t head_offset() const { return head_offset_; }
  // A fragment cannot continue under another SA (RFC 9347 §2.2.3): the half-sent packet starts anew.
  void restart_packet() { head_offset_ = 0; }

 private:
  Filled copy(const InnerQueue& queue, Bytes payload);
  std::uint32_t copy_blocks(const InnerQueue& queue, std::byte* to, std::uint32_t room, std::uint32_t* consumed);
  [[nodiscard]] bool may_split(std::uint32_t octets, std::uint32_t space, std::uint32_t used) const;

  Fragmentation fragmentation_;
  std::uint32_t min_fragment_;
  std::uint32_t head_offset_ = 0;
};

}  // namespace levelgate::aggfrag
