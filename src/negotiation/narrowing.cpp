// SPDX-License-Identifier: Apache-2.0
//
// Narrowing by overlap of ranges.
#include "negotiation/narrowing.h"

#include <algorithm>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::negotiation {
namespace {

using model::TrafficSelector;

bool is_opaque(const TrafficSelector& s) { return s.port_first == 65535 && s.port_last == 0; }

// False when the two have no port in common.
bool narrow_ports(TrafficSelector& to, const TrafficSelector& by) {
  if (by.any_port()) return true;
  if (to.any_port() || is_opaque(to) || is_opaque(by)) {
    const bool fits = to.any_port() || (is_opaque(to) && is_opaque(by));
    to.port_first = by.port_first;
    to.port_last = by.port_last;
    return fits;
  }
  to.port_first = std::max(to.port_first, by.port_first);
  to.port_last = std::min(to.port_last, by.port_last);
  return to.port_first <= to.port_last;
}

// Only what lies in no other selector. A wider one takes the place of the first that it covers, so that what came first
// stays in front.
Selectors without_covered(const Selectors& all) {
  Selectors kept;
  for (const TrafficSelector& s : all) {
    if (std::ranges::any_of(kept, [&](const TrafficSelector& k) { return lies_within(s, k); })) continue;
    const auto covered = [&](const TrafficSelector& k) { return lies_within(k, s); };
    const auto place = std::ranges::find_if(kept, covered);
    if (place == kept.end()) {
      kept.push_back(s);
    } else {
      *place = s;
      kept.erase(std::remove_if(place + 1, kept.end(), covered), kept.end());
    }
  }
  return kept;
}

// An empty policy allows everything (model::SelectorPair).
Selectors overlaps(std::span<const TrafficSelector> offered, const Selectors& allowed) {
  Selectors all;
  for (const TrafficSelector& s : offered) {
    if (allowed.empty()) all.push_back(s);
    for (const TrafficSelector& a : allowed) {
      if (const auto both = overlap(s, a)) all.push_back(*both);
    }
  }
  return without_covered(all);
}

// No packet has one side in IPv4 and the other in IPv6.
void drop_lonely_families(SelectorOffer& selectors) {
  const auto has = [](const Selectors& all, IpFamily family) {
    return std::ranges::any_of(all, [&](const TrafficSelector& s) { return s.first.family() == family; });
  };
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    if (has(selectors.initiator, family) && has(selectors.responder, family)) continue;
    for (Selectors* side : {&selectors.initiator, &selectors.responder}) {
      std::erase_if(*side, [&](const TrafficSelector& s) { return s.first.family() == family; });
    }
  }
}

std::span<const TrafficSelector> looked_at(const Selectors& offered) {
  return std::span(offered).first(std::min(offered.size(), limits::kSelectors));
}

SelectorOffer allowed_part(const model::SelectorPair& policy, const SelectorOffer& offered) {
  SelectorOffer part{overlaps(looked_at(offered.initiator), policy.remote),
                     overlaps(looked_at(offered.responder), policy.local)};
  drop_lonely_families(part);
  return part;
}

bool covers(const Selectors& all, const TrafficSelector& s) {
  return std::ranges::any_of(all, [&](const TrafficSelector& a) { return lies_within(s, a); });
}
bool covers(const SelectorOffer& all, const SelectorOffer& part) {
  return std::ranges::all_of(part.initiator, [&](const TrafficSelector& s) { return covers(all.initiator, s); }) &&
         std::ranges::all_of(part.responder, [&](const TrafficSelector& s) { return covers(all.responder, s); });
}
bool touches(const Selectors& all, const TrafficSelector& s) {
  return std::ranges::any_of(all, [&](const TrafficSelector& a) { return overlap(s, a).has_value(); });
}

// How well a part serves the packet that comes first.
enum class Fit : std::uint8_t { kNothing, kElsewhere, kPartOfFirst, kFirst };

Fit fit_of(const SelectorOffer& part, const SelectorOffer& offered) {
  if (part.initiator.empty() || part.responder.empty()) return Fit::kNothing;
  const TrafficSelector& source = offered.initiator.front();
  const TrafficSelector& destination = offered.responder.front();
  if (covers(part.initiator, source) && covers(part.responder, destination)) return Fit::kFirst;
  return touches(part.initiator, source) && touches(part.responder, destination) ? Fit::kPartOfFirst : Fit::kElsewhere;
}

// The selectors in front come from the first ones of the offer, and stay.
bool cut(Selectors& selectors) {
  if (selectors.size() <= limits::kNarrowedSelectors) return false;
  selectors.resize(limits::kNarrowedSelectors);
  return true;
}

}  // namespace

std::optional<model::TrafficSelector> overlap(const model::TrafficSelector& a, const model::TrafficSelector& b) {
  if (a.first.family() != b.first.family()) return std::nullopt;
  if (a.protocol != 0 && b.protocol != 0 && a.protocol != b.protocol) return std::nullopt;
  TrafficSelector both = a;
  both.protocol = a.protocol != 0 ? a.protocol : b.protocol;
  both.first = std::max(a.first, b.first);
  both.last = std::min(a.last, b.last);
  if (both.last < both.first || !narrow_ports(both, b)) return std::nullopt;
  return both;
}

bool lies_within(const model::TrafficSelector& inner, const model::TrafficSelector& outer) {
  return overlap(inner, outer) == inner;
}

std::optional<Narrowed> narrow(std::span<const model::SelectorPair> policies, const SelectorOffer& offered) {
  if (offered.initiator.empty() || offered.responder.empty()) return std::nullopt;
  Narrowed best;
  Fit best_fit = Fit::kNothing;
  std::vector<SelectorOffer> parts;
  for (const model::SelectorPair& policy : policies) {
    parts.push_back(allowed_part(policy, offered));
    const Fit fit = fit_of(parts.back(), offered);
    if (fit <= best_fit) continue;
    best_fit = fit;
    best.policy = parts.size() - 1;
  }
  if (best_fit == Fit::kNothing) return std::nullopt;
  best.selectors = parts[best.policy];
  const bool initiator_cut = cut(best.selectors.initiator);
  const bool responder_cut = cut(best.selectors.responder);
  const bool elsewhere = std::ranges::any_of(parts, [&](const SelectorOffer& part) {
    return fit_of(part, offered) != Fit::kNothing && !covers(best.selectors, part);
  });
  if (initiator_cut || responder_cut || elsewhere) best.more = MoreSelectors::kPossible;
  return best;
}

std::optional<NarrowingFault> check_narrowed(const SelectorOffer& offered, const SelectorOffer& answer) {
  if (answer.initiator.empty() || answer.responder.empty()) return NarrowingFault::kEmpty;
  if (std::max(answer.initiator.size(), answer.responder.size()) > limits::kSelectors) return NarrowingFault::kTooMany;
  if (!covers(offered, answer)) return NarrowingFault::kBeyondOffer;
  return std::nullopt;
}

Selectors packet_first(const model::TrafficSelector& packet, const Selectors& policy) {
  Selectors all = {packet};
  std::ranges::copy_if(policy, std::back_inserter(all), [&](const TrafficSelector& s) { return s != packet; });
  return all;
}

Selectors from_wire(const std::vector<ikewire::WireSelector>& selectors) {
  Selectors known;
  for (const ikewire::WireSelector& s : selectors) {
    if (s.is_known()) known.push_back({s.first, s.last, s.protocol, s.port_first, s.port_last});
  }
  return known;
}

std::vector<ikewire::WireSelector> to_wire(const Selectors& selectors) {
  std::vector<ikewire::WireSelector> all;
  for (const TrafficSelector& s : selectors) {
    const auto type = s.first.family() == IpFamily::kV4 ? ikewire::TsType::kIpv4 : ikewire::TsType::kIpv6;
    all.push_back({type, s.protocol, s.port_first, s.port_last, s.first, s.last, {}});
  }
  return all;
}

}  // namespace levelgate::negotiation
