// SPDX-License-Identifier: Apache-2.0
//
// Six peers and six policies of one authority: exactly the diagonal connects (RFC 4945 §3.1, RFC 7296 §2.15). A valid
// certificate, or a valid shared key, opens nothing in another's name.
#include <gtest/gtest.h>

#include <array>

#include "support/ike_parties.h"

namespace levelgate::authentication::authenticate_identity_test {
namespace {

using namespace testing;
using model::IdentityKind;

constexpr std::size_t kPeers = 6;
using Parties = std::array<std::shared_ptr<const Credentials>, kPeers>;

// Peer i as it is, and our policy for peer i.
struct Matrix {
  Parties peers, policies;
};

const std::array<model::Identity, kPeers> kCertified{{{IdentityKind::kAddress, "192.0.2.1"},
                                                      {IdentityKind::kAddress, "2001:db8::1"},
                                                      {IdentityKind::kFqdn, "one.example"},
                                                      {IdentityKind::kFqdn, "two.example"},
                                                      {IdentityKind::kEmail, "one@example"},
                                                      {IdentityKind::kDistinguishedName, "O=example, CN=one.example"}}};

const Matrix& certified() {
  static const Matrix kMatrix = [] {
    constexpr std::array<const char*, kPeers> kNames{"IP:192.0.2.1",    "IP:2001:db8::1",    "DNS:one.example",
                                                     "DNS:two.example", "email:one@example", ""};
    const TestCertificate root = self_signed(authority_spec("root"));
    model::IkeConfig config;
    config.authorities.push_back({"root", root.pem(), {}, model::Revocation::kNone});
    add_identity(config, "us", issued(root, gateway_spec("DNS:us.example")));
    Matrix made;
    for (std::size_t i = 0; i < kPeers; ++i) {
      CertificateSpec spec = gateway_spec(kNames[i]);
      // The common name that others have as host name or identity: it counts for none of them.
      spec.common_name = "one.example";
      spec.organisation = i == 5 ? "example" : "peer " + std::to_string(i);
      add_identity(config, std::to_string(i), issued(root, spec));
      made.peers[i] = credentials(config, certified_tunnel(kCertified[i], std::to_string(i), fqdn("us.example")));
      made.policies[i] = credentials(config, certified_tunnel(fqdn("us.example"), "us", kCertified[i]));
    }
    return made;
  }();
  return kMatrix;
}

Matrix shared_keys() {
  std::array<model::Identity, kPeers> ids = kCertified;
  ids[5] = {IdentityKind::kKeyId, "one.example"};
  Matrix made;
  for (std::size_t i = 0; i < kPeers; ++i) {
    const std::string key = "secret of peer " + std::to_string(i);
    made.peers[i] = credentials({}, shared_key_tunnel(ids[i], fqdn("us.example"), key));
    made.policies[i] = credentials({}, shared_key_tunnel(fqdn("us.example"), ids[i], key));
  }
  return made;
}

std::expected<Verified, AuthRefusal> meet(const Matrix& all, std::size_t peer, std::size_t policy) {
  const bool signs = all.peers[peer]->own.key != nullptr;
  return verify(evidence_of(all.peers[peer], all.policies[policy],
                            signs ? std::optional(crypto::SignatureScheme::kEcdsaSha256) : std::nullopt));
}

// [7296-3.5-c, 7296-3.5-d, 7296-4-g]
TEST(IdentityMatrix, OfCertificatesIsItsDiagonal) {
  for (std::size_t peer = 0; peer < kPeers; ++peer) {
    for (std::size_t policy = 0; policy < kPeers; ++policy) {
      const auto verdict = meet(certified(), peer, policy);
      EXPECT_EQ(verdict.has_value(), peer == policy) << peer << " " << policy << (verdict ? "" : verdict.error().text);
      EXPECT_TRUE(verdict || verdict.error().fault == AuthFault::kWrongIdentity);
    }
  }
}

// A peer in its own right claims to be another, with all that it owns.
TEST(IdentityMatrix, AClaimHasToStandInTheCertificate) {
  for (std::size_t peer = 0; peer < kPeers; ++peer) {
    for (std::size_t claimed = 0; claimed < kPeers; ++claimed) {
      if (peer == claimed) continue;
      Evidence evidence =
          evidence_of(certified().peers[peer], certified().policies[claimed], crypto::SignatureScheme::kEcdsaSha256);
      evidence.identity = certified().peers[claimed]->own_id;
      const auto verdict = verify(evidence);
      ASSERT_FALSE(verdict) << peer << " as " << claimed;
      EXPECT_EQ(verdict.error().fault, AuthFault::kIdentityNotInCertificate);
      EXPECT_NE(verdict.error().text.find("DN:O="), std::string::npos) << verdict.error().text;
      // And with the other's certificate it has not the other's key.
      evidence.certificates = {certified().peers[claimed]->own.chain.front().der(), evidence.certificates.front()};
      EXPECT_EQ(verify(evidence).error().fault, AuthFault::kBadSignature);
    }
  }
}

// [7296-1.2-c, 7296-3.5-c, 7296-4-i]
TEST(IdentityMatrix, OfSharedKeysIsItsDiagonal) {
  const Matrix all = shared_keys();
  for (std::size_t peer = 0; peer < kPeers; ++peer) {
    for (std::size_t policy = 0; policy < kPeers; ++policy) {
      EXPECT_EQ(meet(all, peer, policy).has_value(), peer == policy) << peer << " " << policy;
      Evidence claim = evidence_of(all.peers[peer], all.policies[policy], {});
      claim.identity = all.peers[policy]->own_id;
      EXPECT_EQ(verify(claim).has_value(), peer == policy) << peer << " as " << policy;
    }
  }
}

// Two tunnels with one key: it opens the door of the one who has the name.
// [7296-1.2-c]
TEST(IdentityMatrix, ASharedKeyOfTwoPeersIsBoundToTheName) {
  const auto one = credentials({}, shared_key_tunnel(fqdn("one.example"), fqdn("us.example"), "same"));
  const auto policy = credentials({}, shared_key_tunnel(fqdn("us.example"), fqdn("two.example"), "same"));
  EXPECT_EQ(verify(evidence_of(one, policy, {})).error().fault, AuthFault::kWrongIdentity);
}

}  // namespace
}  // namespace levelgate::authentication::authenticate_identity_test
