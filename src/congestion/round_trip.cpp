// SPDX-License-Identifier: Apache-2.0
//
// TVal is the low half of our clock in microseconds, so that nothing has to be remembered of what was sent.
#include "congestion/round_trip.h"

#include <algorithm>

namespace levelgate::congestion {
namespace {

constexpr double kKeep = 0.9;                               // q of RFC 5348 §4.3
constexpr Nanos kOldestEcho = std::chrono::seconds(16);     // an older one is not ours, or says nothing about now
constexpr Nanos kEarliest = std::chrono::milliseconds(10);  // a stamp is laid on a slot that is still to come
constexpr Nanos kLongest = std::chrono::microseconds(wire::kMostRttUs);

Nanos age_of(std::uint32_t stamp, Instant now) {
  return std::chrono::microseconds(static_cast<std::int32_t>(RoundTrip::stamp(now) - stamp));
}

}  // namespace

std::uint32_t RoundTrip::stamp(Instant at) {
  const auto us = static_cast<std::uint32_t>(to_ns(at) / 1000);
  return us == 0 ? 1 : us;
}

bool RoundTrip::heard(const wire::CongestionHeader& report, Instant now, Nanos own_delay) {
  if (report.techo == 0) return false;
  const Nanos age = age_of(report.techo, now);
  if (age > kOldestEcho || age < -kEarliest) return false;
  if (echoed_ && static_cast<std::int32_t>(report.techo - *echoed_) <= 0) {
    // After a silence longer than an echo may be old, the remembered one says nothing any more.
    if (age_of(*echoed_, now) <= kOldestEcho && age_of(*echoed_, now) >= -kEarliest) return false;
  }
  echoed_ = report.techo;
  if (report.echo_delay_us >= wire::kMostDelayUs) return true;  // longer than the field can say: no sample
  const Nanos path = age - std::chrono::microseconds(report.echo_delay_us);
  const Nanos spacing = std::chrono::microseconds(report.transmit_delay_us) + own_delay;
  sample_ = std::clamp(std::max(path, spacing), Nanos(1000), kLongest);  // [9347-3-c]
  return true;
}

void RoundTrip::smooth() {
  if (sample_ == Nanos(0)) return;
  const auto sample = static_cast<double>(sample_.count());
  estimate_ns_ = estimate_ns_ == 0 ? sample : kKeep * estimate_ns_ + (1 - kKeep) * sample;
  sample_ = Nanos(0);
}

}  // namespace levelgate::congestion
