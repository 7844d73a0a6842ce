// SPDX-License-Identifier: Apache-2.0
//
// What both sides agree on about a Child SA, wherever it is negotiated: SPIs, suite, selectors and AGGFRAG
// (RFC 7296 §1.3, §2.7, §2.9; RFC 9347 §5). A refusal says what the peer is told and what the operator is.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "ikeexchange/exchange.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/narrowing.h"

namespace levelgate::ikeexchange {

struct ChildTerms {
  ikestate::SpiLease own_spi;
  Spi peer_spi;
  negotiation::Suite suite;
  model::SelectorPair selectors;
  bool aggfrag = false;
  ikewire::AggfragRequirements peer_aggfrag{};
};

struct ChildRefusal {
  ikewire::NotifyType notify = ikewire::NotifyType::kNoProposalChosen;
  std::string_view id;
  std::string text;
};

// --- as initiator of the exchange ---

struct ChildOffer {
  ikestate::SpiLease spi;
  std::vector<ikewire::Proposal> proposals;
  negotiation::SelectorOffer selectors;
  negotiation::KeyExchanges key_exchanges = negotiation::KeyExchanges::kNegotiated;
};
// Draws the SPI. `selectors`: the configured ones, or those of the SA that is rekeyed.
[[nodiscard]] Result<ChildOffer> offer_child(Turn& turn, const model::SelectorPair& selectors,
                                             negotiation::KeyExchanges key_exchanges);
[[nodiscard]] std::string child_offer_text(const ChildOffer& offer);
// TSi, TSr, and USE_AGGFRAG where the policy wants it; SA stands elsewhere in front.
void write_child_tail(ikemessage::PayloadWriter& out, const ChildOffer& offer, const ikestate::PeerPolicy& policy);
// The answer must be part of the offer.
[[nodiscard]] std::expected<ChildTerms, ChildRefusal> check_child(const ChildOffer& offer, const ikestate::SaState& sa,
                                                                  const ikemessage::Contents& answer);

// --- as responder ---

struct ChildAnswer {
  ChildTerms terms;
  ikewire::Proposal proposal;  // with our SPI
  negotiation::SelectorOffer selectors;
  negotiation::MoreSelectors more = negotiation::MoreSelectors::kNone;
};
[[nodiscard]] std::expected<ChildAnswer, ChildRefusal> choose_child(const ikestate::SaState& sa,
                                                                    const ikemessage::Contents& request,
                                                                    ikestate::SpiLease own_spi,
                                                                    negotiation::KeyExchanges key_exchanges);
// TSi, TSr and notifications; SA stands elsewhere in front.
void write_child_tail(ikemessage::PayloadWriter& out, const ChildAnswer& answer, const ikestate::PeerPolicy& policy);

}  // namespace levelgate::ikeexchange
