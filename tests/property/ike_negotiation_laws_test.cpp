// SPDX-License-Identifier: Apache-2.0
//
// Negotiation for any two configurations: a suite is found exactly when one exists, the initiator takes every answer
// that the responder gives, and no policy is ever broken (RFC 7296 §2.7, RFC 9370 §2.1).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "negotiation/keywords.h"
#include "negotiation/negotiate.h"
#include "negotiation/offer.h"

namespace levelgate::negotiation::ike_negotiation_laws_test {
namespace {

using ikewire::KeMethod;
using ikewire::Proposal;
using ikewire::TransformType;
using enum TransformType;

constexpr std::array kMethods = {KeMethod::kCurve25519, KeMethod::kEcp256, KeMethod::kMlKem512, KeMethod::kMlKem768};

void add_some(Proposal& proposal, TransformType type, bool may_be_none) {
  const bool absent = may_be_none && *rc::gen::inRange(0, 5) < 2;
  if (absent) return;
  const unsigned picked = *rc::gen::inRange<unsigned>(1, 16);
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    if (picked & 1u << i) proposal.transforms.push_back(make_transform(type, static_cast<std::uint16_t>(kMethods[i])));
  }
  if (may_be_none && *rc::gen::inRange(0, 4) > 0) proposal.transforms.push_back(make_transform(type, 0));
}

// Complete proposals over few algorithms, so that overlaps and collisions are common.
std::vector<Proposal> draw_proposals() {
  std::vector<Proposal> proposals(*rc::gen::inRange<std::size_t>(1, 4));
  for (Proposal& proposal : proposals) {
    proposal.number = static_cast<std::uint8_t>(&proposal - proposals.data() + 1);
    proposal.transforms = {make_transform(kEncr, 20, *rc::gen::element<std::uint16_t>(128, 256, 256, 256)),
                           make_transform(kPrf, 5)};
    add_some(proposal, kKe, false);
    for (const TransformType type : {kAddKe1, kAddKe2, kAddKe5}) add_some(proposal, type, true);
  }
  return proposals;
}

Terms draw_terms() {
  return {*rc::gen::element(PostQuantum::kOff, PostQuantum::kPreferred, PostQuantum::kRequired),
          *rc::gen::element(AdditionalExchanges::kUnavailable, AdditionalExchanges::kAvailable),
          KeyExchanges::kNegotiated};
}

// --- the naive answer: try everything ---

bool keeps_terms(const std::vector<KeMethod>& methods, const Terms& terms) {
  std::set<KeMethod> seen;
  bool quantum_safe = false;
  for (std::size_t i = 0; i < methods.size(); ++i) {
    if (methods[i] == KeMethod::kNone) continue;
    if (!seen.insert(methods[i]).second) return false;
    if (i > 0 && terms.additional == AdditionalExchanges::kUnavailable) return false;
    quantum_safe = quantum_safe || is_post_quantum(methods[i]);
  }
  if (terms.post_quantum == PostQuantum::kRequired) return quantum_safe;
  return terms.post_quantum == PostQuantum::kPreferred || !quantum_safe;
}

bool exists(const Proposal& own, const Proposal& peer, const Terms& terms, std::vector<KeMethod>& methods) {
  static constexpr std::array kTypes = {kKe, kAddKe1, kAddKe2, kAddKe5};
  if (methods.size() == kTypes.size()) return keeps_terms(methods, terms);
  const TransformType type = kTypes[methods.size()];
  const auto theirs = meant(peer, type);
  for (const ikewire::Transform& t : meant(own, type)) {
    if (std::ranges::find(theirs, t) == theirs.end()) continue;
    methods.push_back(KeMethod{t.id});
    if (exists(own, peer, terms, methods)) return true;
    methods.pop_back();
  }
  return false;
}

bool exists(const std::vector<Proposal>& own, const std::vector<Proposal>& peer, const Terms& terms) {
  for (const Proposal& ours : own) {
    for (const Proposal& theirs : peer) {
      std::vector<KeMethod> methods;
      const bool rest = listed(ours, kEncr) == listed(theirs, kEncr) && listed(ours, kPrf) == listed(theirs, kPrf);
      if (rest && exists(ours, theirs, terms, methods)) return true;
    }
  }
  return false;
}

RC_GTEST_PROP(IkeNegotiationLaws, ASuiteIsFoundExactlyWhenOneExists, ()) {
  const auto own = draw_proposals();
  const auto peer = draw_proposals();
  const Terms terms = draw_terms();
  RC_ASSERT(choose(own, peer, terms).has_value() == exists(own, peer, terms));
}

RC_GTEST_PROP(IkeNegotiationLaws, PreferredIsNeverClassicalWhereAPostQuantumSuiteExists, ()) {
  const auto own = draw_proposals();
  const auto peer = draw_proposals();
  const auto preferred = choose(own, peer, Terms{PostQuantum::kPreferred});
  RC_PRE(preferred.has_value());
  RC_ASSERT(preferred->suite.post_quantum() == choose(own, peer, Terms{PostQuantum::kRequired}).has_value());
}

RC_GTEST_PROP(IkeNegotiationLaws, TheInitiatorTakesEveryAnswerAndSeesTheSameSuite, ()) {
  const Terms terms = draw_terms();
  const auto offered = offer(draw_proposals(), terms);
  Terms theirs = draw_terms();
  theirs.additional = terms.additional;
  const auto choice = choose(draw_proposals(), offered, theirs);
  RC_PRE(choice.has_value());
  const auto suite = check_answer(offered, {choice->answer}, terms);
  RC_ASSERT(suite.has_value());
  RC_ASSERT(*suite == choice->suite);
  if (terms.post_quantum == PostQuantum::kRequired) RC_ASSERT(suite->post_quantum());
  if (terms.post_quantum == PostQuantum::kOff) RC_ASSERT(!suite->post_quantum());
}

RC_GTEST_PROP(IkeNegotiationLaws, AnAnswerWithoutItsNonesIsTheSame, ()) {
  const Terms terms = draw_terms();
  const auto offered = offer(draw_proposals(), terms);
  const auto choice = choose(draw_proposals(), offered, terms);
  RC_PRE(choice.has_value());
  Proposal shorter = choice->answer;
  std::erase_if(shorter.transforms, is_none);
  const auto suite = check_answer(offered, {shorter}, terms);
  RC_ASSERT(suite.has_value());
  RC_ASSERT(*suite == choice->suite);
}

RC_GTEST_PROP(IkeNegotiationLaws, ARefusalNamesAMismatchForEveryPair, ()) {
  const auto own = draw_proposals();
  const auto peer = draw_proposals();
  const auto choice = choose(own, peer, draw_terms());
  RC_PRE(!choice.has_value());
  const Refusal& refusal = choice.error();
  RC_ASSERT(refusal.pairs.size() == own.size() * peer.size());
  for (const PairRefusal& pair : refusal.pairs) {
    RC_ASSERT(!pair.mismatches.empty());
    RC_ASSERT(pair.mismatches.size() >= refusal.pairs[0].mismatches.size());
  }
  RC_ASSERT(!refusal.text().empty());
}

}  // namespace
}  // namespace levelgate::negotiation::ike_negotiation_laws_test
