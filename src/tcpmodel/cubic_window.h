// SPDX-License-Identifier: Apache-2.0
//
// How many segments may be under way: ten at first (RFC 6928), slow start (RFC 5681 §3.1, every acknowledged segment
// counted), then CUBIC with fast convergence (RFC 9438). HyStart is not modelled.
#pragma once

#include <levelgate/base/time.h>

#include <limits>
#include <optional>

namespace levelgate::tcpmodel {

class CubicWindow {
 public:
  static constexpr double kFirst = 10;

  [[nodiscard]] double segments() const { return window_; }
  [[nodiscard]] bool in_slow_start() const { return window_ < threshold_; }

  // So many segments, while this window was what bounded the sender.
  void acknowledged(Instant now, Nanos round_trip, double segments);
  // Of a flight; once for each.
  void lost();
  // Nothing was acknowledged in time; `again`: nothing has been since the last time.
  void timed_out(bool again);
  // Nothing was sent for longer than the wait for an acknowledgement (RFC 5681 §4.1).
  void idled();
  // The connection came about with more than one repeat (RFC 6928 §2).
  void begin_with_one() { window_ = 1; }

 private:
  void reduce();
  void avoid_congestion(Instant now, Nanos round_trip, double segments);

  double window_ = kFirst;
  double threshold_ = std::numeric_limits<double>::infinity();
  double most_ = 0;      // before the last reduction (W_max)
  double before_ = 0;    // likewise, as it was (cwnd_prior)
  double estimate_ = 0;  // what Reno would have (W_est)
  double flat_ = 0;      // seconds from the epoch until W_max is met again (K)
  std::optional<Instant> epoch_;
};

}  // namespace levelgate::tcpmodel
