// SPDX-License-Identifier: Apache-2.0
//
// Why two lists of proposals have no suite in common, as a value: what each side has, the first transform type without
// overlap, and what would have to change. Printed as it is by whoever explains.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ikewire/ike_proposals.h"

namespace levelgate::negotiation {

enum class MismatchKind : std::uint8_t {
  kProtocol,            // IKE against ESP, or a protocol that is not ours
  kUnknownType,         // the peer's proposal has a transform type that is not known here
  kNoOverlap,           // nothing of this type in common
  kNoIntermediate,      // an additional key exchange is wanted, and not both sides announced IKE_INTERMEDIATE
  kOnlyDuplicates,      // every choice would take one key exchange method twice (RFC 9370 §2.1)
  kPostQuantumMissing,  // policy asks for a post-quantum method, and no choice has one
  kPostQuantumOff,      // policy forbids post-quantum methods, and this proposal demands one
};

struct Mismatch {
  MismatchKind kind = MismatchKind::kNoOverlap;
  ikewire::TransformType type = ikewire::TransformType::kEncr;
  std::vector<ikewire::Transform> own, peer;  // of that type; a key exchange that is not offered is NONE

  [[nodiscard]] std::string text() const;
  // What would end this mismatch.
  [[nodiscard]] std::string would_match_if() const;
};

// One proposal of ours against one of the peer's.
struct PairRefusal {
  std::uint8_t own_number = 0;
  std::uint8_t peer_number = 0;
  std::vector<Mismatch> mismatches;  // in the order of types; never empty
};

struct Refusal {
  std::vector<PairRefusal> pairs;  // the closest first, bounded; empty when a side has no proposal at all

  // The first transform type without overlap in the closest pair, and its cure; one line.
  [[nodiscard]] std::string text() const;
};

}  // namespace levelgate::negotiation
