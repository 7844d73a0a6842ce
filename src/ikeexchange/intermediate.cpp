// SPDX-License-Identifier: Apache-2.0
//
// Additional key exchanges before authentication, both halves. IntAuth is kept by whoever seals and opens.
#include "ikeexchange/intermediate.h"

#include "ikeexchange/init_offers.h"
#include "ikeexchange/key_jobs.h"
#include "ikeexchange/ppk_intermediate.h"
#include "negotiation/keywords.h"
#include "negotiation/large_keys.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::JobValue;
using ikestate::kInternalFault;
using ikestate::kKeyExchangeFailed;
using ikestate::kMalformed;
using ikestate::kPeerRefusedUs;
using ikestate::kPpkMissing;
using ikestate::Phase;
using ikestate::SaState;
using ikestate::Severity;
using ikewire::KeMethod;
using ikewire::NotifyType;
using ikewire::PayloadType;

// RFC 9370 §2.2.2: SKEYSEED(n), then all seven keys anew.
Result<void> renew_keys(SaState& sa, KeMethod method, ConstBytes shared) {
  const ikemessage::IkeCiphers& ciphers = sa.protection->ciphers();
  auto keys = ikemessage::keys_after_intermediate(ciphers.shape, sa.keys.d.bytes(), sa.nonces(), sa.spis, shared);
  if (!keys) return std::unexpected(keys.error());
  auto protection = ikemessage::Protection::create(ciphers, *keys, sa.role);
  if (!protection) return std::unexpected(protection.error());
  sa.keys = std::move(*keys);
  sa.protection.emplace(std::move(*protection));
  sa.post_quantum = sa.post_quantum || negotiation::is_post_quantum(method);
  sa.large_key = sa.large_key || negotiation::is_large(method);
  return {};
}

bool ppk_is_due(const SaState& sa) { return sa.ppk.agreed == ppk::Agreed::kIntermediate && is_last_intermediate(sa); }

// As far as the peer says it.
Reason refusal_of(const SaState& sa, const ikewire::Notify& error) {
  const std::string text = "the peer ends the handshake with " + ikewire::name_of(error.type);
  if (!ppk_is_due(sa) || error.type != NotifyType::kAuthenticationFailed) return {kPeerRefusedUs, text};
  return {kPpkMissing, text + ": it has none of our PPKs " + ppk_ids_text(sa.policy->ppk.keys) +
                           ", or other octets under these ids, and one is required"};
}

}  // namespace

Outcome OwnIntermediate::begin(Turn& turn) {
  turn.sa.phase = Phase::kIntermediateSent;
  if (method_ == KeMethod::kNone) return send_request(turn);
  start_generating(turn, method_);
  return Outcome::kWait;
}

Outcome OwnIntermediate::send_request(Turn& turn) const {
  if (ppk_is_due(turn.sa)) {
    if (const auto offered = offer_ppks(turn.out, turn.sa); !offered) return close(turn, offered.error());
  }
  if (key_) turn.out.add(PayloadType::kKe, ikewire::KeyExchange{method_, key_->public_value()});
  turn.type = ikewire::Exchange::kIkeIntermediate;
  return Outcome::kSend;
}

// Only the responder can have sent it, though it has not authenticated itself yet: there is no better answer to wait
// for.
Outcome OwnIntermediate::on_response(Turn& turn, const ikemessage::Message& response) {
  const ikemessage::Contents& contents = response.contents;
  if (const auto* error = contents.error()) {
    turn.reason = refusal_of(turn.sa, *error);
    return Outcome::kClose;
  }
  if (!read_accepted_methods(turn.sa, contents)) {
    return close(turn, kMalformed, "the peer's list of signatures is malformed");
  }
  if (ppk_is_due(turn.sa)) {
    auto chosen = chosen_ppk(turn.sa, contents);
    if (!chosen) {
      turn.reason = std::move(chosen.error());
      return Outcome::kClose;
    }
    ppk_ = std::move(*chosen);
  }
  ++turn.sa.intermediates;
  if (method_ == KeMethod::kNone) return finish(turn);
  if (!contents.key_exchange || contents.key_exchange->method != method_) {
    return close(turn, kMalformed, "IKE_INTERMEDIATE brings another key exchange than the negotiated one");
  }
  start_decapsulating(turn, key_, *contents.key_exchange);
  return Outcome::kWait;
}

Outcome OwnIntermediate::on_job(Turn& turn, JobValue value) {
  if (auto* generated = std::get_if<Result<std::unique_ptr<crypto::GeneratedKey>>>(&value)) {
    if (!*generated) return close(turn, generated->error());
    key_ = std::move(**generated);
    return send_request(turn);
  }
  auto* const shared = std::get_if<Result<SecretBytes>>(&value);
  if (shared == nullptr) return Outcome::kWait;
  if (!*shared) return close(turn, kKeyExchangeFailed, shared->error().what);
  if (const auto renewed = renew_keys(turn.sa, method_, (*shared)->bytes()); !renewed) {
    return close(turn, renewed.error());
  }
  return finish(turn);
}

// The PPK last [9867-3.1.1-a].
Outcome OwnIntermediate::finish(Turn& turn) const {
  if (!ppk_) return Outcome::kDone;
  const auto entered = enter_ppk(turn.sa, *ppk_);
  return entered ? Outcome::kDone : close(turn, entered.error());
}

Outcome PeerIntermediate::on_request(Turn& turn, const ikemessage::Message& request) {
  SaState& sa = turn.sa;
  const ikemessage::Contents& contents = request.contents;
  const bool keyed = sa.intermediates < sa.suite.additional.size();
  method_ = keyed ? sa.suite.additional[sa.intermediates].method : KeMethod::kNone;
  if (sa.ppk.agreed == ppk::Agreed::kIntermediate) {
    auto chosen = choose_ppk(turn, contents);
    if (!chosen) {
      turn.reason = std::move(chosen.error().reason);
      turn.out.add_notify(chosen.error().notify);
      return Outcome::kSendAndClose;
    }
    ppk_ = std::move(*chosen);
  }
  if (!keyed) return send_response(turn, {});
  if (!contents.key_exchange || contents.key_exchange->method != method_) {
    turn.reason = Reason{kMalformed, "IKE_INTERMEDIATE brings another key exchange than the negotiated one"};
    turn.out.add_notify(NotifyType::kInvalidSyntax);
    return Outcome::kSendAndClose;
  }
  start_encapsulating(turn, *contents.key_exchange);
  return Outcome::kWait;
}

Outcome PeerIntermediate::on_job(Turn& turn, JobValue value) {
  auto* const made = std::get_if<Result<crypto::Encapsulation>>(&value);
  if (made == nullptr) return Outcome::kWait;
  if (!*made) {
    turn.reason = Reason{kKeyExchangeFailed, made->error().what};
    turn.out.add_notify(NotifyType::kInvalidSyntax);
    return Outcome::kSendAndClose;
  }
  shared_ = std::move((*made)->secret);
  return send_response(turn, (*made)->response);
}

Outcome PeerIntermediate::send_response(Turn& turn, ConstBytes key) {
  SaState& sa = turn.sa;
  if (method_ != KeMethod::kNone) turn.out.add(PayloadType::kKe, ikewire::KeyExchange{method_, key});
  if (ppk_) write_chosen_ppk(turn.out, *ppk_);
  if (sa.list_by_intermediate && sa.intermediates == 0) write_accepted_methods(turn.out, sa);
  return Outcome::kSend;
}

void PeerIntermediate::answered(Turn& turn) {
  SaState& sa = turn.sa;
  ++sa.intermediates;
  if (sa.intermediates >= sa.suite.additional.size()) sa.phase = Phase::kAuthDue;
  Result<void> renewed;
  if (method_ != KeMethod::kNone) renewed = renew_keys(sa, method_, shared_.bytes());
  if (sa.large_key) sa.large_place.reset();
  if (renewed && ppk_) renewed = enter_ppk(sa, *ppk_);
  if (!renewed) turn.reason = Reason{kInternalFault, renewed.error().what, Severity::kError};
}

}  // namespace levelgate::ikeexchange
