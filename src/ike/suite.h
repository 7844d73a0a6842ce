// SPDX-License-Identifier: Apache-2.0
//
// What negotiation ends in, and the terms on which it is held: policy about post-quantum methods is never weakened to
// find a suite.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wire/ike_proposals.h"

namespace levelgate::ike {

enum class PostQuantum : std::uint8_t {
  kOff,        // no post-quantum method is used
  kPreferred,  // a suite with one is taken before all suites without
  kRequired,   // every suite has one; a Child SA that is configured without a key exchange has the IKE SA's
};
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
  wire::TransformType type = wire::TransformType::kAddKe1;
  wire::KeMethod method = wire::KeMethod::kNone;  // never NONE in a suite
  bool operator==(const AdditionalKe&) const = default;
};

struct Suite {
  wire::ProtocolId protocol = wire::ProtocolId::kIke;
  wire::Encryption encryption{};
  std::uint16_t key_bits = 0;  // 0 where the cipher has one key length
  wire::Prf prf{};             // IKE only
  wire::Integrity integrity = wire::Integrity::kNone;
  wire::KeMethod key_exchange = wire::KeMethod::kNone;
  std::vector<AdditionalKe> additional;  // in the order in which they run
  wire::SequenceNumbers sequence_numbers = wire::SequenceNumbers::k32Bit;
  bool operator==(const Suite&) const = default;

  [[nodiscard]] bool post_quantum() const;
};

// From one transform of each type; key exchanges of NONE are left out.
[[nodiscard]] Suite suite_of(wire::ProtocolId protocol, const std::vector<wire::Transform>& transforms);

// --- reading proposals ---

// Types that a proposal of this protocol may have, in the order in which they are told; empty for other protocols.
[[nodiscard]] std::span<const wire::TransformType> types_of(wire::ProtocolId protocol);
// Whether the terms make a transform type matter.
[[nodiscard]] bool counts(wire::TransformType type, const Terms& terms);
[[nodiscard]] std::vector<wire::Transform> listed(const wire::Proposal& proposal, wire::TransformType type);
// As listed(); a type that is not listed means NONE where there is such a value (RFC 7296 §3.3.3, RFC 9370 §2.1).
[[nodiscard]] std::vector<wire::Transform> meant(const wire::Proposal& proposal, wire::TransformType type);
[[nodiscard]] bool lists_key_exchange(const wire::Proposal& proposal);
[[nodiscard]] bool is_additional(wire::TransformType type);
[[nodiscard]] bool is_none(const wire::Transform& transform);
[[nodiscard]] bool is_quantum_safe(const wire::Transform& transform);  // a post-quantum key exchange

}  // namespace levelgate::ike
