// SPDX-License-Identifier: Apache-2.0
//
// Rotation.
#include "ikeexchange/ppk_create.h"

#include <algorithm>
#include <array>

#include "ikeexchange/informational.h"
#include "ikeexchange/ppk_intermediate.h"
#include "ppk/mixing.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::kInternalFault;
using ikestate::kMalformed;
using ikestate::kPpkMissing;
using ikestate::kPpkNotUsed;
using ikestate::PpkState;
using ikestate::PpkUse;
using ikestate::PpkWay;
using ikestate::SaState;
using ikestate::Severity;
using ikewire::NotifyType;

constexpr std::size_t kMostLeft = 16;  // as many as a tunnel has at once

// prf(PPK, Ni | SPIi | SPIr): the responder's nonce is not there yet, the SPIs are those of the IKE SA that carries it.
Result<ppk::Confirmation> child_confirmation(const SaState& sa, const model::Ppk& ppk, ConstBytes nonce_initiator) {
  std::array<std::byte, 16> spis{};
  store_be(spis.data(), sa.spis.initiator.value);
  store_be(spis.data() + 8, sa.spis.responder.value);
  return ppk::confirmation(sa.keys.prf, ppk, {nonce_initiator, spis});
}

// A demand that this SA does not fulfil yet, as after a change of the policy; else its SK_d has a PPK already.
bool demanded(const SaState& sa) { return sa.policy->ppk.required && !sa.ppk.used; }

}  // namespace

std::vector<model::Ppk> fresh_ppks(const SaState& sa) {
  std::vector<model::Ppk> fresh;
  if (!ppk::offers_of(sa.policy->ppk).intermediate) return fresh;
  for (const model::Ppk& one : sa.policy->ppk.keys) {
    if (sa.ppk.used && sa.ppk.used->ppk == one) break;
    if (std::ranges::find(sa.ppk.left, one) == sa.ppk.left.end()) fresh.push_back(one);
  }
  return fresh;
}

Result<void> offer_fresh_ppks(ikemessage::PayloadWriter& out, const SaState& sa, std::span<const model::Ppk> fresh,
                              ConstBytes nonce_initiator) {
  for (const model::Ppk& one : fresh) {
    const auto confirmation = child_confirmation(sa, one, nonce_initiator);
    if (!confirmation) return std::unexpected(confirmation.error());
    out.add_notify_written(NotifyType::kPpkIdentityKey, [&](ikewire::WireBuffer& value) {
      write_ppk_identity_key(value, {ppk::identity_of(one), *confirmation});
    });
  }
  return {};
}

bool take_fresh_ppk(Turn& turn, std::span<const model::Ppk> offered, const ikemessage::Contents& answer,
                    std::optional<model::Ppk>& chosen) {
  const SaState& sa = turn.sa;
  if (offered.empty() && !demanded(sa)) return true;
  auto named = named_ppk(offered, answer);
  if (!named || (!*named && demanded(sa))) {
    turn.report(Severity::kError, named ? kPpkMissing : kMalformed,
                named ? "the peer makes new SAs without a PPK, and one is required" : named.error().what);
    turn.follow.push_back(OwnInformational::delete_ike());
    return false;
  }
  chosen = std::move(*named);
  if (chosen) return true;
  turn.report(Severity::kInfo, kPpkNotUsed,
              "the peer does not take PPK " + ppk_ids_text(offered) + " for the new SA" +
                  (sa.ppk.used ? ", whose keys go on with \"" + sa.ppk.used->ppk.id + "\"" : ""));
  return true;
}

std::expected<std::optional<model::Ppk>, Reason> choose_fresh_ppk(const SaState& sa,
                                                                  const ikemessage::Contents& request) {
  std::optional<model::Ppk> chosen;
  const model::PpkSettings& settings = sa.policy->ppk;
  const auto offered = ppk::identity_keys(values_of(request, NotifyType::kPpkIdentityKey));
  if (ppk::offers_of(settings).intermediate && !offered.empty()) {
    auto matched = ppk::match(offered, settings.keys,
                              [&](const model::Ppk& one) { return child_confirmation(sa, one, *request.nonce); });
    if (!matched) return std::unexpected(Reason{kInternalFault, matched.error().what});
    chosen = std::move(*matched);
  }
  if (ppk::judge_keys(chosen.has_value(), demanded(sa)) != ppk::KeyStep::kRefuse) return chosen;  // [9867-3.2-a]
  // [9867-3.2-b]
  return std::unexpected(Reason{kPpkMissing, offered.empty() ? "the peer asks for a new SA without a PPK, and one is "
                                                               "required"
                                                             : "none of the peer's PPKs " + ppk_ids_text(offered) +
                                                                   " for a new SA is known here"});
}

Result<SecretBytes> source_key(const SaState& sa, const std::optional<model::Ppk>& ppk) {
  if (ppk) return ppk::mixed(sa.keys.prf, *ppk, sa.keys.d.bytes());
  return SecretBytes(sa.keys.d.bytes());
}

std::optional<PpkUse> ppk_use(const SaState& sa, const std::optional<model::Ppk>& ppk) {
  return ppk ? std::optional(PpkUse{*ppk, PpkWay::kCreateChild}) : sa.ppk.used;
}

PpkState successor_ppk(const SaState& sa, const std::optional<model::Ppk>& ppk) {
  PpkState next{.agreed = sa.ppk.agreed, .offered = false, .used = ppk_use(sa, ppk), .left = sa.ppk.left};
  if (!ppk) return next;
  if (sa.ppk.used) next.left.push_back(sa.ppk.used->ppk);
  if (next.left.size() > kMostLeft) next.left.erase(next.left.begin());
  return next;
}

}  // namespace levelgate::ikeexchange
