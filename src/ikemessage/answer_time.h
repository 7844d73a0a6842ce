// SPDX-License-Identifier: Apache-2.0
//
// How long the other side takes to answer, as far as answers tell: one that came to a request that was sent once does;
// to one that was repeated it may have answered any of the copies. From it follows how long silence is awaited. Thread:
// control.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <cstdint>

#include "negotiation/limits.h"

namespace levelgate::ikemessage {

class AnswerTime {
 public:
  // A request that left at `first`, and at `last` for the last time (equal: it was not repeated), is answered now.
  void answered(Instant now, Instant first, Instant last) {
    if (first == last) {
      value_ = now - first;
      certainty_ = Certainty::kMeasured;
    } else if (certainty_ == Certainty::kNone) {
      // Losses are more likely than a longer way than the first wait.
      value_ = now - last;
      certainty_ = Certainty::kGuessed;
    } else if (certainty_ == Certainty::kGuessed) {
      // The guess was too short, or another loss: this is not too short.
      value_ = now - first;
    }
  }

  // Until a short request is sent again for the first time.
  [[nodiscard]] Nanos first_wait() const {
    if (certainty_ == Certainty::kNone) return limits::kUnknownFirstRetry;
    return std::clamp(value_ + value_ / 2 + limits::kAnswerTime, limits::kLeastFirstRetry, limits::kFirstRetry);
  }
  // After the last datagram of a long one: as short, since what arrived stays there.
  [[nodiscard]] Nanos silence() const {
    if (certainty_ == Certainty::kNone) return limits::kFirstRetry;
    return value_ + value_ / 8 + limits::kLargeAnswerTime;
  }

 private:
  enum class Certainty : std::uint8_t { kNone, kGuessed, kMeasured };
  Nanos value_{};
  Certainty certainty_ = Certainty::kNone;
};

}  // namespace levelgate::ikemessage
