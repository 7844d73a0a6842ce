// SPDX-License-Identifier: Apache-2.0
//
// Brings the parts together; decides only which limits the rate has while the breaker is not closed.
#include "congestion/path_control.h"

#include <algorithm>

namespace levelgate::congestion {
PathControl::PathControl(const PathSettings& settings, Instant start)
    : settings_(settings), reporter_(settings.displaced, settings.counts_marks), rate_(settings.limits, start) {
  if (settings.breaker) breaker_.emplace(*settings.breaker, start);
  if (settings.mtu) mtu_.emplace(*settings.mtu);
}

void PathControl::arrived(std::uint64_t position, Instant now, bool marked, const wire::CongestionHeader* header) {
  const bool newest = reporter_.arrived(position, now, marked, header);
  const bool news = newest && header != nullptr && rate_.take(*header, now);
  if (newest && mtu_) {
    mtu_->arrived(now, header != nullptr, std::chrono::microseconds(header != nullptr ? header->transmit_delay_us : 0));
    if (news) mtu_->echoed(header->techo, now);
  }
  if (!breaker_) return;
  breaker_->inbound(reporter_.arrivals(), reporter_.losses());
  if (!news) return;
  const double in_round_trip = static_cast<double>(rate_.round_trip().count()) * 1e-9 * rate_.packets_per_second();
  breaker_->reported(loss_of(rate_.loss_event_rate(), in_round_trip));
}

// [9347-2.4.2-b, 9347-6.1.2-a]
wire::CongestionHeader PathControl::header_at(Instant slot) const {
  wire::CongestionHeader header;
  header.probing = mtu_ && mtu_->probing();
  reporter_.report(slot, header);
  header.rtt_us = wire::microseconds_of(rate_.round_trip());
  header.transmit_delay_us = wire::microseconds_of(rate_.interval());
  header.tval = RoundTrip::stamp(slot);
  return header;
}

bool PathControl::turn(Instant now) {
  rate_.expire(now);
  if (mtu_) state_ == BreakerState::kOpen ? mtu_->rest(now) : mtu_->turn(now, rate_.round_trip());
  if (!breaker_) return false;
  const bool tripped = breaker_->turn(now, rate_.round_trip());
  follow_breaker(now);
  return tripped;
}

void PathControl::rest(Instant now) {
  if (breaker_) breaker_->rest(now);
  if (mtu_) mtu_->rest(now);
}

void PathControl::clear_breaker(Instant now) {
  if (!breaker_) return;
  breaker_->clear(now);
  follow_breaker(now);
}

void PathControl::follow_breaker(Instant now) {
  if (breaker_->state() == state_) return;
  state_ = breaker_->state();
  rate_.restart(limits(), now);
}

// That the rate has in this state of the breaker.
RateLimits PathControl::limits() const {
  RateLimits limits = settings_.limits;
  if (state_ != BreakerState::kClosed) limits.floor = limits.ceiling = std::min(settings_.reduced, limits.ceiling);
  return limits;
}

void PathControl::resize(const RateLimits& limits_now, std::uint64_t reduced) {
  if (limits_now == settings_.limits && reduced == settings_.reduced) return;
  settings_.limits = limits_now;
  settings_.reduced = reduced;
  rate_.resize(limits());
}

std::uint64_t PathControl::bits_per_second() const {
  return state_ == BreakerState::kOpen ? 0 : rate_.bits_per_second();
}

}  // namespace levelgate::congestion
