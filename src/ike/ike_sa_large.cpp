// SPDX-License-Identifier: Apache-2.0
//
// Long messages: ours leave at a pace and are repeated until the answer comes, of the peer's only those are put
// together that were agreed to, and what is there of them is told.
#include <algorithm>

#include "ike/exchanges/large_key_offer.h"
#include "ike/exchanges/serve_create.h"
#include "ike/ike_sa.h"
#include "ikemessage/fragment_ack.h"

namespace levelgate::ike {

using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::NotifyType;

// At once, or at a pace when it is long: then the wait for the answer begins behind its last datagram.
void IkeSa::send_outstanding(Means& means) {
  const ikemessage::SentMessage& message = *own_requests_.outstanding();
  if (!is_long(message)) return send(means, state_.path, message);
  // After one silence the answer may be lost, or what told of the fragments: what was told before still counts. After
  // another one it may be forgotten.
  if (own_requests_.tries() == 1 || silences_ >= 2) paced_.skip_nothing();
  ++silences_;
  paced_.begin(means.moment.now, state_.policy->large_keys ? state_.policy->large_keys->pace_bits_per_second
                                                           : model::LargeKeys{}.pace_bits_per_second);
  own_requests_.postpone(kNever);
  send_paced(means);
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
  const bool known = state_.round_trip != Nanos(0);
  const Nanos wait = known ? state_.round_trip + state_.round_trip / 8 + limits::kLargeAnswerTime : limits::kFirstRetry;
  own_requests_.postpone(now + std::min(wait * (1 + own_requests_.tries() / 4), limits::kLongestRetry));
}

// A peer that was told to bring a large key may hold so much, and only then.
void IkeSa::expect_large_keys() {
  const std::size_t key = expected_large_key(state_);
  incoming_request_.parts.bound(
      key == 0 ? ikemessage::ReassemblyBounds{}
               : ikemessage::ReassemblyBounds{limits::kLargeFragments, key + limits::kBesideLargeKey});
}

void IkeSa::fragment_arrived(Means& means, const Path& path, const ikewire::IkeHeader& header) {
  const Instant now = means.moment.now;
  state_.heard_at = now;
  if (header.exchange != Exchange::kIkeFollowupKe || expected_large_key(state_) == 0) return;
  state_.series->until = std::min(now + limits::kFollowupIdle, state_.series->longest);
  if (!state_.peer.fragment_acks) return;
  ack_at_ = now + limits::kFragmentAckDelay;
  ack_path_ = path;
}

// In no window of messages: it has the number of the request that it is about, and nothing answers it.
void IkeSa::acknowledge_fragments(Means& means) {
  ack_at_ = kNever;
  const ikemessage::Reassembly& parts = incoming_request_.parts;
  if (parts.empty() || expected_large_key(state_) == 0) return;
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
