// SPDX-License-Identifier: Apache-2.0
//
// What negotiation ends in, and the terms on which it is held: policy about post-quantum methods is never weakened to
// find a suite.
#pragma once

#include <levelgate/model/ike_config.h>

#include <cstdint>
#include <span>
#include <vector>

#include "ikewire/ike_proposals.h"

namespace levelgate::negotiation {

using Transforms = std::vector<ikewire::Transform>;

using model::PostQuantum;
// Whether both sides announced what IKE_INTERMEDIATE needs (RFC 9370 §2.2.1). On offering: whether we do.
enum class AdditionalExchanges : std::uint8_t { kUnavailable, kAvailable };
// The first Child SA has no key exchange of its own (RFC 7296 §1.2): those transforms then do not count, nor does the
// policy, since its keys come from the IKE SA's.
enum class KeyExchanges : std::uint8_t { kNegotiated, kInherited };

struct Terms {
  PostQuantum post_quantum = PostQuantum::kPreferred;
  AdditionalExchanges additional = AdditionalExchanges::kAvailable;
  KeyExchanges key_exchanges = KeyExchanges::kNegotiated;
};

struct AdditionalKe {
  ikewire::TransformType type = ikewire::TransformType::kAddKe1;
  ikewire::KeMethod method = ikewire::KeMethod::kNone;  // never NONE in a suite
  bool operator==(const AdditionalKe&) const = default;
};

struct Suite {
  ikewire::ProtocolId protocol = ikewire::ProtocolId::kIke;
  ikewire::Encryption encryption{};
  std::uint16_t key_bits = 0;  // 0 where the cipher has one key length
  ikewire::Prf prf{};          // IKE only
  ikewire::Integrity integrity = ikewire::Integrity::kNone;
  ikewire::KeMethod key_exchange = ikewire::KeMethod::kNone;
  std::vector<AdditionalKe> additional;  // in the order in which they run
  ikewire::SequenceNumbers sequence_numbers = ikewire::SequenceNumbers::k32Bit;
  bool operator==(const Suite&) const = default;

  [[nodiscard]] bool post_quantum() const;
};

// From one transform of each type; key exchanges of NONE are left out.
[[nodiscard]] Suite suite_of(ikewire::ProtocolId protocol, const std::vector<ikewire::Transform>& transforms);

// --- reading proposals ---

// Types that a proposal of this protocol may have, in the order in which they are told; empty for other protocols.
[[nodiscard]] std::span<const ikewire::TransformType> types_of(ikewire::ProtocolId protocol);
// Whether the terms make a transform type matter.
[[nodiscard]] bool counts(ikewire::TransformType type, const Terms& terms);
[[nodiscard]] std::vector<ikewire::Transform> listed(const ikewire::Proposal& proposal, ikewire::TransformType type);
// As listed(); a type that is not listed means NONE where there is such a value (RFC 7296 §3.3.3, RFC 9370 §2.1).
[[nodiscard]] std::vector<ikewire::Transform> meant(const ikewire::Proposal& proposal, ikewire::TransformType type);
[[nodiscard]] bool lists_key_exchange(const ikewire::Proposal& proposal);
[[nodiscard]] bool is_additional(ikewire::TransformType type);
[[nodiscard]] bool is_none(const ikewire::Transform& transform);
[[nodiscard]] bool is_quantum_safe(const ikewire::Transform& transform);  // a post-quantum key exchange

}  // namespace levelgate::negotiation
