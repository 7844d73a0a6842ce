// SPDX-License-Identifier: Apache-2.0
//
// Proofs made and judged. A refusal names what an operator needs to mend it.
#include "authentication/authenticate.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "authentication/auth_proof.h"
#include "crypto/certificate_path.h"
#include "negotiation/limits.h"

namespace levelgate::authentication {
namespace {

using crypto::Certificate;
using crypto::SignatureScheme;
using ikewire::AuthMethod;

std::unexpected<AuthRefusal> refuse(AuthFault fault, std::string text) {
  return std::unexpected(AuthRefusal{fault, std::move(text)});
}

// The curve is the key's, all else the scheme's.
std::string scheme_text(crypto::KeyType key, SignatureScheme scheme) {
  using enum crypto::KeyType;
  const std::string text(name_of(scheme));
  const bool curve = key == kEcP256 || key == kEcP384 || key == kEcP521;
  return curve ? std::string(name_of(key)) + text.substr(text.find(' ')) : text;
}

// Whose identity came: the one that is expected, or our own, or another's.
std::expected<void, AuthRefusal> check_identity(const Evidence& evidence) {
  if (!evidence.credentials) return refuse(AuthFault::kWrongIdentity, "no tunnel expects a peer of this id");
  const ikewire::Identity received{evidence.identity.type, {}, evidence.identity.value};
  if (names(evidence.credentials->peer_name, received)) return {};
  if (same_identity(evidence.credentials->own_id, received)) {
    return refuse(AuthFault::kReflected, "this is our own id: our messages come back, or both ends have one id");
  }
  return refuse(AuthFault::kWrongIdentity, "the id \"" + evidence.credentials->peer_name.text + "\" is expected of it");
}

// ---- shared keys ----

// Stands in where there is no key, so that the work is the same.
ConstBytes secret_of(const Evidence& evidence) {
  static constexpr std::array<std::byte, 32> kNobodys{};
  const auto* const key = evidence.credentials ? evidence.credentials->peer.psk.octets.get() : nullptr;
  return key == nullptr || key->empty() ? ConstBytes(kNobodys) : key->bytes();
}

// All the work comes before the first refusal.
std::expected<Verified, AuthRefusal> verify_shared_key(const Evidence& evidence) {
  const Result<SecretBytes> expected = shared_key_proof(evidence.prf, secret_of(evidence), evidence.octets);
  const bool holds = expected && expected->equals(evidence.value);
  const auto identity = check_identity(evidence);
  if (!expected) return refuse(AuthFault::kMalformed, expected.error().what);
  if (!evidence.credentials) return refuse(AuthFault::kNoSharedKey, identity.error().text);
  if (!evidence.credentials->peer.psk.octets) {
    return refuse(AuthFault::kMethodNotAllowed, "it has a shared key; a certificate is expected of it");
  }
  if (!identity) return std::unexpected(identity.error());
  if (holds) return Verified{"shared key", "", "", "", std::nullopt, 0};
  return refuse(AuthFault::kWrongSharedKey, "its shared key is not the one that we have for it");
}

// ---- signatures ----

struct Signature {
  SignatureScheme scheme{};
  ConstBytes octets;
};

std::expected<Signature, AuthRefusal> read_signature(const Evidence& evidence) {
  if (evidence.method != AuthMethod::kDigitalSignature) {
    for (const SignatureScheme scheme : accepted_schemes()) {
      if (AuthMethod{crypto::auth_method_of(scheme)} == evidence.method) return Signature{scheme, evidence.value};
    }
    return refuse(AuthFault::kMethodNotAllowed,
                  "it authenticates by " + name_of(evidence.method) + ", which is not accepted");
  }
  const auto parts = ikewire::read_digital_signature(evidence.value);
  if (!parts) return refuse(AuthFault::kMalformed, "its AUTH is no digital signature");
  const Result<SignatureScheme> scheme = crypto::read_algorithm_identifier(parts->algorithm);
  if (!scheme) return refuse(AuthFault::kSchemeNotAllowed, scheme.error().what);
  return Signature{*scheme, parts->signature};
}

struct Chain {
  Certificate own;
  std::vector<Certificate> others;
};

// What came beside the peer's certificate only helps to find a way: what cannot be read is no fault.
std::expected<Chain, AuthRefusal> read_chain(const Evidence& evidence) {
  const auto& received = evidence.certificates;
  if (received.empty()) return refuse(AuthFault::kNoCertificate, "it sent no certificate; it has to send its own");
  if (received.size() > limits::kCertificates) {
    return refuse(AuthFault::kBadCertificate, "it sent " + std::to_string(received.size()) + " certificates, too many");
  }
  Result<Certificate> own = Certificate::from_der(received.front());
  if (!own) return refuse(AuthFault::kBadCertificate, own.error().what);
  Chain chain{std::move(*own), {}};
  for (const std::vector<std::byte>& der : std::span(received).subspan(1)) {
    if (Result<Certificate> other = Certificate::from_der(der)) chain.others.push_back(std::move(*other));
  }
  return chain;
}

crypto::Revocation revocation_of(model::Revocation revocation) {
  if (revocation == model::Revocation::kNone) return crypto::Revocation::kNone;
  return revocation == model::Revocation::kSoft ? crypto::Revocation::kSoft : crypto::Revocation::kStrict;
}

AuthFault fault_of(crypto::PathFault fault) {
  using Pair = std::pair<crypto::PathFault, AuthFault>;
  constexpr std::array kFaults{Pair{crypto::PathFault::kUntrusted, AuthFault::kUntrusted},
                               Pair{crypto::PathFault::kExpired, AuthFault::kExpired},
                               Pair{crypto::PathFault::kNotYetValid, AuthFault::kNotYetValid},
                               Pair{crypto::PathFault::kRevoked, AuthFault::kRevoked},
                               Pair{crypto::PathFault::kNoList, AuthFault::kNoRevocationList}};
  const auto found = std::ranges::find(kFaults, fault, &Pair::first);
  return found == kFaults.end() ? AuthFault::kBadCertificate : found->second;
}

// An authority from which a valid path leads to the peer.
struct Way {
  std::shared_ptr<const TrustedAuthority> authority;
  std::int64_t last_second = 0;
};

// Every authority is asked: whom one of them has revoked does not come in through another. Of several refusals the one
// of an authority that knows the peer is told.
std::expected<std::vector<Way>, AuthRefusal> find_ways(const Chain& chain, const Evidence& evidence) {
  std::vector<Way> ways;
  AuthRefusal refusal{AuthFault::kUntrusted, "no authority is trusted"};
  std::string asked;
  for (const auto& authority : evidence.credentials->peer.authorities) {
    const auto path = crypto::validate_path(
        chain.own, chain.others,
        {authority->anchors, authority->lists, revocation_of(authority->revocation), evidence.now_seconds});
    asked += (asked.empty() ? "\"" : ", \"") + authority->name + "\"";
    if (path) {
      std::int64_t last = std::numeric_limits<std::int64_t>::max();
      for (const Certificate& certificate : *path) last = std::min(last, certificate.last_second());
      ways.push_back({authority, last});
      continue;
    }
    const AuthFault fault = fault_of(path.error().fault);
    if (refusal.fault == AuthFault::kUntrusted) refusal = {fault, path.error().what};
    if (fault == AuthFault::kRevoked) return refuse(fault, path.error().what);
  }
  if (!ways.empty()) return ways;
  return refuse(refusal.fault, refusal.text + "; trusted for it: " + asked);
}

std::expected<void, AuthRefusal> check_binding(const Chain& chain, const Evidence& evidence) {
  const auto kind = certificate_kind(evidence.identity.type);
  if (!kind) return refuse(AuthFault::kIdentityNotInCertificate, "its id is of a kind that certificates do not have");
  const Result<void> bound = crypto::bind_identity(chain.own, *kind, evidence.identity.value);
  if (!bound) return refuse(AuthFault::kIdentityNotInCertificate, bound.error().what);
  return {};
}

std::expected<crypto::PublicKey, AuthRefusal> peer_key(const Chain& chain, const Evidence& evidence) {
  Result<crypto::PublicKey> key = chain.own.public_key();
  if (!key) return refuse(AuthFault::kBadCertificate, key.error().what);
  const auto& own = evidence.credentials->own.key;
  if (own && std::ranges::equal(own->public_key().spki(), key->spki())) {
    return refuse(AuthFault::kReflected, "certificate \"" + chain.own.subject() + "\" has our own key");
  }
  return std::move(*key);
}

std::expected<Way, AuthRefusal> accepted_way(const std::vector<Way>& ways, SignatureScheme scheme,
                                             const crypto::PublicKey& key) {
  for (const Way& way : ways) {
    const auto& accepted = way.authority->schemes;
    const bool has = std::ranges::find(accepted, scheme) != accepted.end();
    if (has && crypto::fits(key.type(), scheme)) return way;
  }
  return refuse(AuthFault::kSchemeNotAllowed, "it signs by " + std::string(name_of(scheme)) +
                                                  ", not accepted of a key of " + std::string(name_of(key.type())) +
                                                  " under \"" + ways.front().authority->name + "\"");
}

std::expected<Verified, AuthRefusal> verify_signature(const Evidence& evidence) {
  const auto identity = check_identity(evidence);
  if (!identity) return std::unexpected(identity.error());
  if (evidence.credentials->peer.authorities.empty()) {
    return refuse(AuthFault::kMethodNotAllowed,
                  "it authenticates by " + name_of(evidence.method) + "; a shared key is expected of it");
  }
  const auto signature = read_signature(evidence);
  if (!signature) return std::unexpected(signature.error());
  const auto chain = read_chain(evidence);
  if (!chain) return std::unexpected(chain.error());
  const auto key = peer_key(*chain, evidence);
  if (!key) return std::unexpected(key.error());
  const auto ways = find_ways(*chain, evidence);
  if (!ways) return std::unexpected(ways.error());
  if (const auto bound = check_binding(*chain, evidence); !bound) return std::unexpected(bound.error());
  const auto way = accepted_way(*ways, signature->scheme, *key);
  if (!way) return std::unexpected(way.error());
  const Result<void> holds = key->verify(signature->scheme, evidence.octets, signature->octets);
  if (!holds) return refuse(AuthFault::kBadSignature, holds.error().what);
  const std::string method = scheme_text(key->type(), signature->scheme);
  return Verified{method,          chain->own.subject(), chain->own.issuer(), way->authority->name, signature->scheme,
                  way->last_second};
}

std::expected<Verified, AuthRefusal> judge(const Evidence& evidence) {
  if (evidence.octets.empty()) return refuse(AuthFault::kMalformed, "a proof of nothing");
  if (!evidence.own_value.empty() && evidence.value == evidence.own_value) {
    return refuse(AuthFault::kReflected, "its AUTH is our own");
  }
  return evidence.method == AuthMethod::kSharedKey ? verify_shared_key(evidence) : verify_signature(evidence);
}

}  // namespace

Result<Proof> prove(const ProofRequest& request) {
  const OwnCredential& own = request.credentials->own;
  if (!request.choice) {
    if (!own.psk.octets) return failure(Fault::kInternal, "a proof by a shared key that is not there");
    const Result<SecretBytes> proof = shared_key_proof(request.prf, own.psk.octets->bytes(), request.octets);
    if (!proof) return std::unexpected(proof.error());
    return Proof{AuthMethod::kSharedKey, {proof->bytes().begin(), proof->bytes().end()}, "shared key"};
  }
  if (!own.key) return failure(Fault::kInternal, "a proof by a private key that is not there");
  const SignatureScheme scheme = request.choice->scheme;
  Result<std::vector<std::byte>> signature = own.key->sign(scheme, request.octets);
  if (!signature) return std::unexpected(signature.error());
  Proof proof{AuthMethod{crypto::auth_method_of(scheme)}, {}, scheme_text(own.key->public_key().type(), scheme)};
  const ConstBytes algorithm = crypto::algorithm_identifier_of(scheme);
  ikewire::WireBuffer to(1 + algorithm.size() + signature->size());
  if (!algorithm.empty()) ikewire::write_digital_signature(to, {algorithm, *signature});
  if (!to.ok()) return failure(Fault::kInternal, "a digital signature that does not fit its form");
  proof.value = algorithm.empty() ? std::move(*signature) : to.take();
  return proof;
}

std::expected<Verified, AuthRefusal> verify(const Evidence& evidence) {
  auto verdict = judge(evidence);
  if (verdict) return verdict;
  const std::string peer = "peer \"" + text_of(evidence.identity.type, evidence.identity.value) + "\": ";
  return refuse(verdict.error().fault, peer + verdict.error().text);
}

}  // namespace levelgate::authentication
