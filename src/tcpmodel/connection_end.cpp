// SPDX-License-Identifier: Apache-2.0
//
// Each segment that carries something carries the acknowledgement as well.
#include "tcpmodel/connection_end.h"

#include <algorithm>
#include <optional>

namespace levelgate::tcpmodel {
namespace {

constexpr Offset kOpeningLimit = 65'535;  // no scale counts in a SYN (RFC 7323 §2.2)

}  // namespace

ConnectionEnd::ConnectionEnd(Role role, const EndSettings& settings)
    : role_(role), patience_(settings.patience), sending_(settings.patience), receiving_(settings.window) {}

void ConnectionEnd::call(Instant now) {
  if (state_ != State::kNew) return;
  state_ = State::kOpening;
  opened_at_ = now;
  send_opening(now);
}

// The SYN, or the SYN-ACK; again after 1, 2, 4 ... s (RFC 6298 §2, §5.5).
void ConnectionEnd::send_opening(Instant now) {
  Segment segment;
  segment.kind = role_ == Role::kCaller ? SegmentKind::kSyn : SegmentKind::kSynAck;
  receiving_.acknowledge(segment);
  segment.limit = std::min(segment.limit, kOpeningLimit);
  out_.push_back(std::move(segment));
  opening_at_ = std::min(now + RoundTrip{}.wait(openings_), opened_at_ + patience_);
  ++openings_;
}

void ConnectionEnd::write(Instant now, ConstBytes octets) {
  sending_.write(octets);
  settle(now);
}

void ConnectionEnd::finish(Instant now) {
  sending_.finish();
  settle(now);
}

void ConnectionEnd::take(Instant now, const Segment& segment) {
  if (segment.kind == SegmentKind::kReset) return end();
  if (state_ == State::kEnded) {
    Segment reset;
    reset.kind = SegmentKind::kReset;
    return out_.push_back(std::move(reset));
  }
  if (state_ != State::kUp) take_opening(now, segment);
  if (state_ != State::kUp) return;
  if (segment.kind == SegmentKind::kUsual) {
    sending_.acknowledged(now, segment);
    receiving_.take(now, segment);
  }
  owes_ack_ = owes_ack_ || segment.kind == SegmentKind::kSynAck;  // also of one that came again
  settle(now);
}

void ConnectionEnd::take_opening(Instant now, const Segment& segment) {
  if (role_ == Role::kCaller) {
    if (segment.kind == SegmentKind::kSynAck && state_ == State::kOpening) open(now, segment);
    return;
  }
  if (segment.kind == SegmentKind::kSyn) {
    if (state_ == State::kNew) opened_at_ = now;
    state_ = State::kOpening;
    return send_opening(now);
  }
  if (segment.kind == SegmentKind::kUsual && state_ == State::kOpening) open(now, segment);
}

void ConnectionEnd::open(Instant now, const Segment& segment) {
  state_ = State::kUp;
  opening_at_ = kNever;
  sending_.open(openings_ == 1 ? std::optional(now - opened_at_) : std::nullopt, segment.limit, openings_ > 2);
}

void ConnectionEnd::on_time(Instant now) {
  if (state_ == State::kOpening && opening_at_ <= now) {
    if (now - opened_at_ >= patience_) return end();
    send_opening(now);
  }
  if (state_ != State::kUp) return;
  const std::size_t before = out_.size();
  sending_.on_time(now, out_);
  for (std::size_t i = before; i < out_.size(); ++i) tell(out_[i]);
  if (sending_.gave_up()) return end();
  settle(now);
}

Instant ConnectionEnd::deadline() const {
  if (state_ == State::kOpening) return opening_at_;
  return state_ == State::kUp ? std::min(sending_.deadline(), receiving_.ack_at()) : kNever;
}

void ConnectionEnd::settle(Instant now) {
  if (state_ != State::kUp) return;
  const std::size_t before = out_.size();
  sending_.send(now, out_);
  for (std::size_t i = before; i < out_.size(); ++i) tell(out_[i]);
  if (owes_ack_ || receiving_.ack_at() <= now) {
    tell(out_.emplace_back());
  }
  if (sending_.finished() && receiving_.finished()) end();
}

void ConnectionEnd::tell(Segment& segment) {
  receiving_.acknowledge(segment);
  owes_ack_ = false;
}

}  // namespace levelgate::tcpmodel
