// SPDX-License-Identifier: Apache-2.0
//
// Durations and moments. One clock for the whole house, whose zero is chosen by the shell that reads it
// (real or virtual); nothing here reads a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace levelgate {

using Nanos = std::chrono::nanoseconds;

// A clock without now(): moments are passed in by the shells (architecture §6.9).
struct GatewayClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Nanos;
  using time_point = std::chrono::time_point<GatewayClock>;
  static constexpr bool is_steady = true;
};

using Instant = GatewayClock::time_point;

inline constexpr Instant kNever = Instant(Nanos(std::numeric_limits<std::int64_t>::max()));

[[nodiscard]] constexpr Instant at_ns(std::int64_t ns) { return Instant(Nanos(ns)); }
[[nodiscard]] constexpr std::int64_t to_ns(Instant moment) { return moment.time_since_epoch().count(); }

[[nodiscard]] constexpr double in_seconds(Nanos span) { return std::chrono::duration<double>(span).count(); }
// Cut off; none of a negative span.
[[nodiscard]] constexpr std::uint64_t whole_seconds(Nanos span) {
  return span > Nanos(0) ? static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(span).count())
                         : 0;
}

}  // namespace levelgate
