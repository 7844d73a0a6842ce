// SPDX-License-Identifier: Apache-2.0
//
// What a side proves itself with and what it trusts, made once per configuration from what the operator wrote, and the
// identities by which both call themselves (RFC 7296 §3.5, RFC 4945 §3.1). Nothing here reads a file or a clock.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/model/ike_config.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/certificate_identity.h"
#include "ikewire/ike_payloads.h"

namespace levelgate::authentication {

// What is accepted of a peer unless its authority says less, strongest first. SHA-1 is not among them.
[[nodiscard]] std::span<const crypto::SignatureScheme> accepted_schemes();

// A shared key, or a chain with its key. Copies share certificates and key.
struct OwnCredential {
  model::SharedKey psk;
  std::vector<crypto::Certificate> chain;  // our certificate first
  std::shared_ptr<const crypto::PrivateKey> key;
  // Hashes by which certificate requests name the authorities above us, as far as the configuration knows them.
  std::vector<std::vector<std::byte>> authority_hashes;
};

struct TrustedAuthority {
  std::string name;
  std::vector<crypto::Certificate> anchors;
  std::vector<crypto::RevocationList> lists;
  model::Revocation revocation = model::Revocation::kNone;
  std::vector<std::vector<std::byte>> hashes;    // of the anchors, for certificate requests
  std::vector<crypto::SignatureScheme> schemes;  // announced to its peers, and accepted of them
};

struct PeerTrust {
  model::SharedKey psk;
  std::vector<std::shared_ptr<const TrustedAuthority>> authorities;
};

// What an ID payload carries.
struct IdentityPayload {
  ikewire::IdType type = ikewire::IdType::kNull;
  std::vector<std::byte> value;
  bool operator==(const IdentityPayload&) const = default;
};

// Immutable; any thread.
struct Credentials {
  IdentityPayload own_id;
  model::Identity own_name, peer_name;
  OwnCredential own;
  PeerTrust peer;
};

// What tunnels of one configuration share; empty at first, and never kept beyond that configuration.
struct CredentialCache {
  std::map<std::string, std::shared_ptr<const TrustedAuthority>> authorities;
  std::map<std::string, OwnCredential> identities;
};

// Fails for text that cannot be read, a key that is not the certificate's, and an identity that our certificate does
// not have, since no peer would believe it; the Error names the key of the configuration.
[[nodiscard]] Result<std::shared_ptr<const Credentials>> make_credentials(const model::IkeConfig& config,
                                                                          const model::TunnelIke& tunnel,
                                                                          CredentialCache& cache);

// What carries a name; nothing for distinguished names, whose text has more than one form in octets.
[[nodiscard]] std::optional<IdentityPayload> payload_of(const model::Identity& name);
// Whether a received identity is the expected one: in the same kind, without wildcards. Host names, mail addresses and
// distinguished names (by their text) without regard to case, all else octet by octet.
[[nodiscard]] bool names(const model::Identity& expected, const ikewire::Identity& received);
// As names(), for what we call ourselves.
[[nodiscard]] bool same_identity(const IdentityPayload& own, const ikewire::Identity& received);

// As "berlin.example.net" or "CN=gate, O=example": fit for a log whatever the peer has put in.
[[nodiscard]] std::string text_of(ikewire::IdType type, ConstBytes value);
// Nothing for the kinds that no certificate has.
[[nodiscard]] std::optional<crypto::IdentityKind> certificate_kind(ikewire::IdType type);

}  // namespace levelgate::authentication
