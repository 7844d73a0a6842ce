// SPDX-License-Identifier: Apache-2.0
//
// Offers under a policy, and the check of answers.
#include "negotiation/offer.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::negotiation {
namespace {

using ikewire::Proposal;
using ikewire::Transform;
using ikewire::TransformType;

void remove_type(Proposal& proposal, TransformType type) {
  std::erase_if(proposal.transforms, [&](const Transform& t) { return t.type == type; });
}

// Without IKE_INTERMEDIATE a peer would skip the whole proposal, so types that may be NONE are not mentioned.
bool keep_without_additional(Proposal& proposal) {
  for (const TransformType type : types_of(proposal.protocol)) {
    if (!is_additional(type)) continue;
    if (std::ranges::none_of(meant(proposal, type), is_none)) return false;
    remove_type(proposal, type);
  }
  return true;
}

// Only what no answer can get wrong. A type of which nothing is left was demanded: then the proposal contradicts.
bool keep_without_post_quantum(Proposal& proposal) {
  for (const TransformType type : types_of(proposal.protocol)) {
    const Transforms before = listed(proposal, type);
    const bool touched = std::ranges::any_of(before, is_quantum_safe);
    if (!touched) continue;
    if (std::ranges::all_of(before, is_quantum_safe)) return false;
    std::erase_if(proposal.transforms, [&](const Transform& t) { return t.type == type && is_quantum_safe(t); });
    if (is_additional(type) && std::ranges::all_of(listed(proposal, type), is_none)) remove_type(proposal, type);
  }
  return true;
}

// One type loses all that is not post-quantum, unless one is so already: then every answer has such a method. An
// additional type is preferred, since a hybrid is what was configured.
bool keep_with_post_quantum(Proposal& proposal) {
  std::optional<TransformType> narrowed;
  for (const TransformType type : types_of(proposal.protocol)) {
    const Transforms all = listed(proposal, type);
    if (std::ranges::none_of(all, is_quantum_safe)) continue;
    if (std::ranges::all_of(all, is_quantum_safe)) return true;
    if (!narrowed || *narrowed == TransformType::kKe) narrowed = type;
  }
  if (!narrowed) return false;
  std::erase_if(proposal.transforms, [&](const Transform& t) { return t.type == *narrowed && !is_quantum_safe(t); });
  return true;
}

bool keep_policy(Proposal& proposal, PostQuantum policy) {
  if (!lists_key_exchange(proposal)) return true;
  switch (policy) {
    case PostQuantum::kOff:
      return keep_without_post_quantum(proposal);
    case PostQuantum::kPreferred:
      return true;
    case PostQuantum::kRequired:
      return keep_with_post_quantum(proposal);
  }
  return false;
}

// False when nothing of the proposal may be offered.
bool fit(Proposal& proposal, const Terms& terms) {
  if (terms.key_exchanges == KeyExchanges::kInherited) {
    std::erase_if(proposal.transforms, [](const Transform& t) { return is_key_exchange(t.type); });
    return true;
  }
  if (terms.additional == AdditionalExchanges::kUnavailable && !keep_without_additional(proposal)) return false;
  return keep_policy(proposal, terms.post_quantum);
}

bool repeats_method(const Suite& suite) {
  std::vector<ikewire::KeMethod> methods;
  if (suite.key_exchange != ikewire::KeMethod::kNone) methods.push_back(suite.key_exchange);
  for (const AdditionalKe& additional : suite.additional) methods.push_back(additional.method);
  std::ranges::sort(methods);
  return std::ranges::adjacent_find(methods) != methods.end();
}

// Each transform is of the offer, and each type is there once.
std::optional<AnswerFault> not_of_offer(const Proposal& offered, const Proposal& answer, const Terms& terms) {
  for (const Transform& t : answer.transforms) {
    const Transforms possible = meant(offered, t.type);
    if (std::ranges::find(possible, t) == possible.end()) return AnswerFault::kNotOffered;
    if (listed(answer, t.type).size() > 1) return AnswerFault::kTwoOfOneType;
  }
  for (const TransformType type : types_of(offered.protocol)) {
    const bool there = !counts(type, terms) || !listed(answer, type).empty();
    if (!there && std::ranges::none_of(meant(offered, type), [&](const Transform& t) {
          return is_none(t) && type != TransformType::kSequenceNumbers;
        })) {
      return AnswerFault::kTypeMissing;
    }
  }
  return std::nullopt;
}

std::optional<AnswerFault> against_terms(const Proposal& offered, const Suite& suite, const Terms& terms) {
  if (repeats_method(suite)) return AnswerFault::kDuplicateMethod;
  if (terms.additional == AdditionalExchanges::kUnavailable && !suite.additional.empty()) {
    return AnswerFault::kNoIntermediate;
  }
  if (terms.key_exchanges == KeyExchanges::kInherited || !lists_key_exchange(offered)) return std::nullopt;
  const bool weaker = terms.post_quantum == PostQuantum::kRequired && !suite.post_quantum();
  const bool unwanted = terms.post_quantum == PostQuantum::kOff && suite.post_quantum();
  if (weaker || unwanted) return AnswerFault::kAgainstPolicy;
  return std::nullopt;
}

}  // namespace

std::vector<ikewire::Proposal> offer(const std::vector<ikewire::Proposal>& configured, const Terms& terms) {
  std::vector<Proposal> offered;
  std::vector<Proposal> classical;  // stand behind, where post-quantum ones are preferred
  for (Proposal proposal : configured) {
    if (!fit(proposal, terms)) continue;
    const bool quantum_safe = std::ranges::any_of(proposal.transforms, is_quantum_safe);
    const bool behind = terms.post_quantum == PostQuantum::kPreferred && !quantum_safe;
    (behind ? classical : offered).push_back(std::move(proposal));
  }
  std::ranges::move(classical, std::back_inserter(offered));
  if (offered.size() > limits::kProposals) offered.resize(limits::kProposals);
  std::uint8_t number = 0;
  for (Proposal& proposal : offered) proposal.number = ++number;
  return offered;
}

std::expected<Suite, AnswerFault> check_answer(const std::vector<ikewire::Proposal>& offered,
                                               const std::vector<ikewire::Proposal>& answer, const Terms& terms) {
  if (answer.size() != 1) return std::unexpected(AnswerFault::kNotOneProposal);
  const Proposal& chosen = answer.front();
  const auto found = std::ranges::find_if(offered, [&](const Proposal& proposal) {
    return proposal.number == chosen.number && proposal.protocol == chosen.protocol;
  });
  if (found == offered.end()) return std::unexpected(AnswerFault::kUnknownNumber);
  if (const auto fault = not_of_offer(*found, chosen, terms)) return std::unexpected(*fault);
  Suite suite = suite_of(chosen.protocol, chosen.transforms);
  if (const auto fault = against_terms(*found, suite, terms)) return std::unexpected(*fault);
  return suite;
}

std::string text_of(AnswerFault fault) {
  switch (fault) {
    case AnswerFault::kNotOneProposal:
      return "the answer is not exactly one proposal";
    case AnswerFault::kUnknownNumber:
      return "the answer has the number of no proposal that was offered";
    case AnswerFault::kNotOffered:
      return "the answer has a transform that was not offered";
    case AnswerFault::kTwoOfOneType:
      return "the answer has two transforms of one type";
    case AnswerFault::kTypeMissing:
      return "the answer leaves a transform type out that was offered without NONE";
    case AnswerFault::kDuplicateMethod:
      return "the answer takes one key exchange method twice";
    case AnswerFault::kNoIntermediate:
      return "the answer has an additional key exchange, and the peer did not announce IKE_INTERMEDIATE";
    case AnswerFault::kAgainstPolicy:
      return "the answer is against the post-quantum policy";
  }
  return {};
}

ikewire::KeMethod first_key_exchange(const std::vector<ikewire::Proposal>& proposals) {
  for (const ikewire::Proposal& proposal : proposals) {
    for (const ikewire::Transform& t : proposal.transforms) {
      if (t.type == ikewire::TransformType::kKe) return ikewire::KeMethod{t.id};
    }
  }
  return ikewire::KeMethod::kNone;
}

bool offers_key_exchange(const std::vector<ikewire::Proposal>& proposals, ikewire::KeMethod method) {
  return std::ranges::any_of(proposals, [&](const ikewire::Proposal& proposal) {
    return std::ranges::any_of(proposal.transforms, [&](const ikewire::Transform& t) {
      return t.type == ikewire::TransformType::kKe && t.id == static_cast<std::uint16_t>(method);
    });
  });
}

}  // namespace levelgate::negotiation
