// SPDX-License-Identifier: Apache-2.0
//
// The round trip as a sender knows it, and how long it waits for an acknowledgement (RFC 6298). The variance counts at
// least 200 ms, which is where Linux puts its minimum.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace levelgate::tcpmodel {

inline constexpr Nanos kFirstWait = std::chrono::seconds(1);  // while nothing is known
inline constexpr Nanos kLeastVariance = std::chrono::milliseconds(200);
inline constexpr Nanos kLongestWait = std::chrono::seconds(120);

class RoundTrip {
 public:
  void sample(Nanos time) {
    if (!smoothed_) {
      smoothed_ = least_ = time;
      variance_ = time / 2;
      return;
    }
    least_ = std::min(least_, time);
    variance_ += (std::chrono::abs(*smoothed_ - time) - variance_) / 4;
    *smoothed_ += (time - *smoothed_) / 8;
  }
  [[nodiscard]] std::optional<Nanos> smoothed() const { return smoothed_; }
  [[nodiscard]] Nanos least() const { return least_; }  // zero: nothing is known
  // After so many waits in a row that were in vain.
  [[nodiscard]] Nanos wait(unsigned in_vain) const {
    Nanos wait = smoothed_ ? *smoothed_ + std::max(4 * variance_, kLeastVariance) : kFirstWait;
    for (; in_vain != 0 && wait < kLongestWait; --in_vain) wait *= 2;
    return std::min(wait, kLongestWait);
  }

 private:
  std::optional<Nanos> smoothed_;
  Nanos variance_{}, least_{};
};

}  // namespace levelgate::tcpmodel
