// SPDX-License-Identifier: Apache-2.0
//
// Whether a worker may have its core at once when it wakes. One that naps leaves others their part and misses slots
// when it waits behind them; one that hardly naps would starve them. Decided by what it did lately.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>

namespace levelgate::dpdk {

// Thread: worker.
class CoreShare {
 public:
  static constexpr Nanos kWindow = std::chrono::milliseconds(10);  // the longest that others can be kept waiting

  explicit CoreShare(Instant begin) : begin_(begin) {}

  void napped(Nanos time) { asleep_ += time; }

  enum class Change : std::uint8_t { kNone, kToUrgent, kToOrdinary };
  // Asked after each turn. Between its two bounds nothing changes, so that it does not flutter.
  [[nodiscard]] Change turned(Instant now) {
    const Nanos window = now - begin_;
    if (window < kWindow) return Change::kNone;
    const bool before = urgent_;
    if (asleep_ * 4 >= window) urgent_ = true;
    if (asleep_ * 8 < window) urgent_ = false;
    begin_ = now;
    asleep_ = Nanos(0);
    if (urgent_ == before) return Change::kNone;
    return urgent_ ? Change::kToUrgent : Change::kToOrdinary;
  }

 private:
  Instant begin_;
  Nanos asleep_{0};
  bool urgent_ = false;
};

}  // namespace levelgate::dpdk
