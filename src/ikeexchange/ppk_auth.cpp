// SPDX-License-Identifier: Apache-2.0
//
// Both halves of RFC 8784.
#include "ikeexchange/ppk_auth.h"

#include <algorithm>
#include <utility>

#include "ppk/mixing.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::kInternalFault;
using ikestate::kPpkDiffers;
using ikestate::kPpkMissing;
using ikestate::PpkUse;
using ikestate::PpkWay;
using ikestate::SaState;
using ikewire::NotifyType;

// Only here, never where keys come from a rekey [8784-3-c].
Result<void> mix(SaState& sa, const model::Ppk& ppk) {
  for (SecretBytes* key : {&sa.keys.d, &sa.keys.proof_initiator, &sa.keys.proof_responder}) {
    auto mixed = ppk::mixed(sa.keys.prf, ppk, key->bytes());
    if (!mixed) return std::unexpected(mixed.error());
    *key = std::move(*mixed);
  }
  sa.ppk.used = PpkUse{ppk, PpkWay::kAuth};
  return {};
}

std::string quoted(const std::string& id) { return "\"" + id + "\""; }

std::expected<PeerPpkAuth, Reason> refuse_ppk(std::string_view id, std::string text) {
  return std::unexpected(Reason{id, std::move(text)});
}

// The PPK came into the keys before the peer had a name: it must be one of this peer's [9867-3.1-j].
std::expected<PeerPpkAuth, Reason> check_used(const SaState& sa, const PpkUse& used) {
  const auto& keys = sa.policy->ppk.keys;
  if (std::ranges::find(keys, used.ppk) != keys.end()) return PeerPpkAuth{};
  return refuse_ppk(kPpkMissing, "the peer uses PPK " + quoted(used.ppk.id) + ", which is not for " +
                                     authentication::text_of(sa.peer_id.type, sa.peer_id.value));
}

}  // namespace

// [8784-3-d]
bool OwnPpkAuth::wants_plain(const SaState& sa) const {
  return sa.ppk.agreed == ppk::Agreed::kAuth && !sa.policy->ppk.required && !plain_proof_;
}

Result<void> OwnPpkAuth::enter(SaState& sa) {
  if (sa.ppk.agreed != ppk::Agreed::kAuth) return {};
  plain_.emplace(SecretBytes(sa.keys.d.bytes()), SecretBytes(sa.keys.proof_initiator.bytes()),
                 SecretBytes(sa.keys.proof_responder.bytes()));
  return mix(sa, sa.policy->ppk.keys.front());
}

void OwnPpkAuth::write(ikemessage::PayloadWriter& out, const SaState& sa) const {
  if (!plain_) return;
  out.add_notify_written(NotifyType::kPpkIdentity, [&](ikewire::WireBuffer& value) {
    write_ppk_identity(value, ppk::identity_of(sa.ppk.used->ppk));
  });
  // Made by the same key with the same scheme as AUTH, whose method it has [8784-3-e].
  if (plain_proof_) out.add_notify(NotifyType::kNoPpkAuth, plain_proof_->value);
}

// Whatever PPK_IDENTITY holds [8784-3-i, 8784-3-j].
bool OwnPpkAuth::settle(SaState& sa, const ikemessage::Contents& answer) {
  if (!plain_) return true;
  switch (ppk::judge_answer(answer.has(NotifyType::kPpkIdentity), sa.policy->ppk.required || !plain_proof_)) {
    case ppk::AuthAnswer::kUsed:
      return true;
    case ppk::AuthAnswer::kRefuse:
      return false;
    case ppk::AuthAnswer::kWithout:
      break;
  }
  sa.keys.d = std::move(plain_->d);
  sa.keys.proof_initiator = std::move(plain_->proof_initiator);
  sa.keys.proof_responder = std::move(plain_->proof_responder);
  sa.ppk.used.reset();
  return true;
}

const std::vector<std::byte>* OwnPpkAuth::plain_value(const SaState& sa) const {
  return plain_proof_ && !sa.ppk.used ? &plain_proof_->value : nullptr;
}

std::expected<PeerPpkAuth, Reason> serve_ppk(SaState& sa, const ikemessage::Contents& request) {
  if (sa.ppk.used) return check_used(sa, *sa.ppk.used);
  const model::PpkSettings& settings = sa.policy->ppk;
  const auto* const identity = request.find(NotifyType::kPpkIdentity);
  const auto* const plain = request.find(NotifyType::kNoPpkAuth);
  const auto named = identity != nullptr ? ikewire::read_ppk_identity(identity->value)
                                         : ikewire::ike_fault(ikewire::IkeFault::kTruncated, 0);
  const auto known =
      std::ranges::find_if(settings.keys, [&](const model::Ppk& one) { return named && ppk::names(*named, one); });
  const bool mine = known != settings.keys.end() && ppk::offers_of(settings).auth;
  const std::string peers = named ? crypto::printable(named->name) : std::string("?");
  switch (ppk::judge_request({.agreed = sa.ppk.agreed,
                              .identity = identity != nullptr,
                              .known = mine,
                              .no_ppk_auth = plain != nullptr,
                              .required = settings.required})) {
    case ppk::AuthStep::kUsePpk:
      if (const auto mixed = mix(sa, *known); !mixed) return refuse_ppk(kInternalFault, mixed.error().what);
      return PeerPpkAuth{.answers = true, .value = {}};
    case ppk::AuthStep::kWithoutPpk:
      return PeerPpkAuth{};
    case ppk::AuthStep::kNoPpkAuth:
      return PeerPpkAuth{.answers = false, .value = plain->value};
    case ppk::AuthStep::kNotUsed:
      return refuse_ppk(kPpkMissing, "the peer uses no PPK, and one is required of it");
    case ppk::AuthStep::kNoIdentity:
      return refuse_ppk(kPpkMissing, "the peer announced a PPK and names none");
    case ppk::AuthStep::kUnknownPpk:
      break;
  }
  return refuse_ppk(kPpkMissing, "the peer uses PPK " + quoted(peers) + ", which is not configured for it" +
                                     (plain != nullptr ? "; one is required" : "; it demands a PPK"));
}

std::optional<Reason> ppk_blamed(const SaState& sa, const authentication::AuthRefusal& refusal) {
  const bool by_auth = sa.ppk.used && sa.ppk.used->way == PpkWay::kAuth;
  const bool proof = refusal.fault == authentication::AuthFault::kWrongSharedKey ||
                     refusal.fault == authentication::AuthFault::kBadSignature;
  if (!by_auth || !proof) return std::nullopt;
  return Reason{kPpkDiffers, refusal.text + "; PPK " + quoted(sa.ppk.used->ppk.id) +
                                 " is part of it, and may have other octets at the peer"};
}

}  // namespace levelgate::ikeexchange
