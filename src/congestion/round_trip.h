// SPDX-License-Identifier: Apache-2.0
//
// The sending end's estimate of the round trip (RFC 9347 §3, RFC 5348 §4.3): stamps what leaves, and takes what the
// peer echoes. An echo counts once, and only while it is younger than any path: a peer cannot bring in the past.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <optional>

#include "wire/congestion_header.h"

namespace levelgate::congestion {

// Thread: worker.
class RoundTrip {
 public:
  // What a packet that leaves at `at` carries as TVal: never 0, which says "no echo".
  [[nodiscard]] static std::uint32_t stamp(Instant at);

  // True: the report echoes a later packet than every one before, so the peer hears us. Remembers its sample;
  // `own_delay` lies between two of our packets.
  bool heard(const wire::CongestionHeader& report, Instant now, Nanos own_delay);
  // Takes the latest sample into the estimate. Call it once per round trip.
  void smooth();

  // 0: no estimate yet.
  [[nodiscard]] Nanos estimate() const { return Nanos(static_cast<std::int64_t>(estimate_ns_)); }

 private:
  std::optional<std::uint32_t> echoed_;  // the latest TEcho that counted
  Nanos sample_{0};                      // 0: none since the last smooth()
  double estimate_ns_ = 0;
};

}  // namespace levelgate::congestion
