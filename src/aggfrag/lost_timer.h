// SPDX-License-Identifier: Apache-2.0
//
// How long a missing outer packet is waited for (RFC 9347 §2.2.3): as configured, or in proportion to the tunnel's
// rate, which is learnt from the distance of arrivals. A pure value of what it was told; time is an argument.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace levelgate::aggfrag {

// Thread: worker.
class LostTimer {
 public:
  static constexpr Nanos kShortest = std::chrono::milliseconds(1);  // of those in proportion: a burst of the path
  static constexpr Nanos kLongest = std::chrono::seconds(1);

  // `fixed`: always that long. `interval`: the distance of packets that is assumed at first.
  LostTimer(std::optional<Nanos> fixed, Nanos interval) : fixed_(fixed), interval_(interval) {}

  // Sixteen arrivals shift it by about two thirds of what is new; a pause counts as a second at most.
  void arrived(Instant now) {
    if (last_arrival_ != kNever) interval_ += (std::min(now - last_arrival_, kLongest) - interval_) / 16;
    last_arrival_ = now;
  }
  // Somebody knows the distance: an older SA of the tunnel, or the peer by its Transmit Delay (RFC 9347 §6.1.2).
  void assume(Nanos interval) { interval_ = interval; }
  [[nodiscard]] Nanos interval() const { return interval_; }

  // One and a half windows of packets.
  [[nodiscard]] Nanos after(std::uint32_t window) const {
    if (fixed_) return *fixed_;
    return std::clamp(interval_ * (std::int64_t{window} + 1) * 3 / 2, kShortest, kLongest);
  }

 private:
  std::optional<Nanos> fixed_;
  Nanos interval_;
  Instant last_arrival_ = kNever;
};

}  // namespace levelgate::aggfrag
