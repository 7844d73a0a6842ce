// SPDX-License-Identifier: Apache-2.0
//
// Which exchange may happen when, by a table whose silence means no. It is asked before any payload is parsed, and
// before any key is used: above all nothing but IKE_INTERMEDIATE and IKE_AUTH passes before both sides are
// authenticated (RFC 7296 §1, §2, §1.4, RFC 9242 §3.2, §5). Whether a response answers our outstanding request is the
// window's matter.
#pragma once

#include <cstdint>

#include "ikewire/ike_header.h"
#include "ikewire/ike_numbers.h"

namespace levelgate::ikestate {

// Where an IKE SA stands. The side that waits is named by its own phase, so that roles need no guessing.
enum class Phase : std::uint8_t {
  kNone,              // no SA: a first request may make one
  kInitSent,          // initiator: IKE_SA_INIT left
  kIntermediateSent,  // initiator: an IKE_INTERMEDIATE left
  kAuthSent,          // initiator: IKE_AUTH left
  kIntermediateDue,   // responder: the negotiation asks for (one more) IKE_INTERMEDIATE
  kAuthDue,           // responder: IKE_AUTH is next
  kEstablished,       // both sides are authenticated
  kRekeyed,           // replaced by a new IKE SA, not closed yet
  kClosing,           // our Delete left, or theirs was answered
};
inline constexpr std::uint8_t kPhases = 9;

// Before both sides are authenticated.
[[nodiscard]] constexpr bool is_handshake(Phase phase) {
  return phase != Phase::kEstablished && phase != Phase::kRekeyed && phase != Phase::kClosing;
}

enum class Gate : std::uint8_t { kClosed, kOpen };

// `role` is ours in the original IKE_SA_INIT, the others are of the message that arrived.
[[nodiscard]] Gate gate(Phase phase, ikewire::IkeRole role, ikewire::IkeDirection arrived, ikewire::Exchange exchange);

}  // namespace levelgate::ikestate
