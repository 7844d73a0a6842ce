// SPDX-License-Identifier: Apache-2.0
//
// Credentials from the configuration's text, and identities compared.
#include "authentication/credentials.h"

#include <levelgate/base/ip_address.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::authentication {
namespace {

using enum crypto::SignatureScheme;
using ikewire::IdType;
using model::IdentityKind;

constexpr std::array kAccepted = {kMlDsa87,
                                  kMlDsa65,
                                  kMlDsa44,
                                  kEd448,
                                  kEd25519,
                                  kEcdsaSha512,
                                  kEcdsaSha384,
                                  kEcdsaSha256,
                                  kRsaPssSha512,
                                  kRsaPssSha384,
                                  kRsaPssSha256,
                                  kEcdsaP521Sha512Raw,
                                  kEcdsaP384Sha384Raw,
                                  kEcdsaP256Sha256Raw,
                                  kRsaPkcs1Sha512,
                                  kRsaPkcs1Sha384,
                                  kRsaPkcs1Sha256};

std::unexpected<Error> wrong(std::string place, std::string_view what) {
  return failure(Fault::kBadInput, std::move(place) + ": " + std::string(what));
}

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter; }

bool same_text(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

// What the cache has under the name, or else what is made of the configuration's part of that name.
template <typename Made, typename Written, typename Make>
Result<Made> cached(std::map<std::string, Made>& cache, const std::vector<Written>& parts, std::string_view place,
                    const std::string& name, Make make) {
  if (const auto kept = cache.find(name); kept != cache.end()) return kept->second;
  const auto written = std::ranges::find(parts, name, &Written::name);
  if (written == parts.end()) return failure(Fault::kNotFound, std::string(place) + name + ": is not in the file");
  Result<Made> made = make(*written);
  if (made) cache.emplace(name, *made);
  return made;
}

// A pinned certificate has one key, so only what fits it can come; below an authority any key may be.
std::vector<crypto::SignatureScheme> schemes_below(const std::vector<crypto::Certificate>& anchors) {
  if (std::ranges::any_of(anchors, &crypto::Certificate::is_authority)) return {kAccepted.begin(), kAccepted.end()};
  std::vector<crypto::SignatureScheme> schemes;
  for (const crypto::SignatureScheme scheme : kAccepted) {
    const auto fitting = [scheme](const crypto::Certificate& anchor) {
      const Result<crypto::PublicKey> key = anchor.public_key();
      return key && crypto::fits(key->type(), scheme);
    };
    if (std::ranges::any_of(anchors, fitting)) schemes.push_back(scheme);
  }
  return schemes;
}

Result<std::shared_ptr<const TrustedAuthority>> make_authority(const model::CertificateAuthority& from) {
  const std::string place = "certificates.authorities." + from.name;
  Result<std::vector<crypto::Certificate>> anchors = crypto::certificates_from_pem(from.pem);
  if (!anchors) return wrong(place + ".file", anchors.error().what);
  Result<std::vector<crypto::RevocationList>> lists;
  if (!from.crl.empty()) lists = crypto::revocation_lists_from_pem(from.crl);
  if (!lists) return wrong(place + ".crl", lists.error().what);
  TrustedAuthority made{from.name, std::move(*anchors), std::move(*lists), from.revocation, {}, {}};
  for (const crypto::Certificate& anchor : made.anchors) {
    if (const Result<crypto::PublicKey> key = anchor.public_key(); !key)
      return wrong(place + ".file", key.error().what);
    Result<std::vector<std::byte>> hash = anchor.authority_hash();
    if (!hash) return wrong(place, hash.error().what);
    made.hashes.push_back(std::move(*hash));
  }
  made.schemes = schemes_below(made.anchors);
  return std::make_shared<const TrustedAuthority>(std::move(made));
}

Result<std::shared_ptr<const crypto::PrivateKey>> key_of(const model::KeySource& source) {
  auto key = source.pem.octets ? crypto::private_key_from_pem(as_text(source.pem.octets->bytes()))
                               : crypto::private_key_from_store(source.uri);
  if (!key) return std::unexpected(key.error());
  return std::shared_ptr<const crypto::PrivateKey>(std::move(*key));
}

// Roots are seldom part of the own chain, but often a file beside it. An authority that cannot be read is a fault where
// a tunnel uses it.
void add_authority_hashes(OwnCredential& own, const model::IkeConfig& config) {
  const auto add = [&own](const crypto::Certificate& certificate) {
    if (Result<std::vector<std::byte>> hash = certificate.authority_hash()) {
      own.authority_hashes.push_back(std::move(*hash));
    }
  };
  std::ranges::for_each(own.chain, add);
  for (const model::CertificateAuthority& authority : config.authorities) {
    const auto anchors = crypto::certificates_from_pem(authority.pem);
    if (!anchors) continue;
    for (const crypto::Certificate& anchor : *anchors) {
      if (anchor.subject() == own.chain.back().issuer()) add(anchor);
    }
  }
}

Result<OwnCredential> make_identity(const model::CertificateIdentity& from, const model::IkeConfig& config) {
  const std::string place = "certificates.identities." + from.name;
  Result<std::vector<crypto::Certificate>> chain = crypto::certificates_from_pem(from.chain);
  if (!chain) return wrong(place + ".chain", chain.error().what);
  const Result<crypto::PublicKey> certified = chain->front().public_key();
  if (!certified) return wrong(place + ".chain", certified.error().what);
  Result<std::shared_ptr<const crypto::PrivateKey>> key = key_of(from.key);
  if (!key) return wrong(place + ".key", key.error().what);
  if (!std::ranges::equal((*key)->public_key().spki(), certified->spki())) {
    return wrong(place + ".key", "is not the key of the first certificate of the chain, \"" + chain->front().subject() +
                                     "\"; our own certificate must stand first");
  }
  OwnCredential own{{}, std::move(*chain), std::move(*key), {}};
  add_authority_hashes(own, config);
  return own;
}

Result<IdentityPayload> distinguished_name(const model::Identity& name, const OwnCredential& own) {
  if (own.chain.empty())
    return wrong("local.id", "a distinguished name is that of a certificate; with a psk use another");
  IdentityPayload payload{IdType::kDerDn, own.chain.front().subject_der()};
  const std::string subject = crypto::name_text(payload.value).value_or("");
  if (!name.text.empty() && !same_text(subject, name.text)) {
    return wrong("local.id", "\"" + name.text + "\" is not the subject of our certificate, \"" + subject + "\"");
  }
  return payload;
}

}  // namespace

// Nothing for a distinguished name, which is text only, and for an address that is none.
std::optional<IdentityPayload> payload_of(const model::Identity& name) {
  if (name.kind == IdentityKind::kDistinguishedName) return std::nullopt;
  if (name.kind == IdentityKind::kAddress) {
    const std::optional<IpAddress> address = IpAddress::parse(name.text);
    if (!address) return std::nullopt;
    const IdType type = address->family() == IpFamily::kV4 ? IdType::kIpv4 : IdType::kIpv6;
    return IdentityPayload{type, {address->bytes().begin(), address->bytes().end()}};
  }
  const ConstBytes text = as_bytes(name.text.data(), name.text.size());
  IdentityPayload payload{IdType::kKeyId, {text.begin(), text.end()}};
  if (name.kind == IdentityKind::kFqdn) payload.type = IdType::kFqdn;
  if (name.kind == IdentityKind::kEmail) payload.type = IdType::kRfc822;
  return payload;
}

namespace {

Result<IdentityPayload> own_payload(const model::Identity& name, const OwnCredential& own) {
  if (name.kind == IdentityKind::kDistinguishedName) return distinguished_name(name, own);
  std::optional<IdentityPayload> payload = payload_of(name);
  if (!payload || payload->value.empty()) return wrong("local.id", "\"" + name.text + "\" is not of its kind");
  return std::move(*payload);
}

// RFC 4945 §3.1: what we call ourselves has to stand in our certificate, or peers refuse us.
Result<void> check_own_id(const Credentials& made) {
  if (made.own.chain.empty()) return {};
  const std::optional<crypto::IdentityKind> kind = certificate_kind(made.own_id.type);
  if (!kind) return wrong("local.id", "a key id belongs to a psk; a certificate cannot have one");
  const Result<void> bound = crypto::bind_identity(made.own.chain.front(), *kind, made.own_id.value);
  if (!bound) return wrong("local.id", "our own " + bound.error().what);
  return {};
}

Result<void> add_certificates(const model::IkeConfig& config, const model::TunnelIke& tunnel, CredentialCache& cache,
                              Credentials& made) {
  Result<OwnCredential> own =
      cached(cache.identities, config.identities, "certificates.identities.", tunnel.identity,
             [&config](const model::CertificateIdentity& from) { return make_identity(from, config); });
  if (!own) return std::unexpected(own.error());
  made.own = std::move(*own);
  if (tunnel.authorities.empty()) return wrong("remote.authorities", "certificates need at least one");
  for (const std::string& name : tunnel.authorities) {
    auto authority = cached(cache.authorities, config.authorities, "certificates.authorities.", name, make_authority);
    if (!authority) return std::unexpected(authority.error());
    made.peer.authorities.push_back(std::move(*authority));
  }
  if (tunnel.remote_id.kind != IdentityKind::kKeyId) return {};
  return wrong("remote.id", "a key id belongs to a psk; a certificate cannot have one");
}

}  // namespace

std::span<const crypto::SignatureScheme> accepted_schemes() { return kAccepted; }

Result<std::shared_ptr<const Credentials>> make_credentials(const model::IkeConfig& config,
                                                            const model::TunnelIke& tunnel, CredentialCache& cache) {
  Credentials made;
  made.own_name = tunnel.local_id;
  made.peer_name = tunnel.remote_id;
  if (tunnel.remote_id.text.empty()) return wrong("remote.id", "is empty: the peer's name decides what it may do");
  if (tunnel.psk.octets) {
    if (tunnel.psk.octets->empty()) return wrong("auth.psk", "the shared key is empty");
    made.own.psk = made.peer.psk = tunnel.psk;
  } else if (const Result<void> added = add_certificates(config, tunnel, cache, made); !added) {
    return std::unexpected(added.error());
  }
  Result<IdentityPayload> own_id = own_payload(tunnel.local_id, made.own);
  if (!own_id) return std::unexpected(own_id.error());
  made.own_id = std::move(*own_id);
  if (made.own_name.text.empty()) made.own_name.text = text_of(made.own_id.type, made.own_id.value);
  if (const Result<void> checked = check_own_id(made); !checked) return std::unexpected(checked.error());
  return std::make_shared<const Credentials>(std::move(made));
}

bool names(const model::Identity& expected, const ikewire::Identity& received) {
  if (expected.text.empty() || received.value.size() > limits::kIdentityOctets) return false;
  if (expected.kind != IdentityKind::kDistinguishedName) {
    const std::optional<IdentityPayload> payload = payload_of(expected);
    return payload && same_identity(*payload, received);
  }
  if (received.type != IdType::kDerDn) return false;
  const Result<std::string> text = crypto::name_text(received.value);
  return text && same_text(expected.text, *text);
}

bool same_identity(const IdentityPayload& own, const ikewire::Identity& received) {
  if (own.type != received.type) return false;
  const bool text = own.type == IdType::kFqdn || own.type == IdType::kRfc822;
  return text ? same_text(as_text(own.value), as_text(received.value)) : std::ranges::equal(own.value, received.value);
}

std::string text_of(IdType type, ConstBytes value) {
  if (type == IdType::kIpv4 && value.size() == 4) return IpAddress::v4_from(value.data()).text();
  if (type == IdType::kIpv6 && value.size() == 16) return IpAddress::v6_from(value.data()).text();
  if (type == IdType::kFqdn || type == IdType::kRfc822) return crypto::printable(value);
  if (type == IdType::kDerDn && value.size() <= limits::kIdentityOctets) {
    if (const Result<std::string> name = crypto::name_text(value)) {
      return crypto::printable(as_bytes(name->data(), name->size()));
    }
  }
  return ikewire::name_of(type) + " " + crypto::printable(value);
}

std::optional<crypto::IdentityKind> certificate_kind(IdType type) {
  using Kind = crypto::IdentityKind;
  constexpr std::array<std::pair<IdType, Kind>, 5> kKinds{{{IdType::kIpv4, Kind::kIpv4},
                                                           {IdType::kFqdn, Kind::kFqdn},
                                                           {IdType::kRfc822, Kind::kRfc822},
                                                           {IdType::kIpv6, Kind::kIpv6},
                                                           {IdType::kDerDn, Kind::kDn}}};
  const auto found = std::ranges::find(kKinds, type, &std::pair<IdType, Kind>::first);
  return found == kKinds.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace levelgate::authentication
