// SPDX-License-Identifier: Apache-2.0
//
// What an AUTH payload proves: the octets that a side signs or MACs (RFC 7296 §2.15), with the chain over all
// IKE_INTERMEDIATE exchanges behind them (RFC 9242 §3.3.2) and, where both sides announced it, both IKE_SA_INIT
// messages in front (draft-ietf-ipsecme-ikev2-downgrade-prevention-08, section 6). Signatures themselves are made
// elsewhere.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>

#include <cstdint>
#include <vector>

#include "crypto/prf.h"
#include "ikewire/ike_header.h"

namespace levelgate::authentication {

// Who announced IKE_SA_INIT_FULL_TRANSCRIPT_AUTH: each state is told to the operator by its own name.
enum class TranscriptNotify : std::uint8_t { kNobody, kInitiatorOnly, kResponderOnly, kBoth };
enum class Announced : std::uint8_t { kNo, kYes };
[[nodiscard]] TranscriptNotify transcript_notify(Announced initiator, Announced responder);

// Which IKE_SA_INIT messages enter the proof.
enum class Transcript : std::uint8_t { kOwnMessage, kBothMessages };
[[nodiscard]] constexpr Transcript transcript_of(TranscriptNotify notify) {
  return notify == TranscriptNotify::kBoth ? Transcript::kBothMessages : Transcript::kOwnMessage;
}

// The chain over the IKE_INTERMEDIATE exchanges, both directions. Empty until the first one: support alone adds
// nothing.
class IntAuth {
 public:
  // One message of the exchange that comes next for this role. `headers` are what ikewire/ike_intermediate.h writes,
  // `payloads` the plaintext without padding. `proof` is SK_pi for the initiator's message and SK_pr for the
  // responder's, from before the exchange's own key update.
  [[nodiscard]] Result<void> add(ikewire::IkeRole sender, crypto::Prf prf, ConstBytes proof, ConstBytes headers,
                                 ConstBytes payloads);
  [[nodiscard]] bool empty() const { return initiator_.empty() && responder_.empty(); }
  // IntAuth_iN | IntAuth_rN | message id of the first IKE_AUTH; empty when no exchange happened. Fails when one of the
  // directions has no message.
  [[nodiscard]] Result<std::vector<std::byte>> octets(ikewire::MessageId auth_message_id) const;

 private:
  SecretBytes initiator_, responder_;
};

struct Signer {
  Transcript transcript = Transcript::kOwnMessage;
  ConstBytes own_message;   // IKE_SA_INIT as the signer sent it: the request that was answered, the response
  ConstBytes peer_message;  // as it came; read for kBothMessages only
  ConstBytes peer_nonce;
  crypto::Prf prf{};
  ConstBytes proof;          // the signer's SK_p
  ConstBytes identity_body;  // of the signer's ID payload, behind the generic header, reserved octets as they came
  ConstBytes int_auth;       // IntAuth::octets
};
[[nodiscard]] Result<std::vector<std::byte>> signed_octets(const Signer& signer);

// An IKE_SA_INIT request as if it had been sent without COOKIE and Puzzle Solution: those payloads are cut out, and the
// chain and the length are mended (docs/cookies.md). What cannot be read comes back as it is.
[[nodiscard]] std::vector<std::byte> without_cookie(ConstBytes request);

// prf(prf(secret, "Key Pad for IKEv2"), octets): the AUTH of a shared key. An empty secret is an Error.
[[nodiscard]] Result<SecretBytes> shared_key_proof(crypto::Prf prf, ConstBytes secret, ConstBytes octets);

}  // namespace levelgate::authentication
