// SPDX-License-Identifier: Apache-2.0
//
// Announcements made and followed.
#include "authentication/announcements.h"

#include <algorithm>
#include <set>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::authentication {
namespace {

using crypto::SignatureScheme;
using ikewire::AuthMethod;
using ikewire::HashId;
using Octets = std::vector<std::byte>;

// What crosses every path in one piece: the least MTU of IPv6 without its header and that of UDP.
constexpr std::size_t kUnfragmented = 1280 - 40 - 8;

struct Requested {
  ConstBytes hash;
  std::set<SignatureScheme> schemes;
};

void add_anchor(std::vector<Requested>& list, const TrustedAuthority& authority, ConstBytes hash) {
  auto known = std::ranges::find_if(list, [&](const Requested& one) { return std::ranges::equal(one.hash, hash); });
  if (known == list.end()) {
    if (list.size() == limits::kAuthorities) return;
    known = list.insert(list.end(), Requested{hash, {}});
  }
  known->schemes.insert(authority.schemes.begin(), authority.schemes.end());
}

// Every authority once, in the order of the candidates; the candidates own the hashes.
std::vector<Requested> requested(Candidates candidates) {
  std::vector<Requested> list;
  std::set<const TrustedAuthority*> seen;
  for (const auto& candidate : candidates) {
    for (const auto& authority : candidate->peer.authorities) {
      if (!seen.insert(authority.get()).second) continue;
      for (const Octets& hash : authority->hashes) add_anchor(list, *authority, hash);
    }
  }
  return list;
}

AuthMethod method_of(SignatureScheme scheme) { return AuthMethod{crypto::auth_method_of(scheme)}; }

ikewire::Announcement announcement(SignatureScheme scheme, std::size_t authority) {
  return {method_of(scheme), static_cast<std::uint8_t>(authority), crypto::algorithm_identifier_of(scheme)};
}

enum class Links : std::uint8_t { kWhereTheyDiffer, kNone };

// A scheme that holds for all authorities is told once, without a link.
std::vector<ikewire::Announcement> signatures(const std::vector<Requested>& authorities, Links links) {
  std::vector<ikewire::Announcement> list;
  for (const SignatureScheme scheme : accepted_schemes()) {
    const auto accepts = [scheme](const Requested& one) { return one.schemes.contains(scheme); };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(authorities, accepts));
    if (count == 0) continue;
    if (count == authorities.size() || links == Links::kNone) {
      list.push_back(announcement(scheme, 0));
      continue;
    }
    for (std::size_t i = 0; i < authorities.size(); ++i) {
      if (accepts(authorities[i])) list.push_back(announcement(scheme, i + 1));
    }
  }
  return list;
}

bool is_rsa_pkcs1(SignatureScheme scheme) {
  return scheme == SignatureScheme::kRsaPkcs1Sha256 || scheme == SignatureScheme::kRsaPkcs1Sha384 ||
         scheme == SignatureScheme::kRsaPkcs1Sha512;
}

// All that our key can do and the peer has a hash for, our best first. SIGNATURE_HASH_ALGORITHMS does not tell one
// padding of RSA from the other; who uses one can verify it.
std::vector<SignatureScheme> possible(crypto::KeyType key, const PeerAccepts& accepts,
                                      std::optional<SignatureScheme> peer_used) {
  const bool pkcs1_first = peer_used && is_rsa_pkcs1(*peer_used);
  std::vector<SignatureScheme> schemes, later;
  for (const SignatureScheme scheme : crypto::schemes_of(key)) {
    const HashId hash{crypto::hash_algorithm_of(scheme)};
    if (std::ranges::find(accepts.hashes, hash) == accepts.hashes.end()) continue;
    (pkcs1_first && !is_rsa_pkcs1(scheme) ? later : schemes).push_back(scheme);
  }
  schemes.insert(schemes.end(), later.begin(), later.end());
  for (const SignatureScheme scheme : accepted_schemes()) {
    if (method_of(scheme) != AuthMethod::kDigitalSignature && crypto::fits(key, scheme)) schemes.push_back(scheme);
  }
  return schemes;
}

// By meaning: one algorithm has several forms (RFC 7427 §3).
std::optional<SignatureScheme> scheme_of(const negotiation::AcceptedMethod& accepted) {
  if (accepted.method == AuthMethod::kDigitalSignature) {
    const Result<SignatureScheme> scheme = crypto::read_algorithm_identifier(accepted.algorithm);
    return scheme ? std::optional(*scheme) : std::nullopt;
  }
  for (const SignatureScheme scheme : accepted_schemes()) {
    if (method_of(scheme) == accepted.method) return scheme;
  }
  return std::nullopt;
}

// RFC 9593 §3.2.2: links mean nothing where no certificate was asked for.
bool is_for_us(const negotiation::AcceptedMethod& accepted, const OwnCredential& own, const PeerAccepts& accepts) {
  if (accepted.authority == 0 || accepts.authorities.empty()) return true;
  if (accepted.authority > accepts.authorities.size()) return false;
  const Octets& linked = accepts.authorities[accepted.authority - 1u];
  return std::ranges::find(own.authority_hashes, linked) != own.authority_hashes.end();
}

}  // namespace

std::vector<std::byte> announcements(Candidates candidates) {
  const std::vector<Requested> authorities = requested(candidates);
  std::vector<ikewire::Announcement> list = signatures(authorities, Links::kWhereTheyDiffer);
  // Without links the list says a little too much, which is better than to leave out what somebody needs.
  if (list.size() >= ikewire::kMostAnnouncements) list = signatures(authorities, Links::kNone);
  const bool psk = std::ranges::any_of(candidates, [](const auto& one) { return one->peer.psk.octets != nullptr; });
  if (psk) list.push_back({.method = AuthMethod::kSharedKey});
  ikewire::WireBuffer to(ikewire::kMostAnnouncements * 255);
  ikewire::write_announcements(to, list);
  return to.take();
}

std::vector<std::byte> cert_request_body(Candidates candidates) {
  const std::vector<Requested> authorities = requested(candidates);
  if (authorities.empty()) return {};
  Octets hashes;
  for (const Requested& authority : authorities) {
    hashes.insert(hashes.end(), authority.hash.begin(), authority.hash.end());
  }
  ikewire::WireBuffer to(hashes.size() + 1);
  write_body(to, ikewire::Certificate{ikewire::CertEncoding::kX509Signature, hashes});
  return to.take();
}

std::vector<HashId> announced_hashes() {
  return {HashId::kSha2_256, HashId::kSha2_384, HashId::kSha2_512, HashId::kIdentity};
}

bool is_long(std::size_t announcement_octets, std::size_t message_octets) {
  return announcement_octets + message_octets > kUnfragmented;
}

std::optional<SchemeChoice> choose_scheme(const OwnCredential& own, const PeerAccepts& accepts,
                                          std::optional<SignatureScheme> peer_used) {
  if (!own.key) return std::nullopt;
  const std::vector<SignatureScheme> schemes = possible(own.key->public_key().type(), accepts, peer_used);
  if (schemes.empty()) return std::nullopt;
  for (const negotiation::AcceptedMethod& accepted : accepts.methods) {
    const std::optional<SignatureScheme> scheme = scheme_of(accepted);
    const bool ours = scheme && std::ranges::find(schemes, *scheme) != schemes.end();
    if (ours && is_for_us(accepted, own, accepts)) return SchemeChoice{*scheme, method_of(*scheme), false};
  }
  return SchemeChoice{schemes.front(), method_of(schemes.front()), accepts.announced};
}

}  // namespace levelgate::authentication
