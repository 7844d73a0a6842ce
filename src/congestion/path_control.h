// SPDX-License-Identifier: Apache-2.0
//
// Everything about congestion of one tunnel, both ends in one: what arrives goes in, what the next packet reports and
// how fast it may leave come out. Inner packets have no way in: the rate is a function of the configuration, of what
// the peer sent and of the time (RFC 9347 §2.4.2, §3).
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <optional>

#include "congestion/circuit_breaker.h"
#include "congestion/path_mtu_search.h"
#include "congestion/rate_control.h"
#include "congestion/reporter.h"
#include "wire/congestion_header.h"

namespace levelgate::congestion {

struct PathSettings {
  RateLimits limits;            // floor == ceiling: the rate is fixed, and only reports and breaker work
  std::uint64_t reduced = 1;    // bits per second that a breaker with kFloor leaves
  std::uint32_t displaced = 3;  // see LossDetector
  bool counts_marks = false;    // ECN use is agreed
  std::optional<BreakerSettings> breaker;
  std::optional<PathMtuLimits> mtu;  // the size of packets is searched for
  bool operator==(const PathSettings&) const = default;
};

// Thread: worker.
class PathControl {
 public:
  PathControl(const PathSettings& settings, Instant start);

  // The position of the first packet of an SA that begins: right behind all that has come. Positions of an SA then rise
  // with its numbers.
  [[nodiscard]] std::uint64_t next_position() const { return reporter_.started() ? reporter_.highest() + 1 : 1; }
  // An authentic packet; `header` is null where it carried none, `marked`: CE.
  void arrived(std::uint64_t position, Instant now, bool marked, const wire::CongestionHeader* header);

  // What the packet that leaves at `at` is for; once for each, in their order, before header_at(). `octets`: of an
  // ordinary outer packet.
  SlotUse use_of(Instant at, std::uint32_t octets) {
    return mtu_ ? mtu_->slot(at, RoundTrip::stamp(at), octets) : SlotUse{};
  }
  // What a packet that leaves at `slot` says.
  [[nodiscard]] wire::CongestionHeader header_at(Instant slot) const;
  // Lets time pass: ask before each slot. True: the breaker has tripped.
  bool turn(Instant now);
  // Nothing can be sent at the moment (no SA, no path).
  void rest(Instant now);
  // The operator closes the breaker.
  void clear_breaker(Instant now);

  // Packets have another size from now on: rates in bits per second stay.
  void resize(const RateLimits& limits, std::uint64_t reduced);

  // How fast packets may leave; 0: not at all.
  [[nodiscard]] std::uint64_t bits_per_second() const;
  [[nodiscard]] const RateControl& rate() const { return rate_; }
  [[nodiscard]] const Reporter& reporter() const { return reporter_; }
  [[nodiscard]] BreakerState breaker_state() const { return state_; }
  [[nodiscard]] const std::optional<CircuitBreaker>& breaker() const { return breaker_; }
  [[nodiscard]] const std::optional<PathMtuSearch>& mtu() const { return mtu_; }

 private:
  void follow_breaker(Instant now);
  [[nodiscard]] RateLimits limits() const;

  PathSettings settings_;
  Reporter reporter_;
  RateControl rate_;
  std::optional<CircuitBreaker> breaker_;
  std::optional<PathMtuSearch> mtu_;
  BreakerState state_ = BreakerState::kClosed;  // that the rate obeys
};

}  // namespace levelgate::congestion
