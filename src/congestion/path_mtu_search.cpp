// SPDX-License-Identifier: Apache-2.0
//
// First the largest size, which most paths carry; then halving. Once complete, one step above is tried now and then,
// and only if it arrives the search goes on.
#include "congestion/path_mtu_search.h"

#include <algorithm>

namespace levelgate::congestion {
namespace {

constexpr std::uint32_t kStep = 4;  // ESP aligns to it: no sizes lie between
constexpr int kMostTries = 3;       // MAX_PROBES (RFC 8899 §5.1.2)
// PROBE_TIMER (RFC 8899 §5.1.1). Usually the echo of a later packet tells of the loss before that.
constexpr Nanos kProbeTimer = std::chrono::seconds(15);
constexpr Nanos kLeastPatience = std::chrono::seconds(3);  // before a size counts as a black hole
constexpr int kRoundTripsOfAProbe = 8;                     // that it is at least,
constexpr int kIntervals = 4;                              // and intervals of both ends
constexpr Nanos kSettle = std::chrono::seconds(1);         // from the end of a search to the change of size
constexpr std::uint32_t kMostOverhead = 120;               // of an outer packet that is no inner data
constexpr std::uint32_t kLeastLead = 8;                    // the peer must have seen P before the probe
constexpr Nanos kMargin = std::chrono::microseconds(100);  // packets are built a little ahead of their slot

bool not_before(std::uint32_t stamp, std::uint32_t other) { return static_cast<std::int32_t>(stamp - other) >= 0; }

}  // namespace

SlotUse PathMtuSearch::slot(Instant at, std::uint32_t stamp, std::uint32_t octets) {
  if (octets != in_force_) {
    if (in_force_ == 0 && octets >= limits_.floor && octets <= limits_.most) size_ = octets;  // found in a former life
    in_force_ = octets;
    proven_ = false;
    proof_stamp_ = stamp;
    news_at_ = at;
  } else {
    own_interval_ = at - last_at_;
  }
  last_at_ = at;
  SlotUse use;
  const bool own_stamp = stamp != last_stamp_;
  last_stamp_ = stamp;
  switch (step_) {
    case Step::kNone:
    case Step::kWait:
      break;
    case Step::kLead:
      if (lead_ != 0 || !own_stamp) {
        use.until_probe = std::max(lead_, 1U);
        if (lead_ != 0) --lead_;
        break;
      }
      use.probe = probed_;
      probe_stamp_ = stamp;
      probe_at_ = at;
      ++probes_.sent;
      step_ = Step::kHold;
      break;
    case Step::kHold:
      use.reports = at - probe_at_ >= hold();
      if (!use.reports) break;
      behind_stamp_ = stamp;
      step_ = Step::kWait;
      break;
  }
  return use;
}

// The peer sends at least one packet in that time, and its report is of the probe if that has arrived. Never longer
// than a round trip, in which each end has to report once (RFC 9347 §2.4.2): a round trip has the peer's interval in
// it.
Nanos PathMtuSearch::hold() const {
  return std::max(peer_interval_ + peer_interval_ / 4, std::min(4 * peer_interval_, round_trip_ / 2)) + kMargin;
}

Nanos PathMtuSearch::patience() const {
  return std::max({kLeastPatience, kRoundTripsOfAProbe * round_trip_, kIntervals * (own_interval_ + peer_interval_)});
}

void PathMtuSearch::arrived(Instant now, bool reported, Nanos peer_interval) {
  arrived_at_ = now;
  if (!reported) return;
  reported_at_ = now;
  peer_interval_ = peer_interval;
}

void PathMtuSearch::echoed(std::uint32_t stamp, Instant now) {
  if (in_force_ == 0) return;
  if (proven_ || not_before(stamp, proof_stamp_)) {
    proven_ = true;
    news_at_ = now;
    if (in_force_ == size_) size_arrived(now);
  }
  if (step_ != Step::kHold && step_ != Step::kWait) return;
  if (stamp == probe_stamp_) return probe_arrived(now);
  if (step_ == Step::kWait && not_before(stamp, behind_stamp_)) probe_lost(now);
}

void PathMtuSearch::size_arrived(Instant now) {
  if (state_ == PathMtuState::kSearch || state_ == PathMtuState::kComplete) return;
  low_ = size_;
  high_ = limits_.most;
  if (low_ >= high_) return finish(now);
  begin_search(size_ > limits_.base ? low_ + kStep : high_);
}

void PathMtuSearch::begin_search(std::uint32_t first) {
  state_ = PathMtuState::kSearch;
  aim(first);
}

void PathMtuSearch::aim(std::uint32_t octets) {
  if (octets != probed_ || step_ == Step::kNone) tries_ = 0;
  probed_ = octets;
  step_ = Step::kLead;
  // Inner packets that have begun end before the probe, so that its loss takes none along.
  const std::uint32_t room = std::max(in_force_, kMostOverhead + 64) - kMostOverhead;
  lead_ = std::max(limits_.longest_inner / room + 2, kLeastLead);
}

void PathMtuSearch::probe_arrived(Instant now) {
  ++probes_.confirmed;
  low_ = probed_;
  next_size(now);
}

void PathMtuSearch::probe_lost(Instant now) {
  ++probes_.lost;
  if (++tries_ < kMostTries) return aim(probed_);
  high_ = probed_ - kStep;
  next_size(now);
}

void PathMtuSearch::next_size(Instant now) {
  if (low_ >= high_) return finish(now);
  // Above the step that was tried alone nothing has been tried yet.
  const bool first_step = probed_ == low_ && low_ == size_ + kStep && high_ == limits_.most;
  const std::uint32_t middle = low_ + ((high_ - low_) / kStep + 1) / 2 * kStep;
  aim(first_step ? high_ : middle);
}

void PathMtuSearch::finish(Instant now) {
  state_ = PathMtuState::kComplete;
  step_ = Step::kNone;
  if (size_ != low_) holds_from_ = now + kSettle;
  size_ = low_;
  raise_at_ = now + limits_.raise_after;
}

void PathMtuSearch::turn(Instant now, Nanos round_trip) {
  round_trip_ = round_trip;
  if (in_force_ == 0) return;
  if (now - news_at_ >= patience()) return hear_nothing(now);
  if ((step_ == Step::kHold || step_ == Step::kWait) && now - probe_at_ >= kProbeTimer) return probe_lost(now);
  if (state_ != PathMtuState::kComplete || in_force_ != size_ || now < raise_at_) return;
  if (size_ >= limits_.most) return finish(now);
  low_ = size_;
  high_ = limits_.most;
  begin_search(low_ + kStep);
}

// Black hole detection (RFC 8899 §4.3). Packets of the peer without a report say that it is there and cannot tell.
void PathMtuSearch::hear_nothing(Instant now) {
  const bool mute = arrived_at_ >= news_at_ && reported_at_ < news_at_;
  size_ = mute || size_ > limits_.base ? limits_.base : limits_.floor;
  state_ = mute ? PathMtuState::kNoReports : size_ < limits_.base ? PathMtuState::kError : PathMtuState::kBase;
  step_ = Step::kNone;
  holds_from_ = now;
  news_at_ = now;
  proven_ = false;
  proof_stamp_ = last_stamp_;
}

void PathMtuSearch::rest(Instant now) {
  if (in_force_ != 0) news_at_ = now;
  if (step_ == Step::kHold || step_ == Step::kWait) aim(probed_);
}

}  // namespace levelgate::congestion
