// SPDX-License-Identifier: Apache-2.0
//
// Requests for new SAs, and what becomes of their answers.
#include "ikeexchange/create_child.h"

#include <algorithm>
#include <utility>

#include "ikeexchange/informational.h"
#include "ikeexchange/key_jobs.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/ppk_create.h"
#include "ikestate/wording.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/large_keys.h"
#include "negotiation/offer.h"

namespace levelgate::ikeexchange {

using ikestate::ChildDown;
using ikestate::ChildId;
using ikestate::ChildSa;
using ikestate::ChildStage;
using ikestate::ChildUse;
using ikestate::IkeUp;
using ikestate::JobValue;
using ikestate::kAnswerNotOffered;
using ikestate::kChildRefused;
using ikestate::kIkeRekeyed;
using ikestate::kKeyExchangeFailed;
using ikestate::kMalformed;
using ikestate::kNoChildProposal;
using ikestate::kNoProposal;
using ikestate::kRekeyFailed;
using ikestate::kSelectorsApart;
using ikestate::offer_text;
using ikestate::OutboundUse;
using ikestate::OwnActivity;
using ikestate::OwnRekey;
using ikestate::PeerRekey;
using ikestate::PeerRekeyRecord;
using ikestate::Phase;
using ikestate::SaState;
using ikestate::settle;
using ikestate::Settlement;
using ikestate::Severity;
using ikestate::suite_text;
using ikestate::Want;
using ikewire::KeMethod;
using ikewire::NotifyType;
using ikewire::PayloadType;
using ikewire::TransformType;
std::unique_ptr<OwnCreate> OwnCreate::new_child() { return std::make_unique<OwnCreate>(); }

std::unique_ptr<OwnCreate> OwnCreate::rekey_child(ChildId child) {
  auto made = std::make_unique<OwnCreate>();
  made->creation_.kind = CreationKind::kRekeyChild;
  made->creation_.replaces = child;
  return made;
}

std::unique_ptr<OwnCreate> OwnCreate::rekey_ike() {
  auto made = std::make_unique<OwnCreate>();
  made->creation_.kind = CreationKind::kRekeyIke;
  return made;
}

OwnActivity OwnCreate::activity() const {
  if (stage_ == Stage::kWaiting || stage_ == Stage::kAhead) return OwnActivity::kIdle;
  const bool following = stage_ == Stage::kFollowingUp || !creation_.shared.empty();
  switch (creation_.kind) {
    case CreationKind::kNewChild:
      return OwnActivity::kCreatingChild;
    case CreationKind::kRekeyChild:
      return following ? OwnActivity::kFollowingUpChild : OwnActivity::kRekeyingChild;
    case CreationKind::kRekeyIke:
      return following ? OwnActivity::kFollowingUpIke : OwnActivity::kRekeyingIke;
  }
  return OwnActivity::kIdle;
}

// What is rekeyed may be gone by the time its turn comes.
Outcome OwnCreate::begin(Turn& turn) {
  SaState& sa = turn.sa;
  const ChildSa* const old = sa.child(creation_.replaces);
  const bool pointless =
      forgotten_ || sa.phase != Phase::kEstablished ||
      (creation_.kind == CreationKind::kRekeyChild && (old == nullptr || old->stage != ChildStage::kActive));
  if (pointless) return Outcome::kDone;
  if (creation_.kind != CreationKind::kRekeyIke && sa.children.size() >= limits::kChildren) return Outcome::kDone;
  if (const auto prepared = prepare(turn); !prepared) return close(turn, prepared.error());
  if (method_ == KeMethod::kNone) return send_request(turn);
  if (creation_.kind == CreationKind::kRekeyIke && negotiation::has_large(offered_)) return generate_ahead(turn);
  return generate(turn, method_);
}

// A large key takes its time: nobody waits for it when it is made before anything is asked.
Outcome OwnCreate::generate_ahead(Turn& turn) {
  const KeMethod large = turn.sa.policy->large_keys->method;
  large_key_ = std::exchange(turn.sa.ready_key, nullptr);
  if (large_key_ && large_key_->method().id == static_cast<std::uint16_t>(large)) return generate(turn, method_);
  large_key_.reset();
  stage_ = Stage::kAhead;
  start_generating(turn, large);
  return Outcome::kWait;
}

Result<void> OwnCreate::prepare(Turn& turn) {
  SaState& sa = turn.sa;
  creation_.nonces.initiator.resize(32);
  if (const auto filled = turn.means.random.fill(creation_.nonces.initiator); !filled) return filled;
  ppks_ = fresh_ppks(sa);
  if (creation_.kind == CreationKind::kRekeyIke) {
    const auto spi = turn.means.registry.draw_ike_spi();
    if (!spi) return std::unexpected(spi.error());
    creation_.own_ike_spi = *spi;
    offered_ = negotiation::offer(rekey_proposals(sa), sa.policy->ike_terms(sa.additional()));
    std::vector<std::byte> octets(8);
    store_be<std::uint64_t>(octets.data(), spi->value);
    for (ikewire::Proposal& proposal : offered_) proposal.spi = octets;
    // Never without a key exchange [7296-1.3.2-a, 7296-2.18-a, 7296-2.18-b].
    method_ = negotiation::first_key_exchange(offered_);
    if (method_ == KeMethod::kNone) return failure(Fault::kInternal, "an IKE SA cannot be rekeyed without a proposal");
    return {};
  }
  // What the old SA carries is asked for again (RFC 7296 §2.9.2).
  const ChildSa* const old = sa.child(creation_.replaces);
  auto offer =
      offer_child(turn, old != nullptr ? old->selectors : sa.policy->selectors, negotiation::KeyExchanges::kNegotiated);
  if (!offer) return std::unexpected(offer.error());
  child_offer_ = std::move(*offer);
  method_ = negotiation::first_key_exchange(child_offer_.proposals);
  return {};
}

Outcome OwnCreate::generate(Turn& turn, KeMethod method) {
  if (stage_ != Stage::kFollowingUp) stage_ = Stage::kGenerating;
  method_ = method;
  start_generating(turn, method);
  return Outcome::kWait;
}

Outcome OwnCreate::send_request(Turn& turn) {
  SaState& sa = turn.sa;
  const ChildSa* const old = sa.child(creation_.replaces);
  if (creation_.kind == CreationKind::kRekeyChild) {
    if (old == nullptr || old->stage != ChildStage::kActive || forgotten_) return Outcome::kDone;
    // RFC 7296 §1.3.3: what is rekeyed is named.
    std::vector<std::byte> spi(4);  // the one that the peer sends to
    store_be<std::uint32_t>(spi.data(), old->inbound.value);
    turn.out.add_notify_of(NotifyType::kRekeySa, spi);
  }
  if (sa.phase != Phase::kEstablished) return Outcome::kDone;
  stage_ = Stage::kAwaiting;
  const bool ike = creation_.kind == CreationKind::kRekeyIke;
  turn.out.add(PayloadType::kSa, ike ? offered_ : child_offer_.proposals);
  turn.out.add_octets(PayloadType::kNonce, creation_.nonces.initiator);
  if (key_) turn.out.add(PayloadType::kKe, ikewire::KeyExchange{method_, key_->public_value()});
  if (!ike) write_child_tail(turn.out, child_offer_, *sa.policy);
  const auto offered = offer_fresh_ppks(turn.out, sa, ppks_, creation_.nonces.initiator);
  if (!offered) return close(turn, offered.error());
  turn.type = ikewire::Exchange::kCreateChildSa;
  return Outcome::kSend;
}

Outcome OwnCreate::send_followup(Turn& turn) {
  turn.out.add(PayloadType::kKe, ikewire::KeyExchange{method_, key_->public_value()});
  turn.out.add_notify(NotifyType::kAdditionalKeyExchange, link_);
  turn.type = ikewire::Exchange::kIkeFollowupKe;
  return Outcome::kSend;
}

Outcome OwnCreate::on_response(Turn& turn, const ikemessage::Message& response) {
  const ikemessage::Contents& contents = response.contents;
  if (stage_ == Stage::kFollowingUp) return on_followup(turn, response);
  if (contents.proposals) return on_created(turn, response);
  const auto* error = contents.error();
  if (error != nullptr) return on_error(turn, *error);
  return close(turn, kMalformed, "an answer to CREATE_CHILD_SA that says nothing");
}

PeerRekeyRecord* OwnCreate::peer_record(SaState& sa) const {
  if (creation_.kind == CreationKind::kRekeyIke) return &sa.peer_rekey;
  if (creation_.kind != CreationKind::kRekeyChild) return nullptr;
  if (ChildSa* const old = sa.child(creation_.replaces)) return &old->peer_rekey;
  return sa.departed == creation_.replaces ? &sa.departed_rekey : nullptr;
}

Settlement OwnCreate::settled(SaState& sa, OwnRekey own) const {
  const PeerRekeyRecord* const peer = peer_record(sa);
  if (peer == nullptr) return settle(own, creation_.nonces.view(), PeerRekey::kNone, {});
  return settle(own, creation_.nonces.view(), peer->state, peer->nonces.view());
}

// Whatever error it is, known or not, the request has failed [7296-3.10.1-a].
Outcome OwnCreate::on_error(Turn& turn, const ikewire::Notify& error) {
  if (error.type == NotifyType::kInvalidKePayload) return on_wanted_method(turn, error);
  const std::string text = "the peer answers " + name_of(error.type);
  if (error.type == NotifyType::kTemporaryFailure) return settle_failure(turn, OwnRekey::kRefused, text);
  if (error.type == NotifyType::kChildSaNotFound) return settle_failure(turn, OwnRekey::kNotFound, text);
  const bool ike = creation_.kind == CreationKind::kRekeyIke;
  const std::string offered = ike ? offer_text(offered_) : child_offer_text(child_offer_);
  return fail(turn,
              error.type == NotifyType::kTsUnacceptable     ? kSelectorsApart
              : error.type == NotifyType::kNoProposalChosen ? (ike ? kNoProposal : kNoChildProposal)
                                                            : kChildRefused,
              text + "; we offer " + offered);
}

Outcome OwnCreate::on_wanted_method(Turn& turn, const ikewire::Notify& error) {
  const auto wanted = ikewire::read_wanted_method(error.value);
  const auto& offered = creation_.kind == CreationKind::kRekeyIke ? offered_ : child_offer_.proposals;
  const bool usable = wanted && *wanted != method_ && *wanted != KeMethod::kNone &&
                      negotiation::offers_key_exchange(offered, *wanted) && ++restarts_ <= limits::kInitRestarts;
  if (!usable) return fail(turn, kNoProposal, "the peer wants a key exchange that is not offered");
  return generate(turn, *wanted);
}

// The SA that was to be rekeyed may have been by the peer.
Outcome OwnCreate::settle_failure(Turn& turn, OwnRekey own, std::string text) {
  SaState& sa = turn.sa;
  if (!is_rekey()) {
    retry_later(turn);
    return Outcome::kDone;
  }
  switch (settled(sa, own)) {
    case Settlement::kRetryLater:
      retry_later(turn);
      return Outcome::kDone;
    case Settlement::kYieldToPeer:
      if (creation_.kind == CreationKind::kRekeyIke && sa.peer_rekey.state == PeerRekey::kMade) {
        give_way_to_peer(turn);
      } else {
        retry_later(turn);  // what the peer began may come to nothing
      }
      return Outcome::kDone;
    case Settlement::kCreateAnew:
      if (const ChildSa* const old = sa.child(creation_.replaces)) {
        // Made by the peer's exchange, whose response it may not have yet.
        if (!old->own_exchange && turn.now() < old->made + limits::kReplacedLife) {
          retry_later(turn);
          return Outcome::kDone;
        }
        turn.means.effects.push_back(ChildDown{sa.tunnel(), creation_.replaces});
        sa.children.erase(creation_.replaces);
        turn.follow.push_back(new_child());
      }
      return Outcome::kDone;
    case Settlement::kWait:
    case Settlement::kContinueOwn:
    case Settlement::kDeleteOld:
    case Settlement::kDeleteOwnNew:
    case Settlement::kAbandonOwn:
    case Settlement::kNoncesRepeated:
      break;
  }
  return fail(turn, kRekeyFailed, std::move(text));
}

void OwnCreate::give_way_to_peer(Turn& turn) {
  SaState& sa = turn.sa;
  if (SaState* const winner = turn.means.registry.state(sa.peer_rekey.made_ike)) {
    hand_over(sa, *winner, turn.now());
  }
  sa.phase = Phase::kRekeyed;
  sa.expire_at = turn.now() + limits::kReplacedLife;
}

Outcome OwnCreate::fail(Turn& turn, std::string_view id, std::string text) {
  turn.report(Severity::kWarn, is_rekey() ? kRekeyFailed : id, (is_rekey() ? "rekey failed: " : "") + std::move(text));
  if (is_rekey()) retry_later(turn);
  return Outcome::kDone;
}

// The SA asks again by itself, and not at once; an old SA stays until then [7296-2.25-a].
void OwnCreate::retry_later(Turn& turn) {
  const Instant again = turn.now() + limits::kRetryRekey;
  if (large_key_) turn.sa.ready_key = std::exchange(large_key_, nullptr);  // it never left
  if (creation_.kind == CreationKind::kRekeyIke) turn.sa.rekey_at = again;
  if (creation_.kind == CreationKind::kNewChild) turn.sa.new_child_at = again;
  if (ChildSa* const old = turn.sa.child(creation_.replaces)) old->rekey_at = again;
}

Outcome OwnCreate::on_created(Turn& turn, const ikemessage::Message& response) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = response.contents;
  if (!contents.nonce) return close(turn, kMalformed, "an answer to CREATE_CHILD_SA without a nonce");
  creation_.nonces.responder.assign(contents.nonce->begin(), contents.nonce->end());
  if (!take_fresh_ppk(turn, ppks_, contents, creation_.ppk)) return Outcome::kDone;
  if (creation_.kind == CreationKind::kRekeyIke) {
    const auto suite = negotiation::check_answer(offered_, *contents.proposals, sa.policy->ike_terms(sa.additional()));
    if (!suite)
      return fail(turn, kAnswerNotOffered, "the peer's choice is refused: " + negotiation::text_of(suite.error()));
    const auto& spi = contents.proposals->front().spi;
    creation_.peer_ike_spi = ikewire::IkeSpi{spi.size() == 8 ? load_be<std::uint64_t>(spi.data()) : 0};
    if (creation_.peer_ike_spi.value == 0) return close(turn, kMalformed, "a rekeyed IKE SA without an SPI");
    creation_.suite = *suite;
  } else {
    const auto terms = check_child(child_offer_, sa, contents);
    if (!terms) {  // the peer may have made it
      turn.follow.push_back(OwnInformational::delete_spi(*child_offer_.spi));
      return fail(turn, terms.error().id, terms.error().text);
    }
    creation_.child = *terms;
    creation_.suite = terms->suite;
  }
  if (creation_.suite.key_exchange == KeMethod::kNone) return finish(turn);
  if (!contents.key_exchange || contents.key_exchange->method != method_ || creation_.suite.key_exchange != method_) {
    return close(turn, kMalformed, "an answer to CREATE_CHILD_SA with another key exchange");
  }
  if (const auto* link = contents.find(NotifyType::kAdditionalKeyExchange)) {
    link_.assign(link->value.begin(), link->value.end());
  }
  return decapsulate(turn, contents);
}

Outcome OwnCreate::decapsulate(Turn& turn, const ikemessage::Contents& contents) {
  if (stage_ != Stage::kFollowingUp) stage_ = Stage::kDecapsulating;
  start_decapsulating(turn, key_, *contents.key_exchange);
  return Outcome::kWait;
}

Outcome OwnCreate::on_job(Turn& turn, JobValue value) {
  if (auto* generated = std::get_if<Result<std::unique_ptr<crypto::GeneratedKey>>>(&value)) {
    if (!*generated) return close(turn, generated->error());
    if (stage_ == Stage::kAhead) {
      large_key_ = std::move(**generated);
      if (forgotten_ || turn.sa.phase != Phase::kEstablished) return Outcome::kDone;
      return generate(turn, method_);
    }
    key_ = std::move(**generated);
    return stage_ == Stage::kFollowingUp ? send_followup(turn) : send_request(turn);
  }
  auto* const shared = std::get_if<Result<SecretBytes>>(&value);
  if (shared == nullptr) return Outcome::kWait;
  // draft-ietf-ipsecme-ikev2-mlkem-08 section 2.2: inside CREATE_CHILD_SA the IKE SA ends.
  if (!*shared) return close(turn, kKeyExchangeFailed, shared->error().what);
  creation_.shared.push_back(std::move(**shared));
  return next_step(turn);
}

Outcome OwnCreate::next_step(Turn& turn) {
  if (forgotten_) {
    const bool made_by_peer = creation_.kind != CreationKind::kRekeyIke && creation_.to_come().empty();
    if (made_by_peer) turn.follow.push_back(OwnInformational::delete_spi(*creation_.child.own_spi));
    return Outcome::kDone;
  }
  const std::vector<KeMethod> to_come = creation_.to_come();
  if (to_come.empty()) return finish(turn);
  if (stage_ != Stage::kFollowingUp) {  // RFC 9370 §2.2.4: the loser of a collision sends no IKE_FOLLOWUP_KE
    const Settlement settlement = settled(turn.sa, OwnRekey::kFollowups);
    if (settlement == Settlement::kNoncesRepeated) return close(turn, kMalformed, "the peer repeats our nonces");
    if (settlement == Settlement::kAbandonOwn) return Outcome::kDone;
    if (link_.empty())
      return fail(turn, kMalformed, "additional key exchanges were agreed, but there is no link to them");
    stage_ = Stage::kFollowingUp;
  }
  if (large_key_ && large_key_->method().id == static_cast<std::uint16_t>(to_come.front())) {
    method_ = to_come.front();
    key_ = std::exchange(large_key_, nullptr);
    return send_followup(turn);
  }
  return generate(turn, to_come.front());
}

Outcome OwnCreate::on_followup(Turn& turn, const ikemessage::Message& response) {
  const ikemessage::Contents& contents = response.contents;
  if (const auto* error = contents.error()) {
    const Outcome failed = fail(turn, kChildRefused, "the peer answers IKE_FOLLOWUP_KE with " + name_of(error->type));
    retry_later(turn);  // it took too long, perhaps
    const bool lost = error->type == NotifyType::kStateNotFound;
    if (lost && ++turn.sa.lost_followups >= limits::kLostFollowups) {  // RFC 9370 §2.2.4
      turn.follow.push_back(OwnInformational::delete_ike());
    }
    return failed;
  }
  if (!contents.key_exchange || contents.key_exchange->method != method_) {
    return close(turn, kMalformed, "IKE_FOLLOWUP_KE brings another key exchange than the negotiated one");
  }
  if (const auto* link = contents.find(NotifyType::kAdditionalKeyExchange)) {
    link_.assign(link->value.begin(), link->value.end());
  }
  return decapsulate(turn, contents);
}

Outcome OwnCreate::finish(Turn& turn) {
  turn.sa.lost_followups = 0;
  return creation_.kind == CreationKind::kRekeyIke ? finish_ike(turn) : finish_child(turn);
}

Outcome OwnCreate::finish_child(Turn& turn) {
  SaState& sa = turn.sa;
  const auto made = make_child(turn, creation_, OutboundUse::kNow);
  if (!made) return close(turn, made.error());
  if (!is_rekey()) return Outcome::kDone;
  const Settlement settlement = settled(sa, OwnRekey::kMade);
  if (settlement == Settlement::kNoncesRepeated) return close(turn, kMalformed, "the peer repeats our nonces");
  if (settlement == Settlement::kDeleteOwnNew) {
    sa.child(*made)->stage = ChildStage::kClosing;
    turn.follow.push_back(OwnInformational::delete_child(*made));
    // The peer's may have IKE_FOLLOWUP_KE before it; until then the old one serves.
    ChildSa* const old = sa.child(creation_.replaces);
    const ChildId winner = peer_record(sa)->made;
    const bool stands = sa.child(winner) != nullptr;
    if (old != nullptr && stands) old->stage = ChildStage::kReplaced;
    if (stands || old != nullptr) turn.means.effects.push_back(ChildUse{sa.tunnel(), stands ? winner : old->id});
    if (old != nullptr && !stands) retry_later(turn);
    return Outcome::kDone;
  }
  if (ChildSa* const old = sa.child(creation_.replaces)) {
    old->stage = ChildStage::kClosing;
    turn.follow.push_back(OwnInformational::delete_child(old->id));
  }
  return Outcome::kDone;
}

Outcome OwnCreate::finish_ike(Turn& turn) {
  SaState& sa = turn.sa;
  auto successor = make_successor(turn, creation_);
  if (!successor) return close(turn, successor.error());
  const Settlement settlement = settled(sa, OwnRekey::kMade);
  if (settlement == Settlement::kNoncesRepeated) return close(turn, kMalformed, "the peer repeats our nonces");
  turn.means.effects.push_back(IkeUp{successor->tunnel(), successor->own_spi()});
  if (settlement == Settlement::kDeleteOwnNew) {
    // The peer's may have IKE_FOLLOWUP_KE before it; until then the old one serves.
    if (sa.peer_rekey.state == PeerRekey::kMade) {
      give_way_to_peer(turn);
    } else {
      retry_later(turn);
    }
    turn.means.registry.adopt(std::move(*successor), Adoption::kDelete);
    return Outcome::kDone;
  }
  sa.phase = Phase::kRekeyed;
  sa.expire_at = turn.now() + limits::kReplacedLife;
  // The peer deletes the one that lost, if it ever hears that it did.
  SaState* const loser =
      sa.peer_rekey.state == PeerRekey::kMade ? turn.means.registry.state(sa.peer_rekey.made_ike) : nullptr;
  if (loser != nullptr && loser->phase == Phase::kEstablished) {
    loser->phase = Phase::kRekeyed;
    loser->expire_at = turn.now() + limits::kReplacedLife;
  }
  hand_over(sa, *successor, turn.now());
  // Their keys came from an SA without: now they come from one that has it.
  if (successor->large_key && !sa.large_key) {
    for (const auto& [id, child] : successor->children) {
      if (child.stage == ChildStage::kActive) successor->wants.insert({Want::kRekeyChild, id});
    }
  }
  turn.report(Severity::kInfo, kIkeRekeyed,
              "IKE SA rekeyed: " + suite_text(successor->suite) +
                  (successor->post_quantum ? ", post-quantum" : ", not post-quantum"));
  // The last request under the old SA [7296-2.8-c].
  turn.means.registry.adopt(std::move(*successor), Adoption::kKeep);
  turn.follow.push_back(OwnInformational::delete_ike());
  return Outcome::kDone;
}

}  // namespace levelgate::ikeexchange
