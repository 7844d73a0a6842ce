// SPDX-License-Identifier: Apache-2.0
//
// The last nine loss intervals and their weighted mean (RFC 5348 §5.3, §5.4). A loss interval begins with the first
// packet of a loss event and ends before the first of the next.
#pragma once

#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace levelgate::congestion {

enum class Cause : std::uint8_t { kLoss, kMark };

// Thread: worker.
class LossIntervals {
 public:
  // A loss event begins with packet `position` at its nominal time. `first_length`: of the interval in front of the
  // very first event, at least 1 (RFC 5348 §6.3.1); read only then.
  void begin(std::uint64_t position, Instant when, Cause cause, double first_length);

  [[nodiscard]] bool any() const { return closed_ != 0; }
  [[nodiscard]] Instant last_event() const { return last_event_; }
  // I_mean, at least 1, when `highest` is the highest position so far. Only when any().
  [[nodiscard]] double mean(std::uint64_t highest) const;
  // A CE mark began one of the intervals that the mean looks at.
  [[nodiscard]] bool marks_counted() const;

 private:
  static constexpr std::size_t kHistory = 8;  // n of RFC 5348 §5.4

  struct Interval {
    double length = 0;
    Cause cause = Cause::kLoss;
  };

  std::array<Interval, kHistory> closed_intervals_{};  // newest first: I_1 to I_8
  std::size_t closed_ = 0;
  std::uint64_t open_from_ = 0;  // I_0 begins here
  Cause open_cause_ = Cause::kLoss;
  Instant last_event_{};
};

}  // namespace levelgate::congestion
