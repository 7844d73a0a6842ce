// SPDX-License-Identifier: Apache-2.0
//
// Answers to requests for new SAs.
#include "ikeexchange/serve_create.h"

#include <algorithm>

#include "ikeexchange/key_jobs.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/ppk_create.h"
#include "ikeexchange/ppk_intermediate.h"
#include "ikestate/wording.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/negotiate.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::ChildSa;
using ikestate::ChildStage;
using ikestate::IkeUp;
using ikestate::JobValue;
using ikestate::kIkeRekeyed;
using ikestate::kMalformed;
using ikestate::kNoProposal;
using ikestate::OutboundUse;
using ikestate::OwnActivity;
using ikestate::PeerRekey;
using ikestate::PeerRekeyRecord;
using ikestate::PeerRequest;
using ikestate::Phase;
using ikestate::Reply;
using ikestate::reply_to;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::suite_text;
using ikestate::Target;
using ikewire::KeMethod;
using ikewire::NotifyType;
using ikewire::PayloadType;

constexpr std::size_t kLinkOctets = 8;

// Whether a rekey of ours of the same SA waits for its answer: then both nonces decide there, and nothing moves here.
bool collides(const Turn& turn, const Creation& creation) {
  if (creation.kind == CreationKind::kRekeyIke) return turn.own_activity == OwnActivity::kRekeyingIke;
  return turn.own_activity == OwnActivity::kRekeyingChild && turn.own_target == creation.replaces;
}

// The exchange has come to its end: the Child SA stands, or what shall replace the IKE SA; the response leaves behind
// it [7296-2.8-d].
Result<std::optional<SaState>> complete(Turn& turn, const Creation& creation) {
  SaState& sa = turn.sa;
  if (creation.kind == CreationKind::kRekeyIke) {
    auto successor = make_successor(turn, creation);
    if (!successor) return std::unexpected(successor.error());
    sa.peer_rekey = {PeerRekey::kMade, creation.nonces, {}, successor->own_spi()};
    return std::optional(std::move(*successor));
  }
  const bool rekey = creation.kind == CreationKind::kRekeyChild;
  const auto made = make_child(turn, creation, rekey ? OutboundUse::kOnProof : OutboundUse::kNow);
  if (!made) return std::unexpected(made.error());
  if (ChildSa* const old = sa.child(creation.replaces)) {
    old->peer_rekey = {PeerRekey::kMade, creation.nonces, *made, 0};
    if (!collides(turn, creation)) old->stage = ChildStage::kReplaced;
  }
  return std::optional<SaState>();
}

// Behind the response, so that it leaves under the old SA.
void take_over(Turn& turn, SaState successor, const Creation& creation) {
  SaState& sa = turn.sa;
  if (collides(turn, creation)) {
    successor.predecessor = sa.own_spi();
  } else {
    hand_over(sa, successor, turn.now());
    sa.phase = Phase::kRekeyed;
    sa.expire_at = turn.now() + limits::kReplacedLife;
    turn.report(Severity::kInfo, kIkeRekeyed,
                "IKE SA rekeyed by the peer: " + suite_text(successor.suite) +
                    (successor.post_quantum ? ", post-quantum" : ", not post-quantum"));
  }
  turn.means.effects.push_back(IkeUp{successor.tunnel(), successor.own_spi()});
  turn.means.registry.adopt(std::move(successor), Adoption::kKeep);
}

}  // namespace

void drop_series(SaState& sa) {
  if (!sa.series) return;
  const Creation& creation = sa.series->creation;
  const auto forget = [](PeerRekeyRecord& record) {
    if (record.state == PeerRekey::kFollowups) record = {};
  };
  if (creation.kind == CreationKind::kRekeyIke) forget(sa.peer_rekey);
  if (ChildSa* const old = sa.child(creation.replaces)) forget(old->peer_rekey);
  if (sa.departed == creation.replaces) forget(sa.departed_rekey);
  sa.series.reset();
}

bool break_series(SaState& sa) {
  drop_series(sa);
  return ++sa.broken_series >= limits::kBrokenSeries;
}

Outcome PeerCreate::refuse(Turn& turn, NotifyType type) {
  turn.out.add_notify(type);
  return Outcome::kSend;
}

Outcome PeerCreate::on_request(Turn& turn, const ikemessage::Message& request) {
  request_ = &request;
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = request.contents;
  if (!contents.proposals || !contents.nonce) return refuse(turn, NotifyType::kInvalidSyntax);
  if (sa.phase != Phase::kEstablished) return refuse(turn, NotifyType::kTemporaryFailure);
  inherit(turn);
  creation_.own = false;
  creation_.nonces.initiator.assign(contents.nonce->begin(), contents.nonce->end());
  creation_.nonces.responder.resize(32);
  if (const auto filled = turn.means.random.fill(creation_.nonces.responder); !filled) {
    return close(turn, filled.error());
  }
  auto ppk = choose_fresh_ppk(sa, contents);
  if (!ppk) {
    turn.report(Severity::kError, ppk.error().id, ppk.error().text);
    return refuse(turn, NotifyType::kNoProposalChosen);
  }
  creation_.ppk = std::move(*ppk);
  if (contents.proposals->front().protocol == ikewire::ProtocolId::kIke) return serve_ike(turn);
  if (const auto* rekey = contents.find(NotifyType::kRekeySa)) return serve_rekey_of_child(turn, *rekey);
  if (reply_to(turn.own_activity, PeerRequest::kCreateChild, Target::kUnknown) != Reply::kServe) {
    return refuse(turn, NotifyType::kTemporaryFailure);
  }
  return serve_child(turn);
}

Outcome PeerCreate::serve_rekey_of_child(Turn& turn, const ikewire::Notify& rekey) {
  SaState& sa = turn.sa;
  const bool esp = rekey.protocol == ikewire::ProtocolId::kEsp && rekey.spi.size() == 4;
  ChildSa* const old = esp ? sa.child_by_outbound(Spi{load_be<std::uint32_t>(rekey.spi.data())}) : nullptr;
  const bool alive = old != nullptr && old->stage != ChildStage::kReplaced;
  const Target target = !alive                               ? Target::kUnknown
                        : old->id == turn.own_target         ? Target::kSame
                        : old->stage == ChildStage::kClosing ? Target::kSame
                                                             : Target::kOther;
  const bool closing = alive && old->stage == ChildStage::kClosing;
  switch (reply_to(closing ? OwnActivity::kClosingChild : turn.own_activity, PeerRequest::kRekeyChild, target)) {
    case Reply::kServe:
    case Reply::kServeAndCompare:
      break;
    case Reply::kChildNotFound:
      turn.out.add_notify_of(NotifyType::kChildSaNotFound, rekey.spi);
      return Outcome::kSend;
    case Reply::kTemporaryFailure:
    case Reply::kServeAndForgetOwn:
    case Reply::kServeWithoutDelete:
      return refuse(turn, NotifyType::kTemporaryFailure);
  }
  creation_.kind = CreationKind::kRekeyChild;
  creation_.replaces = old->id;
  return serve_child(turn);
}

Outcome PeerCreate::serve_child(Turn& turn) {
  SaState& sa = turn.sa;
  if (sa.children.size() >= limits::kChildren) return refuse(turn, NotifyType::kNoAdditionalSas);
  const auto spi = turn.means.registry.draw_child_spi();
  if (!spi) return close(turn, spi.error());
  auto answer = choose_child(sa, request_->contents, *spi, negotiation::KeyExchanges::kNegotiated);
  if (!answer) {
    turn.report(Severity::kError, answer.error().id, answer.error().text);
    return refuse(turn, answer.error().notify);
  }
  answer_ = std::move(*answer);
  creation_.child = answer_.terms;
  creation_.suite = answer_.terms.suite;
  return exchange_keys(turn, creation_.suite.key_exchange);
}

Outcome PeerCreate::serve_ike(Turn& turn) {
  SaState& sa = turn.sa;
  const Reply reply = reply_to(turn.own_activity, PeerRequest::kRekeyIke, Target::kUnknown);
  if (reply != Reply::kServe && reply != Reply::kServeAndCompare) return refuse(turn, NotifyType::kTemporaryFailure);
  if (sa.peer_rekey.state == PeerRekey::kMade) return refuse(turn, NotifyType::kTemporaryFailure);
  creation_.kind = CreationKind::kRekeyIke;
  const auto& offered = *request_->contents.proposals;
  const auto choice = negotiation::choose(rekey_proposals(sa), offered, sa.policy->ike_terms(sa.additional()));
  if (!choice) {
    turn.report(Severity::kError, kNoProposal, "rekey of the IKE SA: " + choice.error().text());
    return refuse(turn, NotifyType::kNoProposalChosen);
  }
  if (const std::size_t octets = large_key_octets(choice->suite); octets != 0) {
    auto room = turn.means.registry.hold_large_key(octets);
    if (!room) return refuse(turn, NotifyType::kTemporaryFailure);  // it asks again in a while
    large_key_ = std::move(*room);
  }
  const auto chosen = std::ranges::find(offered, choice->answer.number, &ikewire::Proposal::number);
  if (chosen == offered.end() || chosen->spi.size() != 8) return refuse(turn, NotifyType::kInvalidSyntax);
  creation_.peer_ike_spi = ikewire::IkeSpi{load_be<std::uint64_t>(chosen->spi.data())};
  const auto own = turn.means.registry.draw_ike_spi();
  if (!own || creation_.peer_ike_spi.value == 0) return refuse(turn, NotifyType::kInvalidSyntax);
  creation_.own_ike_spi = *own;
  creation_.suite = choice->suite;
  ike_answer_ = choice->answer;
  ike_answer_.spi.resize(8);
  store_be<std::uint64_t>(ike_answer_.spi.data(), own->value);
  return exchange_keys(turn, creation_.suite.key_exchange);
}

// [7296-1.3-c, 7296-3.3.6-g, 7296-3.4-d]
Outcome PeerCreate::exchange_keys(Turn& turn, KeMethod method) {
  if (method == KeMethod::kNone) return send_response(turn, {});
  const auto& offered = request_->contents.key_exchange;
  if (!offered || offered->method != method) {
    turn.out.add_notify_written(NotifyType::kInvalidKePayload,
                                [&](ikewire::WireBuffer& value) { write_wanted_method(value, method); });
    return Outcome::kSend;
  }
  start_encapsulating(turn, *offered);
  return Outcome::kWait;
}

Outcome PeerCreate::on_job(Turn& turn, JobValue value) {
  auto* const made = std::get_if<Result<crypto::Encapsulation>>(&value);
  if (made == nullptr) return Outcome::kWait;
  if (!*made) return refuse(turn, NotifyType::kInvalidSyntax);
  if (turn.sa.phase != Phase::kEstablished) return refuse(turn, NotifyType::kTemporaryFailure);  // closed meanwhile
  creation_.shared.push_back(std::move((*made)->secret));
  return send_response(turn, (*made)->response);
}

Result<void> PeerCreate::start_series(Turn& turn) {
  drop_series(turn.sa);
  auto series = std::make_shared<FollowupSeries>();
  series->link.resize(kLinkOctets);
  if (const auto filled = turn.means.random.fill(series->link); !filled) return filled;
  turn.out.add_notify(NotifyType::kAdditionalKeyExchange, series->link);
  if (creation_.kind == CreationKind::kRekeyIke) {
    turn.sa.peer_rekey = {PeerRekey::kFollowups, creation_.nonces, {}, 0};
  } else if (ChildSa* const old = turn.sa.child(creation_.replaces)) {
    old->peer_rekey = {PeerRekey::kFollowups, creation_.nonces, {}, 0};
  }
  series->creation = std::move(creation_);
  series->large_key = std::move(large_key_);
  series->until = turn.now() + limits::kFollowupIdle;
  series->longest = turn.now() + limits::kLongestFollowup;
  turn.sa.series = std::move(series);
  return {};
}

Outcome PeerCreate::send_response(Turn& turn, ConstBytes key) {
  const bool ike = creation_.kind == CreationKind::kRekeyIke;
  const bool more = !creation_.to_come().empty();
  turn.out.add(PayloadType::kSa, std::vector<ikewire::Proposal>{ike ? ike_answer_ : answer_.proposal});
  turn.out.add_octets(PayloadType::kNonce, creation_.nonces.responder);
  if (!creation_.shared.empty()) {
    turn.out.add(PayloadType::kKe, ikewire::KeyExchange{creation_.suite.key_exchange, key});
  }
  if (!ike) write_child_tail(turn.out, answer_, *turn.sa.policy);
  if (creation_.ppk) write_chosen_ppk(turn.out, *creation_.ppk);
  if (more) {
    if (const auto started = start_series(turn); !started) return close(turn, started.error());
    return Outcome::kSend;
  }
  auto made = complete(turn, creation_);
  if (!made) return close(turn, made.error());
  successor_ = std::move(*made);
  return Outcome::kSend;
}

void PeerCreate::answered(Turn& turn) {
  if (successor_) take_over(turn, std::move(*successor_), creation_);
}

Outcome PeerFollowup::refuse(Turn& turn) {
  turn.out.add_notify(NotifyType::kInvalidSyntax);
  if (!break_series(turn.sa)) return Outcome::kSend;
  turn.reason = Reason{kMalformed, "the peer brings other keys than the agreed ones"};
  return Outcome::kSendAndClose;
}

Outcome PeerFollowup::on_request(Turn& turn, const ikemessage::Message& request) {
  const ikemessage::Contents& contents = request.contents;
  const auto* link = contents.find(NotifyType::kAdditionalKeyExchange);
  series_ = turn.sa.series;
  const bool known = turn.sa.phase == Phase::kEstablished && series_ != nullptr && link != nullptr &&
                     std::ranges::equal(link->value, series_->link);
  if (!known) {
    turn.out.add_notify(NotifyType::kStateNotFound);
    return Outcome::kSend;
  }
  const KeMethod method = series_->creation.to_come().front();
  if (!contents.key_exchange || contents.key_exchange->method != method) return refuse(turn);
  series_->until = turn.now() + limits::kFollowupIdle;
  start_encapsulating(turn, *contents.key_exchange);
  return Outcome::kWait;
}

Outcome PeerFollowup::on_job(Turn& turn, JobValue value) {
  auto* const made = std::get_if<Result<crypto::Encapsulation>>(&value);
  if (made == nullptr) return Outcome::kWait;
  if (turn.sa.phase != Phase::kEstablished) {
    turn.out.add_notify(NotifyType::kTemporaryFailure);
    return Outcome::kSend;
  }
  Creation& creation = series_->creation;
  const KeMethod method = creation.to_come().front();
  if (!*made) return refuse(turn);
  creation.shared.push_back(std::move((*made)->secret));
  turn.out.add(PayloadType::kKe, ikewire::KeyExchange{method, (*made)->response});
  if (!creation.to_come().empty()) {  // never in the last response (RFC 9370 §2.2.4)
    turn.out.add_notify(NotifyType::kAdditionalKeyExchange, series_->link);
    return Outcome::kSend;
  }
  turn.sa.series.reset();
  auto completed = complete(turn, creation);
  if (!completed) return close(turn, completed.error());
  successor_ = std::move(*completed);
  return Outcome::kSend;
}

void PeerFollowup::answered(Turn& turn) {
  if (successor_) take_over(turn, std::move(*successor_), series_->creation);
}

}  // namespace levelgate::ikeexchange
