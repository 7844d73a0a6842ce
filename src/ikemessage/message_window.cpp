// SPDX-License-Identifier: Apache-2.0
//
// Windows of message ids: what counts, what is sent again, and how long a response is kept.
#include "ikemessage/message_window.h"

#include <algorithm>
#include <utility>

namespace levelgate::ikemessage {

namespace {

// RFC 7296 §2.4: exponentially; gently while the waits are short.
Nanos next_wait(Nanos wait) { return wait < limits::kFirstRetry ? wait + wait / 2 : 2 * wait; }

}  // namespace

Nanos retry_wait(std::uint32_t attempt, Jitter jitter, Nanos first) {
  Nanos wait = first;
  for (std::uint32_t i = 0; i < attempt && wait < limits::kLongestRetry; ++i) wait = next_wait(wait);
  wait = std::min(wait, limits::kLongestRetry);
  return wait + wait / limits::kJitterDivisor * jitter.value / 65'536;
}

std::uint32_t short_tries(Nanos first) {
  std::uint32_t tries = 0;
  for (Nanos wait = first; wait < limits::kFirstRetry; wait = next_wait(wait)) ++tries;
  return tries;
}

std::optional<MessageId> OwnRequests::next_id() const {
  if (next_ == kLastMessageId) return std::nullopt;
  return next_;
}

bool OwnRequests::sent(Instant now, SentMessage message, Jitter jitter, Nanos first) {
  if (outstanding_ || next_ == kLastMessageId) return false;
  outstanding_ = Outstanding{std::move(message), now + retry_wait(0, jitter, first), first};
  return true;
}

bool OwnRequests::replaced(Instant now, SentMessage message, Jitter jitter) {
  if (!outstanding_) return false;
  const Nanos first = outstanding_->first;
  outstanding_ = Outstanding{std::move(message), now + retry_wait(0, jitter, first), first};
  return true;
}

ResponseVerdict OwnRequests::verdict(MessageId id) const {
  if (outstanding_ && id == next_) return ResponseVerdict::kAwaited;
  return id < next_ ? ResponseVerdict::kOld : ResponseVerdict::kUnasked;
}

bool OwnRequests::answered(MessageId id) {
  if (verdict(id) != ResponseVerdict::kAwaited) return false;
  outstanding_.reset();
  ++next_.value;
  return true;
}

RetryStep OwnRequests::on_time(Instant now, Jitter jitter, std::uint32_t most_tries) {
  if (!outstanding_ || now < outstanding_->due) return RetryStep::kWait;
  // Short waits at the beginning take nothing from the patience of the long ones.
  if (outstanding_->tries >= most_tries + short_tries(outstanding_->first)) return RetryStep::kGiveUp;
  outstanding_->due = now + retry_wait(outstanding_->tries, jitter, outstanding_->first);
  ++outstanding_->tries;
  return RetryStep::kResend;
}

PeerRequests::PeerRequests(MessageId first, std::uint32_t window)
    : awaited_(first), window_(std::clamp<std::uint32_t>(window, 1, limits::kResponderWindow)) {}

RequestVerdict PeerRequests::verdict(const RequestArrival& arrival) const {
  const auto known = known_.find(arrival.id);
  if (known == known_.end()) {
    if (arrival.id < awaited_) return RequestVerdict::kTooOld;
    if (arrival.id == kLastMessageId) return RequestVerdict::kNoMore;
    return arrival.id.value - awaited_.value < window_ ? RequestVerdict::kNew : RequestVerdict::kTooNew;
  }
  if (!known->second.response) return RequestVerdict::kUnderWay;
  if (arrival.fragment > 1) return RequestVerdict::kOtherFragment;
  if (arrival.digest == known->second.digest) return RequestVerdict::kAnswerAgain;
  return arrival.fragment == 1 ? RequestVerdict::kAnswerIfAuthentic : RequestVerdict::kOtherOctets;
}

bool PeerRequests::accept(MessageId id, const MessageDigest& digest) {
  if (verdict({id, digest, 0}) != RequestVerdict::kNew) return false;
  known_.emplace(id, Known{digest, std::nullopt});
  forget_passed();
  return true;
}

bool PeerRequests::answer(MessageId id, SentMessage response) {
  const auto known = known_.find(id);
  if (known == known_.end() || known->second.response) return false;
  known->second.response = std::move(response);
  for (auto next = known_.find(awaited_); next != known_.end() && next->second.response; next = known_.find(awaited_)) {
    ++awaited_.value;
  }
  return true;
}

const SentMessage* PeerRequests::response(MessageId id) const {
  const auto known = known_.find(id);
  return known != known_.end() && known->second.response ? &*known->second.response : nullptr;
}

// The peer may send number n only once it has the response to n - window (RFC 7296 §2.3): that one is of no use any
// more.
void PeerRequests::forget_passed() {
  const MessageId highest = known_.rbegin()->first;
  std::erase_if(known_, [&](const auto& entry) { return highest.value - entry.first.value >= window_; });
}

}  // namespace levelgate::ikemessage
