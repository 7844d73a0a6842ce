// SPDX-License-Identifier: Apache-2.0
//
// Each proposal of ours against each of the peer's, under the terms.
#include "negotiation/negotiate.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "negotiation/keywords.h"
#include "negotiation/limits.h"
#include "negotiation/method_search.h"

namespace levelgate::negotiation {
namespace {

using ikewire::KeMethod;
using ikewire::Proposal;
using ikewire::ProtocolId;
using ikewire::Transform;
using ikewire::TransformType;

// --- one pair of proposals ---

struct Pass {
  Wanted wanted = Wanted::kAny;
  bool post_quantum_allowed = true;
};

class Pairing {
 public:
  Pairing(const Proposal& own, const Proposal& peer, const Terms& terms, const Pass& pass)
      : own_(own), peer_(peer), terms_(terms), pass_(pass) {}

  // The chosen transforms, one of each type that counts; or what is in the way.
  std::expected<Transforms, PairRefusal> match() {
    if (own_.protocol != peer_.protocol || types_of(own_.protocol).empty()) {
      note(MismatchKind::kProtocol, TransformType::kEncr, {}, {});
      return std::unexpected(std::move(refusal_));
    }
    find_unknown_types();
    for (const TransformType type : types_of(own_.protocol)) {
      if (counts(type, terms_)) match_type(type);
    }
    if (refusal_.mismatches.empty()) choose_key_exchanges();
    if (!refusal_.mismatches.empty()) return std::unexpected(std::move(refusal_));
    return std::move(chosen_);
  }

 private:
  void note(MismatchKind kind, TransformType type, Transforms own, Transforms peer) {
    refusal_.own_number = own_.number;
    refusal_.peer_number = peer_.number;
    refusal_.mismatches.push_back({kind, type, std::move(own), std::move(peer)});
  }

  // RFC 7296 §3.3.6: a proposal with a transform type that is not understood is not chosen.
  void find_unknown_types() {
    const std::span<const TransformType> known = types_of(own_.protocol);
    for (const Transform& t : peer_.transforms) {
      const bool noted = std::ranges::any_of(refusal_.mismatches, [&](const Mismatch& m) { return m.type == t.type; });
      if (std::ranges::find(known, t.type) == known.end() && !noted) {
        note(MismatchKind::kUnknownType, t.type, {}, listed(peer_, t.type));
      }
    }
  }

  // [9370-2.2.1-c, 9370-2.2.1-h, 9370-2.2.1-i, 9370-2.2.1-l]
  void match_type(TransformType type) {
    Transforms own = meant(own_, type);
    const Transforms peer = meant(peer_, type);
    if (is_additional(type) && terms_.additional == AdditionalExchanges::kUnavailable) {
      // Both lists shrink to NONE, which the peer's has only where it says so or is silent.
      const bool both_can = std::ranges::any_of(own, is_none) && std::ranges::any_of(peer, is_none);
      if (!both_can) note(MismatchKind::kNoIntermediate, type, own, peer);
      take(type, {make_transform(type, 0)});
      return;
    }
    if (!pass_.post_quantum_allowed) std::erase_if(own, is_quantum_safe);
    if (own.empty()) return note(MismatchKind::kPostQuantumOff, type, meant(own_, type), peer);
    Transforms both;
    std::ranges::copy_if(own, std::back_inserter(both), [&](const Transform& t) {
      return std::ranges::find(peer, t) != peer.end();  // attributes that nobody knows never compare equal
    });
    if (both.empty()) return note(MismatchKind::kNoOverlap, type, own, peer);
    take(type, std::move(both));
  }

  // Key exchanges wait for each other's choice; of all else the preferred one is taken.
  void take(TransformType type, Transforms both) {
    if (!is_key_exchange(type)) {
      chosen_.push_back(std::move(both.front()));
      return;
    }
    MethodList methods;
    for (const Transform& t : both) methods.push_back(KeMethod{t.id});
    types_.push_back(type);
    lists_.push_back(std::move(methods));
  }

  // [9370-2.2.1-d, 9370-2.2.1-e]
  void choose_key_exchanges() {
    const Wanted wanted = lists_key_exchange(own_) ? pass_.wanted : Wanted::kAny;
    const std::optional<MethodList> methods = choose_methods(lists_, wanted);
    if (!methods) {
      const bool possible = choose_methods(lists_, Wanted::kAny).has_value();
      note(possible ? MismatchKind::kPostQuantumMissing : MismatchKind::kOnlyDuplicates, TransformType::kKe,
           meant(own_, TransformType::kKe), meant(peer_, TransformType::kKe));
      return;
    }
    for (std::size_t at = 0; at < types_.size(); ++at) {
      chosen_.push_back(make_transform(types_[at], static_cast<std::uint16_t>((*methods)[at])));
    }
  }

  const Proposal& own_;
  const Proposal& peer_;
  const Terms& terms_;
  const Pass& pass_;
  PairRefusal refusal_;
  Transforms chosen_;
  std::vector<TransformType> types_;
  std::vector<MethodList> lists_;
};

Choice choice_of(const Proposal& own, const Proposal& peer, const Transforms& chosen) {
  Choice choice{{peer.number, peer.protocol, {}, {}}, suite_of(peer.protocol, chosen), own.number};
  // NONE is said where the peer asked about the type, so that it need not guess (RFC 9370 §2.1).
  std::ranges::copy_if(chosen, std::back_inserter(choice.answer.transforms),
                       [&](const Transform& t) { return !listed(peer, t.type).empty(); });
  return choice;
}

std::vector<Pass> passes(const Terms& terms) {
  if (terms.key_exchanges == KeyExchanges::kInherited) return {{}};
  switch (terms.post_quantum) {
    case PostQuantum::kOff:
      return {{Wanted::kAny, false}};
    case PostQuantum::kPreferred:
      return {{Wanted::kOnePostQuantum, true}, {Wanted::kAny, true}};
    case PostQuantum::kRequired:
      return {{Wanted::kOnePostQuantum, true}};
  }
  return {};
}

// The closest pair stands in front; when there are too many the farthest ones go.
void add_pair(Refusal& refusal, PairRefusal pair) {
  const auto farther = [](const PairRefusal& a, const PairRefusal& b) {
    return a.mismatches.size() < b.mismatches.size();
  };
  refusal.pairs.insert(std::upper_bound(refusal.pairs.begin(), refusal.pairs.end(), pair, farther), std::move(pair));
  if (refusal.pairs.size() > limits::kExplainedPairs) refusal.pairs.pop_back();
}

}  // namespace

std::expected<Choice, Refusal> choose(const std::vector<ikewire::Proposal>& configured,
                                      const std::vector<ikewire::Proposal>& offered, const Terms& terms) {
  Refusal refusal;
  for (const Pass& pass : passes(terms)) {
    refusal.pairs.clear();
    for (const Proposal& own : configured) {
      for (const Proposal& peer : offered) {
        auto chosen = Pairing(own, peer, terms, pass).match();
        if (chosen) return choice_of(own, peer, *chosen);
        add_pair(refusal, std::move(chosen.error()));
      }
    }
  }
  return std::unexpected(std::move(refusal));
}

}  // namespace levelgate::negotiation
