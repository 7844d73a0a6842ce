// SPDX-License-Identifier: Apache-2.0
//
// What CREATE_CHILD_SA and IKE_FOLLOWUP_KE collect until keys can be made, and the making: a Child SA, or the IKE SA
// that replaces this one (RFC 7296 §1.3, §2.17, §2.18; RFC 9370 §2.2.4).
#pragma once

#include "ikeexchange/child_terms.h"
#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

enum class CreationKind : std::uint8_t { kNewChild, kRekeyChild, kRekeyIke };

struct Creation {
  CreationKind kind = CreationKind::kNewChild;
  ikestate::ChildId replaces;                 // kRekeyChild
  bool own = true;                            // the exchange is ours
  ikestate::KeptNonces nonces;                // of CREATE_CHILD_SA
  ChildTerms child;                           // not kRekeyIke
  negotiation::Suite suite;                   // of the Child SA or of the IKE SA
  ikewire::IkeSpi own_ike_spi, peer_ike_spi;  // kRekeyIke
  std::vector<SecretBytes> shared;            // in the order of the exchanges
  std::optional<model::Ppk> ppk;              // that both sides mix into SK_d for it

  // Additional key exchanges that are still to come; those that ran stand in `shared` behind the first.
  [[nodiscard]] std::vector<ikewire::KeMethod> to_come() const;
};

// Makes the keys, records the Child SA and says ChildUp. `use`: whether the outbound SA may send at once.
[[nodiscard]] Result<ikestate::ChildId> make_child(Turn& turn, const Creation& creation, ikestate::OutboundUse use);

// As make_child(), for the Child SA of IKE_AUTH: keys of the IKE SA's own nonces.
[[nodiscard]] Result<ikestate::ChildId> make_first_child(Turn& turn, const ChildTerms& terms);

// The state of the SA that replaces this one; children stay where they are until hand_over().
[[nodiscard]] Result<ikestate::SaState> make_successor(Turn& turn, const Creation& creation);
void hand_over(ikestate::SaState& from, ikestate::SaState& to, Instant now);
// The peer uses this SA, which its rekey made, for more than to close it: its rekey won, whatever ours is at.
void inherit(Turn& turn);

// Lifetimes of an IKE SA that begins now; a part of them at random is taken off (RFC 7296 §2.8).
void set_ike_lifetime(Means& means, ikestate::SaState& sa);

}  // namespace levelgate::ikeexchange
