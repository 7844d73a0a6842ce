// SPDX-License-Identifier: Apache-2.0
//
// The tables.
#include "ppk/decisions.h"

#include <algorithm>

namespace levelgate::ppk {
namespace {

Offers both(const Offers& a, const Offers& b) { return {a.auth && b.auth, a.intermediate && b.intermediate}; }
bool any(const Offers& offers) { return offers.auth || offers.intermediate; }

}  // namespace

Offers offers_of(const model::PpkSettings& settings) {
  if (settings.keys.empty()) return {};
  return {settings.exchange != model::PpkExchange::kIntermediate, settings.exchange != model::PpkExchange::kAuth};
}

Agreed agree(const Offers& peer, std::span<const model::PpkSettings* const> candidates) {
  Offers common;
  for (const model::PpkSettings* const policy : candidates) {
    const Offers shared = both(peer, offers_of(*policy));
    common = {common.auth || shared.auth, common.intermediate || shared.intermediate};
  }
  // The one that protects names and the first IKE SA as well.
  if (common.intermediate) return Agreed::kIntermediate;
  return common.auth ? Agreed::kAuth : Agreed::kNone;
}

bool admits(const model::PpkSettings& policy, const Offers& peer) {
  return !policy.required || any(both(peer, offers_of(policy)));
}

InitAnswer judge_init(const model::PpkSettings& policy, const Offers& answered) {
  if (answered.auth && answered.intermediate) return InitAnswer::kMalformed;
  const Offers common = both(answered, offers_of(policy));  // what was not asked for says nothing
  if (common.intermediate) return InitAnswer::kIntermediate;
  if (common.auth) return InitAnswer::kAuth;
  return policy.required ? InitAnswer::kAwait : InitAnswer::kWithout;
}

AuthStep judge_request(const AuthRequest& request) {
  if (request.agreed != Agreed::kAuth) return request.required ? AuthStep::kNotUsed : AuthStep::kWithoutPpk;
  if (!request.identity) return AuthStep::kNoIdentity;
  if (request.known) return AuthStep::kUsePpk;
  return !request.required && request.no_ppk_auth ? AuthStep::kNoPpkAuth : AuthStep::kUnknownPpk;
}

AuthAnswer judge_answer(bool identity, bool required) {
  if (identity) return AuthAnswer::kUsed;
  return required ? AuthAnswer::kRefuse : AuthAnswer::kWithout;
}

}  // namespace levelgate::ppk
