// SPDX-License-Identifier: Apache-2.0
//
// The initiator's half of IKE_SA_INIT.
#include "ikeexchange/sa_init.h"

#include <algorithm>

#include "ikeexchange/auth.h"
#include "ikeexchange/init_offers.h"
#include "ikeexchange/intermediate.h"
#include "ikeexchange/key_jobs.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/ppk_init.h"
#include "ikeexchange/puzzle_jobs.h"
#include "ikeexchange/separate_transports.h"
#include "ikestate/wording.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/large_keys.h"
#include "negotiation/limits.h"
#include "negotiation/offer.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::JobValue;
using ikestate::kAnswerNotOffered;
using ikestate::kIkePort;
using ikestate::kKeyExchangeFailed;
using ikestate::kLargeKeysLacking;
using ikestate::kMalformed;
using ikestate::kNatPort;
using ikestate::kNoProposal;
using ikestate::kPeerRefusedUs;
using ikestate::kPostQuantumRefused;
using ikestate::kPpkMissing;
using ikestate::kPuzzleRefused;
using ikestate::kSeparateRefused;
using ikestate::offer_text;
using ikestate::Phase;
using ikestate::PuzzleSearch;
using ikestate::SaState;
using ikestate::Severity;
using ikewire::KeMethod;
using ikewire::NotifyType;
using ikewire::PayloadType;
using ikewire::TransformType;
using negotiation::AdditionalExchanges;

// A peer without RFC 9370 skips every proposal that has an additional key exchange.
std::string additional_hint(const std::vector<ikewire::Proposal>& proposals) {
  const bool all = std::ranges::all_of(proposals, [](const ikewire::Proposal& proposal) {
    return std::ranges::any_of(proposal.transforms, [](const ikewire::Transform& t) {
      return negotiation::is_additional(t.type) && t.id != 0;
    });
  });
  return all ? ", each with an additional key exchange, which the peer may not know (RFC 9370)" : "";
}

// A peer that demands a PPK may refuse here, before any key is computed (RFC 9867 §3.1).
std::string_view ppk_hint(const ppk::Offers& offers) {
  if (!offers.auth && !offers.intermediate) return ", and no PPK, which the peer may demand";
  if (!offers.auth) return ", and a PPK in IKE_INTERMEDIATE only, which the peer may not know (RFC 9867)";
  if (!offers.intermediate)
    return ", and a PPK in IKE_AUTH only, where the peer may demand it in IKE_INTERMEDIATE (RFC 9867)";
  return "";
}

}  // namespace

Outcome OwnSaInit::begin(Turn& turn) {
  SaState& sa = turn.sa;
  offered_ = negotiation::offer(init_proposals(*sa.policy), sa.policy->ike_terms(AdditionalExchanges::kAvailable));
  method_ = negotiation::first_key_exchange(offered_);
  if (method_ == KeMethod::kNone) {
    return close(turn, kPostQuantumRefused, "no configured proposal keeps the post-quantum policy", Severity::kError);
  }
  sa.nonce_initiator.resize(32);
  if (const auto filled = turn.means.random.fill(sa.nonce_initiator); !filled) return close(turn, filled.error());
  sa.phase = Phase::kInitSent;
  return generate(turn);
}

Outcome OwnSaInit::generate(Turn& turn) {
  stage_ = Stage::kGenerating;
  start_generating(turn, method_);
  return Outcome::kWait;
}

Outcome OwnSaInit::send_request(Turn& turn) {
  stage_ = Stage::kAwaiting;
  // The cookie in front, all else as before; the responder has no SPI yet [7296-2.6-c, 7296-3.1-c].
  if (!cookie_.empty()) turn.out.add_notify(NotifyType::kCookie, cookie_);
  if (!solution_.empty()) turn.out.add(PayloadType::kPuzzleSolution, ikewire::PuzzleSolution{solution_});
  turn.out.add(PayloadType::kSa, offered_);
  turn.out.add(PayloadType::kKe, ikewire::KeyExchange{method_, key_->public_value()});
  turn.out.add_octets(PayloadType::kNonce, turn.sa.nonce_initiator);
  const auto written = write_init_offers(turn.out, turn.sa, {turn.sa.spis.initiator, {}});
  if (!written) return close(turn, written.error());
  write_ppk_offers(turn.out, ppk::offers_of(turn.sa.policy->ppk));
  turn.type = ikewire::Exchange::kIkeSaInit;
  return Outcome::kSend;
}

Outcome OwnSaInit::wait_on(Turn&) { return Outcome::kWait; }

// Anybody may have sent it, and many times: each thing is said once.
// But who speaks over a connection is the peer, or nobody else will [9329-6.4-a].
Outcome OwnSaInit::tell_once(Turn& turn, std::string_view id, std::string text) {
  if (turn.sa.path.over_tcp()) return close(turn, id, std::move(text));
  if (told_.size() < limits::kToldOnce && told_.insert(text).second) turn.report(Severity::kWarn, id, std::move(text));
  return wait_on(turn);
}

Outcome OwnSaInit::on_response(Turn& turn, const ikemessage::Message& response) {
  const ikemessage::Contents& contents = response.contents;
  // While a puzzle is being solved, which anybody may have set, the answer to the request as it was is still good.
  const bool open = stage_ == Stage::kAwaiting || (stage_ == Stage::kSolving && contents.proposals);
  if (!open) return wait_on(turn);
  if (contents.proposals) return on_answer(turn, response);
  const auto* const puzzle = contents.find(NotifyType::kPuzzle);
  if (const auto* cookie = contents.find(NotifyType::kCookie)) return on_cookie(turn, *cookie, puzzle);
  if (puzzle != nullptr) return wait_on(turn);  // it has no text [8019-7.1.2-c]
  if (const auto* wanted = contents.find(NotifyType::kInvalidKePayload)) return on_wanted_method(turn, *wanted);
  if (const auto* error = contents.error()) {
    if (error->type != NotifyType::kNoProposalChosen) {
      return tell_once(turn, kPeerRefusedUs,
                       "the peer answers " + name_of(error->type) + " (not authenticated); still trying");
    }
    std::string text = "the peer answers NO_PROPOSAL_CHOSEN (not authenticated); we offer " + offer_text(offered_);
    text.append(additional_hint(offered_)).append(ppk_hint(ppk::offers_of(turn.sa.policy->ppk)));
    return tell_once(turn, kNoProposal, text + "; still trying");
  }
  return wait_on(turn);
}

Outcome OwnSaInit::on_cookie(Turn& turn, const ikewire::Notify& notify, const ikewire::Notify* puzzle) {
  const auto cookie = ikewire::read_cookie(notify.value);
  if (!cookie || std::ranges::equal(*cookie, cookie_) || ++restarts_ > limits::kInitRestarts) return wait_on(turn);
  cookie_.assign(cookie->begin(), cookie->end());
  solution_.clear();
  if (puzzle != nullptr && begin_solving(turn, *puzzle)) return Outcome::kWait;
  return send_request(turn);
}

// False: it is not solved, and the request leaves with the cookie alone, as of somebody who knows no puzzles
// [8019-7.1.2-a, 8019-7.1.2-b, 8019-9-a].
bool OwnSaInit::begin_solving(Turn& turn, const ikewire::Notify& notify) {
  const auto puzzle = ikewire::read_puzzle(notify.value);
  const Solving begun = puzzle ? start_solving(turn, *puzzle, cookie_) : Solving::kUnknown;
  if (begun == Solving::kTooHard) {
    (void)tell_once(turn, kPuzzleRefused, too_hard_text(turn, *puzzle) + "; trying without its solution");
  }
  if (begun == Solving::kBegun) stage_ = Stage::kSolving;
  return begun == Solving::kBegun;
}

// The keys are found, or will not be; or there is another slice of the search to come.
Outcome OwnSaInit::on_search(Turn& turn, PuzzleSearch& search) {
  if (stage_ != Stage::kSolving) return Outcome::kWait;
  if (search.step == admission::PuzzleSolver::Step::kSearching) {
    go_on_solving(turn, std::move(search.solver));
    return Outcome::kWait;
  }
  if (search.step == admission::PuzzleSolver::Step::kSolved) solution_ = search.solver->solution();
  return send_request(turn);
}

// The offer stays whole: who asks for another group is not authenticated [7296-1.2-d, 7296-1.2-e].
Outcome OwnSaInit::on_wanted_method(Turn& turn, const ikewire::Notify& notify) {
  const auto wanted = ikewire::read_wanted_method(notify.value);
  if (!wanted || *wanted == method_) return wait_on(turn);
  if (!negotiation::offers_key_exchange(offered_, *wanted)) {
    return tell_once(turn, kNoProposal,
                     "the peer wants the key exchange " + ikewire::name_of(*wanted) +
                         ", which is not offered (not authenticated); we offer " + offer_text(offered_));
  }
  if (++restarts_ > limits::kInitRestarts) return wait_on(turn);
  method_ = *wanted;
  return generate(turn);
}

Outcome OwnSaInit::on_answer(Turn& turn, const ikemessage::Message& response) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = response.contents;
  const bool intermediate = contents.has(NotifyType::kIntermediateExchangeSupported);
  const auto terms =
      sa.policy->ike_terms(intermediate ? AdditionalExchanges::kAvailable : AdditionalExchanges::kUnavailable);
  // What was not offered, or repeats a method, begins nothing [9370-2.2.1-f, 9370-2.2.1-g].
  const auto suite = negotiation::check_answer(offered_, *contents.proposals, terms);
  if (!suite) {
    return tell_once(turn, kAnswerNotOffered, "the peer's choice is refused: " + negotiation::text_of(suite.error()));
  }
  const auto ciphers = ikemessage::ike_ciphers_of(*suite);
  const bool complete = contents.key_exchange && contents.nonce && response.header.responder_spi.value != 0;
  if (!ciphers || !complete || suite->key_exchange != method_ || contents.key_exchange->method != method_ ||
      !ikemessage::nonce_fits(contents.nonce->size(), ciphers->shape.prf)) {
    return tell_once(turn, kMalformed, "an incomplete or contradictory answer to IKE_SA_INIT");
  }
  const ppk::InitAnswer ppks = ppk::judge_init(sa.policy->ppk, read_ppk_offers(contents));
  if (ppks == ppk::InitAnswer::kMalformed) {
    return tell_once(turn, kMalformed, "the peer answers USE_PPK and USE_PPK_INT at once");
  }
  if (ppks == ppk::InitAnswer::kAwait) {  // [8784-3-b, 8784-6-c, 8784-6-d]
    return tell_once(turn, kPpkMissing,
                     "the peer answers without a PPK, and one is required (not authenticated); still trying");
  }
  std::optional<ikewire::Puzzle> puzzle;
  if (const auto* notify = contents.find(NotifyType::kPuzzle)) {  // [8019-7.2.2-a, 8019-7.2.1.1-a]
    const auto read = ikewire::read_puzzle(notify->value);
    const bool solvable = read && read->difficulty != 0 && ikemessage::prf_of(read->prf) &&
                          read->difficulty <= turn.means.registry.most_difficulty();
    if (!solvable) {
      return tell_once(turn, kPuzzleRefused,
                       read ? too_hard_text(turn, *read) + ", for IKE_AUTH; still trying" : "a malformed PUZZLE");
    }
    puzzle = *read;
  }
  sa.auth_puzzle = puzzle;
  sa.spis.responder = response.header.responder_spi;
  sa.suite = *suite;
  sa.nonce_responder.assign(contents.nonce->begin(), contents.nonce->end());
  sa.init_response = response.datagram;
  sa.peer = {};  // an earlier answer may have been a forger's
  sa.ppk.agreed = ppks == ppk::InitAnswer::kAuth           ? ppk::Agreed::kAuth
                  : ppks == ppk::InitAnswer::kIntermediate ? ppk::Agreed::kIntermediate
                                                           : ppk::Agreed::kNone;
  if (const auto read = read_init_offers(sa, contents, sa.spis); !read) return close(turn, read.error());
  if (negotiation::has_large(*suite) && !sa.peer.large_keys) {
    sa.spis.responder = {};
    return tell_once(turn, kLargeKeysLacking,
                     "the peer chooses a large key, and announces no " + sa.peer.large_keys_lack +
                         " (not authenticated); still trying");
  }
  stage_ = Stage::kDecapsulating;
  start_decapsulating(turn, key_, *contents.key_exchange);
  return Outcome::kWait;
}

Outcome OwnSaInit::on_job(Turn& turn, JobValue value) {
  if (auto* generated = std::get_if<Result<std::unique_ptr<crypto::GeneratedKey>>>(&value)) {
    if (!*generated) return close(turn, generated->error());
    key_ = std::move(**generated);
    return send_request(turn);
  }
  if (auto* search = std::get_if<PuzzleSearch>(&value)) return on_search(turn, *search);
  auto* const shared = std::get_if<Result<SecretBytes>>(&value);
  if (shared == nullptr) return Outcome::kWait;
  if (!*shared) {  // of a forger, perhaps: the true answer may yet come
    stage_ = Stage::kAwaiting;
    turn.sa.spis.responder = {};
    return tell_once(turn, kKeyExchangeFailed, shared->error().what);
  }
  key_.reset();
  if (const auto taken = take_initial_keys(turn.sa, (*shared)->bytes()); !taken) return close(turn, taken.error());
  if (turn.sa.nat.any() &&
      !turn.sa.path.over_tcp()) {  // both sides move, whoever is behind the NAT [7296-2.23-b, 7296-2.23-g]
    turn.sa.path.local.port = kNatPort;
    if (turn.sa.path.remote.port == kIkePort) turn.sa.path.remote.port = kNatPort;
  }
  if (turn.sa.esp_in_stream() && !turn.sa.policy->transports.esp_in_tcp) {
    return close(turn, kSeparateRefused, "the peer takes IKE over TCP only together with ESP in TCP");
  }
  if (!turn.sa.path.over_tcp() && turn.sa.peer.separate_transports) call_peer(turn.means, turn.sa);
  follow_up(turn);
  return Outcome::kDone;
}

// One after the other, in the order of their types [9242-3.2-a, 9370-2.2.1-a, 9370-2.2.1-b].
void OwnSaInit::follow_up(Turn& turn) const {
  const SaState& sa = turn.sa;
  for (std::size_t i = 0; i < sa.suite.additional.size(); ++i) {
    turn.follow.push_back(std::make_unique<OwnIntermediate>(sa.suite.additional[i].method));
  }
  const bool more = sa.peer.announcements_follow || sa.ppk.agreed == ppk::Agreed::kIntermediate;
  if (sa.suite.additional.empty() && more && sa.peer.intermediate) {
    turn.follow.push_back(std::make_unique<OwnIntermediate>(KeMethod::kNone));
  }
  turn.follow.push_back(std::make_unique<OwnAuth>());
}

}  // namespace levelgate::ikeexchange
