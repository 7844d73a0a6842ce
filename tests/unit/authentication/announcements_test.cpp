// SPDX-License-Identifier: Apache-2.0
//
// What is announced, and what is signed with after the peer's announcements (RFC 9593, RFC 7427 §4).
#include "authentication/announcements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "support/ike_parties.h"

namespace levelgate::authentication::announcements_test {
namespace {

using namespace testing;
using enum crypto::SignatureScheme;
using crypto::SignatureScheme;
using ikewire::AuthMethod;
using ikewire::HashId;
using Octets = std::vector<std::byte>;
using Candidate = std::shared_ptr<const Credentials>;

Candidate trusting(std::vector<std::shared_ptr<const TrustedAuthority>> authorities) {
  auto made = std::make_shared<Credentials>();
  made->peer.authorities = std::move(authorities);
  return made;
}

std::shared_ptr<const TrustedAuthority> authority(char hash, std::vector<SignatureScheme> schemes) {
  TrustedAuthority made;
  made.hashes = {Octets(20, static_cast<std::byte>(hash))};
  made.schemes = std::move(schemes);
  return std::make_shared<const TrustedAuthority>(std::move(made));
}

std::vector<SignatureScheme> everything() { return {accepted_schemes().begin(), accepted_schemes().end()}; }

Candidate shared_key_candidate() { return credentials({}, shared_key_tunnel(fqdn("a"), fqdn("b"), "secret")); }

struct Told {
  AuthMethod method;
  int authority;
  Octets algorithm;
  auto operator<=>(const Told&) const = default;
};
Told told(SignatureScheme scheme, int link) {
  const ConstBytes algorithm = crypto::algorithm_identifier_of(scheme);
  return {AuthMethod{crypto::auth_method_of(scheme)}, link, {algorithm.begin(), algorithm.end()}};
}
std::vector<Told> read(const Octets& value) {
  std::vector<Told> list;
  const auto announced = ikewire::read_announcements(value);
  for (const ikewire::Announcement& one : announced.value()) {
    list.push_back({one.method, one.authority, {one.algorithm.begin(), one.algorithm.end()}});
  }
  return list;
}

// RFC 9593 §3.2.1: a method without certificates has no link.
TEST(Announcements, OfASharedKey) {
  const std::array candidates{shared_key_candidate()};
  EXPECT_EQ(announcements(candidates), (Octets{std::byte{2}, std::byte{2}}));
  EXPECT_EQ(cert_request_body(candidates), Octets{});
  EXPECT_EQ(announcements({}), Octets{});
}

TEST(Announcements, OfOneAuthorityNeedNoLinks) {
  const std::array candidates{trusting({authority('a', everything())})};
  const std::vector<Told> list = read(announcements(candidates));
  ASSERT_EQ(list.size(), accepted_schemes().size());
  for (std::size_t i = 0; i < list.size(); ++i) EXPECT_EQ(list[i], told(accepted_schemes()[i], 0));
  Octets request(21, std::byte{'a'});
  request[0] = std::byte{4};
  EXPECT_EQ(cert_request_body(candidates), request);
}

// Everybody whom the address could be: what is told is the sum, and each authority stands in the request once.
TEST(Announcements, AreOfAllCandidates) {
  const auto a = authority('a', everything()), b = authority('b', everything());
  const std::array candidates{trusting({a}), trusting({b, a}), shared_key_candidate(), trusting({a})};
  const std::vector<Told> list = read(announcements(candidates));
  EXPECT_EQ(list.size(), accepted_schemes().size() + 1);
  EXPECT_EQ(list.back().method, AuthMethod::kSharedKey);
  EXPECT_EQ(cert_request_body(candidates).size(), 1u + 2 * 20);
}

// RFC 9593 §3.2.2: N counts from one in the order of the request of the same message.
TEST(Announcements, LinkToTheAuthorityThatDiffers) {
  const std::array candidates{
      trusting({authority('a', {kEd25519, kEcdsaP256Sha256Raw}), authority('b', {kEd25519, kMlDsa65})}),
      trusting({authority('c', {kMlDsa65})})};
  EXPECT_EQ(read(announcements(candidates)), (std::vector{told(kMlDsa65, 2), told(kMlDsa65, 3), told(kEd25519, 1),
                                                          told(kEd25519, 2), told(kEcdsaP256Sha256Raw, 1)}));
  const Octets request = cert_request_body(candidates);
  EXPECT_EQ(request[1 + 2 * 20], std::byte{'c'}) << "the third";
}

TEST(Announcements, StayWithinWhatAReaderTakes) {
  std::vector<Candidate> candidates{shared_key_candidate()};
  std::vector<SignatureScheme> fewer = everything();
  fewer.pop_back();
  for (int i = 0; i < 300; ++i) {
    TrustedAuthority made;
    made.hashes = {Octets(20, std::byte{1})};
    made.hashes[0][0] = static_cast<std::byte>(i);
    made.hashes[0][1] = static_cast<std::byte>(i / 256);
    made.schemes = i == 0 ? everything() : fewer;
    candidates.push_back(trusting({std::make_shared<const TrustedAuthority>(made)}));
  }
  EXPECT_EQ(cert_request_body(candidates).size(), 1u + 255 * 20);
  const std::vector<Told> list = read(announcements(candidates));
  EXPECT_EQ(list.size(), accepted_schemes().size() + 1) << "without links before too many";
}

// RFC 9593 §3.1: a list of every scheme goes beside a small message, and not beside a large one.
TEST(Announcements, AreLongWhereTheMessageWouldBeFragmented) {
  const std::array candidates{trusting({authority('a', everything())})};
  const std::size_t octets = announcements(candidates).size();
  EXPECT_LT(octets, 450u);
  EXPECT_FALSE(is_long(octets, 500));
  EXPECT_TRUE(is_long(octets, 1100));
  EXPECT_TRUE(is_long(1, 1232));
  EXPECT_FALSE(is_long(0, 1232));
}

TEST(Announcements, HashesAreThoseOfTheSchemes) {
  const std::vector<HashId> hashes = announced_hashes();
  EXPECT_EQ(hashes, (std::vector{HashId::kSha2_256, HashId::kSha2_384, HashId::kSha2_512, HashId::kIdentity}));
  for (const SignatureScheme scheme : accepted_schemes()) {
    EXPECT_NE(std::ranges::find(hashes, HashId{crypto::hash_algorithm_of(scheme)}), hashes.end()) << name_of(scheme);
  }
}

// ---- the choice ----

OwnCredential with_key(const TestKey& key) {
  OwnCredential own;
  own.key = crypto::private_key_from_pem(pem_of(key)).value();
  return own;
}
const OwnCredential& rsa() {
  static const OwnCredential kOwn = with_key(make_rsa_key());
  return kOwn;
}
const OwnCredential& p256() {
  static const OwnCredential kOwn = with_key(make_ec_key("P-256"));
  return kOwn;
}

PeerAccepts with_hashes(std::vector<HashId> hashes = announced_hashes()) {
  PeerAccepts accepts;
  accepts.hashes = std::move(hashes);
  return accepts;
}
PeerAccepts announcing(const std::vector<SignatureScheme>& schemes, std::uint8_t link = 0) {
  PeerAccepts accepts = with_hashes();
  accepts.announced = true;
  for (const SignatureScheme scheme : schemes) {
    const ConstBytes algorithm = crypto::algorithm_identifier_of(scheme);
    accepts.methods.push_back({AuthMethod{crypto::auth_method_of(scheme)}, link, {algorithm.begin(), algorithm.end()}});
  }
  return accepts;
}
SchemeChoice chosen(SignatureScheme scheme, bool outside = false) {
  return {scheme, AuthMethod{crypto::auth_method_of(scheme)}, outside};
}

// What broke between implementations for years: SIGNATURE_HASH_ALGORITHMS does not tell RSASSA-PSS from PKCS#1 v1.5.
TEST(RsaPssMismatch, IsSettledByAnnouncements) {
  EXPECT_EQ(choose_scheme(rsa(), announcing({kRsaPkcs1Sha256}), {}), chosen(kRsaPkcs1Sha256));
  EXPECT_EQ(choose_scheme(rsa(), announcing({kRsaPkcs1Sha512}), kRsaPssSha256), chosen(kRsaPkcs1Sha512));
  EXPECT_EQ(choose_scheme(rsa(), announcing({kRsaPssSha384, kRsaPkcs1Sha256}), kRsaPkcs1Sha256), chosen(kRsaPssSha384));
}

TEST(RsaPssMismatch, WithoutAnnouncementsThePeersOwnPaddingIsFollowed) {
  EXPECT_EQ(choose_scheme(rsa(), with_hashes(), kRsaPkcs1Sha512), chosen(kRsaPkcs1Sha256));
  EXPECT_EQ(choose_scheme(rsa(), with_hashes(), kRsaPssSha512), chosen(kRsaPssSha256));
  EXPECT_EQ(choose_scheme(rsa(), with_hashes(), kEcdsaSha256), chosen(kRsaPssSha256)) << "no hint";
  EXPECT_EQ(choose_scheme(rsa(), with_hashes(), {}), chosen(kRsaPssSha256)) << "as initiator we speak first";
}

TEST(RsaPssMismatch, AKeyForPssAloneStaysWithIt) {
  const OwnCredential own = with_key(make_rsa_key({.algorithm = "RSA-PSS"}));
  EXPECT_EQ(choose_scheme(own, with_hashes(), kRsaPkcs1Sha256), chosen(kRsaPssSha256));
  EXPECT_EQ(choose_scheme(own, announcing({kRsaPkcs1Sha256}), {}), chosen(kRsaPssSha256, true));
}

// RFC 9593 §3.1: the order is the peer's preference.
TEST(Choice, IsThePeersPreferenceAmongWhatWeCan) {
  EXPECT_EQ(choose_scheme(p256(), announcing({kMlDsa87, kRsaPssSha256, kEcdsaSha512, kEcdsaSha256}), {}),
            chosen(kEcdsaSha512));
  EXPECT_EQ(choose_scheme(p256(), announcing({kEcdsaP384Sha384Raw, kEcdsaP256Sha256Raw, kEcdsaSha256}), {}),
            chosen(kEcdsaP256Sha256Raw))
      << "the method of another curve is passed over";
}

// RFC 7427 §3: algorithms are compared by meaning. PKCS#1 v1.5 without its NULL parameters.
TEST(Choice, UnderstandsOtherFormsOfAnAlgorithm) {
  PeerAccepts accepts = announcing({});
  const ConstBytes plain = crypto::algorithm_identifier_of(kRsaPkcs1Sha384);
  Octets without_null(plain.begin(), plain.end() - 2);
  without_null[1] = std::byte{11};
  accepts.methods = {{AuthMethod::kDigitalSignature, 0, octets("rubbish")},
                     {AuthMethod::kDigitalSignature, 0, {}},
                     {AuthMethod::kDigitalSignature, 0, without_null}};
  EXPECT_EQ(choose_scheme(rsa(), accepts, {}), chosen(kRsaPkcs1Sha384));
}

TEST(Choice, OutsideTheListIsOurBestAndSaysSo) {
  EXPECT_EQ(choose_scheme(p256(), announcing({kMlDsa65, kRsaPssSha256}), {}), chosen(kEcdsaSha256, true));
  EXPECT_EQ(choose_scheme(p256(), announcing({}), {}), chosen(kEcdsaSha256, true)) << "only methods that nobody knows";
  EXPECT_EQ(choose_scheme(rsa(), announcing({kEd448}), kRsaPkcs1Sha256), chosen(kRsaPkcs1Sha256, true));
}

// RFC 7427 §4: no digital signature without the peer's hashes; methods 9 to 11 came before it. SHA-1 is never used.
TEST(Choice, NeedsThePeersHashes) {
  EXPECT_EQ(choose_scheme(p256(), with_hashes({}), {}), chosen(kEcdsaP256Sha256Raw));
  EXPECT_EQ(choose_scheme(rsa(), with_hashes({}), {}), std::nullopt);
  EXPECT_EQ(choose_scheme(rsa(), with_hashes({HashId::kSha1, HashId::kStreebog512}), {}), std::nullopt);
  EXPECT_EQ(choose_scheme(rsa(), with_hashes({HashId::kSha1, HashId::kSha2_512}), {}), chosen(kRsaPssSha512));
  PeerAccepts accepts = announcing({kRsaPssSha256, kRsaPssSha384});
  accepts.hashes = {HashId::kSha2_384};
  EXPECT_EQ(choose_scheme(rsa(), accepts, {}), chosen(kRsaPssSha384));
  accepts.hashes.clear();
  EXPECT_EQ(choose_scheme(rsa(), accepts, {}), std::nullopt);
  EXPECT_EQ(choose_scheme({}, with_hashes(), {}), std::nullopt) << "a shared key signs nothing";
}

// RFC 8420 §2 and the draft for ML-DSA: schemes that hash by themselves need the hash "Identity".
TEST(Choice, OfSchemesThatHashByThemselves) {
  const std::map<std::string, SignatureScheme> keys{{"ED25519", kEd25519},
                                                    {"ED448", kEd448},
                                                    {"ML-DSA-44", kMlDsa44},
                                                    {"ML-DSA-65", kMlDsa65},
                                                    {"ML-DSA-87", kMlDsa87}};
  for (const auto& [name, scheme] : keys) {
    const OwnCredential own = with_key(make_key(name));
    EXPECT_EQ(choose_scheme(own, with_hashes(), {}), chosen(scheme));
    EXPECT_EQ(choose_scheme(own, with_hashes({HashId::kSha2_512}), {}), std::nullopt);
  }
}

// RFC 9593 §3.2.2.
// [9593-3.2-b]
TEST(Choice, FollowsLinksToOurAuthority) {
  OwnCredential own = rsa();
  own.authority_hashes = {Octets(20, std::byte{'b'})};
  PeerAccepts accepts = announcing({kRsaPssSha256}, 1);
  accepts.methods.push_back(announcing({kRsaPkcs1Sha384}, 2).methods.front());
  EXPECT_EQ(choose_scheme(own, accepts, {}), chosen(kRsaPssSha256)) << "no request: links mean nothing";
  accepts.authorities = {Octets(20, std::byte{'a'}), Octets(20, std::byte{'b'})};
  EXPECT_EQ(choose_scheme(own, accepts, {}), chosen(kRsaPkcs1Sha384));
  accepts.methods.pop_back();
  EXPECT_EQ(choose_scheme(own, accepts, {}), chosen(kRsaPssSha256, true)) << "for another authority only";
  accepts.methods.front().authority = 3;
  EXPECT_EQ(choose_scheme(own, accepts, {}), chosen(kRsaPssSha256, true)) << "beyond the request";
}

// Two of us agree: what one announces, the other finds its scheme in.
TEST(Choice, FindsEveryKeyInOurOwnAnnouncement) {
  const std::array candidates{trusting({authority('a', everything())})};
  const Octets list = announcements(candidates), request = cert_request_body(candidates);
  ikewire::WireBuffer hashes(100);
  ikewire::write_hashes(hashes, announced_hashes());
  const std::array<ConstBytes, 1> lists{list}, hash_lists{hashes.octets()};
  const std::array requests{ikewire::read_certificate(request).value()};
  PeerAccepts accepts;
  ASSERT_TRUE(negotiation::learn(accepts, {lists, hash_lists, requests}));
  EXPECT_EQ(accepts.authorities, (std::vector<Octets>{Octets(20, std::byte{'a'})}));
  EXPECT_EQ(choose_scheme(p256(), accepts, {}), chosen(kEcdsaSha512));
  EXPECT_EQ(choose_scheme(rsa(), accepts, {}), chosen(kRsaPssSha512));
  EXPECT_EQ(choose_scheme(with_key(make_key("ML-DSA-65")), accepts, {}), chosen(kMlDsa65));
}

}  // namespace
}  // namespace levelgate::authentication::announcements_test
