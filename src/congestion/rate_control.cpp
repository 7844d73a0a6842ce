// SPDX-License-Identifier: Apache-2.0
//
// The rate rises at most twofold, and only once, per round trip; it falls as soon as a report says so.
#include "congestion/rate_control.h"

#include <algorithm>

#include "congestion/throughput.h"

namespace levelgate::congestion {
namespace {

constexpr Nanos kFirstTimeout = std::chrono::seconds(2);  // RFC 5348 §4.2
constexpr int kMostHalvings = 64;                         // from any rate to any floor

Nanos span_of(double seconds) { return Nanos(static_cast<std::int64_t>(std::min(seconds, 3600.0) * 1e9)); }
double packets(std::uint64_t bits, std::uint32_t octets) { return static_cast<double>(bits) / (8.0 * octets); }

}  // namespace

RateControl::RateControl(const RateLimits& limits, Instant start)
    : limits_(limits),
      floor_(packets(limits.floor, limits.octets)),
      ceiling_(packets(limits.ceiling, limits.octets)),
      rate_(floor_),
      deadline_(start + kFirstTimeout) {}

double RateControl::clamped(double rate) const { return std::clamp(rate, floor_, ceiling_); }

std::uint64_t RateControl::bits_per_second() const {
  if (rate_ >= ceiling_) return limits_.ceiling;  // to the bit, whatever the division has rounded
  const auto bits = static_cast<std::uint64_t>(rate_ * 8.0 * limits_.octets + 0.5);
  return std::clamp(bits, limits_.floor, limits_.ceiling);
}

Nanos RateControl::interval() const { return span_of(1.0 / rate_); }

// RTO = max(4 R, 2 s / X).
Nanos RateControl::timeout() const {
  if (round_trip_.estimate() == Nanos(0)) return kFirstTimeout;
  return std::max(4 * round_trip_.estimate(), 2 * interval());
}

bool RateControl::take(const wire::CongestionHeader& report, Instant now) {
  expire(now);
  if (!round_trip_.heard(report, now, interval())) return false;
  const bool worse = report.loss_event_rate != 0 && (inverse_ == 0 || report.loss_event_rate < inverse_);
  inverse_ = report.loss_event_rate;
  if (!estimated_) {
    first_estimate(now);
  } else if (now - adjusted_ >= round_trip_.estimate()) {
    round_trip_.smooth();
    adjust(now);
  } else if (worse) {
    const double before = rate_;
    const Instant risen = adjusted_;
    adjust(now);
    rate_ = std::min(rate_, before);
    adjusted_ = risen;
  }
  deadline_ = now + timeout();
  return true;
}

// RFC 5348 §4.2: W_init / R, where W_init = min(4 s, max(2 s, 4380)).
void RateControl::first_estimate(Instant now) {
  round_trip_.smooth();
  const Nanos rtt = round_trip_.estimate();
  if (rtt == Nanos(0)) return;
  const double window = std::clamp(4380.0 / limits_.octets, 2.0, 4.0);
  estimated_ = true;
  adjusted_ = now;
  rate_ = bearable(window / in_seconds(rtt));
}

// [9347-B-b]
void RateControl::adjust(Instant now) {
  rate_ = bearable(2 * rate_);
  adjusted_ = now;
}

// At most `rate`, and at most what the equation gives. [9347-2.4.2-a, 9347-B-a]
double RateControl::bearable(double rate) const {
  if (inverse_ == 0) return clamped(rate);
  return clamped(std::min(rate, packets_per_round_trip(1.0 / inverse_) / in_seconds(round_trip_.estimate())));
}

void RateControl::expire(Instant now) {
  for (int i = 0; i < kMostHalvings && deadline_ <= now; ++i) {
    rate_ = clamped(rate_ / 2);
    deadline_ += timeout();
  }
  if (deadline_ <= now) deadline_ = now + timeout();
}

void RateControl::resize(const RateLimits& limits) {
  const double bits = 8.0 * limits_.octets * rate_;
  const bool was_most = rate_ >= ceiling_;
  limits_ = limits;
  floor_ = packets(limits.floor, limits.octets);
  ceiling_ = packets(limits.ceiling, limits.octets);
  rate_ = clamped(bits / (8.0 * limits.octets));
  if (was_most) rate_ = ceiling_;
}

void RateControl::restart(const RateLimits& limits, Instant now) {
  limits_ = limits;
  floor_ = packets(limits.floor, limits.octets);
  ceiling_ = packets(limits.ceiling, limits.octets);
  rate_ = floor_;
  inverse_ = 0;
  estimated_ = false;
  deadline_ = now + timeout();
}

}  // namespace levelgate::congestion
