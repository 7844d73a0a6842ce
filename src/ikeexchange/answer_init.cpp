// SPDX-License-Identifier: Apache-2.0
//
// The responder's half of IKE_SA_INIT.
#include "ikeexchange/init_offers.h"
#include "ikeexchange/key_jobs.h"
#include "ikeexchange/ppk_init.h"
#include "ikeexchange/sa_init.h"

namespace levelgate::ikeexchange {

using ikewire::NotifyType;
using ikewire::PayloadType;

namespace {

using ikestate::JobValue;
using ikestate::kKeyExchangeFailed;
using ikestate::Phase;
using ikestate::SaState;
using ikestate::Severity;

constexpr std::size_t kNonceOctets = 32;

// What the request says, and the choice, as the SA knows them.
Result<void> note_request(SaState& sa, const InitChoice& choice, const ikemessage::Contents& contents) {
  sa.policy = choice.policy;
  sa.suite = choice.suite;
  sa.nonce_initiator.assign(contents.nonce->begin(), contents.nonce->end());
  sa.offered = *contents.proposals;
  sa.nonce_responder.resize(kNonceOctets);
  if (const auto read = read_init_offers(sa, contents, {sa.spis.initiator, {}}); !read) return read;
  sa.ppk.agreed = agree_on_ppk(sa, contents);
  return {};
}

Result<void> write_answer(ikemessage::PayloadWriter& out, SaState& sa, const ikewire::Proposal& answer,
                          ConstBytes key) {
  out.add(PayloadType::kSa, std::vector<ikewire::Proposal>{answer});
  out.add(PayloadType::kKe, ikewire::KeyExchange{sa.suite.key_exchange, key});
  out.add_octets(PayloadType::kNonce, sa.nonce_responder);
  if (const auto written = write_init_offers(out, sa, sa.spis); !written) return written;
  write_ppk_answer(out, sa.ppk.agreed);
  out.add_notify(NotifyType::kChildlessIkev2Supported);
  write_accepted_methods(out, sa);
  if (sa.auth_puzzle) {
    out.add_notify_written(NotifyType::kPuzzle,
                           [&](ikewire::WireBuffer& value) { write_puzzle(value, *sa.auth_puzzle); });
  }
  return {};
}

}  // namespace

std::size_t init_answer_octets(SaState& draft, const InitChoice& choice, const ikemessage::Contents& contents) {
  ikemessage::PayloadWriter out;
  const auto* const method = crypto::find_key_exchange(static_cast<std::uint16_t>(choice.suite.key_exchange));
  const std::vector<std::byte> key(method == nullptr ? 0 : method->responder_octets);
  if (!note_request(draft, choice, contents) || !write_answer(out, draft, choice.answer, key)) return 0;
  return ikewire::kIkeHeaderOctets + out.size();
}

Outcome PeerSaInit::on_request(Turn& turn, const ikemessage::Message& request) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = request.contents;
  sa.large_place = std::move(choice_.large_place);
  sa.init_request = request.datagram;
  if (const auto noted = note_request(sa, choice_, contents); !noted) return close(turn, noted.error());
  if (const auto filled = turn.means.random.fill(sa.nonce_responder); !filled) return close(turn, filled.error());
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
  if (const auto written = write_answer(turn.out, sa, choice_.answer, made.response); !written) {
    return close(turn, written.error());
  }
  if (const auto taken = take_initial_keys(sa, made.secret.bytes()); !taken) return close(turn, taken.error());
  return Outcome::kSend;
}

void PeerSaInit::answered(Turn& turn) {
  SaState& sa = turn.sa;
  sa.phase = sa.suite.additional.empty() ? Phase::kAuthDue : Phase::kIntermediateDue;
}

}  // namespace levelgate::ikeexchange
