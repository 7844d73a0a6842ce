// SPDX-License-Identifier: Apache-2.0
//
// Time is cut into periods that are much longer than a round trip; one good period starts the count anew (RFC 8084 §4,
// requirements 4 to 9).
#include "congestion/circuit_breaker.h"

#include <algorithm>

namespace levelgate::congestion {
namespace {

constexpr int kPeriods = 8;                                 // in the time that loss must persist
constexpr std::uint32_t kFewestBad = 3;                     // a worker that was halted has seen one long period
constexpr int kRoundTripsOfControl = 4;                     // longer than congestion control needs to answer
constexpr Nanos kShortest = std::chrono::milliseconds(10);  // before a round trip is known
constexpr std::uint64_t kFewestPackets = 8;                 // fewer say nothing about a share

}  // namespace

double loss_of(std::uint32_t packets_per_event, double in_round_trip) {
  if (packets_per_event == 0) return 0;
  return 1.0 / std::max(1.0, static_cast<double>(packets_per_event) - in_round_trip);
}

CircuitBreaker::CircuitBreaker(const BreakerSettings& settings, Instant start)
    : settings_(settings), period_began_(start) {}

void CircuitBreaker::reported(double loss) {
  armed_ = true;
  latest_ = loss;
}

void CircuitBreaker::inbound(std::uint64_t arrivals, std::uint64_t losses) {
  arrivals_ = arrivals;
  losses_ = losses;
}

// [9347-2.4.1-c, 9347-2.4.2.1-a]
bool CircuitBreaker::turn(Instant now, Nanos round_trip) {
  if (may_clear(now)) clear(now);
  if (state_ == BreakerState::kOpen) return false;
  const Nanos period = std::max({settings_.persists / kPeriods, round_trip * kRoundTripsOfControl, kShortest});
  if (now - period_began_ < period) return false;
  if (measure()) {
    if (!bad_since_) bad_since_ = period_began_;
    ++bad_periods_;
  } else {
    bad_since_.reset();
    bad_periods_ = 0;
  }
  begin_period(now);
  if (!bad_since_ || bad_periods_ < kFewestBad || now - *bad_since_ < settings_.persists) return false;
  const bool reduce = settings_.action == BreakerAction::kFloor && state_ == BreakerState::kClosed;
  state_ = reduce ? BreakerState::kReduced : BreakerState::kOpen;
  tripped_at_ = now;
  bad_since_.reset();
  bad_periods_ = 0;
  return true;
}

// What this period says. Reports first; a peer that has reported and falls silent is taken for a path that loses
// everything (RFC 8084 §4, requirement 15); of one that never did, its own packets speak.
bool CircuitBreaker::measure() {
  if (latest_) {
    cause_ = BreakerCause::kReportedLoss;
    loss_ = *latest_;
  } else if (armed_) {
    cause_ = BreakerCause::kNoReports;
    loss_ = 1;
  } else {
    const std::uint64_t lost = losses_ - losses_before_;
    const std::uint64_t sent = arrivals_ - arrivals_before_ + lost;
    cause_ = BreakerCause::kInboundLoss;
    loss_ = sent < kFewestPackets ? 0 : static_cast<double>(lost) / static_cast<double>(sent);
  }
  return loss_ >= settings_.loss;
}

void CircuitBreaker::begin_period(Instant now) {
  period_began_ = now;
  latest_.reset();
  arrivals_before_ = arrivals_;
  losses_before_ = losses_;
}

// After the configured time, but not while the floor is still too much (RFC 8084 §4, requirement 13).
bool CircuitBreaker::may_clear(Instant now) const {
  if (state_ == BreakerState::kClosed || !settings_.clears_after) return false;
  return now - tripped_at_ >= *settings_.clears_after && !bad_since_;
}

void CircuitBreaker::rest(Instant now) {
  bad_since_.reset();
  bad_periods_ = 0;
  begin_period(now);
}

void CircuitBreaker::clear(Instant now) {
  state_ = BreakerState::kClosed;
  armed_ = false;
  rest(now);
}

}  // namespace levelgate::congestion
