// SPDX-License-Identifier: Apache-2.0
//
// A PPK before authentication (RFC 9867 §3.1): the initiator names those that it has in the last IKE_INTERMEDIATE and
// shows that it has their octets, the responder takes one, and all keys are made anew behind that exchange.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// Whether the next IKE_INTERMEDIATE is the last one that the suite asks for.
[[nodiscard]] bool is_last_intermediate(const ikestate::SaState& sa);

// --- as initiator ---

// PPK_IDENTITY_KEY for each PPK of the policy, the first one first.
[[nodiscard]] Result<void> offer_ppks(ikemessage::PayloadWriter& out, const ikestate::SaState& sa);
// The responder's choice; nothing: it has none of them, and the policy goes on without.
[[nodiscard]] std::expected<std::optional<model::Ppk>, Reason> chosen_ppk(const ikestate::SaState& sa,
                                                                          const ikemessage::Contents& answer);

// --- as responder ---

struct PpkRefusal {
  ikewire::NotifyType notify;
  Reason reason;
};
// Our choice of what the request names; nothing: it names none, or none that we have, and somebody whom the address
// could be does without.
[[nodiscard]] std::expected<std::optional<model::Ppk>, PpkRefusal> choose_ppk(Turn& turn,
                                                                              const ikemessage::Contents& request);
void write_chosen_ppk(ikemessage::PayloadWriter& out, const model::Ppk& ppk);

// All keys anew, with the PPK; behind whatever else the exchange did to them (RFC 9867 §3.1.1).
[[nodiscard]] Result<void> enter_ppk(ikestate::SaState& sa, const model::Ppk& ppk);

// --- also of CREATE_CHILD_SA ---

// The ids that a message names in PPK_IDENTITY_KEY, for people.
[[nodiscard]] std::string ppk_ids_text(std::span<const ikewire::PpkIdentityKey> offered);
[[nodiscard]] std::string ppk_ids_text(std::span<const model::Ppk> ppks);
// Values of the notifications of one type.
[[nodiscard]] std::vector<ConstBytes> values_of(const ikemessage::Contents& contents, ikewire::NotifyType type);
// The one of `offered` that an answer's PPK_IDENTITY names; an Error where it names another one. Nothing: no answer.
[[nodiscard]] Result<std::optional<model::Ppk>> named_ppk(std::span<const model::Ppk> offered,
                                                          const ikemessage::Contents& answer);

}  // namespace levelgate::ikeexchange
