// SPDX-License-Identifier: Apache-2.0
//
// PPK_IDENTITY_KEY and its answer before IKE_AUTH.
#include "ikeexchange/ppk_intermediate.h"

#include <algorithm>
#include <array>

#include "ppk/mixing.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::kInternalFault;
using ikestate::kMalformed;
using ikestate::kPpkDiffers;
using ikestate::kPpkMissing;
using ikestate::PolicyPtr;
using ikestate::PpkUse;
using ikestate::PpkWay;
using ikestate::SaState;
using ikestate::Severity;
using ikewire::NotifyType;

constexpr std::size_t kIdsInText = 4;

// prf(PPK, Ni | Nr | SPIi | SPIr) of the SA that is being made.
Result<ppk::Confirmation> early_confirmation(const SaState& sa, const model::Ppk& ppk) {
  std::array<std::byte, 16> spis{};
  store_be(spis.data(), sa.spis.initiator.value);
  store_be(spis.data() + 8, sa.spis.responder.value);
  return ppk::confirmation(sa.keys.prf, ppk, {sa.nonce_initiator, sa.nonce_responder, spis});
}

// Those of everybody whom the address could be: nobody has said a name yet.
std::vector<model::Ppk> candidates_ppks(const SaState& sa) {
  std::vector<model::Ppk> all;
  for (const PolicyPtr& policy : sa.candidates) {
    if (!ppk::offers_of(policy->ppk).intermediate) continue;
    all.insert(all.end(), policy->ppk.keys.begin(), policy->ppk.keys.end());
  }
  return all;
}

std::string join(const std::vector<std::string>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < kIdsInText; ++i) text += (i == 0 ? "\"" : ", \"") + ids[i] + "\"";
  return ids.size() > kIdsInText ? text + ", ..." : text;
}

}  // namespace

std::string ppk_ids_text(std::span<const ikewire::PpkIdentityKey> offered) {
  std::vector<std::string> ids;
  for (const auto& one : offered) ids.push_back(crypto::printable(one.identity.name));
  return join(ids);
}

std::string ppk_ids_text(std::span<const model::Ppk> ppks) {
  std::vector<std::string> ids;
  for (const model::Ppk& one : ppks) ids.push_back(one.id);
  return join(ids);
}

std::vector<ConstBytes> values_of(const ikemessage::Contents& contents, NotifyType type) {
  std::vector<ConstBytes> values;
  for (const ikewire::Notify& notify : contents.notifies) {
    if (notify.type == type) values.push_back(notify.value);
  }
  return values;
}

Result<std::optional<model::Ppk>> named_ppk(std::span<const model::Ppk> offered, const ikemessage::Contents& answer) {
  const auto* const notify = answer.find(NotifyType::kPpkIdentity);
  if (notify == nullptr) return std::optional<model::Ppk>();
  const auto identity = ikewire::read_ppk_identity(notify->value);
  const auto found =
      std::ranges::find_if(offered, [&](const model::Ppk& one) { return identity && ppk::names(*identity, one); });
  if (found == offered.end()) return failure(Fault::kBadInput, "the peer takes a PPK that was not offered");
  return std::optional(*found);
}

bool is_last_intermediate(const SaState& sa) { return sa.intermediates + 1 >= sa.suite.additional.size(); }

// [9867-3.1-e]
Result<void> offer_ppks(ikemessage::PayloadWriter& out, const SaState& sa) {
  for (const model::Ppk& one : sa.policy->ppk.keys) {
    const auto confirmation = early_confirmation(sa, one);
    if (!confirmation) return std::unexpected(confirmation.error());
    out.add_notify_written(NotifyType::kPpkIdentityKey, [&](ikewire::WireBuffer& value) {
      write_ppk_identity_key(value, {ppk::identity_of(one), *confirmation});
    });
  }
  return {};
}

// [9867-3.1-g, 9867-3.1-i]
std::expected<std::optional<model::Ppk>, Reason> chosen_ppk(const SaState& sa, const ikemessage::Contents& answer) {
  const model::PpkSettings& settings = sa.policy->ppk;
  auto named = named_ppk(settings.keys, answer);
  if (!named) return std::unexpected(Reason{kMalformed, named.error().what});
  if (ppk::judge_keys(named->has_value(), settings.required) != ppk::KeyStep::kRefuse) return std::move(*named);
  return std::unexpected(Reason{kPpkMissing, "the peer has none of our PPKs " + ppk_ids_text(settings.keys) +
                                                 ", or other octets under these ids; one is required"});
}

std::expected<std::optional<model::Ppk>, PpkRefusal> choose_ppk(Turn& turn, const ikemessage::Contents& request) {
  SaState& sa = turn.sa;
  const auto offered = ppk::identity_keys(values_of(request, NotifyType::kPpkIdentityKey));
  if (offered.empty()) return std::optional<model::Ppk>();
  if (sa.ppk.offered || !is_last_intermediate(sa)) {
    return std::unexpected(
        PpkRefusal{NotifyType::kInvalidSyntax, {kMalformed, "PPKs are named in another exchange than the last one"}});
  }
  sa.ppk.offered = true;
  const std::vector<model::Ppk> ours = candidates_ppks(sa);
  auto matched = ppk::match(offered, ours, [&](const model::Ppk& one) { return early_confirmation(sa, one); });
  if (!matched) {
    return std::unexpected(PpkRefusal{NotifyType::kAuthenticationFailed, {kInternalFault, matched.error().what}});
  }
  const bool required = std::ranges::all_of(sa.candidates, [](const PolicyPtr& one) { return one->ppk.required; });
  const ppk::KeyStep step = ppk::judge_keys(matched->has_value(), required);
  if (step == ppk::KeyStep::kUse) return std::move(*matched);
  const auto known = std::ranges::find_if(ours, [&](const model::Ppk& own) {
    return std::ranges::any_of(offered, [&](const auto& one) { return ppk::names(one.identity, own); });
  });
  Reason reason = known != ours.end()
                      ? Reason{kPpkDiffers, "PPK \"" + known->id + "\" has other octets at the peer than here"}
                      : Reason{kPpkMissing, "none of the peer's PPKs " + ppk_ids_text(offered) + " is known here"};
  if (step == ppk::KeyStep::kRefuse) {  // [9867-3.1-h]
    return std::unexpected(PpkRefusal{NotifyType::kAuthenticationFailed, std::move(reason)});
  }
  turn.report(Severity::kWarn, reason.id, reason.text + "; none is required");
  return std::optional<model::Ppk>();
}

void write_chosen_ppk(ikemessage::PayloadWriter& out, const model::Ppk& ppk) {
  out.add_notify_written(NotifyType::kPpkIdentity,
                         [&](ikewire::WireBuffer& value) { write_ppk_identity(value, ppk::identity_of(ppk)); });
}

Result<void> enter_ppk(SaState& sa, const model::Ppk& ppk) {
  const ikemessage::IkeCiphers& ciphers = sa.protection->ciphers();
  const auto seed = ppk::mixed(sa.keys.prf, ppk, sa.keys.d.bytes());
  if (!seed) return std::unexpected(seed.error());
  auto keys = ikemessage::keys_of_seed(ciphers.shape, *seed, sa.nonces(), sa.spis);
  if (!keys) return std::unexpected(keys.error());
  auto protection = ikemessage::Protection::create(ciphers, *keys, sa.role);
  if (!protection) return std::unexpected(protection.error());
  sa.keys = std::move(*keys);
  sa.protection.emplace(std::move(*protection));
  sa.ppk.used = PpkUse{ppk, PpkWay::kIntermediate};
  return {};
}

}  // namespace levelgate::ikeexchange
