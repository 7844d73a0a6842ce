// SPDX-License-Identifier: Apache-2.0
//
// Knows, without looking at the queue, how many payloads Sender will fill before a packet that joins it now leaves: at
// constant rate that is its wait, to the slot. Steps along with the queue and the Sender; never divides for a packet
// that is not fragmented.
#pragma once

#include <cstdint>

#include "aggfrag/inner_queue.h"
#include "aggfrag/sender.h"

namespace levelgate::aggfrag {

// Thread: worker.
class Forecast {
 public:
  // `room`: octets of data blocks in a payload.
  Forecast(std::uint32_t room, Fragmentation fragmentation, std::uint32_t min_fragment = kMinFragment)
      : room_(room), fragmentation_(fragmentation), min_fragment_(min_fragment) {}

  // Payloads that are filled before the one with the packet's first octet.
  [[nodiscard]] std::uint64_t payloads_before(std::uint32_t octets) const {
    return starts_here(octets) ? payloads_ : payloads_ + 1;
  }
  // A packet joined the queue.
  void push(std::uint32_t octets) {
    if (!starts_here(octets)) {
      ++payloads_;
      used_ = 0;
    }
    if (octets <= room_ - used_) {
      used_ += octets;
      return;
    }
    const std::uint32_t rest = octets - (room_ - used_);
    payloads_ += 1 + rest / room_;
    used_ = rest % room_;
  }
  // The Sender filled one payload.
  void filled() {
    if (payloads_ == 0) {
      used_ = 0;
    } else {
      --payloads_;
    }
  }
  // Everything that waits moves; of the first packet `head_offset` octets have left.
  void restart(const InnerQueue& queue, std::uint32_t head_offset) {
    payloads_ = used_ = 0;
    for (std::size_t i = 0; i < queue.size(); ++i) push(queue.at(i).length - (i == 0 ? head_offset : 0));
  }

 private:
  [[nodiscard]] bool starts_here(std::uint32_t octets) const {
    const std::uint32_t space = room_ - used_;
    return octets <= space || used_ == 0 || (fragmentation_ == Fragmentation::kAllowed && space >= min_fragment_);
  }

  std::uint32_t room_;
  Fragmentation fragmentation_;
  std::uint32_t min_fragment_;
  std::uint32_t used_ = 0;      // octets of the last payload that is begun
  std::uint64_t payloads_ = 0;  // in front of that one
};

}  // namespace levelgate::aggfrag
