// SPDX-License-Identifier: Apache-2.0
//
// The sending rate by TFRC (RFC 9347 §2.4.2 and Appendix B, RFC 5348 §4). The rate is a function of the configuration,
// the peer's reports and the time, and of nothing else: inner traffic has no way in. X_recv is our own rate.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>

#include "congestion/round_trip.h"
#include "wire/congestion_header.h"

namespace levelgate::congestion {

struct RateLimits {
  std::uint64_t floor = 1;    // bits per second, on the layer that `octets` speaks of; floor <= ceiling
  std::uint64_t ceiling = 1;  // bits per second
  std::uint32_t octets = 1;   // of one packet on that layer
  bool operator==(const RateLimits&) const = default;
};

// Thread: worker. A report costs two square roots at most.
class RateControl {
 public:
  // Begins at the floor, and waits for the first report (RFC 5348 §4.2).
  RateControl(const RateLimits& limits, Instant start);

  // The peer's latest header. False: it tells nothing new, as if it had not come.
  bool take(const wire::CongestionHeader& report, Instant now);
  // Halves the rate for each timeout without a report that has passed (RFC 5348 §4.4).
  void expire(Instant now);
  // Begins anew at the floor of these limits, as at birth; the round trip is remembered.
  void restart(const RateLimits& limits, Instant now);

  // Packets of another size: the rate in bits per second stays, as far as the limits let it.
  void resize(const RateLimits& limits);

  [[nodiscard]] std::uint64_t bits_per_second() const;
  // Between two packets at the present rate.
  [[nodiscard]] Nanos interval() const;
  [[nodiscard]] Nanos round_trip() const { return round_trip_.estimate(); }
  [[nodiscard]] double packets_per_second() const { return rate_; }
  // As last reported: packets per loss event; 0: no loss.
  [[nodiscard]] std::uint32_t loss_event_rate() const { return inverse_; }
  // When expire() has something to do.
  [[nodiscard]] Instant deadline() const { return deadline_; }

 private:
  [[nodiscard]] double clamped(double rate) const;
  [[nodiscard]] double bearable(double rate) const;
  [[nodiscard]] Nanos timeout() const;
  void first_estimate(Instant now);
  void adjust(Instant now);

  RateLimits limits_;
  double floor_;    // packets per second
  double ceiling_;  // packets per second
  double rate_;     // X
  RoundTrip round_trip_;
  std::uint32_t inverse_ = 0;  // the loss event rate last reported
  Instant adjusted_{};         // tld, and the last rise
  bool estimated_ = false;     // since birth or restart: the initial rate was given
  Instant deadline_;           // of the nofeedback timer
};

}  // namespace levelgate::congestion
