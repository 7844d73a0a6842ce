// SPDX-License-Identifier: Apache-2.0
//
// Which ways to authenticate we tell the peer: SUPPORTED_AUTH_METHODS (RFC 9593), the hashes of
// SIGNATURE_HASH_ALGORITHMS (RFC 7427 §4) and certificate requests (RFC 7296 §3.7); and what we sign with after all
// that it told us. What is announced is what authenticate.h accepts.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "authentication/credentials.h"
#include "negotiation/peer_accepts.h"

namespace levelgate::authentication {

// Those whom the peer at one address could be. What is told to them takes time in their number: it is made once for a
// configuration, not for each message.
using Candidates = std::span<const std::shared_ptr<const Credentials>>;

// The value of SUPPORTED_AUTH_METHODS for one message, strongest first. Its links count the authorities of
// cert_request_body() for the same candidates, which has to stand in the same message (RFC 9593 §3).
[[nodiscard]] std::vector<std::byte> announcements(Candidates candidates);
// Encoding and hashes of a CERTREQ; empty when no candidate has certificates.
[[nodiscard]] std::vector<std::byte> cert_request_body(Candidates candidates);
// What SIGNATURE_HASH_ALGORITHMS announces.
[[nodiscard]] std::vector<ikewire::HashId> announced_hashes();

// Whether a responder that has IKE_INTERMEDIATE sends the notification empty in IKE_SA_INIT and the list there
// (RFC 9593 §3.1). `message_octets`: the IKE_SA_INIT response without the list.
[[nodiscard]] bool is_long(std::size_t announcement_octets, std::size_t message_octets);

using negotiation::PeerAccepts;

struct SchemeChoice {
  crypto::SignatureScheme scheme{};
  ikewire::AuthMethod method = ikewire::AuthMethod::kDigitalSignature;
  bool outside_announcement = false;  // the peer's list has none of ours: it will most likely refuse
  bool operator==(const SchemeChoice&) const = default;
};
// The first of the peer's list that our key can do; without a list our own best, with the RSA padding that the peer
// itself has used. Nothing where the peer has no hash for our key (RFC 7427 §4: method 14 needs its
// SIGNATURE_HASH_ALGORITHMS, and 1 is never used) or we have no key.
[[nodiscard]] std::optional<SchemeChoice> choose_scheme(const OwnCredential& own, const PeerAccepts& accepts,
                                                        std::optional<crypto::SignatureScheme> peer_used);

}  // namespace levelgate::authentication
