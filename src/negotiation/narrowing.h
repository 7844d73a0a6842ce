// SPDX-License-Identifier: Apache-2.0
//
// Traffic selector negotiation (RFC 7296 §2.9): the responder answers with a subset of what was offered, around the
// packet that the initiator names first; the initiator takes nothing that it did not offer. Ports of ICMP are type and
// code in one number (RFC 7296 §3.13.1), and OPAQUE ports lie in ANY alone (RFC 4301 §4.4.1.1).
#pragma once

#include <levelgate/model/selector.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ikewire/ike_selectors.h"

namespace levelgate::negotiation {

using Selectors = std::vector<model::TrafficSelector>;

// As in TSi and TSr: of the exchange that makes the Child SA.
struct SelectorOffer {
  Selectors initiator;
  Selectors responder;
  bool operator==(const SelectorOffer&) const = default;
};

enum class MoreSelectors : std::uint8_t { kNone, kPossible };  // kPossible: N(ADDITIONAL_TS_POSSIBLE)

struct Narrowed {
  std::size_t policy = 0;  // which one was taken
  SelectorOffer selectors;
  MoreSelectors more = MoreSelectors::kNone;
};

// As responder: its `local` side is TSr. The policy that allows both first selectors is taken before one that overlaps
// them, and that before any other. Empty: N(TS_UNACCEPTABLE).
[[nodiscard]] std::optional<Narrowed> narrow(std::span<const model::SelectorPair> policies,
                                             const SelectorOffer& offered);

// As initiator. Each selector of the answer must lie within one that was offered.
enum class NarrowingFault : std::uint8_t { kEmpty, kTooMany, kBeyondOffer };
[[nodiscard]] std::optional<NarrowingFault> check_narrowed(const SelectorOffer& offered, const SelectorOffer& answer);

// What an offer begins with when a packet asks for the SA: that packet's selector, then the policy's.
[[nodiscard]] Selectors packet_first(const model::TrafficSelector& packet, const Selectors& policy);

[[nodiscard]] std::optional<model::TrafficSelector> overlap(const model::TrafficSelector& a,
                                                            const model::TrafficSelector& b);
[[nodiscard]] bool lies_within(const model::TrafficSelector& inner, const model::TrafficSelector& outer);

// Selectors of unknown types are left out (RFC 7296 §2.9).
[[nodiscard]] Selectors from_wire(const std::vector<ikewire::WireSelector>& selectors);
[[nodiscard]] std::vector<ikewire::WireSelector> to_wire(const Selectors& selectors);

}  // namespace levelgate::negotiation
