// SPDX-License-Identifier: Apache-2.0
//
// Messages out, and time: requests one after the other, retransmission, liveness, lifetimes, the end.
#include <algorithm>
#include <array>

#include "ike/ike_sa.h"
#include "ikeexchange/create_child.h"
#include "ikeexchange/informational.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/serve_create.h"

namespace levelgate::ike {
namespace {

using ikeexchange::drop_series;
using ikeexchange::expected_large_key;
using ikeexchange::Means;
using ikeexchange::Outcome;
using ikeexchange::OwnCreate;
using ikeexchange::OwnExchange;
using ikeexchange::OwnInformational;
using ikeexchange::Reason;
using ikeexchange::Turn;
using ikestate::ChildDown;
using ikestate::ChildId;
using ikestate::ChildStage;
using ikestate::IkeDown;
using ikestate::is_handshake;
using ikestate::kFallsBack;
using ikestate::kHandshakeAbandoned;
using ikestate::kIkeClosed;
using ikestate::kInternalFault;
using ikestate::kKeysDiffer;
using ikestate::kLifetimeOver;
using ikestate::kMalformed;
using ikestate::kPeerGone;
using ikestate::kPeerUnreachable;
using ikestate::Path;
using ikestate::Phase;
using ikestate::Report;
using ikestate::SaState;
using ikestate::Send;
using ikestate::SendKeepalive;
using ikestate::Severity;
using ikestate::Want;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::NotifyType;
using ikewire::PayloadType;

// What crosses every path of IPv6, and practically every one of IPv4, in one piece (RFC 7383 §2.5.1).
constexpr std::size_t kDatagramOctets = 1280;
constexpr Nanos kTellAfter = std::chrono::seconds(5);  // of silence: an operator who waits learns why
constexpr std::size_t kHeadersV4 = 20 + 8 + ikewire::kNonEspMarkerOctets;
constexpr std::size_t kHeadersV6 = 40 + 8 + ikewire::kNonEspMarkerOctets;

// Of ESP: TCP keeps its own [9329-6.6-a].
bool keeps_mapping(const SaState& sa) { return sa.nat.own && !sa.esp_in_stream(); }

std::string parts_text(const ikemessage::SentMessage& message) {
  return message.size() == 1 ? "" : ", " + std::to_string(message.size()) + " fragments";
}

}  // namespace

// For `levelgate explain` and `monitor`; below the level of the log.
void IkeSa::note(Means& means, std::string text) const {
  means.effects.push_back(Report{Severity::kDebug, {}, state_.tunnel(), std::move(text)});
}

ikemessage::Jitter IkeSa::jitter(Means& means) {
  std::array<std::byte, 2> drawn{};
  if (!means.random.fill(drawn)) return {};
  return {load_be<std::uint16_t>(drawn.data())};
}

void IkeSa::prepare(Turn& turn) const {
  if (!own_) return;
  turn.own_activity = own_->activity();
  turn.own_target = own_->target();
}

void IkeSa::want(Means& means, Want what, ChildId child) {
  if (gone_) return;
  if (is_handshake(state_.phase)) {
    if (what == Want::kDeleteIke) close_now(means, {kIkeClosed, "the handshake is given up", Severity::kInfo});
    return;
  }
  if (state_.wants.size() < limits::kQueuedExchanges) state_.wants.insert({what, child});
  start_next(means);
}

std::unique_ptr<OwnExchange> IkeSa::next_exchange() {
  if (!follow_.empty()) {
    auto next = std::move(follow_.front());
    follow_.pop_front();
    return next;
  }
  if (state_.wants.empty() || is_handshake(state_.phase)) return nullptr;
  const auto [what, child] = *state_.wants.begin();
  state_.wants.erase(state_.wants.begin());
  switch (what) {
    case Want::kDeleteIke:
      return OwnInformational::delete_ike();
    case Want::kDeleteChild:
      return OwnInformational::delete_child(child);
    case Want::kRekeyIke:
      return OwnCreate::rekey_ike();
    case Want::kRekeyChild:
      return OwnCreate::rekey_child(child);
    case Want::kNewChild:
      return OwnCreate::new_child();
    case Want::kLiveness:
      return OwnInformational::liveness();
  }
  return nullptr;
}

// Only one request of ours is under way (RFC 7296 §2.3).
void IkeSa::start_next(Means& means) {
  while (!own_ && !gone_) {
    own_ = next_exchange();
    if (!own_) return;
    Turn turn(means, state_);
    const Outcome outcome = own_->begin(turn);
    if (outcome == Outcome::kDone) {
      own_.reset();
      continue;
    }
    return after_own(means, turn, outcome);
  }
}

void IkeSa::after_own(Means& means, Turn& turn, Outcome outcome) {
  if (turn.job) own_job_ = turn.job;
  switch (outcome) {
    case Outcome::kWait:
      return;
    case Outcome::kSend:
      return send_request(means, turn);
    case Outcome::kDone: {
      // IKE_SA_INIT's response counts when all of it was good.
      if (const auto id = own_requests_.next_id(); own_requests_.busy() && id) {
        learn_answer_time(means.moment.now);
        (void)own_requests_.answered(*id);
      }
      sent_at_ = kNever;
      own_.reset();
      own_message_.reset();
      for (auto next = turn.follow.rbegin(); next != turn.follow.rend(); ++next) follow_.push_front(std::move(*next));
      return start_next(means);
    }
    case Outcome::kRefusePeer:
      return refuse_peer(means, turn.reason.value_or(Reason{}));
    case Outcome::kClose:
    case Outcome::kSendAndClose:
      return close_now(means, turn.reason.value_or(Reason{}));
  }
}

void IkeSa::after_peer(Means& means, Turn& turn, Outcome outcome) {
  if (turn.job) peer_job_ = turn.job;
  if (outcome == Outcome::kWait) return;
  if (outcome == Outcome::kClose) return close_now(means, turn.reason.value_or(Reason{}));
  if (!send_response(means, turn)) return;
  if (outcome != Outcome::kSendAndClose) serving_->answered(turn);
  if (!state_.large_place) handshake_patience_.large_came(means.moment.now);
  serving_.reset();
  serving_message_.reset();
  if (turn.reason) return close_now(means, *turn.reason);
  start_next(means);
}

std::optional<ikemessage::SentMessage> IkeSa::pack(Means& means, Exchange exchange, IkeDirection direction,
                                                   ikewire::MessageId id, ikemessage::Payloads payloads) {
  const ikewire::IkeHeader header{.initiator_spi = state_.spis.initiator,
                                  .responder_spi = state_.spis.responder,
                                  .exchange = exchange,
                                  .sender = state_.role,
                                  .direction = direction,
                                  .message_id = id};
  if (exchange == Exchange::kIkeSaInit) {
    ikewire::WireBuffer buffer(limits::kReassembledOctets);
    write_ike_header(buffer, header);
    buffer.write_bytes(payloads.octets);
    finish_ike_message(buffer, 0, payloads.first);
    if (!buffer.ok()) return std::nullopt;
    return ikemessage::SentMessage{buffer.take()};
  }
  if (!state_.protection) return std::nullopt;
  if (exchange == Exchange::kIkeAuth) payloads.solution = state_.auth_solution;
  auto sealed = state_.protection->seal(header, payloads, largest_message(direction), means.random);
  if (!sealed) return std::nullopt;
  if (exchange == Exchange::kIkeIntermediate && !note_intermediate(state_.role, sealed->front(), payloads)) {
    return std::nullopt;
  }
  return std::move(*sealed);
}

// Beyond it a message leaves in fragments; 0: in none, whatever its size.
std::size_t IkeSa::largest_message(IkeDirection direction) const {
  if (!state_.peer.fragmentation) return 0;  // RFC 7383 §2.4: only when both sides said so
  const Path& path = direction == IkeDirection::kRequest ? state_.path : answer_path_;
  if (path.over_tcp()) return limits::kStreamMessageOctets;  // [9329-7.5-a]
  const bool v4 = path.remote.address.family() == IpFamily::kV4;
  return kDatagramOctets - (v4 ? kHeadersV4 : kHeadersV6);
}

void IkeSa::send(Means& means, const Path& path, const ikemessage::SentMessage& message) {
  for (const ikemessage::Datagram& datagram : message) means.effects.push_back(Send{path, datagram});
}

void IkeSa::send_request(Means& means, Turn& turn) {
  const auto id = own_requests_.next_id();
  if (!id || !turn.out.ok()) {
    return close_now(means, {kInternalFault, "message ids are used up, or a message is too long", Severity::kError});
  }
  auto message = pack(means, turn.type, IkeDirection::kRequest, *id, turn.out.take());
  if (!message) return close_now(means, {kInternalFault, "a request cannot be sealed", Severity::kError});
  if (turn.type == Exchange::kIkeSaInit) state_.init_request = message->front();
  note(means, "sent " + name_of(turn.type) + " request " + std::to_string(id->value) + " to " +
                  state_.path.remote.text() + parts_text(*message));
  sent_at_ = again_at_ = means.moment.now;
  const bool kept = own_requests_.busy()
                        ? own_requests_.replaced(means.moment.now, std::move(*message), jitter(means))
                        : own_requests_.sent(means.moment.now, std::move(*message), jitter(means),
                                             repeats_whole() ? limits::kFirstRetry : state_.answer_time.first_wait());
  if (!kept) return close_now(means, {kInternalFault, "two requests at a time", Severity::kError});
  send_outstanding(means);
}

bool IkeSa::send_response(Means& means, Turn& turn) {
  const ikewire::IkeHeader& request = serving_message_->header;
  if (!turn.out.ok()) {
    close_now(means, {kInternalFault, "a response is too long", Severity::kError});
    return false;
  }
  auto message = pack(means, request.exchange, IkeDirection::kResponse, request.message_id, turn.out.take());
  if (!message) {
    close_now(means, {kInternalFault, "a response cannot be sealed", Severity::kError});
    return false;
  }
  if (request.exchange == Exchange::kIkeSaInit) state_.init_response = message->front();
  note(means, "sent " + name_of(request.exchange) + " response " + std::to_string(request.message_id.value) +
                  parts_text(*message));
  send(means, answer_path_, *message);
  return peer_requests_.answer(request.message_id, std::move(*message));
}

// RFC 7296 §2.5, §2.21.3: a critical payload that nobody knows costs its message, malformed ones the SA
// [7296-2.5-h, 7296-2.21.2-a, 7296-2.21.2-b, 7296-3.10.1-d, 7296-4-b].
void IkeSa::answer_fault(Means& means, const ikemessage::Message& message, Reading reading, std::uint8_t critical) {
  ikemessage::PayloadWriter out;
  if (reading == Reading::kCritical) {
    out.add_notify(NotifyType::kUnsupportedCriticalPayload, std::array{std::byte{critical}});
  } else {
    out.add_notify(NotifyType::kInvalidSyntax);
  }
  auto packed = pack(means, message.header.exchange, IkeDirection::kResponse, message.header.message_id, out.take());
  if (packed) {
    send(means, answer_path_, *packed);
    (void)peer_requests_.answer(message.header.message_id, std::move(*packed));
  }
  if (reading == Reading::kBroken && message.header.exchange == expected_large_key(state_).exchange &&
      expected_large_key(state_).octets != 0) {
    break_large_round(means);
  } else if (reading == Reading::kBroken) {
    close_now(means, {kMalformed, "a malformed request of " + name_of(message.header.exchange)});
  }
}

void IkeSa::refuse_peer(Means& means, const Reason& reason) {
  ikemessage::PayloadWriter out;
  out.add_notify(NotifyType::kAuthenticationFailed);
  if (const auto id = own_requests_.next_id()) {
    if (const auto message = pack(means, Exchange::kInformational, IkeDirection::kRequest, *id, out.take())) {
      send(means, state_.path, *message);
    }
  }
  close_now(means, reason);
}

void IkeSa::close_now(Means& means, const Reason& reason) {
  if (gone_) return;
  gone_ = true;
  for (const auto& [id, child] : state_.children) means.effects.push_back(ChildDown{state_.tunnel(), id});
  state_.children.clear();
  const bool was_up = !is_handshake(state_.phase);
  const bool replaced = state_.phase == Phase::kRekeyed;
  if (!replaced) means.effects.push_back(Report{reason.severity, reason.id, state_.tunnel(), reason.text});
  const bool again = !was_up && state_.attempt.falls_back && state_.attempt_end() == negotiation::AttemptEnd::kSilent;
  means.effects.push_back(IkeDown{state_.tunnel(), state_.own_spi(), was_up, replaced, again});
}

// What the peer does lengthens it, within the usual life (RFC 8019 §4.1).
Instant IkeSa::deadline() const {
  if (gone_) return kNever;
  Instant next = std::min({own_requests_.deadline(), paced_.deadline(), ack_at_, incoming_request_.parts.deadline(),
                           incoming_response_.parts.deadline()});
  if (state_.series) next = std::min(next, state_.series->until);
  next = std::min(next, state_.stream.call_at);
  if (is_handshake(state_.phase)) {
    if (state_.path.over_tcp() && own_requests_.busy() && sent_at_ != kNever) {
      next = std::min(next, sent_at_ + patience());
    }
    return std::min(next, half_open() ? handshake_patience_.deadline() : unheard_at());
  }
  next = std::min(next, state_.expire_at);
  if (!own_ && !state_.wants.empty()) return Instant{};  // inherited ones
  if (own_requests_.busy() && sent_at_ != kNever) next = std::min(next, sent_at_ + patience());
  if (state_.phase == Phase::kEstablished) {
    next = std::min({next, state_.rekey_at, state_.new_child_at, ready_key_due()});
    for (const auto& [id, child] : state_.children) next = std::min({next, child.rekey_at, child.expire_at});
    if (!own_) next = std::min(next, state_.heard_at + state_.policy->ike.dpd_delay);
  }
  if (keeps_mapping(state_)) next = std::min(next, keepalive_at_ == kNever ? Instant{} : keepalive_at_);
  return next;
}

void IkeSa::on_time(Means& means) {
  if (gone_) return;
  const Instant now = means.moment.now;
  incoming_request_.parts.on_time(now);
  incoming_response_.parts.on_time(now);
  if (state_.series && now >= state_.series->until) drop_series(state_);
  if (now >= state_.stream.call_at) call_again(means);
  if (paced_.under_way()) send_paced(means);
  if (now >= ack_at_) acknowledge_fragments(means);
  retransmit(means);
  if (gone_) return;
  if (is_handshake(state_.phase)) {
    if (half_open() && now >= handshake_patience_.deadline()) {
      close_now(means, {unopened_ == 0 ? kHandshakeAbandoned : kKeysDiffer,
                        "the peer at " + state_.path.remote.text() + " did not end its handshake"});
    }
    return;
  }
  if (keeps_mapping(state_) && (keepalive_at_ == kNever || now >= keepalive_at_)) {
    keepalive_at_ = now + limits::kKeepalive;
    means.effects.push_back(SendKeepalive{state_.esp_path()});
  }
  make_ready_key(means);
  start_next(means);
  if (!gone_) serve_lifetimes(means);
}

// The request that is outstanding is answered. A long one takes the time of its pace as well.
void IkeSa::learn_answer_time(Instant now) {
  if (sent_at_ == kNever || state_.path.over_tcp() || is_long(*own_requests_.outstanding())) return;
  state_.answer_time.answered(now, sent_at_, again_at_);
}

std::string IkeSa::silence_text() const {
  return "no answer from " + state_.path.remote.text() + " after " + std::to_string(own_requests_.tries()) + " tries";
}

// Anybody may send what does not open: this is a hint, and ends nothing.
std::string_view IkeSa::silence_id() const {
  if (!is_handshake(state_.phase)) return kPeerGone;
  return unopened_ == 0 ? kPeerUnreachable : kKeysDiffer;
}

// The same octets until an answer comes or patience ends [7296-2.1-f, 7296-2.1-g, 7296-2.2-a, 7296-2.4-d,
// 7383-2.5.2-d].
void IkeSa::retransmit(Means& means) {
  const Instant now = means.moment.now;
  const bool established = !is_handshake(state_.phase);
  const bool patience_over = (established || state_.path.over_tcp()) && own_requests_.busy() && sent_at_ != kNever &&
                             now >= sent_at_ + patience();
  switch (patience_over || now >= unheard_at() ? ikemessage::RetryStep::kGiveUp
                                               : own_requests_.on_time(now, jitter(means), most_tries())) {
    case ikemessage::RetryStep::kWait:
      return;
    case ikemessage::RetryStep::kResend:
      if (sent_at_ != kNever && again_at_ < sent_at_ + kTellAfter && now >= sent_at_ + kTellAfter) {
        means.effects.push_back(Report{Severity::kWarn, established ? kPeerGone : kPeerUnreachable, state_.tunnel(),
                                       silence_text() + ", still trying"});
      }
      ++state_.attempt.repeats;
      again_at_ = now;
      send_outstanding(means);
      return;
    case ikemessage::RetryStep::kGiveUp:
      state_.attempt.silent = true;
      if (!established && state_.attempt.falls_back && state_.attempt_end() == negotiation::AttemptEnd::kSilent) {
        return close_now(means, {kFallsBack, silence_text() + " over UDP: the next one goes over TCP"});
      }
      close_now(means, {silence_id(), silence_text(), Severity::kError});
      return;
  }
}

// [7296-2.8-a, 7296-2.8-b]
void IkeSa::serve_lifetimes(Means& means) {
  const Instant now = means.moment.now;
  if (now >= state_.expire_at) {
    state_.expire_at = now + limits::kReplacedLife;
    if (state_.phase == Phase::kEstablished) {
      means.effects.push_back(
          Report{Severity::kError, kLifetimeOver, state_.tunnel(), "the IKE SA reached its end without a rekey"});
    }
    if (own_ && state_.phase != Phase::kEstablished) return close_now(means, {kIkeClosed, "the old IKE SA is dropped"});
    return want(means, Want::kDeleteIke);
  }
  if (state_.phase != Phase::kEstablished) return;
  if (now >= state_.rekey_at) {
    state_.rekey_at = kNever;
    want(means, Want::kRekeyIke);
  }
  if (now >= state_.new_child_at) {
    state_.new_child_at = kNever;
    want(means, Want::kNewChild);
  }
  serve_children(means);
  if (!gone_ && !own_ && now >= state_.heard_at + state_.policy->ike.dpd_delay) want(means, Want::kLiveness);
}

// What was not rekeyed in its time is deleted; a tunnel without a Child SA asks for a new one
// [7296-2.8-a, 7296-2.8-b, 7296-4-e].
void IkeSa::serve_children(Means& means) {
  const Instant now = means.moment.now;
  std::vector<std::pair<Want, ChildId>> due;
  for (auto& [id, child] : state_.children) {
    if (now >= child.expire_at) {
      child.expire_at = now + limits::kReplacedLife;
      if (child.stage == ChildStage::kActive) {
        means.effects.push_back(
            Report{Severity::kError, kLifetimeOver, state_.tunnel(), "a Child SA reached its end without a rekey"});
      }
      due.emplace_back(Want::kDeleteChild, id);
    } else if (now >= child.rekey_at) {
      child.rekey_at = kNever;
      if (child.stage == ChildStage::kActive) due.emplace_back(Want::kRekeyChild, id);
    }
  }
  for (const auto& [what, id] : due) want(means, what, id);
}

}  // namespace levelgate::ike
