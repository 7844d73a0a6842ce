// SPDX-License-Identifier: Apache-2.0
//
// When fragments that arrive one after the other have ceased to: after some times their usual distance, so that a slow
// line does not make each of them look like the last; and when a sender that is not done yet is to hear that they
// arrive. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::ikemessage {

class FragmentPace {
 public:
  // A fragment arrived now: what is there is to be told at this moment, unless another one comes first.
  [[nodiscard]] Instant arrived(Instant now) {
    if (untold_since_ == kNever) untold_since_ = now;
    return std::min(now + silence_after(now), untold_since_ + limits::kLongestUntold);
  }
  void told() { untold_since_ = kNever; }

 private:
  [[nodiscard]] Nanos silence_after(Instant now) {
    const Nanos gap = last_ == kNever ? Nanos(0) : now - last_;
    // The shorter of two: a gap after which the sender began anew is no distance of fragments.
    const Nanos usual = std::min(gap, std::exchange(gap_, gap));
    last_ = now;
    return std::clamp(2 * usual, limits::kFragmentAckDelay, limits::kLongestFragmentAckDelay);
  }

  Instant untold_since_ = kNever;
  Instant last_ = kNever;
  Nanos gap_{};
};

}  // namespace levelgate::ikemessage
