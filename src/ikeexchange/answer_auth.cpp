// SPDX-License-Identifier: Apache-2.0
//
// The responder's half of IKE_AUTH.
#include "ikeexchange/auth.h"
#include "ikeexchange/auth_parts.h"
#include "ikeexchange/creation.h"
#include "ikeexchange/init_offers.h"
#include "negotiation/large_keys.h"
#include "negotiation/negotiate.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::JobValue;
using ikestate::kInternalFault;
using ikestate::kMalformed;
using ikestate::kPeerRefusedUs;
using ikestate::kSchemeNotAnnounced;
using ikestate::kSignatureRefused;
using ikestate::kWrongIdentity;
using ikestate::PeerPolicy;
using ikestate::PolicyPtr;
using ikestate::SaState;
using ikestate::Severity;
using ikewire::NotifyType;
using ikewire::PayloadType;

// The suite was chosen before the peer had a name: it must be one that this peer's policy would have chosen from the
// same offer, or else a weaker policy decided for a stronger one. A large key is no matter of that: it makes every
// suite stronger, and what lacks one gets it right behind this.
bool suite_is_allowed(const SaState& sa, const PeerPolicy& policy) {
  const auto choice = negotiation::choose(policy.ike_proposals, sa.offered, policy.ike_terms(sa.additional()));
  return choice && choice->suite == negotiation::without_large(sa.suite);
}

PolicyPtr match(const SaState& sa, const ikemessage::Contents& contents) {
  for (const PolicyPtr& policy : sa.candidates) {
    const bool peer = authentication::names(policy->credentials->peer_name, *contents.initiator_id);
    const bool own =
        !contents.responder_id || authentication::same_identity(policy->credentials->own_id, *contents.responder_id);
    if (peer && own && suite_is_allowed(sa, *policy)) return policy;
  }
  return nullptr;
}

std::string expected_names(const SaState& sa) {
  std::string text;
  for (const PolicyPtr& policy : sa.candidates) {
    text += (text.empty() ? "" : ", ") + policy->credentials->peer_name.text + " towards " +
            policy->credentials->own_name.text;
  }
  return text;
}

}  // namespace

Outcome PeerAuth::refuse(Turn& turn, std::string_view id, std::string text) {
  turn.reason = Reason{id, std::move(text)};
  turn.out.add_notify(NotifyType::kAuthenticationFailed);
  return Outcome::kSendAndClose;
}

Outcome PeerAuth::on_request(Turn& turn, const ikemessage::Message& request) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = request.contents;
  request_ = &request;
  if (contents.error() != nullptr) {
    return refuse(turn, kPeerRefusedUs, "the peer ends the handshake with " + name_of(contents.error()->type));
  }
  if (!contents.initiator_id) return refuse(turn, kMalformed, "IKE_AUTH without an identity");
  if (!contents.authentication)
    return refuse(turn, kSignatureRefused, "the peer asks for EAP, which is not spoken here");
  if (!read_accepted_methods(sa, contents))
    return refuse(turn, kMalformed, "the peer's list of signatures is malformed");
  sa.peer_id = {contents.initiator_id->type,
                {contents.initiator_id->value.begin(), contents.initiator_id->value.end()}};
  matched_ = match(sa, contents);
  if (matched_) {
    sa.policy = matched_;
    auto served = serve_ppk(sa, contents);
    if (!served) return refuse(turn, served.error().id, served.error().text);  // [8784-3-f, 8784-3-g]
    ppk_ = *served;
  }
  const auto started = start_verification(turn, {.credentials = matched_ ? matched_->credentials : nullptr,
                                                 .message = &request,
                                                 .identity = *contents.initiator_id,
                                                 .identity_body = contents.initiator_id_body,
                                                 .own_value = {},
                                                 .value = ppk_.value});
  return started ? Outcome::kWait : close(turn, started.error());
}

Outcome PeerAuth::on_job(Turn& turn, JobValue value) {
  if (auto* verified = std::get_if<std::expected<authentication::Verified, authentication::AuthRefusal>>(&value)) {
    if (matched_ && *verified) return prove_own(turn, **verified);
    if (const auto blamed = matched_ ? ppk_blamed(turn.sa, verified->error()) : std::nullopt) {
      return refuse(turn, blamed->id, blamed->text);
    }
    if (matched_) return refuse(turn, report_of(verified->error().fault), verified->error().text);
    const ikemessage::Contents& contents = request_->contents;
    const std::string towards =
        contents.responder_id
            ? " towards " + authentication::text_of(contents.responder_id->type, contents.responder_id->value)
            : "";
    return refuse(turn, kWrongIdentity,
                  "the peer calls itself " + authentication::text_of(turn.sa.peer_id.type, turn.sa.peer_id.value) +
                      towards + "; expected at this address: " + expected_names(turn.sa));
  }
  if (auto* proof = std::get_if<Result<authentication::Proof>>(&value)) {
    return *proof ? send_response(turn, **proof) : refuse(turn, kInternalFault, proof->error().what);
  }
  return Outcome::kWait;
}

Outcome PeerAuth::prove_own(Turn& turn, const authentication::Verified& verified) {
  turn.sa.proofs.peer = verified;
  const auto started = start_proof(turn, verified.scheme);
  return started ? Outcome::kWait : refuse(turn, kSchemeNotAnnounced, started.error().what);
}

Outcome PeerAuth::send_response(Turn& turn, const authentication::Proof& proof) {
  SaState& sa = turn.sa;
  const authentication::Credentials& credentials = *sa.policy->credentials;
  sa.proofs.own = proof.text;
  turn.out.add_octets(PayloadType::kIdr, identity_body(credentials.own_id));
  write_certificates(turn.out, credentials.own);
  turn.out.add(PayloadType::kAuth, ikewire::Authentication{proof.method, proof.value});
  if (ppk_.answers) turn.out.add_notify(NotifyType::kPpkIdentity);
  establish(turn, request_->contents.has(NotifyType::kInitialContact));
  if (request_->contents.proposals) answer_child(turn);
  return Outcome::kSend;
}

void PeerAuth::answer_child(Turn& turn) {
  const auto spi = turn.means.registry.draw_child_spi();
  if (!spi) return turn.out.add_notify(NotifyType::kTemporaryFailure);
  const auto answer = choose_child(turn.sa, request_->contents, *spi, negotiation::KeyExchanges::kInherited);
  if (!answer) {
    turn.report(Severity::kError, answer.error().id, answer.error().text);
    return turn.out.add_notify(answer.error().notify);
  }
  if (const auto made = make_first_child(turn, answer->terms); !made) {
    turn.report(Severity::kError, kInternalFault, made.error().what);
    return turn.out.add_notify(NotifyType::kTemporaryFailure);
  }
  turn.out.add(PayloadType::kSa, std::vector<ikewire::Proposal>{answer->proposal});
  write_child_tail(turn.out, *answer, *turn.sa.policy);
}

}  // namespace levelgate::ikeexchange
