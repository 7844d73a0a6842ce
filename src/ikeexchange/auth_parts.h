// SPDX-License-Identifier: Apache-2.0
//
// What both halves of IKE_AUTH do alike: the octets that a side signs, jobs to prove and to verify, certificates and
// identities in payloads.
#pragma once

#include <optional>
#include <string>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

[[nodiscard]] std::vector<std::byte> identity_body(const authentication::IdentityPayload& identity);

// What `signer` signs, over its identity payload's body as it stands in the message.
[[nodiscard]] Result<std::vector<std::byte>> octets_of_signer(const ikestate::SaState& sa, ikewire::IkeRole signer,
                                                              ConstBytes identity);

// Starts the job that makes our proof. An Error when the peer has no hash that goes with our key.
[[nodiscard]] Result<void> start_proof(Turn& turn, std::optional<crypto::SignatureScheme> peer_used);

// Starts the job that verifies the peer's. `credentials` may be null: nobody is configured under its name.
struct PeerProof {
  std::shared_ptr<const authentication::Credentials> credentials;
  const ikemessage::Message* message = nullptr;
  ikewire::Identity identity;
  ConstBytes identity_body;
  std::vector<std::byte> own_value;   // of our AUTH, where it was sent already
  std::optional<ConstBytes> value{};  // in the place of that in AUTH, whose method it has (RFC 8784 §3)
};
[[nodiscard]] Result<void> start_verification(Turn& turn, const PeerProof& proof);

void write_certificates(ikemessage::PayloadWriter& out, const authentication::OwnCredential& own);

// Both sides are authenticated: lifetimes begin, what served the handshake is dropped, the operator is told.
void establish(Turn& turn, bool initial_contact);

}  // namespace levelgate::ikeexchange
