// SPDX-License-Identifier: Apache-2.0
//
// The responder's half of IKE_SA_INIT.
#include "ike/exchanges/init_offers.h"
#include "ike/exchanges/key_jobs.h"
#include "ike/exchanges/ppk_init.h"
#include "ike/exchanges/sa_init.h"

namespace levelgate::ike {

using ikewire::NotifyType;
using ikewire::PayloadType;

Outcome PeerSaInit::on_request(Turn& turn, const ikemessage::Message& request) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = request.contents;
  sa.policy = choice_.policy;
  sa.suite = choice_.suite;
  sa.init_request = request.datagram;
  sa.nonce_initiator.assign(contents.nonce->begin(), contents.nonce->end());
  sa.offered = *contents.proposals;
  sa.nonce_responder.resize(32);
  if (const auto filled = turn.means.random.fill(sa.nonce_responder); !filled) return close(turn, filled.error());
  if (const auto read = read_init_offers(sa, contents, {sa.spis.initiator, {}}); !read) {
    return close(turn, read.error());
  }
  sa.ppk.agreed = agree_on_ppk(sa, contents);
  start_encapsulating(turn, *contents.key_exchange);
  return Outcome::kWait;
}

Outcome PeerSaInit::on_job(Turn& turn, JobValue value) {
  auto* const made = std::get_if<Result<crypto::Encapsulation>>(&value);
  if (made == nullptr) return Outcome::kWait;
  if (!*made) {
    turn.reason = Reason{kKeyExchangeFailed, made->error().what, Severity::kWarn};
    turn.out.add_notify(NotifyType::kInvalidSyntax);
    return Outcome::kSendAndClose;
  }
  return send_response(turn, **made);
}

Outcome PeerSaInit::send_response(Turn& turn, const crypto::Encapsulation& made) {
  SaState& sa = turn.sa;
  turn.out.add(PayloadType::kSa, std::vector<ikewire::Proposal>{choice_.answer});
  turn.out.add(PayloadType::kKe, ikewire::KeyExchange{sa.suite.key_exchange, made.response});
  turn.out.add_octets(PayloadType::kNonce, sa.nonce_responder);
  if (const auto written = write_init_offers(turn.out, sa, sa.spis); !written) return close(turn, written.error());
  write_ppk_answer(turn.out, sa.ppk.agreed);
  turn.out.add_notify(NotifyType::kChildlessIkev2Supported);
  write_accepted_methods(turn.out, sa);
  if (const auto taken = take_initial_keys(sa, made.secret.bytes()); !taken) return close(turn, taken.error());
  return Outcome::kSend;
}

void PeerSaInit::answered(Turn& turn) {
  SaState& sa = turn.sa;
  sa.phase = sa.suite.additional.empty() ? Phase::kAuthDue : Phase::kIntermediateDue;
}

}  // namespace levelgate::ike
