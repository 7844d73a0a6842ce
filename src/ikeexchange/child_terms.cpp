// SPDX-License-Identifier: Apache-2.0
//
// Offer, choice and check of a Child SA.
#include "ikeexchange/child_terms.h"

#include <algorithm>
#include <array>

#include "ikestate/wording.h"
#include "negotiation/negotiate.h"
#include "negotiation/offer.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::AggfragPolicy;
using ikestate::kAnswerNotOffered;
using ikestate::kMalformed;
using ikestate::kNoAggfrag;
using ikestate::kNoChildProposal;
using ikestate::kSelectorsApart;
using ikestate::offer_text;
using ikestate::PeerPolicy;
using ikestate::SaState;
using ikestate::selectors_text;
using ikestate::SpiLease;
using ikewire::NotifyType;
using ikewire::PayloadType;
using negotiation::SelectorOffer;

constexpr std::uint32_t kLeastSpi = 256;  // RFC 4303 §2.1

std::vector<std::byte> octets_of(Spi spi) {
  std::vector<std::byte> octets(4);
  store_be<std::uint32_t>(octets.data(), spi.value);
  return octets;
}

std::optional<Spi> spi_in(const ikewire::Proposal& proposal) {
  if (proposal.spi.size() != 4) return std::nullopt;
  const Spi spi{load_be<std::uint32_t>(proposal.spi.data())};
  return spi.value < kLeastSpi ? std::nullopt : std::optional(spi);
}

// Congestion reports are asked for only where they are needed: peers without them decline. [9347-6.1.4-a]
void write_aggfrag(ikemessage::PayloadWriter& out, const PeerPolicy& policy) {
  ikewire::AggfragRequirements ours;
  ours.fragments = policy.fragments;
  if (policy.wants_reports) ours.congestion = ikewire::CongestionControl::kAsked;
  out.add_notify_written(NotifyType::kUseAggfrag,
                         [&](ikewire::WireBuffer& value) { write_aggfrag_requirements(value, ours); });
}

struct AggfragVerdict {
  bool agreed = false;
  ikewire::AggfragRequirements peer{};
  std::string why_not{};
};

// What the peer asks for must be something that we can give (RFC 9347 §5.1): reports need a schedule.
// [9347-5.1-d]
AggfragVerdict aggfrag_of(const ikemessage::Contents& contents, const PeerPolicy& policy) {
  const auto* notify = contents.find(NotifyType::kUseAggfrag);
  if (notify == nullptr) return {.why_not = "the peer does not speak AGGFRAG"};
  const auto read = ikewire::read_aggfrag_requirements(notify->value);
  if (!read) return {.why_not = "the peer's USE_AGGFRAG is malformed"};
  if (read->congestion == ikewire::CongestionControl::kAsked && !policy.sends_reports) {
    return {.why_not = "the peer asks for congestion reports, which tfs.mode on-demand has not"};
  }
  if (read->unknown != 0) return {.why_not = "the peer asks for something of AGGFRAG that is not known here"};
  return {.agreed = true, .peer = *read};
}

std::unexpected<ChildRefusal> refuse_child(NotifyType notify, std::string_view id, std::string text) {
  return std::unexpected(ChildRefusal{notify, id, std::move(text)});
}

}  // namespace

Result<ChildOffer> offer_child(Turn& turn, const model::SelectorPair& selectors,
                               negotiation::KeyExchanges key_exchanges) {
  const PeerPolicy& policy = *turn.sa.policy;
  ChildOffer offer;
  const auto spi = turn.means.registry.draw_child_spi();
  if (!spi) return std::unexpected(spi.error());
  offer.spi = *spi;
  offer.proposals = negotiation::offer(policy.esp_proposals, policy.child_terms(turn.sa.additional(), key_exchanges));
  for (ikewire::Proposal& proposal : offer.proposals) proposal.spi = octets_of(*offer.spi);
  if (offer.proposals.empty()) {
    return failure(Fault::kBadInput, "tunnels." + policy.name + ".esp.proposals: none keeps the post-quantum policy");
  }
  offer.selectors = {selectors.local, selectors.remote};
  offer.key_exchanges = key_exchanges;
  return offer;
}

std::string child_offer_text(const ChildOffer& offer) {
  return offer_text(offer.proposals) + " for " + selectors_text(offer.selectors);
}

void write_child_tail(ikemessage::PayloadWriter& out, const ChildOffer& offer, const PeerPolicy& policy) {
  out.add(PayloadType::kTsi, negotiation::to_wire(offer.selectors.initiator));
  out.add(PayloadType::kTsr, negotiation::to_wire(offer.selectors.responder));
  if (policy.aggfrag != AggfragPolicy::kOff) write_aggfrag(out, policy);  // [9347-5.1-c]
}

// Who refuses the answer deletes what the peer has set up. [9347-5.1-b]
std::expected<ChildTerms, ChildRefusal> check_child(const ChildOffer& offer, const SaState& sa,
                                                    const ikemessage::Contents& answer) {
  const PeerPolicy& policy = *sa.policy;
  if (!answer.proposals || !answer.initiator_selectors || !answer.responder_selectors) {
    return refuse_child(NotifyType::kInvalidSyntax, kMalformed, "the peer's answer about the Child SA is incomplete");
  }
  const auto suite = negotiation::check_answer(offer.proposals, *answer.proposals,
                                               policy.child_terms(sa.additional(), offer.key_exchanges));
  if (!suite) {
    return refuse_child(NotifyType::kNoProposalChosen, kAnswerNotOffered,
                        "the peer's choice for the Child SA is refused: " + negotiation::text_of(suite.error()));
  }
  const auto peer_spi = spi_in(answer.proposals->front());
  if (!peer_spi) return refuse_child(NotifyType::kInvalidSyntax, kMalformed, "the peer's SPI is none");
  const SelectorOffer narrowed{negotiation::from_wire(*answer.initiator_selectors),
                               negotiation::from_wire(*answer.responder_selectors)};
  if (negotiation::check_narrowed(offer.selectors, narrowed)) {
    return refuse_child(NotifyType::kTsUnacceptable, kSelectorsApart,
                        "the peer's selectors " + selectors_text(narrowed) + " are beyond the offered " +
                            selectors_text(offer.selectors));
  }
  ChildTerms terms{offer.spi, *peer_spi, *suite, {narrowed.initiator, narrowed.responder}};
  if (policy.aggfrag == AggfragPolicy::kOff) return terms;
  const AggfragVerdict aggfrag = aggfrag_of(answer, policy);
  if (!aggfrag.agreed && policy.aggfrag == AggfragPolicy::kRequired) {
    return refuse_child(NotifyType::kNoProposalChosen, kNoAggfrag, aggfrag.why_not + ", and tfs.peer-required is set");
  }
  terms.aggfrag = aggfrag.agreed;
  terms.peer_aggfrag = aggfrag.peer;
  return terms;
}

std::expected<ChildAnswer, ChildRefusal> choose_child(const SaState& sa, const ikemessage::Contents& request,
                                                      SpiLease own_spi, negotiation::KeyExchanges key_exchanges) {
  const PeerPolicy& policy = *sa.policy;
  if (!request.proposals || !request.initiator_selectors || !request.responder_selectors) {
    return refuse_child(NotifyType::kInvalidSyntax, kMalformed, "the peer's request for a Child SA is incomplete");
  }
  const auto choice =
      negotiation::choose(policy.esp_proposals, *request.proposals, policy.child_terms(sa.additional(), key_exchanges));
  if (!choice) {
    return refuse_child(NotifyType::kNoProposalChosen, kNoChildProposal,
                        "no ESP proposal in common: " + choice.error().text() + "; the peer offers " +
                            offer_text(*request.proposals) + ", we have " + offer_text(policy.esp_proposals));
  }
  const auto offered = std::ranges::find(*request.proposals, choice->answer.number, &ikewire::Proposal::number);
  const auto peer_spi = offered == request.proposals->end() ? std::nullopt : spi_in(*offered);
  if (!peer_spi) return refuse_child(NotifyType::kInvalidSyntax, kMalformed, "the peer's SPI is none");
  const SelectorOffer wanted{negotiation::from_wire(*request.initiator_selectors),
                             negotiation::from_wire(*request.responder_selectors)};
  // The same policy gives the same part again when an SA is rekeyed (RFC 7296 §2.9.2).
  const auto narrowed = negotiation::narrow(std::span(&policy.selectors, 1), wanted);
  if (!narrowed) {
    return refuse_child(NotifyType::kTsUnacceptable, kSelectorsApart,
                        "the peer's selectors " + selectors_text(wanted) + " have nothing in common with ours, " +
                            selectors_text({policy.selectors.remote, policy.selectors.local}));
  }
  ChildAnswer answer;
  answer.terms = {
      std::move(own_spi), *peer_spi, choice->suite, {narrowed->selectors.responder, narrowed->selectors.initiator}};
  answer.proposal = choice->answer;
  answer.proposal.spi = octets_of(*answer.terms.own_spi);
  answer.selectors = narrowed->selectors;
  answer.more = narrowed->more;
  if (policy.aggfrag == AggfragPolicy::kOff) return answer;
  const AggfragVerdict aggfrag = aggfrag_of(request, policy);
  if (!aggfrag.agreed && policy.aggfrag == AggfragPolicy::kRequired) {
    return refuse_child(NotifyType::kNoProposalChosen, kNoAggfrag, aggfrag.why_not + ", and tfs.peer-required is set");
  }
  answer.terms.aggfrag = aggfrag.agreed;
  answer.terms.peer_aggfrag = aggfrag.peer;
  return answer;
}

void write_child_tail(ikemessage::PayloadWriter& out, const ChildAnswer& answer, const PeerPolicy& policy) {
  out.add(PayloadType::kTsi, negotiation::to_wire(answer.selectors.initiator));
  out.add(PayloadType::kTsr, negotiation::to_wire(answer.selectors.responder));
  if (answer.terms.aggfrag) write_aggfrag(out, policy);  // [9347-5.1-a, 9347-5.1-c]
  if (answer.more == negotiation::MoreSelectors::kPossible) out.add_notify(NotifyType::kAdditionalTsPossible);
}

}  // namespace levelgate::ikeexchange
