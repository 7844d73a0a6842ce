// SPDX-License-Identifier: Apache-2.0
//
// Long messages: ours leave at a pace and are repeated until the answer comes, of the peer's only those are put
// together that were agreed to, and what is there of them is told.
#include <algorithm>

#include "ike/ike_sa.h"
#include "ikeexchange/key_jobs.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/serve_create.h"
#include "ikemessage/big_start.h"
#include "ikemessage/fragment_ack.h"
#include "negotiation/large_keys.h"

namespace levelgate::ike {

using ikeexchange::break_series;
using ikeexchange::expected_large_key;
using ikeexchange::ExpectedLargeKey;
using ikeexchange::Means;
using ikeexchange::start_generating;
using ikeexchange::Turn;
using ikestate::is_handshake;
using ikestate::JobValue;
using ikestate::kMalformed;
using ikestate::Path;
using ikestate::Phase;
using ikestate::Send;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::NotifyType;

std::uint64_t IkeSa::pace() const {
  const auto& large = state_.policy->large_keys;
  return std::max<std::uint64_t>(large ? large->pace_bits_per_second : model::LargeKeys{}.pace_bits_per_second, 1);
}

// At once, or at a pace when it is long: then the wait for the answer begins behind its last datagram.
void IkeSa::send_outstanding(Means& means) {
  const ikemessage::SentMessage& message = *own_requests_.outstanding();
  if (state_.path.over_tcp()) {
    // TCP repeats, paces and acknowledges [9329-6.2-a].
    send(means, state_.path, message);
    return own_requests_.postpone(kNever);
  }
  if (!is_long(message)) return send(means, state_.path, message);
  // After one silence the answer may be lost, or what told of the fragments: what was told before still counts. After
  // another one it may be forgotten.
  if (own_requests_.tries() == 1 || silences_ >= 2) {
    paced_.skip_nothing();
  } else if (asking_is_quicker(message)) {
    paced_.skip(ikemessage::FragmentMap(message.size(), true));
  }
  ++silences_;
  paced_.begin(means.moment.now, pace());
  own_requests_.postpone(kNever);
  send_paced(means);
}

// Nothing was told of what left, and it would take longer to leave again than the first fragment to ask.
bool IkeSa::asking_is_quicker(const ikemessage::SentMessage& message) const {
  if (!state_.peer.fragment_acks || paced_.skips_any()) return false;
  return message.size() * message.front().size() * 8'000'000'000 / pace() >
         static_cast<std::uint64_t>(state_.answer_time.silence().count());
}

void IkeSa::send_paced(Means& means) {
  const Instant now = means.moment.now;
  const ikemessage::SentMessage* const message = own_requests_.outstanding();
  if (message == nullptr) return paced_.stop();
  const bool last = paced_.on_time(now, *message, [&](const ikemessage::Datagram& datagram) {
    means.effects.push_back(Send{state_.path, datagram});
  });
  if (!last) return;
  // The first repeats come quickly: fragments that are there stay there. Then the waits grow.
  const Nanos wait = state_.answer_time.silence() * (1 + own_requests_.tries() / 4);
  own_requests_.postpone(now + std::min(wait, limits::kLongestRetry));
}

// A peer that was told to bring a large key may hold so much, and only then.
void IkeSa::expect_large_keys() {
  const std::size_t key = expected_large_key(state_).octets;
  incoming_request_.parts.bound(
      key == 0 ? ikemessage::ReassemblyBounds{}
               : ikemessage::ReassemblyBounds{limits::kLargeFragments, key + limits::kBesideLargeKey});
}

// The length is known from the method: the first octets say whether it will be another one.
bool IkeSa::is_refused(const Incoming& incoming, const ikemessage::Piece& piece,
                       ikemessage::PieceVerdict verdict) const {
  const ExpectedLargeKey expected = expected_large_key(state_);
  if (expected.octets == 0 || &incoming != &incoming_request_) return false;
  if (verdict == ikemessage::PieceVerdict::kTooLong) return true;
  if (verdict != ikemessage::PieceVerdict::kWanted || piece.fragment.number != 1 || piece.fragment.total == 1) {
    return false;
  }
  return ikemessage::judge_big_start(piece.first_inside, piece.inner, {expected.method, expected.octets}) ==
         ikemessage::BigStart::kOther;
}

// As any other malformed request, but that its first fragment is all that there is of it.
void IkeSa::refuse_large(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header) {
  const ConstBytes first = incoming_request_.first.empty() ? octets : ConstBytes(incoming_request_.first);
  const auto digest = digest_of(first);
  incoming_request_.parts.drop();
  ack_at_ = kNever;
  if (!digest || !peer_requests_.accept(header.message_id, *digest)) return;
  answer_path_ = path;
  ikemessage::Message message{header, {}, {}, ikewire::PayloadType::kNone, {}};
  answer_fault(means, message, Reading::kBroken, 0);
}

// The series comes to nothing and the SA stays, unless that is all that the peer does.
void IkeSa::break_large_round(Means& means) {
  if (is_handshake(state_.phase)) {
    return close_now(means, {kMalformed, "IKE_INTERMEDIATE brings another key than the agreed one"});
  }
  if (break_series(state_)) close_now(means, {kMalformed, "the peer brings other keys than the agreed ones"});
}

// Until the large key came, the responder has less patience than retransmission has: by now it has forgotten this
// handshake, and a new one is the shorter way.
Instant IkeSa::unheard_at() const {
  const bool awaits = state_.phase == Phase::kIntermediateSent && own_requests_.busy() && sent_at_ != kNever &&
                      negotiation::has_large(state_.suite) && !state_.large_key;
  if (!awaits || (is_long(*own_requests_.outstanding()) && !state_.peer.fragment_acks)) return kNever;
  return std::max(state_.heard_at, sent_at_) + limits::kLargeHandshakeSilence;
}

// One, for the rekey that is next; another one when the configuration asks for another set.
Instant IkeSa::ready_key_due() const {
  const bool wanted =
      state_.phase == Phase::kEstablished && state_.policy->large_keys && state_.peer.large_keys && !ready_job_;
  if (!wanted || state_.rekey_at == kNever) return kNever;
  const auto method = static_cast<std::uint16_t>(state_.policy->large_keys->method);
  const bool tried = state_.ready_key ? state_.ready_key->method().id == method : ready_for_ == state_.rekey_at;
  return tried ? kNever : state_.rekey_at - limits::kLargeKeyAhead;
}

void IkeSa::make_ready_key(Means& means) {
  if (means.moment.now < ready_key_due()) return;
  state_.ready_key.reset();
  ready_for_ = state_.rekey_at;
  Turn turn(means, state_);
  start_generating(turn, state_.policy->large_keys->method);
  ready_job_ = turn.job;
}

void IkeSa::take_ready_key(JobValue value) {
  ready_job_.reset();
  auto* const made = std::get_if<Result<std::unique_ptr<crypto::GeneratedKey>>>(&value);
  if (made != nullptr && *made && state_.phase == Phase::kEstablished) state_.ready_key = std::move(**made);
}

void IkeSa::fragment_arrived(Means& means, const Path& path, const ikewire::IkeHeader& header) {
  const Instant now = means.moment.now;
  state_.heard_at = now;
  const ExpectedLargeKey expected = expected_large_key(state_);
  if (expected.octets == 0 || header.exchange != expected.exchange) return;
  if (state_.series) state_.series->until = std::min(now + limits::kFollowupIdle, state_.series->longest);
  handshake_patience_.progress(now);
  // Before authentication nobody else than the proven address is told anything.
  const bool proven = !is_handshake(state_.phase) || path.remote.address == state_.path.remote.address;
  if (!state_.peer.fragment_acks || !proven || path.over_tcp()) return;
  ack_at_ = arrivals_.arrived(now);
  ack_path_ = path;
}

// In no window of messages: it has the number of the request that it is about, and nothing answers it.
void IkeSa::acknowledge_fragments(Means& means) {
  ack_at_ = kNever;
  arrivals_.told();
  const ikemessage::Reassembly& parts = incoming_request_.parts;
  if (parts.empty() || expected_large_key(state_).octets == 0) return;
  ikemessage::PayloadWriter out;
  out.add_notify_written(NotifyType::kFragmentAcks,
                         [&](ikewire::WireBuffer& value) { ikemessage::write_fragment_ack(value, parts.map()); });
  const auto message = pack(means, Exchange::kFragmentAck, IkeDirection::kResponse, parts.id(), out.take());
  if (message) send(means, ack_path_, *message);
}

// A peer that lies about what it has waits for its own answer.
void IkeSa::take_fragment_ack(Means& means, ConstBytes octets, const ikewire::IkeHeader& header) {
  const ikemessage::SentMessage* const message = own_requests_.outstanding();
  const bool awaited = header.direction == IkeDirection::kResponse && message != nullptr && is_long(*message) &&
                       own_requests_.verdict(header.message_id) == ikemessage::ResponseVerdict::kAwaited;
  if (!awaited || !state_.peer.fragment_acks || !state_.protection) return;
  const auto chain = read_chain(header.first_payload, octets.subspan(ikewire::kIkeHeaderOctets), {});
  if (!chain) return;
  const auto opened = state_.protection->open(octets, *chain);
  if (!opened || opened->fragment) return;
  const auto inside = read_chain(opened->first_inside, opened->inner, {.place = ikewire::ChainPlace::kInsideEncrypted});
  if (!inside) return;
  for (const ikewire::PayloadView& view : *inside) {
    if (view.type != ikewire::PayloadType::kNotify) continue;
    const auto notify = ikewire::read_notify(view.body);
    if (!notify || notify->type != NotifyType::kFragmentAcks) continue;
    auto map = ikemessage::read_fragment_ack(notify->value, message->size());
    if (!map) return;
    state_.heard_at = means.moment.now;
    paced_.skip(std::move(*map));
    silences_ = 0;
    // All has left: what lacks goes at once.
    if (!paced_.under_way()) own_requests_.postpone(means.moment.now);
    return;
  }
}

}  // namespace levelgate::ike
