// SPDX-License-Identifier: Apache-2.0
//
// Gateways that authenticate: a configuration with authorities and identities, credentials made of it, and what one
// side sends as evidence to the other.
#pragma once

#include <levelgate/model/ike_config.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authentication/authenticate.h"
#include "support/test_certificates.h"
#include "support/test_keys.h"

namespace levelgate::testing {

inline model::SharedKey shared_key(std::string_view text) {
  return {std::make_shared<const SecretBytes>(as_bytes(text.data(), text.size()))};
}

inline std::vector<std::byte> octets(std::string_view text) {
  const ConstBytes from = as_bytes(text.data(), text.size());
  return {from.begin(), from.end()};
}

inline model::Identity fqdn(std::string text) { return {model::IdentityKind::kFqdn, std::move(text)}; }

// A certificate for a gateway, with a digital signature's usage; the names are OpenSSL's "DNS:gate.example".
inline CertificateSpec gateway_spec(const std::string& names, TestKey key = {}) {
  CertificateSpec spec;
  spec.common_name = "gateway";
  spec.alternative_names = names;
  spec.key_usage = "critical,digitalSignature";
  spec.key = std::move(key);
  return spec;
}

inline void add_identity(model::IkeConfig& config, const std::string& name, const TestCertificate& leaf,
                         const std::string& further = {}) {
  config.identities.push_back({name, leaf.pem() + further, {shared_key(pem_of(leaf.key)), {}}});
}

inline model::TunnelIke certified_tunnel(model::Identity local, std::string identity, model::Identity remote,
                                         std::vector<std::string> authorities = {"root"}) {
  model::TunnelIke tunnel;
  tunnel.local_id = std::move(local);
  tunnel.remote_id = std::move(remote);
  tunnel.identity = std::move(identity);
  tunnel.authorities = std::move(authorities);
  return tunnel;
}

inline model::TunnelIke shared_key_tunnel(model::Identity local, model::Identity remote, std::string_view key) {
  model::TunnelIke tunnel;
  tunnel.local_id = std::move(local);
  tunnel.remote_id = std::move(remote);
  tunnel.psk = shared_key(key);
  return tunnel;
}

inline std::shared_ptr<const authentication::Credentials> credentials(const model::IkeConfig& config,
                                                                      const model::TunnelIke& tunnel) {
  authentication::CredentialCache cache;
  auto made = authentication::make_credentials(config, tunnel, cache);
  if (!made) throw std::runtime_error(made.error().what);
  return *made;
}

// What `from` sends to `to` for these octets; an empty choice is the shared key.
inline authentication::Evidence evidence_of(const std::shared_ptr<const authentication::Credentials>& from,
                                            const std::shared_ptr<const authentication::Credentials>& to,
                                            std::optional<crypto::SignatureScheme> scheme) {
  authentication::ProofRequest request{from, {}, crypto::Prf::kHmacSha256, octets("what both sides have seen")};
  if (scheme)
    request.choice = authentication::SchemeChoice{*scheme, ikewire::AuthMethod{crypto::auth_method_of(*scheme)}, false};
  auto proof = authentication::prove(request);
  if (!proof) throw std::runtime_error(proof.error().what);
  authentication::Evidence evidence{
      to, request.prf, proof->method, proof->value, request.octets, {}, from->own_id, kTestNow, {}};
  for (const crypto::Certificate& certificate : from->own.chain) evidence.certificates.push_back(certificate.der());
  return evidence;
}

}  // namespace levelgate::testing
