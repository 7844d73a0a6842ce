// SPDX-License-Identifier: Apache-2.0
//
// Whether a turn may begin now. One that begins just before a slot makes it late by what there is to do, and the wire
// would tell of the load (RFC 9347 §2.4.1); so the worker stands still until the slot. Where slots are so close that
// this would take a good part of the time, they are met as they come.
#pragma once

#include <levelgate/base/time.h>

namespace levelgate::dpdk {

// Thread: worker.
class StandStill {
 public:
  static constexpr Nanos kBefore = std::chrono::microseconds(30);  // must be less than what is built ahead
  static constexpr int kLeastIntervals = 8;                        // of that time from one slot to the next

  // When the next turn may begin: `now`, or the slot.
  [[nodiscard]] Instant begin(Instant now, Instant next_slot) {
    if (next_slot == kNever || next_slot <= now || next_slot - now > kBefore) return now;
    const bool far_apart = next_slot - last_slot_ >= kBefore * kLeastIntervals;
    last_slot_ = next_slot;
    return far_apart ? next_slot : now;
  }

 private:
  Instant last_slot_{};  // that a turn came near to
};

}  // namespace levelgate::dpdk
