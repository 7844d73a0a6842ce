// SPDX-License-Identifier: Apache-2.0
//
// The extension for keys beyond 64 KB: how it is announced in IKE_SA_INIT, and what is proposed there and in a rekey
// (docs/large-keys.md). Its numbers stand in ikewire: BIG_PAYLOADS and the key exchanges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// Private-use numbers may mean something else elsewhere: this name says whose they are, and which version.
inline constexpr std::string_view kLargeKeyVendor = "levelgate large keys 1";

// BIG_PAYLOADS, FRAGMENT_ACKS and the vendor id, where the policy has large keys.
void write_large_key_offer(ikemessage::PayloadWriter& out, const ikestate::SaState& sa);
// Sets sa.peer.large_keys and sa.peer.fragment_acks: both sides announced it, and fragmentation.
void read_large_key_offer(ikestate::SaState& sa, const ikemessage::Contents& contents);

// What a message of IKE_SA_INIT announces of the extension.
struct LargeKeyAnnouncement {
  std::uint32_t octets = 0;  // that the sender takes; 0: none
  bool fragment_acks = false;
  std::string lacks;  // empty: nothing
  // Whether a key of this policy can be brought.
  [[nodiscard]] bool takes(const ikestate::PeerPolicy& policy) const {
    return lacks.empty() && policy.large_keys && octets >= policy.large_keys->octets;
  }
};
[[nodiscard]] LargeKeyAnnouncement large_key_announcement(const ikemessage::Contents& contents);

// What IKE_SA_INIT proposes, or accepts of a peer that takes the key of this policy (`taken`).
[[nodiscard]] std::vector<ikewire::Proposal> init_proposals(const ikestate::PeerPolicy& policy, bool taken = true);
// What a rekey of the IKE SA proposes and accepts.
[[nodiscard]] std::vector<ikewire::Proposal> rekey_proposals(const ikestate::SaState& sa);
// Octets of a suite's large key with what stands beside it in its message; 0: it has none.
[[nodiscard]] std::size_t large_key_octets(const negotiation::Suite& suite);
// Octets of the large key that the next request of the peer may bring, and in which exchange; 0: none.
struct ExpectedLargeKey {
  std::size_t octets = 0;
  ikewire::KeMethod method = ikewire::KeMethod::kNone;
  ikewire::Exchange exchange = ikewire::Exchange::kIkeFollowupKe;
};
[[nodiscard]] ExpectedLargeKey expected_large_key(const ikestate::SaState& sa);

}  // namespace levelgate::ikeexchange
