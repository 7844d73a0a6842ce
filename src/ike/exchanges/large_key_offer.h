// SPDX-License-Identifier: Apache-2.0
//
// The extension for keys beyond 64 KB, after authentication: how it is announced in IKE_SA_INIT, and what is proposed
// when both sides have it (docs/large-keys.md). Its numbers stand in ikewire: BIG_PAYLOADS and the key exchanges.
#pragma once

#include <string_view>

#include "ike/exchanges/exchange.h"

namespace levelgate::ike {

// Private-use numbers may mean something else elsewhere: this name says whose they are, and which version.
inline constexpr std::string_view kLargeKeyVendor = "levelgate large keys 1";

// BIG_PAYLOADS, FRAGMENT_ACKS and the vendor id, where the policy has large keys.
void write_large_key_offer(ikemessage::PayloadWriter& out, const SaState& sa);
// Sets sa.peer.large_keys and sa.peer.fragment_acks: both sides announced it, and fragmentation.
void read_large_key_offer(SaState& sa, const ikemessage::Contents& contents);

// What a rekey of the IKE SA proposes and accepts.
[[nodiscard]] std::vector<ikewire::Proposal> rekey_proposals(const SaState& sa);
// Octets of a suite's large key with what stands beside it in its message; 0: it has none.
[[nodiscard]] std::size_t large_key_octets(const negotiation::Suite& suite);
// Octets of the large key that the next IKE_FOLLOWUP_KE request of the peer may bring; 0: none.
[[nodiscard]] std::size_t expected_large_key(const SaState& sa);

}  // namespace levelgate::ike
