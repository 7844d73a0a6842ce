// SPDX-License-Identifier: Apache-2.0
// links: ike test_pki
//
// Any octets where a peer proves who it is: as AUTH, certificates and identity, as changes of a good proof, as lists of
// accepted methods, and as an identity that is compared. Nothing but the good proof is verified, what is chosen is what
// our key can do and the peer can verify, and no list or text grows without bound.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/ike_parties.h"

namespace {

using namespace levelgate;
using Octets = std::vector<std::byte>;

void require(bool law) {
  if (!law) std::abort();
}

Octets copy(ConstBytes octets) { return {octets.begin(), octets.end()}; }

// As many octets as the next one or two say, or all that are left.
Octets piece(ByteReader& from) {
  return copy(from.read_bytes(std::min<std::size_t>(from.read<std::uint8_t>(), from.remaining())));
}
Octets long_piece(ByteReader& from) {
  return copy(from.read_bytes(std::min<std::size_t>(from.read<std::uint16_t>(), from.remaining())));
}

testing::CertificateSpec hashless(testing::CertificateSpec spec) {
  spec.key = testing::make_key("ED25519");  // all of one size, so that a place in a certificate is the same in each run
  spec.digest = {};
  return spec;
}

struct World {
  authentication::Evidence certified, shared;

  World() {
    const auto root = testing::self_signed(hashless(testing::authority_spec("root")));
    model::IkeConfig config;
    config.authorities.push_back({"root", root.pem(), {}, model::Revocation::kNone});
    testing::add_identity(config, "us", testing::issued(root, hashless(testing::gateway_spec("DNS:us.example"))));
    testing::add_identity(config, "peer", testing::issued(root, hashless(testing::gateway_spec("DNS:peer.example"))));
    const auto us = testing::fqdn("us.example"), peer = testing::fqdn("peer.example");
    certified = testing::evidence_of(testing::credentials(config, testing::certified_tunnel(peer, "peer", us)),
                                     testing::credentials(config, testing::certified_tunnel(us, "us", peer)),
                                     crypto::SignatureScheme::kEd25519);
    shared = testing::evidence_of(testing::credentials({}, testing::shared_key_tunnel(peer, us, "secret")),
                                  testing::credentials({}, testing::shared_key_tunnel(us, peer, "secret")), {});
    require(authentication::verify(certified) && authentication::verify(shared));
  }
};
const World& world() {
  static const World kWorld;
  return kWorld;
}

void judge(const authentication::Evidence& evidence, const authentication::Evidence& good) {
  const auto verdict = authentication::verify(evidence);
  if (!verdict) {
    require(!verdict.error().text.empty() && verdict.error().text.size() < 60'000);
    return;
  }
  require(evidence.method == good.method && evidence.octets == good.octets && evidence.value == good.value);
  require(authentication::names(good.credentials->peer_name, {evidence.identity.type, {}, evidence.identity.value}));
  require(good.certificates.empty() || evidence.certificates.front() == good.certificates.front());
}

// Everything is the peer's.
void check_strange(ByteReader from) {
  for (const authentication::Evidence* good : {&world().certified, &world().shared}) {
    ByteReader at = from;
    authentication::Evidence evidence = *good;
    evidence.method = ikewire::AuthMethod{at.read<std::uint8_t>()};
    const ikewire::IdType type{at.read<std::uint8_t>()};
    if (at.read<std::uint8_t>() % 2 == 0) evidence.identity = {type, piece(at)};
    evidence.value = long_piece(at);
    evidence.certificates.clear();
    while (at.remaining() != 0 && evidence.certificates.size() < 20) evidence.certificates.push_back(long_piece(at));
    judge(evidence, *good);
    evidence.credentials = nullptr;
    require(!authentication::verify(evidence));
  }
}

void change(Octets& octets, std::size_t at, std::byte by) {
  if (!octets.empty()) octets[at % octets.size()] ^= by;
}

// A good proof with changes of four octets each: which part, where, how.
void check_changed(ByteReader from) {
  for (const authentication::Evidence* good : {&world().certified, &world().shared}) {
    ByteReader at = from;
    authentication::Evidence evidence = *good;
    while (at.remaining() >= 4) {
      const unsigned part = at.read<std::uint8_t>() % 5;
      const std::size_t place = at.read<std::uint16_t>();
      const std::byte by{at.read<std::uint8_t>()};
      if (part == 0) change(evidence.value, place, by);
      if (part == 1 && !evidence.certificates.empty()) change(evidence.certificates.front(), place, by);
      if (part == 2) change(evidence.identity.value, place, by);
      if (part == 3) change(evidence.octets, place, by);
      if (part == 4) evidence.value.resize(place % 512);
    }
    judge(evidence, *good);
  }
}

const std::vector<authentication::OwnCredential>& own_keys() {
  static const std::vector<authentication::OwnCredential> kKeys = [] {
    std::vector<authentication::OwnCredential> made;
    for (const auto& key : {testing::make_rsa_key(), testing::make_ec_key("P-384"), testing::make_key("ML-DSA-44")}) {
      made.emplace_back().key = crypto::private_key_from_pem(testing::pem_of(key)).value();
      made.back().authority_hashes = {Octets(20)};
    }
    return made;
  }();
  return kKeys;
}

void check_choice(const negotiation::PeerAccepts& accepts, std::optional<crypto::SignatureScheme> peer_used) {
  for (const authentication::OwnCredential& own : own_keys()) {
    const auto choice = authentication::choose_scheme(own, accepts, peer_used);
    if (!choice) continue;
    require(crypto::fits(own.key->public_key().type(), choice->scheme));
    require(choice->method == ikewire::AuthMethod{crypto::auth_method_of(choice->scheme)});
    require(accepts.announced || !choice->outside_announcement);
    const ikewire::HashId hash{crypto::hash_algorithm_of(choice->scheme)};
    require(choice->method != ikewire::AuthMethod::kDigitalSignature ||
            std::ranges::find(accepts.hashes, hash) != accepts.hashes.end());
  }
}

// Three messages, each with two lists of methods, one of hashes and a request.
void check_announcements(ByteReader from) {
  const auto used = from.read<std::uint8_t>();
  negotiation::PeerAccepts accepts;
  for (int message = 0; message < 3; ++message) {
    const Octets first = long_piece(from), second = piece(from), hashes = piece(from), request = long_piece(from);
    const std::array<ConstBytes, 2> lists{first, second};
    const std::array<ConstBytes, 1> hash_lists{hashes};
    std::vector<ikewire::Certificate> requests;
    if (const auto read = ikewire::read_certificate(request)) requests.push_back(*read);
    (void)negotiation::learn(accepts, {lists, hash_lists, requests});
    require(accepts.methods.size() <= 64 && accepts.hashes.size() <= 64 && accepts.authorities.size() <= 255);
    check_choice(accepts, used < 17 ? std::optional(crypto::SignatureScheme{used}) : std::nullopt);
  }
}

void check_names(ByteReader from) {
  using enum model::IdentityKind;
  const ikewire::IdType type{from.read<std::uint8_t>()};
  const Octets text = piece(from), value = copy(from.rest());
  require(authentication::text_of(type, value).size() < 400);
  for (const auto kind : {kAddress, kFqdn, kEmail, kDistinguishedName, kKeyId}) {
    const model::Identity expected{kind, std::string(as_text(text))};
    if (!authentication::names(expected, {type, {}, value})) continue;
    require(!text.empty() && !value.empty());
    require(kind == kAddress || kind == kDistinguishedName || text.size() == value.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  ByteReader from(std::as_bytes(std::span(octets, size)));
  const unsigned what = from.read<std::uint8_t>() % 4;
  if (what == 0) check_strange(from);
  if (what == 1) check_changed(from);
  if (what == 2) check_announcements(from);
  if (what == 3) check_names(from);
  return 0;
}
