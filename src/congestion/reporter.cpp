// SPDX-License-Identifier: Apache-2.0
//
// Losses within one round trip of the first are one event. The figures are worked out at each new event, and otherwise
// once per round trip (RFC 9347 §2.4.2).
#include "congestion/reporter.h"

#include <algorithm>
#include <limits>

#include "congestion/throughput.h"

namespace levelgate::congestion {
namespace {

constexpr Nanos kAssumedRtt = std::chrono::milliseconds(100);  // until the peer knows its own
constexpr std::uint64_t kMostEventsOfRun = 10;                 // the last ones; no more are remembered

std::uint32_t inverse_of(double mean) {
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp(mean + 0.5, 1.0, kMost));
}

}  // namespace

bool Reporter::arrived(std::uint64_t position, Instant now, bool marked, const wire::CongestionHeader* header) {
  const bool probing = header != nullptr ? header->probing : probing_;
  const Place place =
      detector_.arrived(position, now, probing, [this](const LostRun& run) { lost(run, Cause::kLoss); });
  if (place == Place::kOld) return false;
  ++arrivals_;
  if (marked && counts_marks_) lost({position, 1, now, Nanos(0)}, Cause::kMark);
  if (place != Place::kNewest) return false;
  if (header != nullptr) {
    probing_ = probing;
    rtt_ = std::chrono::microseconds(header->rtt_us);
    // Only the first receipt of a TVal counts, and a packet that was overtaken says nothing new (RFC 9347 §3).
    // [9347-3-b]
    if (!recorded_ || recorded_->tval != header->tval) recorded_ = Recorded{header->tval, now};
  }
  measure(now);
  refresh(now);
  return true;
}

void Reporter::lost(const LostRun& run, Cause cause) {
  if (cause == Cause::kLoss) losses_ += run.count;
  const Nanos rtt = rtt_ == Nanos(0) ? kAssumedRtt : rtt_;
  const double step = static_cast<double>(run.span.count()) / static_cast<double>(run.count);
  const double stride = step <= 0 ? 1 : static_cast<double>(rtt.count()) / step + 1;  // packets from event to event
  const double events = static_cast<double>(run.count) / stride;
  std::uint64_t index = 0;
  if (events > kMostEventsOfRun) index = static_cast<std::uint64_t>((events - kMostEventsOfRun) * stride);
  for (std::uint64_t event = 0; event <= kMostEventsOfRun; ++event) {
    if (intervals_.any()) {
      const Nanos missing = intervals_.last_event() + rtt - run.at;
      const double at_index = static_cast<double>(index) * step;
      if (static_cast<double>(missing.count()) >= at_index) {  // T_old + R >= T_new: still the same event
        if (step <= 0) return;
        const double next = static_cast<double>(missing.count()) / step + 1;
        if (next >= static_cast<double>(run.count)) return;
        index = std::max(index + 1, static_cast<std::uint64_t>(next));
      }
    }
    if (index >= run.count) return;
    const Instant when = run.at + Nanos(static_cast<std::int64_t>(static_cast<double>(index) * step));
    intervals_.begin(run.first + index, when, cause, intervals_.any() ? 1.0 : first_interval());
    changed_ = true;
  }
}

// RFC 5348 §6.3.1: the interval at which the equation gives the best rate that was received so far; at least half a
// packet per round trip.
double Reporter::first_interval() const {
  const double packets = std::max(fastest_ * in_seconds(rtt_ == Nanos(0) ? kAssumedRtt : rtt_), 0.5);
  return 1.0 / loss_event_rate_of(packets);
}

void Reporter::measure(Instant now) {
  const Nanos rtt = rtt_ == Nanos(0) ? kAssumedRtt : rtt_;
  if (round_began_ == Instant{}) round_began_ = now;
  if (now - round_began_ >= rtt && now > round_began_) {
    fastest_ = std::max(fastest_, static_cast<double>(round_count_) / in_seconds(now - round_began_));
    round_began_ = now;
    round_count_ = 0;
  }
  ++round_count_;
}

void Reporter::refresh(Instant now) {
  if (!intervals_.any()) return;
  if (!changed_ && now - refreshed_ < rtt_) return;
  changed_ = false;
  refreshed_ = now;
  loss_event_rate_ = inverse_of(intervals_.mean(detector_.highest()));
  marks_counted_ = intervals_.marks_counted();
}

// [9347-3.1-a]
void Reporter::report(Instant now, wire::CongestionHeader& to) const {
  to.loss_event_rate = loss_event_rate_;
  to.marks_counted = marks_counted_;
  to.techo = recorded_ ? recorded_->tval : 0;
  to.echo_delay_us = recorded_ ? wire::microseconds_of(now - recorded_->at) : 0;
}

}  // namespace levelgate::congestion
