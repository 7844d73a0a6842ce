// SPDX-License-Identifier: Apache-2.0
//
// Messages in: window, gate, reassembly, encryption, payloads, exchange.
#include "ike/ike_sa.h"

#include <algorithm>

#include "crypto/ike_hash.h"
#include "ikeexchange/auth.h"
#include "ikeexchange/create_child.h"
#include "ikeexchange/informational.h"
#include "ikeexchange/intermediate.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/puzzle_jobs.h"
#include "ikeexchange/serve_create.h"
#include "ikewire/ike_intermediate.h"
#include "negotiation/large_keys.h"

namespace levelgate::ike {
namespace {

using ikeexchange::auth_puzzle_text;
using ikeexchange::InitChoice;
using ikeexchange::Means;
using ikeexchange::Outcome;
using ikeexchange::OwnSaInit;
using ikeexchange::PeerAuth;
using ikeexchange::PeerCreate;
using ikeexchange::PeerExchange;
using ikeexchange::PeerFollowup;
using ikeexchange::PeerInformational;
using ikeexchange::PeerIntermediate;
using ikeexchange::PeerSaInit;
using ikeexchange::Turn;
using ikestate::ChildId;
using ikestate::Gate;
using ikestate::gate;
using ikestate::is_handshake;
using ikestate::JobId;
using ikestate::JobValue;
using ikestate::kInternalFault;
using ikestate::kMalformed;
using ikestate::kPeerMoved;
using ikestate::other;
using ikestate::Path;
using ikestate::PathMoved;
using ikestate::Phase;
using ikestate::Report;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::Want;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::PayloadType;
using ikewire::PayloadView;

std::uint16_t fragment_number(const std::vector<PayloadView>& chain) {
  const bool cut = !chain.empty() && chain.back().type == PayloadType::kSkf && chain.back().body.size() >= 4;
  return cut ? load_be<std::uint16_t>(chain.back().body.data()) : std::uint16_t{0};
}

std::unique_ptr<PeerExchange> exchange_for(Exchange exchange) {
  if (exchange == Exchange::kIkeIntermediate) return std::make_unique<PeerIntermediate>();
  if (exchange == Exchange::kIkeAuth) return std::make_unique<PeerAuth>();
  if (exchange == Exchange::kCreateChildSa) return std::make_unique<PeerCreate>();
  if (exchange == Exchange::kIkeFollowupKe) return std::make_unique<PeerFollowup>();
  if (exchange == Exchange::kInformational) return std::make_unique<PeerInformational>();
  return nullptr;
}

// Whoever has support confirmed may use it for what it likes, or for nothing (RFC 9242 §3.2): for a list (RFC 9593
// §3.1), for PPKs (RFC 9867 §3.1), and libreswan always sends an empty one. None comes behind the PPKs.
Phase phase_towards(const SaState& sa, Exchange exchange) {
  const bool may_ask = sa.phase == Phase::kAuthDue && sa.peer.intermediate && !sa.ppk.offered &&
                       sa.intermediates < sa.suite.additional.size() + limits::kBareIntermediates;
  return may_ask && exchange == Exchange::kIkeIntermediate ? Phase::kIntermediateDue : sa.phase;
}

}  // namespace

std::optional<ikemessage::MessageDigest> IkeSa::digest_of(ConstBytes datagram) {
  const auto hash = crypto::ike_hash(crypto::IkeHash::kSha256, {datagram});
  ikemessage::MessageDigest digest{};
  if (!hash || hash->size() != digest.size()) return std::nullopt;
  std::ranges::copy(*hash, digest.begin());
  return digest;
}

void IkeSa::begin(Means& means) {
  follow_.push_back(std::make_unique<OwnSaInit>());
  start_next(means);
}

void IkeSa::serve_init(Means& means, InitChoice choice, ikemessage::Message request) {
  handshake_patience_.begin(means.moment.now);
  if (negotiation::has_large(choice.suite)) handshake_patience_.await_large();
  answer_path_ = state_.path;
  const auto digest = digest_of(request.datagram);
  if (!digest || !peer_requests_.accept(ikewire::MessageId{0}, *digest)) {
    return close_now(means, {kInternalFault, "an IKE_SA_INIT cannot be told from another", Severity::kError});
  }
  note(means, "received IKE_SA_INIT request 0 from " + state_.path.remote.text());
  serving_ = std::make_unique<PeerSaInit>(std::move(choice));
  serving_message_ = std::make_unique<ikemessage::Message>(std::move(request));
  Turn turn(means, state_);
  prepare(turn);
  const Outcome outcome = serving_->on_request(turn, *serving_message_);
  after_peer(means, turn, outcome);
}

void IkeSa::datagram(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header) {
  if (gone_) return;
  if (header.exchange == Exchange::kFragmentAck) {
    take_fragment_ack(means, octets, header);
  } else if (header.direction == IkeDirection::kRequest) {
    request(means, path, octets, header);
  } else {
    response(means, path, octets, header);
  }
}

void IkeSa::request(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header) {
  const auto digest = digest_of(octets);
  const auto chain = read_chain(header.first_payload, octets.subspan(ikewire::kIkeHeaderOctets), {});
  if (!digest || !chain) return;
  switch (peer_requests_.verdict({header.message_id, *digest, fragment_number(*chain)})) {
    case ikemessage::RequestVerdict::kAnswerAgain:
      if (const ikemessage::SentMessage* again = peer_requests_.response(header.message_id)) send(means, path, *again);
      return;
    case ikemessage::RequestVerdict::kAnswerIfAuthentic: {
      const ikemessage::SentMessage* const again = peer_requests_.response(header.message_id);
      if (again != nullptr && state_.protection && state_.protection->open(octets, *chain)) send(means, path, *again);
      return;
    }
    case ikemessage::RequestVerdict::kNew:
      break;
    case ikemessage::RequestVerdict::kUnderWay:
    case ikemessage::RequestVerdict::kOtherFragment:
    case ikemessage::RequestVerdict::kOtherOctets:
    case ikemessage::RequestVerdict::kTooOld:
    case ikemessage::RequestVerdict::kTooNew:
      return;
    case ikemessage::RequestVerdict::kNoMore:
      if (state_.protection && state_.protection->open(octets, *chain)) want(means, Want::kDeleteIke);
      return;
  }
  const Phase phase = phase_towards(state_, header.exchange);
  if (gate(phase, state_.role, IkeDirection::kRequest, header.exchange) == Gate::kClosed || serving_) return;
  if (half_open() && !may_open(means, header, *chain)) return;
  expect_large_keys();
  const std::size_t held = incoming_request_.parts.octets();
  auto message = open_whole(means, incoming_request_, octets, header, *chain);
  if (!message) {
    if (std::exchange(incoming_request_.refused, false)) return refuse_large(means, path, octets, header);
    if (incoming_request_.parts.octets() > held) fragment_arrived(means, path, header);
    return;
  }
  ack_at_ = kNever;
  const auto first = digest_of(message->datagram);
  if (!first || !peer_requests_.accept(header.message_id, *first)) return;
  state_.heard_at = means.moment.now;
  handshake_patience_.progress(means.moment.now);
  answer_path_ = path;  // whatever port it is, RFC 7296 §2.11 [7296-2.23-a]
  follow_path(means, path);
  serve(means, std::move(*message));
}

// Before the peer is known: not without end, not more work than all may cause, and not without the solution of a puzzle
// (RFC 8019 §7.2.4) [8019-7.2.4-a, 8019-7.2.4-b, 8019-7.2.4-d, 8019-4.6-a].
bool IkeSa::may_open(const Means& means, const ikewire::IkeHeader& header, const std::vector<PayloadView>& chain) {
  if (unopened_ >= limits::kUnopenedOfHandshake || !means.registry.may_work(state_.own_spi())) return false;
  if (header.exchange != Exchange::kIkeAuth || !state_.auth_puzzle) return true;
  if (!brings_solution(chain)) return false;
  state_.auth_puzzle.reset();  // what comes again needs no check
  return true;
}

bool IkeSa::brings_solution(const std::vector<PayloadView>& chain) const {
  const auto found = std::ranges::find(chain, PayloadType::kPuzzleSolution, &PayloadView::type);
  if (found == chain.end()) return false;
  const auto solution = ikewire::read_puzzle_solution(found->body);
  const auto prf = ikemessage::prf_of(state_.auth_puzzle->prf);
  if (!solution || !prf) return false;
  const admission::PuzzleTask task{*prf, state_.auth_puzzle->difficulty, auth_puzzle_text(state_)};
  return check_puzzle(task, *solution).verdict == admission::PuzzleVerdict::kSolved;
}

// Never answered, whatever it says [7296-3.1-k].
void IkeSa::response(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header) {
  if (!own_ || own_requests_.verdict(header.message_id) != ikemessage::ResponseVerdict::kAwaited) return;
  if (gate(state_.phase, state_.role, IkeDirection::kResponse, header.exchange) == Gate::kClosed) return;
  const auto chain = read_chain(header.first_payload, octets.subspan(ikewire::kIkeHeaderOctets), {});
  if (!chain) return;
  if (header.exchange == Exchange::kIkeSaInit) {
    state_.attempt.answered = true;
    ikemessage::Message message{header, {octets.begin(), octets.end()}, {}, header.first_payload, {}};
    return take_response(means, std::move(message));
  }
  auto message = open_whole(means, incoming_response_, octets, header, *chain);
  if (!message) return;
  learn_answer_time(means.moment.now);
  if (!own_requests_.answered(header.message_id)) return;
  paced_.stop();
  sent_at_ = kNever;
  state_.heard_at = means.moment.now;
  follow_path(means, path);
  take_response(means, std::move(*message));
}

// An authentic message, whole; nothing when it is not, or not yet: what nobody signed changes nothing (RFC 7296 §2.4,
// §2.21.4) [7296-1.5-a, 7296-2.4-c, 7296-2.21.4-d, 7296-2.21.4-e].
std::optional<ikemessage::Message> IkeSa::open_whole(Means& means, Incoming& incoming, ConstBytes octets,
                                                     const ikewire::IkeHeader& header,
                                                     const std::vector<PayloadView>& chain) {
  if (!state_.protection) return std::nullopt;
  ikemessage::Reassembly& parts = incoming.parts;
  if (const std::uint16_t number = fragment_number(chain); number != 0) {
    const ikewire::FragmentNumber fragment{number, load_be<std::uint16_t>(chain.back().body.data() + 2)};
    if (!state_.peer.fragmentation || parts.verdict(header.message_id, fragment) != ikemessage::PieceVerdict::kWanted) {
      return std::nullopt;
    }
  }
  auto opened = state_.protection->open(octets, chain);
  if (!opened) {
    ++unopened_;
    return std::nullopt;
  }
  if (!opened->fragment) {
    parts.drop();
    return ikemessage::Message{
        header, {octets.begin(), octets.end()}, std::move(opened->inner), opened->first_inside, {}};
  }
  const auto digest = digest_of(octets);
  if (!digest) return std::nullopt;
  if (opened->fragment->number == 1) incoming.first.assign(octets.begin(), octets.end());
  // A large key has its place already.
  if (half_open() && !state_.large_place &&
      !means.registry.hold_fragments(state_.own_spi(), parts.octets() + opened->inner.size())) {
    return std::nullopt;
  }
  const ikemessage::Piece piece{header.message_id, *opened->fragment, opened->first_inside, *digest, opened->inner};
  const ikemessage::PieceVerdict added = parts.add(means.moment.now, piece);
  incoming.refused = is_refused(incoming, piece, added);
  if (incoming.refused || added != ikemessage::PieceVerdict::kWanted) return std::nullopt;
  auto whole = parts.take();
  if (!whole) return std::nullopt;
  return ikemessage::Message{
      header, std::exchange(incoming.first, {}), std::move(whole->inner), whole->first_inside, {}};
}

IkeSa::Reading IkeSa::read(ikemessage::Message& message, std::uint8_t& critical) const {
  const bool clear = message.header.exchange == Exchange::kIkeSaInit;
  const ConstBytes octets =
      clear ? ConstBytes(message.datagram).subspan(ikewire::kIkeHeaderOctets) : ConstBytes(message.octets);
  const ikewire::ChainRules rules{
      .place = clear ? ikewire::ChainPlace::kMessage : ikewire::ChainPlace::kInsideEncrypted, .big = big_payloads()};
  const auto chain = read_chain(message.first, octets, rules);
  if (!chain) {
    critical = static_cast<std::uint8_t>(chain.error().payload);
    return chain.error().fault == ikewire::IkeFault::kUnknownCritical ? Reading::kCritical : Reading::kBroken;
  }
  auto contents = ikemessage::read_contents(message.header.exchange, message.header.direction, *chain);
  if (!contents) return Reading::kBroken;
  message.contents = std::move(*contents);
  return Reading::kGood;
}

// What RFC 9242 §3.3.2 has signed of this message: with the keys from before its own key exchange.
bool IkeSa::note_intermediate(ikewire::IkeRole sender, ConstBytes datagram, const ikemessage::Payloads& payloads) {
  const auto header = ikewire::read_ike_header(datagram);
  const auto chain = read_chain(header.header.first_payload, datagram.subspan(ikewire::kIkeHeaderOctets), {});
  if (!chain) return false;
  ikewire::WireBuffer prefix(limits::kReassembledOctets);
  write_intermediate_prefix(prefix, datagram, *chain, payloads.octets.size(), big_payloads());
  if (!prefix.ok()) return false;
  return state_.int_auth.add(sender, state_.keys.prf, state_.proof_of(sender).bytes(), prefix.octets(), payloads.octets)
      .has_value();
}

void IkeSa::serve(Means& means, ikemessage::Message message) {
  if (message.header.exchange == Exchange::kIkeIntermediate &&
      !note_intermediate(other(state_.role), message.datagram, {message.first, message.octets})) {
    return close_now(means, {kInternalFault, "IntAuth cannot be computed", Severity::kError});
  }
  std::uint8_t critical = 0;
  const Reading reading = read(message, critical);
  if (reading != Reading::kGood) return answer_fault(means, message, reading, critical);
  serving_ = exchange_for(message.header.exchange);
  if (!serving_) return;
  note(means,
       "received " + name_of(message.header.exchange) + " request " + std::to_string(message.header.message_id.value));
  serving_message_ = std::make_unique<ikemessage::Message>(std::move(message));
  Turn turn(means, state_);
  prepare(turn);
  const Outcome outcome = serving_->on_request(turn, *serving_message_);
  if (turn.forget_own && own_) own_->forget();
  after_peer(means, turn, outcome);
}

void IkeSa::take_response(Means& means, ikemessage::Message message) {
  const bool intermediate = message.header.exchange == Exchange::kIkeIntermediate;
  if (intermediate && !note_intermediate(other(state_.role), message.datagram, {message.first, message.octets})) {
    return close_now(means, {kInternalFault, "IntAuth cannot be computed", Severity::kError});
  }
  std::uint8_t critical = 0;
  if (read(message, critical) != Reading::kGood) {
    if (message.header.exchange == Exchange::kIkeSaInit) return;  // anybody's
    return close_now(means, {kMalformed, "a malformed response to " + name_of(message.header.exchange)});
  }
  note(means,
       "received " + name_of(message.header.exchange) + " response " + std::to_string(message.header.message_id.value));
  own_message_ = std::make_unique<ikemessage::Message>(std::move(message));
  Turn turn(means, state_);
  prepare(turn);
  const Outcome outcome = own_->on_response(turn, *own_message_);
  after_own(means, turn, outcome);
}

// The peer's address may change at its NAT; who has no NAT before it stays where it was authenticated (RFC 7296 §2.23).
void IkeSa::follow_path(Means& means, const Path& path) {
  if (path.over_tcp() || state_.path.over_tcp()) {
    if (arrived_by(means, path)) repeat_outstanding(means);
    return;
  }
  const bool handshake = is_handshake(state_.phase);
  if (path == state_.path || (!handshake && !state_.nat.peer)) return;
  state_.path = path;
  if (handshake) return;
  std::vector<ChildId> children;
  for (const auto& [id, child] : state_.children) children.push_back(id);
  means.effects.push_back(PathMoved{state_.tunnel(), std::move(children), path});
  means.effects.push_back(
      Report{Severity::kInfo, kPeerMoved, state_.tunnel(), "the peer is at " + path.remote.text() + " now"});
}

void IkeSa::job_done(Means& means, JobId id, JobValue value) {
  if (gone_) return;
  if (ready_job_ == id) return take_ready_key(std::move(value));
  Turn turn(means, state_);
  prepare(turn);
  if (own_job_ == id && own_) {
    own_job_.reset();
    const Outcome outcome = own_->on_job(turn, std::move(value));
    after_own(means, turn, outcome);
  } else if (peer_job_ == id && serving_) {
    peer_job_.reset();
    const Outcome outcome = serving_->on_job(turn, std::move(value));
    after_peer(means, turn, outcome);
  }
}

}  // namespace levelgate::ike
