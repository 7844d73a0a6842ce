// SPDX-License-Identifier: Apache-2.0
//
// Proofs of both sides.
#include "ikeexchange/auth_parts.h"

#include <algorithm>

#include "authentication/auth_proof.h"
#include "ikeexchange/creation.h"
#include "ikestate/wording.h"

namespace levelgate::ikeexchange {

using ikestate::IkeUp;
using ikestate::JobValue;
using ikestate::kDowngradeUnprotected;
using ikestate::kIkeEstablished;
using ikestate::kLargeKeysLacking;
using ikestate::kPpkNotUsed;
using ikestate::kSchemeNotAnnounced;
using ikestate::other;
using ikestate::Phase;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::suite_text;
using ikewire::IkeRole;
using ikewire::PayloadType;

std::vector<std::byte> identity_body(const authentication::IdentityPayload& identity) {
  ikewire::WireBuffer body(limits::kIdentityOctets + 4);
  write_body(body, ikewire::Identity{.type = identity.type, .value = identity.value});
  return body.take();
}

Result<std::vector<std::byte>> octets_of_signer(const SaState& sa, IkeRole signer, ConstBytes identity) {
  // The first IKE_AUTH comes behind IKE_SA_INIT and the intermediate exchanges (RFC 9242 §3.3.2).
  const auto int_auth = sa.int_auth.octets(ikewire::MessageId{static_cast<std::uint32_t>(sa.intermediates + 1)});
  if (!int_auth) return std::unexpected(int_auth.error());
  const bool initiator = signer == IkeRole::kInitiator;
  const std::vector<std::byte> bare =
      sa.peer.cookie_apart ? authentication::without_cookie(sa.init_request) : std::vector<std::byte>();
  const ConstBytes request = sa.peer.cookie_apart ? ConstBytes(bare) : ConstBytes(sa.init_request);
  return authentication::signed_octets({.transcript = authentication::transcript_of(sa.transcript),
                                        .own_message = initiator ? request : sa.init_response,
                                        .peer_message = initiator ? sa.init_response : request,
                                        .peer_nonce = initiator ? sa.nonce_responder : sa.nonce_initiator,
                                        .prf = sa.keys.prf,
                                        .proof = sa.proof_of(signer).bytes(),
                                        .identity_body = identity,
                                        .int_auth = *int_auth});
}

Result<void> start_proof(Turn& turn, std::optional<crypto::SignatureScheme> peer_used) {
  const SaState& sa = turn.sa;
  const authentication::Credentials& credentials = *sa.policy->credentials;
  authentication::ProofRequest request{.credentials = sa.policy->credentials, .prf = sa.keys.prf};
  if (credentials.own.key) {
    request.choice = authentication::choose_scheme(credentials.own, sa.peer.accepts, peer_used);
    if (!request.choice) {
      return failure(Fault::kBadInput, "the peer announces no hash that goes with our key (RFC 7427)");
    }
    if (request.choice->outside_announcement) {
      turn.report(Severity::kWarn, kSchemeNotAnnounced,
                  "the peer announces no signature that our key can make; trying " +
                      std::string(crypto::name_of(request.choice->scheme)));
    }
  }
  auto octets = octets_of_signer(sa, sa.role, identity_body(credentials.own_id));
  if (!octets) return std::unexpected(octets.error());
  request.octets = std::move(*octets);
  turn.run([request = std::move(request)] { return JobValue(authentication::prove(request)); });
  return {};
}

Result<void> start_verification(Turn& turn, const PeerProof& proof) {
  const SaState& sa = turn.sa;
  auto octets = octets_of_signer(sa, other(sa.role), proof.identity_body);
  if (!octets) return std::unexpected(octets.error());
  const ikemessage::Contents& contents = proof.message->contents;
  const ConstBytes value = proof.value.value_or(contents.authentication->value);
  authentication::Evidence evidence{
      .credentials = proof.credentials,
      .prf = sa.keys.prf,
      .method = contents.authentication->method,
      .value = {value.begin(), value.end()},
      .octets = std::move(*octets),
      .identity = {proof.identity.type, {proof.identity.value.begin(), proof.identity.value.end()}},
      .now_seconds = turn.means.moment.unix_seconds,
      .own_value = proof.own_value};
  for (const ikewire::Certificate& certificate : contents.certificates) {
    if (certificate.encoding != ikewire::CertEncoding::kX509Signature) continue;
    evidence.certificates.emplace_back(certificate.value.begin(), certificate.value.end());
  }
  turn.run([evidence = std::move(evidence)] { return JobValue(authentication::verify(evidence)); });
  return {};
}

void write_certificates(ikemessage::PayloadWriter& out, const authentication::OwnCredential& own) {
  for (const crypto::Certificate& certificate : own.chain) {
    const std::vector<std::byte> der = certificate.der();
    out.add(PayloadType::kCert, ikewire::Certificate{ikewire::CertEncoding::kX509Signature, der});
  }
}

void establish(Turn& turn, bool initial_contact) {
  SaState& sa = turn.sa;
  sa.phase = Phase::kEstablished;
  sa.birth_role = sa.role;
  sa.birth_nonce = std::min(sa.nonce_initiator, sa.nonce_responder);
  sa.established_at = turn.now();
  sa.heard_at = turn.now();
  set_ike_lifetime(turn.means, sa);
  sa.init_request = {};
  sa.init_response = {};
  sa.int_auth = {};
  sa.candidates = {};
  sa.offered = {};
  sa.peer.accepts = {};
  turn.report(Severity::kInfo, kIkeEstablished,
              "IKE SA established with " + authentication::text_of(sa.peer_id.type, sa.peer_id.value) + " at " +
                  sa.path.remote.text() + ": " + suite_text(sa.suite) +
                  (sa.post_quantum ? ", post-quantum" : ", not post-quantum") +
                  (sa.ppk.used ? ", PPK \"" + sa.ppk.used->ppk.id + "\"" : "") + "; we by " + sa.proofs.own +
                  ", the peer by " + sa.proofs.peer.method_text);
  if (sa.transcript != authentication::TranscriptNotify::kBoth) {
    turn.report(Severity::kInfo, kDowngradeUnprotected, "the peer does not sign what both sides said in IKE_SA_INIT");
  }
  if (!sa.policy->ppk.keys.empty() && !sa.ppk.used) {  // [8784-6-e]
    turn.report(Severity::kWarn, kPpkNotUsed, "the IKE SA is made without a PPK; the peer has none of ours");
  }
  if (sa.policy->large_keys && !sa.peer.large_keys) {
    turn.report(Severity::kWarn, kLargeKeysLacking,
                sa.peer.large_keys_lack.empty()
                    ? "large-keys was not announced: another tunnel of these addresses has none"
                    : "large-keys is configured, and the peer announces no " + sa.peer.large_keys_lack);
  }
  turn.means.effects.push_back(IkeUp{sa.tunnel(), sa.own_spi()});
  turn.means.registry.authenticated(sa, initial_contact);
}

}  // namespace levelgate::ikeexchange
