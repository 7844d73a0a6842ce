// SPDX-License-Identifier: Apache-2.0
//
// The scoreboard is the queue of what flies; the first of it is what the other end waits for.
#include "tcpmodel/sending.h"

#include <algorithm>

namespace levelgate::tcpmodel {
namespace {

constexpr std::size_t kCertain = 3;  // segments beyond a gap (RFC 5681 §3.2)

}  // namespace

void Sending::open(std::optional<Nanos> trip, Offset limit, bool many_repeats) {
  open_ = true;
  limit_ = limit;
  if (trip) trip_.sample(*trip);
  if (many_repeats) window_.begin_with_one();
}

// --- what the other end says ---

void Sending::acknowledged(Instant now, const Segment& segment) {
  if (!open_ || gave_up_ || segment.next > next_) return;
  limit_ = std::max(limit_, segment.limit);
  arrivals_ = 0;
  sample_.reset();
  bool advanced = false;
  for (; !flying_.empty() && flying_.front().end() <= segment.next; flying_.pop_front()) {
    note_arrival(now, flying_.front());
    advanced = true;
  }
  for (const Range& range : segment.held) {
    auto one = std::ranges::lower_bound(flying_, range.from, {}, &Flying::at);
    for (; one != flying_.end() && one->end() <= range.to; ++one) {
      note_arrival(now, *one);
      one->arrived = true;
      one->lost = false;
    }
  }
  if (sample_) trip_.sample(*sample_);
  if (advanced) {
    in_vain_ = 0;
    stalled_since_.reset();
  }
  judge_probe(segment);
  if (recovery_ != Recovery::kNone && segment.next >= recovery_end_) recovery_ = Recovery::kNone;
  mark_lost(now);
  if (recovery_ != Recovery::kFast && arrivals_ > 0 && bounded_) {
    window_.acknowledged(now, trip_.smoothed().value_or(kFirstWait), arrivals_);
  }
  if (advanced) timeout_at_ = kNever;
  if (arrivals_ > 0) restart_timers(now);
}

void Sending::note_arrival(Instant now, const Flying& flying) {
  if (flying.arrived) return;
  ++arrivals_;
  const Nanos trip = now - flying.stamp.sent_at;
  if (flying.times == 1) sample_ = trip;  // of a repeated one nobody knows which copy it was (RFC 6298 §3)
  if (flying.times > 1 && trip < trip_.least()) return;
  if (flying.stamp > newest_) {
    newest_ = flying.stamp;
    newest_trip_ = trip;
  }
}

// Of two segments the one that was sent first arrives first. While little is known the path has a quarter of a round
// trip to prove otherwise (RFC 8985 §6.2).
void Sending::mark_lost(Instant now) {
  reorder_at_ = kNever;
  if (newest_.end == 0) return;
  const auto arrived = static_cast<std::size_t>(std::ranges::count_if(flying_, &Flying::arrived));
  const bool at_once = recovery_ != Recovery::kNone || arrived >= kCertain;
  const Nanos grace = at_once ? Nanos(0) : trip_.least() / 4;
  bool found = false;
  for (Flying& one : flying_) {
    if (one.arrived || one.lost || one.stamp >= newest_) continue;
    const Instant due = one.stamp.sent_at + newest_trip_ + grace;
    if (due <= now) {
      one.lost = found = true;
    } else {
      reorder_at_ = std::min(reorder_at_, due);
    }
  }
  if (!found || recovery_ != Recovery::kNone) return;
  enter_recovery(Recovery::kFast);
  window_.lost();
  repeats_one_ = true;
}

void Sending::enter_recovery(Recovery recovery) {
  recovery_ = recovery;
  recovery_end_ = next_;
  probe_.reset();
}

// A probe that repeated something and was no copy repaired a loss that nothing else tells of (RFC 8985 §7.4).
void Sending::judge_probe(const Segment& segment) {
  if (!probe_ || segment.next < probe_->end) return;
  if (probe_->repeats && !segment.came_before) window_.lost();
  probe_.reset();
}

// --- what leaves ---

std::size_t Sending::under_way() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(flying_, [](const Flying& one) { return !one.arrived && !one.lost; }));
}

bool Sending::may_send_new() const {
  if (next_ < octets_.size()) {
    const Offset size = std::min<Offset>(kSegmentMost, octets_.size() - next_);
    return next_ + size <= limit_;
  }
  return finishing_ && !finish_sent_;
}

void Sending::send(Instant now, std::vector<Segment>& out) {
  if (!open_ || gave_up_) return;
  if (flying_.empty() && may_send_new() && now - last_sent_ > trip_.wait(0)) window_.idled();
  const auto most = static_cast<std::size_t>(window_.segments());
  std::size_t flies = under_way();
  for (auto one = flying_.begin(); one != flying_.end() && (flies < most || repeats_one_); ++one) {
    if (!one->lost) continue;
    repeats_one_ = false;
    send_again(now, *one, out);
    ++flies;
  }
  repeats_one_ = false;
  for (; flies < most && may_send_new(); ++flies) send_new(now, out);
  bounded_ = flies >= most || (window_.in_slow_start() && most < 2 * flies);
}

void Sending::send_new(Instant now, std::vector<Segment>& out) {
  Flying flying{.at = next_, .stamp = {}};
  flying.octets = static_cast<std::uint32_t>(std::min<Offset>(kSegmentMost, octets_.size() - next_));
  flying.last = flying.octets == 0;
  finish_sent_ = finish_sent_ || flying.last;
  flying.stamp = {now, flying.end()};
  next_ = flying.end();
  last_sent_ = now;
  out.push_back(segment_of(flying));
  flying_.push_back(flying);
  restart_timers(now);
}

void Sending::send_again(Instant now, Flying& flying, std::vector<Segment>& out) {
  flying.lost = false;
  ++flying.times;
  flying.stamp.sent_at = now;
  last_sent_ = now;
  if (&flying == &flying_.front() && in_vain_ == 0) timeout_at_ = kNever;
  out.push_back(segment_of(flying));
  restart_timers(now);
}

Segment Sending::segment_of(const Flying& flying) const {
  Segment segment;
  segment.at = flying.at;
  segment.last = flying.last;
  const auto begin = octets_.begin() + static_cast<std::ptrdiff_t>(std::min<Offset>(flying.at, octets_.size()));
  segment.octets.assign(begin, begin + flying.octets);
  return segment;
}

// --- what time brings ---

Instant Sending::deadline() const { return std::min({timeout_at_, probe_at_, reorder_at_}); }

// The probe comes before the timer, once for what is under way, and only while nothing is known to be lost.
void Sending::restart_timers(Instant now) {
  probe_at_ = kNever;
  if (flying_.empty()) {
    timeout_at_ = kNever;
    return;
  }
  if (timeout_at_ == kNever) timeout_at_ = now + trip_.wait(in_vain_);
  if (stalled_since_) timeout_at_ = std::min(timeout_at_, *stalled_since_ + patience_);
  const bool known = std::ranges::any_of(flying_, &Flying::arrived);
  if (recovery_ != Recovery::kNone || probe_ || known || !trip_.smoothed()) return;
  const Instant at = now + 2 * *trip_.smoothed() + (flying_.size() == 1 ? kLeastVariance : Nanos(0));
  if (at < timeout_at_) probe_at_ = at;
}

void Sending::on_time(Instant now, std::vector<Segment>& out) {
  if (gave_up_) return;
  if (reorder_at_ <= now) mark_lost(now);
  if (timeout_at_ <= now) {
    time_out(now);
  } else if (probe_at_ <= now) {
    probe(now, out);
  }
  send(now, out);
}

void Sending::probe(Instant now, std::vector<Segment>& out) {
  const bool fresh = may_send_new();
  if (fresh) {
    send_new(now, out);
  } else {
    send_again(now, flying_.back(), out);
  }
  probe_ = Probe{next_, !fresh};
  timeout_at_ = kNever;
  restart_timers(now);
}

void Sending::time_out(Instant now) {
  if (!stalled_since_) stalled_since_ = now;
  if (now - *stalled_since_ >= patience_) {
    gave_up_ = true;
    timeout_at_ = probe_at_ = reorder_at_ = kNever;
    return;
  }
  window_.timed_out(in_vain_ != 0);
  ++in_vain_;
  flying_.front().arrived = false;  // it may have been thrown away again (RFC 2018 §8)
  for (Flying& one : flying_) one.lost = !one.arrived;
  enter_recovery(Recovery::kTimeout);
  timeout_at_ = probe_at_ = reorder_at_ = kNever;  // what is sent now starts them
}

}  // namespace levelgate::tcpmodel
