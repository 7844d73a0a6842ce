// SPDX-License-Identifier: Apache-2.0
//
// Narrowing for any selectors, held point by point against what a selector means (RFC 7296 §2.9): the answer lets
// through exactly what offer and policy both let through, and narrowing it again changes nothing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "negotiation/narrowing.h"

namespace levelgate::negotiation::ike_narrowing_laws_test {
namespace {

using model::SelectorPair;
using model::TrafficSelector;

// A world small enough to look at every point of it.
constexpr std::uint32_t kAddresses = 6;
constexpr std::uint16_t kPorts = 4;
constexpr std::uint8_t kProtocols = 3;  // 1 and 2; 0 is any

TrafficSelector draw_selector() {
  const auto address = rc::gen::inRange<std::uint32_t>(0, kAddresses);
  const auto port = rc::gen::inRange<std::uint16_t>(0, kPorts);
  const auto [low, high] = std::minmax({*address, *address});
  TrafficSelector s{IpAddress::v4(low), IpAddress::v4(high)};
  s.protocol = *rc::gen::inRange<std::uint8_t>(0, kProtocols);
  if (*rc::gen::arbitrary<bool>()) std::tie(s.port_first, s.port_last) = std::minmax({*port, *port});
  return s;
}
Selectors draw_selectors() {
  Selectors all(*rc::gen::inRange<std::size_t>(1, 4));
  std::ranges::generate(all, draw_selector);
  return all;
}

bool lets(const Selectors& all, std::uint32_t address, std::uint8_t protocol, std::uint16_t port) {
  return std::ranges::any_of(all, [&](const TrafficSelector& s) {
    return s.contains(IpAddress::v4(address)) && (s.protocol == 0 || s.protocol == protocol) && s.port_first <= port &&
           port <= s.port_last;
  });
}

RC_GTEST_PROP(IkeNarrowingLaws, TheAnswerIsWhatBothSidesLetThrough, ()) {
  const SelectorOffer offered{draw_selectors(), draw_selectors()};
  const SelectorPair policy{draw_selectors(), draw_selectors()};
  const auto result = narrow({&policy, 1}, offered);
  const SelectorOffer answer = result ? result->selectors : SelectorOffer{};
  bool some_initiator = false;
  bool some_responder = false;
  for (std::uint32_t a = 0; a < kAddresses; ++a) {
    for (std::uint8_t protocol = 1; protocol < kProtocols; ++protocol) {
      for (std::uint16_t port = 0; port < kPorts; ++port) {
        const bool initiator = lets(offered.initiator, a, protocol, port) && lets(policy.remote, a, protocol, port);
        const bool responder = lets(offered.responder, a, protocol, port) && lets(policy.local, a, protocol, port);
        some_initiator = some_initiator || initiator;
        some_responder = some_responder || responder;
        if (!result) continue;
        RC_ASSERT(lets(answer.initiator, a, protocol, port) == initiator);
        RC_ASSERT(lets(answer.responder, a, protocol, port) == responder);
      }
    }
  }
  RC_ASSERT(result.has_value() == (some_initiator && some_responder));
}

RC_GTEST_PROP(IkeNarrowingLaws, TheInitiatorTakesEveryAnswer, ()) {
  const SelectorOffer offered{draw_selectors(), draw_selectors()};
  const std::vector<SelectorPair> policies = {{draw_selectors(), draw_selectors()},
                                              {draw_selectors(), draw_selectors()}};
  const auto result = narrow(policies, offered);
  if (!result) return;
  RC_ASSERT(check_narrowed(offered, result->selectors) == std::nullopt);
}

RC_GTEST_PROP(IkeNarrowingLaws, NarrowingTwiceIsNarrowingOnce, ()) {
  const SelectorOffer offered{draw_selectors(), draw_selectors()};
  const SelectorPair policy{draw_selectors(), draw_selectors()};
  const auto once = narrow({&policy, 1}, offered);
  if (!once) return;
  const auto twice = narrow({&policy, 1}, once->selectors);
  RC_ASSERT(twice.has_value());
  RC_ASSERT(twice->selectors == once->selectors);
}

RC_GTEST_PROP(IkeNarrowingLaws, TheFirstSelectorsAreInsideWhereAPolicyAllowsThem, ()) {
  const SelectorOffer offered{draw_selectors(), draw_selectors()};
  const std::vector<SelectorPair> policies = {{draw_selectors(), draw_selectors()},
                                              {draw_selectors(), draw_selectors()}};
  const auto within = [](const TrafficSelector& s, const Selectors& all) {
    return std::ranges::any_of(all, [&](const TrafficSelector& a) { return lies_within(s, a); });
  };
  const bool allowed = std::ranges::any_of(policies, [&](const SelectorPair& policy) {
    return within(offered.initiator[0], policy.remote) && within(offered.responder[0], policy.local);
  });
  if (!allowed) return;
  const auto result = narrow(policies, offered);
  RC_ASSERT(result.has_value());
  RC_ASSERT(within(offered.initiator[0], result->selectors.initiator));
  RC_ASSERT(within(offered.responder[0], result->selectors.responder));
}

}  // namespace
}  // namespace levelgate::negotiation::ike_narrowing_laws_test
