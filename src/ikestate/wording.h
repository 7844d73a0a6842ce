// SPDX-License-Identifier: Apache-2.0
//
// Negotiated and offered things in the operator's words: the same as in the configuration, so that they can be
// compared and copied.
#pragma once

#include <string>
#include <vector>

#include "ikewire/ike_proposals.h"
#include "negotiation/narrowing.h"
#include "negotiation/suite.h"

namespace levelgate::ikestate {

// "aes256gcm16-prfsha384-x25519 | aes256-sha256-..."; bounded.
[[nodiscard]] std::string offer_text(const std::vector<ikewire::Proposal>& proposals);
// "aes256gcm16-prfsha384-x25519-ke1_mlkem768"
[[nodiscard]] std::string suite_text(const negotiation::Suite& suite);
// Single words of it: "aes256gcm16", "prfsha384", and the key exchanges in their order: "x25519", "mlkem768".
[[nodiscard]] std::string cipher_word(const negotiation::Suite& suite);
[[nodiscard]] std::string prf_word(const negotiation::Suite& suite);
[[nodiscard]] std::vector<std::string> exchange_words(const negotiation::Suite& suite);
// "10.1.0.0/16 <-> 10.2.0.0/16", the initiator's side first.
[[nodiscard]] std::string selectors_text(const negotiation::SelectorOffer& selectors);
[[nodiscard]] std::string selectors_text(const negotiation::Selectors& selectors);

}  // namespace levelgate::ikestate
