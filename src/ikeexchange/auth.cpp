// SPDX-License-Identifier: Apache-2.0
//
// The initiator's half of IKE_AUTH.
#include "ikeexchange/auth.h"

#include "ikeexchange/auth_parts.h"
#include "ikeexchange/create_child.h"
#include "ikeexchange/creation.h"
#include "ikeexchange/informational.h"
#include "ikeexchange/init_offers.h"
#include "ikeexchange/puzzle_jobs.h"

namespace levelgate::ikeexchange {

using ikestate::ChildId;
using ikestate::JobValue;
using ikestate::kAuthorityUnknown;
using ikestate::kCertificateExpired;
using ikestate::kCertificateRefused;
using ikestate::kChildRefused;
using ikestate::kNoChildProposal;
using ikestate::kPeerRefusedUs;
using ikestate::kPpkMissing;
using ikestate::kPuzzleRefused;
using ikestate::kSchemeNotAnnounced;
using ikestate::kSelectorsApart;
using ikestate::kSignatureRefused;
using ikestate::kWrongIdentity;
using ikestate::kWrongPsk;
using ikestate::Phase;
using ikestate::PpkWay;
using ikestate::PuzzleSearch;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::Want;
using ikewire::NotifyType;
using ikewire::PayloadType;

std::string_view report_of(authentication::AuthFault fault) {
  switch (fault) {
    case authentication::AuthFault::kNoSharedKey:
    case authentication::AuthFault::kWrongSharedKey:
      return kWrongPsk;
    case authentication::AuthFault::kNoCertificate:
    case authentication::AuthFault::kBadCertificate:
    case authentication::AuthFault::kRevoked:
    case authentication::AuthFault::kNoRevocationList:
      return kCertificateRefused;
    case authentication::AuthFault::kUntrusted:
      return kAuthorityUnknown;
    case authentication::AuthFault::kExpired:
    case authentication::AuthFault::kNotYetValid:
      return kCertificateExpired;
    case authentication::AuthFault::kIdentityNotInCertificate:
    case authentication::AuthFault::kWrongIdentity:
      return kWrongIdentity;
    case authentication::AuthFault::kMethodNotAllowed:
    case authentication::AuthFault::kSchemeNotAllowed:
    case authentication::AuthFault::kBadSignature:
    case authentication::AuthFault::kMalformed:
    case authentication::AuthFault::kReflected:
      return kSignatureRefused;
  }
  return kSignatureRefused;
}

Outcome OwnAuth::begin(Turn& turn) {
  turn.sa.phase = Phase::kAuthSent;
  if (!turn.sa.auth_puzzle) return prove_own(turn);
  const Solving begun = start_solving(turn, *turn.sa.auth_puzzle, auth_puzzle_text(turn.sa));
  return begun == Solving::kBegun ? Outcome::kWait
                                  : close(turn, kPuzzleRefused, too_hard_text(turn, *turn.sa.auth_puzzle));
}

// The solution leaves with the request, in clear [8019-7.2.2-b].
Outcome OwnAuth::on_search(Turn& turn, PuzzleSearch& search) {
  if (search.step == admission::PuzzleSolver::Step::kSearching) {
    go_on_solving(turn, std::move(search.solver));
    return Outcome::kWait;
  }
  if (search.step == admission::PuzzleSolver::Step::kGivenUp) {
    return close(turn, kPuzzleRefused, "the peer's puzzle has no solution that we find");
  }
  turn.sa.auth_solution = search.solver->solution();
  return prove_own(turn);
}

// Where a PPK is optional first without it, then with it.
Outcome OwnAuth::prove_own(Turn& turn) {
  if (!ppk_.wants_plain(turn.sa)) {
    if (const auto entered = ppk_.enter(turn.sa); !entered) return close(turn, entered.error());
  }
  const auto started = start_proof(turn, std::nullopt);
  return started ? Outcome::kWait : close(turn, kSchemeNotAnnounced, started.error().what);
}

Outcome OwnAuth::send_request(Turn& turn, const authentication::Proof& proof) {
  SaState& sa = turn.sa;
  const authentication::Credentials& credentials = *sa.policy->credentials;
  own_value_ = proof.value;
  sa.proofs.own = proof.text;
  turn.out.add_octets(PayloadType::kIdi, identity_body(credentials.own_id));
  write_certificates(turn.out, credentials.own);
  // [7296-2.4-b]
  if (turn.means.registry.first_contact(sa)) turn.out.add_notify(NotifyType::kInitialContact);
  write_accepted_methods(turn.out, credentials);
  if (const auto expected = authentication::payload_of(credentials.peer_name); expected && sa.asks_by_name) {
    turn.out.add_octets(PayloadType::kIdr, identity_body(*expected));
  }
  turn.out.add(PayloadType::kAuth, ikewire::Authentication{proof.method, proof.value});
  ppk_.write(turn.out, sa);
  if (!sa.policy->ike.childless || !sa.peer.childless) {
    auto offer = offer_child(turn, sa.policy->selectors, negotiation::KeyExchanges::kInherited);
    if (!offer) return close(turn, offer.error());
    offer_ = std::move(*offer);
    turn.out.add(PayloadType::kSa, offer_->proposals);
    write_child_tail(turn.out, *offer_, *sa.policy);
  }
  turn.type = ikewire::Exchange::kIkeAuth;
  return Outcome::kSend;
}

Outcome OwnAuth::on_response(Turn& turn, const ikemessage::Message& response) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = response.contents;
  if (!contents.authentication || !contents.responder_id) {
    return refused(turn, contents.error());
  }
  response_ = &response;
  if (!ppk_.settle(sa, contents)) {
    turn.reason = Reason{kPpkMissing, "the peer does not use our PPK, and one is required"};
    return Outcome::kRefusePeer;
  }
  if (const auto* plain = ppk_.plain_value(sa)) own_value_ = *plain;
  sa.peer_id = {contents.responder_id->type,
                {contents.responder_id->value.begin(), contents.responder_id->value.end()}};
  const bool expected = authentication::names(sa.policy->credentials->peer_name, *contents.responder_id);
  const auto started = start_verification(turn, {.credentials = expected ? sa.policy->credentials : nullptr,
                                                 .message = &response,
                                                 .identity = *contents.responder_id,
                                                 .identity_body = contents.responder_id_body,
                                                 .own_value = own_value_});
  return started ? Outcome::kWait : close(turn, started.error());
}

// The peer says no more than that; the likely causes are named in the order of what operators get wrong.
Outcome OwnAuth::refused(Turn& turn, const ikewire::Notify* error) {
  const authentication::Credentials& credentials = *turn.sa.policy->credentials;
  const bool psk = !credentials.own.key;
  std::string text = "the peer answers our authentication with " +
                     (error == nullptr ? "a message without AUTH" : name_of(error->type)) + ": ";
  text +=
      psk ? "the preshared keys differ, or it does not know us as " : "it does not accept our certificate, or us as ";
  text += authentication::text_of(credentials.own_id.type, credentials.own_id.value);
  if (turn.sa.ppk.used && turn.sa.ppk.used->way == PpkWay::kAuth) {
    text += ", or it has no PPK \"" + turn.sa.ppk.used->ppk.id + "\" or other octets under this id";
  }
  if (turn.sa.asks_by_name) text += ", or it is not " + credentials.peer_name.text;
  return close(turn, psk ? kWrongPsk : kPeerRefusedUs, std::move(text));
}

Outcome OwnAuth::on_job(Turn& turn, JobValue value) {
  if (auto* search = std::get_if<PuzzleSearch>(&value)) return on_search(turn, *search);
  if (auto* proof = std::get_if<Result<authentication::Proof>>(&value)) {
    if (!*proof) return close(turn, proof->error());
    if (!ppk_.wants_plain(turn.sa)) return send_request(turn, **proof);
    ppk_.keep_plain(std::move(**proof));
    return prove_own(turn);
  }
  auto* const verified = std::get_if<std::expected<authentication::Verified, authentication::AuthRefusal>>(&value);
  if (verified == nullptr) return Outcome::kWait;
  if (*verified) return established(turn, **verified);
  const SaState& sa = turn.sa;
  const bool known =
      authentication::names(sa.policy->credentials->peer_name, {.type = sa.peer_id.type, .value = sa.peer_id.value});
  const auto blamed = ppk_blamed(sa, verified->error());
  turn.reason = known && blamed ? *blamed
                : known         ? Reason{report_of(verified->error().fault), verified->error().text}
                                : Reason{kWrongIdentity, "the peer calls itself " +
                                                     authentication::text_of(sa.peer_id.type, sa.peer_id.value) +
                                                     ", expected is " + sa.policy->credentials->peer_name.text};
  return Outcome::kRefusePeer;
}

Outcome OwnAuth::established(Turn& turn, const authentication::Verified& verified) {
  SaState& sa = turn.sa;
  sa.proofs.peer = verified;
  const ikemessage::Contents& contents = response_->contents;
  establish(turn, contents.has(NotifyType::kInitialContact));
  if (sa.peer.large_keys && !sa.large_key) sa.wants.insert({Want::kRekeyIke, ChildId{}});
  if (!offer_) {
    turn.follow.push_back(OwnCreate::new_child());
    return Outcome::kDone;
  }
  // RFC 7296 §1.2: the IKE SA stands whatever becomes of the Child SA [7296-2.21.2-c].
  const auto* error = contents.error();
  if (!contents.proposals && error != nullptr) {
    turn.report(
        Severity::kError,
        error->type == NotifyType::kTsUnacceptable     ? kSelectorsApart
        : error->type == NotifyType::kNoProposalChosen ? kNoChildProposal
                                                       : kChildRefused,
        "the peer refuses the Child SA with " + name_of(error->type) + "; we offer " + child_offer_text(*offer_));
    return Outcome::kDone;
  }
  const auto terms = check_child(*offer_, sa, contents);
  if (!terms) {
    turn.report(Severity::kError, terms.error().id, terms.error().text);
    // The peer has made the Child SA: it must not believe in it.
    turn.follow.push_back(OwnInformational::delete_spi(*offer_->spi));
    return Outcome::kDone;
  }
  const auto made = make_first_child(turn, *terms);
  return made ? Outcome::kDone : close(turn, made.error());
}

}  // namespace levelgate::ikeexchange
