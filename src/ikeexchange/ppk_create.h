// SPDX-License-Identifier: Apache-2.0
//
// A fresh PPK in CREATE_CHILD_SA (RFC 9867 §3.2): the keys of the new SA come from SK_d mixed with it. So a PPK that
// the operator has changed comes into use with the next rekey, whatever the IKE SA was made with.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// --- as initiator of the exchange ---

// PPKs that the policy prefers to the one in use; empty: nothing is fresh, or the policy knows RFC 8784 alone.
[[nodiscard]] std::vector<model::Ppk> fresh_ppks(const ikestate::SaState& sa);
[[nodiscard]] Result<void> offer_fresh_ppks(ikemessage::PayloadWriter& out, const ikestate::SaState& sa,
                                            std::span<const model::Ppk> fresh, ConstBytes nonce_initiator);
// The responder's choice of those that were offered, if it made one. False: keys would differ, or the policy demands a
// PPK and neither this SA has one nor the new one; that is told, and a Delete of the IKE SA comes next.
[[nodiscard]] bool take_fresh_ppk(Turn& turn, std::span<const model::Ppk> offered, const ikemessage::Contents& answer,
                                  std::optional<model::Ppk>& chosen);

// --- as responder ---

// Our choice; the Error is for the operator, the peer is told NO_PROPOSAL_CHOSEN.
[[nodiscard]] std::expected<std::optional<model::Ppk>, Reason> choose_fresh_ppk(const ikestate::SaState& sa,
                                                                                const ikemessage::Contents& request);

// --- both ---

// What stands for SK_d in the making of the new SA: itself, or mixed (RFC 9867 §3.2.1).
[[nodiscard]] Result<SecretBytes> source_key(const ikestate::SaState& sa, const std::optional<model::Ppk>& ppk);
// What is then in the keys of the new SA.
[[nodiscard]] std::optional<ikestate::PpkUse> ppk_use(const ikestate::SaState& sa,
                                                      const std::optional<model::Ppk>& ppk);
// The same as the state of an IKE SA that replaces this one.
[[nodiscard]] ikestate::PpkState successor_ppk(const ikestate::SaState& sa, const std::optional<model::Ppk>& ppk);

}  // namespace levelgate::ikeexchange
