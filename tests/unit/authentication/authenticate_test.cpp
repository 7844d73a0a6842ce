// SPDX-License-Identifier: Apache-2.0
//
// AUTH by every kind of key and scheme, made by one side and verified by the other (RFC 7296 §2.15, RFC 7427 §3,
// RFC 4754, RFC 8420, draft-ietf-ipsecme-ikev2-pqc-auth), and everything that must not hold.
#include "authentication/authenticate.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "authentication/auth_proof.h"
#include "support/ike_parties.h"

namespace levelgate::authentication::authenticate_test {
namespace {

using namespace testing;
using enum crypto::SignatureScheme;
using crypto::KeyType;
using crypto::SignatureScheme;
using Octets = std::vector<std::byte>;

constexpr std::array kKeyTypes{KeyType::kRsa,     KeyType::kRsaPss,  KeyType::kEcP256, KeyType::kEcP384,
                               KeyType::kEcP521,  KeyType::kEd25519, KeyType::kEd448,  KeyType::kMlDsa44,
                               KeyType::kMlDsa65, KeyType::kMlDsa87};

TestKey make(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return make_rsa_key();
    case KeyType::kRsaPss:
      return make_rsa_key({.algorithm = "RSA-PSS"});
    case KeyType::kEcP256:
      return make_ec_key("P-256");
    case KeyType::kEcP384:
      return make_ec_key("P-384");
    case KeyType::kEcP521:
      return make_ec_key("P-521");
    case KeyType::kEd25519:
    case KeyType::kEd448:
    case KeyType::kMlDsa44:
    case KeyType::kMlDsa65:
    case KeyType::kMlDsa87:
      break;
  }
  return make_key(std::string(name_of(type)));
}

std::string kind_of(const std::expected<Verified, AuthRefusal>& verdict) {
  constexpr std::array<const char*, 16> kNames{"kNoSharedKey",
                                               "kWrongSharedKey",
                                               "kMethodNotAllowed",
                                               "kNoCertificate",
                                               "kBadCertificate",
                                               "kUntrusted",
                                               "kExpired",
                                               "kNotYetValid",
                                               "kRevoked",
                                               "kNoRevocationList",
                                               "kIdentityNotInCertificate",
                                               "kWrongIdentity",
                                               "kSchemeNotAllowed",
                                               "kBadSignature",
                                               "kMalformed",
                                               "kReflected"};
  return verdict ? "verified" : kNames.at(static_cast<std::size_t>(verdict.error().fault));
}

::testing::AssertionResult refused(const std::expected<Verified, AuthRefusal>& verdict, const std::string& kind,
                                   const std::vector<std::string>& parts = {}) {
  if (kind_of(verdict) != kind) {
    return ::testing::AssertionFailure() << kind_of(verdict) << " " << (verdict ? "" : verdict.error().text);
  }
  for (const std::string& part : parts) {
    if (verdict.error().text.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "'" << verdict.error().text << "' does not say '" << part << "'";
    }
  }
  return ::testing::AssertionSuccess();
}

CertificateSpec long_lived(const std::string& name) {
  CertificateSpec spec = authority_spec(name);
  spec.not_before -= 100 * kDay;
  spec.not_after += 100 * kDay;
  return spec;
}

// One root, a peer with a key of each type, and us.
struct World {
  TestCertificate root = self_signed(long_lived("root"));
  model::IkeConfig config;
  std::map<KeyType, TestCertificate> peers;

  World() {
    config.authorities.push_back({"root", root.pem(), {}, model::Revocation::kNone});
    add_identity(config, "us", issued(root, gateway_spec("DNS:us.example")));
    for (const KeyType type : kKeyTypes) {
      peers.emplace(type, issued(root, gateway_spec("DNS:peer.example", make(type))));
      add_identity(config, std::string(name_of(type)), peers.at(type));
    }
  }
  [[nodiscard]] std::shared_ptr<const Credentials> us() const {
    return credentials(config, certified_tunnel(fqdn("us.example"), "us", fqdn("peer.example")));
  }
  [[nodiscard]] std::shared_ptr<const Credentials> peer(KeyType type) const {
    return credentials(config, certified_tunnel(fqdn("peer.example"), std::string(name_of(type)), fqdn("us.example")));
  }
};
const World& world() {
  static const World kWorld;
  return kWorld;
}

class EachKey : public ::testing::TestWithParam<KeyType> {};

// [7296-4-g]
TEST_P(EachKey, ProvesByEverySchemeThatFits) {
  const auto us = world().us(), peer = world().peer(GetParam());
  int fitting = 0;
  for (const SignatureScheme scheme : accepted_schemes()) {
    if (!crypto::fits(GetParam(), scheme)) {
      EXPECT_FALSE(prove({peer, SchemeChoice{scheme}, crypto::Prf::kHmacSha256, octets("x")})) << name_of(scheme);
      continue;
    }
    ++fitting;
    const auto verdict = verify(evidence_of(peer, us, scheme));
    ASSERT_TRUE(verdict) << name_of(scheme) << ": " << verdict.error().text;
    EXPECT_EQ(verdict->scheme, scheme);
    EXPECT_EQ(verdict->subject, "CN=gateway");
    EXPECT_EQ(verdict->issuer, "CN=root");
    EXPECT_EQ(verdict->authority, "root");
    EXPECT_EQ(verdict->last_second, kTestNow + 10 * kDay);
  }
  EXPECT_GE(fitting, 1);
}

// [7296-1.2-b]
TEST_P(EachKey, AProofIsForItsOctetsItsFormAndItsKeyAlone) {
  const auto us = world().us(), peer = world().peer(GetParam());
  const SignatureScheme best = crypto::schemes_of(GetParam()).front();
  const Evidence good = evidence_of(peer, us, best);
  for (const std::size_t at : {good.value.size() - 1, good.value.size() / 2}) {
    Evidence bent = good;
    bent.value[at] ^= std::byte{1};
    EXPECT_TRUE(refused(verify(bent), "kBadSignature", {"peer.example"}));
  }
  Evidence other = good;
  other.octets.push_back(std::byte{0});
  EXPECT_TRUE(refused(verify(other), "kBadSignature"));
  Evidence cut = good;
  cut.value.pop_back();
  EXPECT_TRUE(refused(verify(cut), "kBadSignature"));
  Evidence empty = good;
  empty.value.clear();
  EXPECT_TRUE(refused(verify(empty), "kMalformed"));
  Evidence swapped = good;
  swapped.certificates = {issued(world().root, gateway_spec("DNS:peer.example", make(GetParam()))).der()};
  EXPECT_TRUE(refused(verify(swapped), "kBadSignature"));
}

// The octets of one scheme under the name of another.
TEST_P(EachKey, AProofHasOneName) {
  const auto us = world().us(), peer = world().peer(GetParam());
  for (const SignatureScheme made : accepted_schemes()) {
    if (!crypto::fits(GetParam(), made)) continue;
    const Evidence good = evidence_of(peer, us, made);
    const ConstBytes own_algorithm = crypto::algorithm_identifier_of(made);
    const ConstBytes signature =
        own_algorithm.empty() ? ConstBytes(good.value) : ConstBytes(good.value).subspan(1 + own_algorithm.size());
    for (const SignatureScheme named : accepted_schemes()) {
      if (named == made) continue;
      Evidence lie = good;
      lie.method = ikewire::AuthMethod{crypto::auth_method_of(named)};
      const ConstBytes algorithm = crypto::algorithm_identifier_of(named);
      ikewire::WireBuffer to(10000);
      if (!algorithm.empty()) ikewire::write_digital_signature(to, {algorithm, signature});
      if (algorithm.empty()) to.write_bytes(signature);
      lie.value = to.take();
      const auto verdict = verify(lie);
      ASSERT_FALSE(verdict) << name_of(made) << " as " << name_of(named);
      EXPECT_EQ(kind_of(verdict), crypto::fits(GetParam(), named) ? "kBadSignature" : "kSchemeNotAllowed");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, EachKey, ::testing::ValuesIn(kKeyTypes));

TEST(Proof, SaysWhatItIs) {
  const auto text = [](KeyType type, SignatureScheme scheme) {
    return prove({world().peer(type), SchemeChoice{scheme}, crypto::Prf::kHmacSha256, octets("x")})->text;
  };
  EXPECT_EQ(text(KeyType::kEcP384, kEcdsaSha384), "ECDSA P-384 with SHA-384");
  EXPECT_EQ(text(KeyType::kEcP256, kEcdsaP256Sha256Raw), "ECDSA P-256 (method 9)");
  EXPECT_EQ(text(KeyType::kRsa, kRsaPssSha256), "RSASSA-PSS with SHA-256");
  EXPECT_EQ(text(KeyType::kMlDsa65, kMlDsa65), "ML-DSA-65");
  EXPECT_EQ(verify(evidence_of(world().peer(KeyType::kEcP384), world().us(), kEcdsaSha384))->method_text,
            "ECDSA P-384 with SHA-384");
}

TEST(Proof, NeedsTheCredentialThatItIsAskedFor) {
  const auto psk = credentials({}, shared_key_tunnel(fqdn("a"), fqdn("b"), "secret"));
  EXPECT_FALSE(prove({psk, SchemeChoice{kEd25519}, crypto::Prf::kHmacSha256, octets("x")}));
  EXPECT_FALSE(prove({world().us(), {}, crypto::Prf::kHmacSha256, octets("x")}));
}

// RFC 7427 §3, RFC 8247 §3.2: SHA-1 is not accepted in any form, nor is a method that nobody announced.
TEST(Evidence, OfMethodsThatAreNotAnnounced) {
  Evidence evidence = evidence_of(world().peer(KeyType::kRsa), world().us(), kRsaPssSha256);
  for (const auto method : {ikewire::AuthMethod::kRsa, ikewire::AuthMethod::kDss, ikewire::AuthMethod::kNull,
                            ikewire::AuthMethod::kSecurePassword, ikewire::AuthMethod{200}}) {
    evidence.method = method;
    EXPECT_TRUE(refused(verify(evidence), "kMethodNotAllowed", {name_of(method), "peer.example"}));
  }
  evidence.method = ikewire::AuthMethod::kSharedKey;
  EXPECT_TRUE(refused(verify(evidence), "kMethodNotAllowed", {"a certificate is expected"}));
  evidence.method = ikewire::AuthMethod::kDigitalSignature;
  evidence.value = {std::byte{15}};
  for (const int octet : {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00}) {
    evidence.value.push_back(static_cast<std::byte>(octet));  // sha1WithRSAEncryption
  }
  evidence.value.resize(evidence.value.size() + 256);
  EXPECT_TRUE(refused(verify(evidence), "kSchemeNotAllowed", {"sha1WithRSAEncryption"}));
}

// A pinned certificate is announced with what fits its key, and accepts no more.
TEST(Evidence, IsHeldToTheSchemesOfItsAuthority) {
  const auto peer = world().peer(KeyType::kRsa);
  auto narrow = std::make_shared<TrustedAuthority>(*world().us()->peer.authorities.front());
  narrow->schemes = {kRsaPssSha384, kEd25519};
  auto us = std::make_shared<Credentials>(*world().us());
  us->peer.authorities = {narrow};
  EXPECT_TRUE(verify(evidence_of(peer, us, kRsaPssSha384)));
  EXPECT_TRUE(refused(verify(evidence_of(peer, us, kRsaPkcs1Sha384)), "kSchemeNotAllowed",
                      {"RSA PKCS#1 v1.5 with SHA-384", "\"root\"", "peer.example"}));
}

// [7296-1.2-a, 7296-3.6-c]
TEST(Evidence, WithoutItsCertificate) {
  Evidence evidence = evidence_of(world().peer(KeyType::kEcP256), world().us(), kEcdsaSha256);
  const Octets good = evidence.certificates.front();
  evidence.certificates.clear();
  EXPECT_TRUE(refused(verify(evidence), "kNoCertificate", {"peer.example"}));
  evidence.certificates = {octets("rubbish"), good};
  EXPECT_TRUE(refused(verify(evidence), "kBadCertificate", {"peer.example"}));
  evidence.certificates = {good, octets("rubbish")};
  EXPECT_TRUE(verify(evidence)) << "what comes beside it only helps";
  evidence.certificates.assign(17, good);
  EXPECT_TRUE(refused(verify(evidence), "kBadCertificate", {"17 certificates"}));
}

TEST(Evidence, OutsideTheTimeOfACertificate) {
  Evidence evidence = evidence_of(world().peer(KeyType::kEcP256), world().us(), kEcdsaSha256);
  evidence.now_seconds = kTestNow + 10 * kDay + 1;
  EXPECT_TRUE(refused(verify(evidence), "kExpired", {"CN=gateway", "position 0", "expired", "peer.example"}));
  evidence.now_seconds = kTestNow - 11 * kDay;
  EXPECT_TRUE(refused(verify(evidence), "kNotYetValid", {"CN=gateway", "not yet valid"}));
}

TEST(Evidence, LastsAsLongAsTheShortestOfItsChain) {
  CertificateSpec short_lived = authority_spec("middle");
  short_lived.not_after = kTestNow + kDay;
  const TestCertificate middle = issued(world().root, short_lived);
  model::IkeConfig config = world().config;
  add_identity(config, "below", issued(middle, gateway_spec("DNS:peer.example")), middle.pem());
  const auto peer = credentials(config, certified_tunnel(fqdn("peer.example"), "below", fqdn("us.example")));
  const auto verdict = verify(evidence_of(peer, world().us(), kEcdsaSha256));
  ASSERT_TRUE(verdict) << verdict.error().text;
  EXPECT_EQ(verdict->last_second, kTestNow + kDay);
}

class Trust : public ::testing::Test {
 protected:
  TestCertificate root = world().root, other = self_signed(authority_spec("other"));
  std::shared_ptr<const Credentials> peer = world().peer(KeyType::kEcP256);

  // Our view of the peer with these authorities.
  std::expected<Verified, AuthRefusal> ask(std::vector<model::CertificateAuthority> authorities) {
    model::IkeConfig config = world().config;
    std::vector<std::string> names;
    for (const auto& authority : authorities) names.push_back(authority.name);
    config.authorities = std::move(authorities);
    const auto us = credentials(config, certified_tunnel(fqdn("us.example"), "us", fqdn("peer.example"), names));
    return verify(evidence_of(peer, us, kEcdsaSha256));
  }
  model::CertificateAuthority revoking(model::Revocation revocation) {
    ListSpec spec{.revoked = {world().peers.at(KeyType::kEcP256)}};
    return {"revoking", root.pem(), list_pem(revocation_list(root, spec)), revocation};
  }
};

TEST_F(Trust, IsInTheAuthoritiesOfTheTunnelOnly) {
  EXPECT_TRUE(refused(ask({{"other", other.pem(), {}, {}}}), "kUntrusted",
                      {"CN=gateway", "CN=root", "local issuer", "\"other\"", "peer.example"}));
  EXPECT_EQ(ask({{"other", other.pem(), {}, {}}, {"root", root.pem(), {}, {}}})->authority, "root");
}

TEST_F(Trust, EndsByARevocationList) {
  EXPECT_TRUE(refused(ask({revoking(model::Revocation::kSoft)}), "kRevoked", {"CN=gateway", "revoked"}));
  EXPECT_TRUE(refused(ask({revoking(model::Revocation::kStrict)}), "kRevoked"));
  EXPECT_TRUE(ask({revoking(model::Revocation::kNone)}));
  EXPECT_TRUE(refused(ask({{"bare", root.pem(), {}, model::Revocation::kStrict}}), "kNoRevocationList"));
  EXPECT_TRUE(ask({{"bare", root.pem(), {}, model::Revocation::kSoft}}));
}

// Whom one authority has revoked does not come in through another, in whatever order they stand.
TEST_F(Trust, IsNotRegainedElsewhere) {
  const model::CertificateAuthority root_without_list{"root", root.pem(), {}, {}};
  EXPECT_TRUE(refused(ask({root_without_list, revoking(model::Revocation::kSoft)}), "kRevoked"));
  EXPECT_TRUE(refused(ask({revoking(model::Revocation::kSoft), root_without_list}), "kRevoked"));
}

TEST_F(Trust, MayBePinned) {
  EXPECT_TRUE(ask({{"pin", world().peers.at(KeyType::kEcP256).pem(), {}, {}}}));
  EXPECT_TRUE(refused(ask({{"pin", world().peers.at(KeyType::kEcP384).pem(), {}, {}}}), "kUntrusted"));
}

// ---- shared keys ----

struct SharedKeys : ::testing::Test {
  std::shared_ptr<const Credentials> us =
      credentials({}, shared_key_tunnel(fqdn("us.example"), fqdn("peer.example"), "one secret"));
  std::shared_ptr<const Credentials> peer =
      credentials({}, shared_key_tunnel(fqdn("peer.example"), fqdn("us.example"), "one secret"));
};

TEST_F(SharedKeys, Hold) {
  const auto verdict = verify(evidence_of(peer, us, {}));
  ASSERT_TRUE(verdict) << verdict.error().text;
  EXPECT_EQ(verdict->method_text, "shared key");
  EXPECT_EQ(verdict->last_second, 0);
  EXPECT_FALSE(verdict->scheme);
}

// [7296-1.2-b]
TEST_F(SharedKeys, AreWrong) {
  const auto stranger = credentials({}, shared_key_tunnel(fqdn("peer.example"), fqdn("us.example"), "one secreT"));
  EXPECT_TRUE(refused(verify(evidence_of(stranger, us, {})), "kWrongSharedKey", {"peer.example"}));
  Evidence longer = evidence_of(peer, us, {});
  longer.value.push_back(std::byte{0});
  EXPECT_TRUE(refused(verify(longer), "kWrongSharedKey"));
  Evidence empty = evidence_of(peer, us, {});
  empty.value.clear();
  EXPECT_TRUE(refused(verify(empty), "kWrongSharedKey"));
  Evidence nothing = evidence_of(peer, us, {});
  nothing.octets.clear();
  EXPECT_TRUE(refused(verify(nothing), "kMalformed"));
}

TEST_F(SharedKeys, OfNobody) {
  Evidence evidence = evidence_of(peer, us, {});
  evidence.credentials = nullptr;
  EXPECT_TRUE(refused(verify(evidence), "kNoSharedKey", {"peer.example"}));
  evidence.method = ikewire::AuthMethod::kDigitalSignature;
  EXPECT_TRUE(refused(verify(evidence), "kWrongIdentity", {"peer.example"}));
  // Not even the key of zeros that stands in for theirs opens anything.
  evidence.method = ikewire::AuthMethod::kSharedKey;
  const auto proof = shared_key_proof(evidence.prf, Octets(32), evidence.octets);
  evidence.value.assign(proof->bytes().begin(), proof->bytes().end());
  EXPECT_TRUE(refused(verify(evidence), "kNoSharedKey"));
  evidence.credentials = world().us();
  EXPECT_TRUE(refused(verify(evidence), "kMethodNotAllowed"));
}

TEST_F(SharedKeys, DoNotStandInForCertificates) {
  Evidence evidence = evidence_of(world().peer(KeyType::kEcP256), us, kEcdsaSha256);
  EXPECT_TRUE(refused(verify(evidence), "kMethodNotAllowed", {"a shared key is expected"}));
}

// ---- reflection: nobody proves that he is our peer by what is ours ----

TEST_F(SharedKeys, ProveNothingInOurOwnName) {
  EXPECT_TRUE(refused(verify(evidence_of(us, us, {})), "kReflected", {"us.example", "our own id"}));
  Evidence upper = evidence_of(us, us, {});
  upper.identity.value = octets("US.example");
  EXPECT_TRUE(refused(verify(upper), "kReflected"));
}

// Where the operator gave both ends one name, what we sent ourselves is no answer all the same.
TEST_F(SharedKeys, ProveNothingByOurOwnValue) {
  const auto same = credentials({}, shared_key_tunnel(fqdn("both.example"), fqdn("both.example"), "one secret"));
  Evidence evidence = evidence_of(same, same, {});
  EXPECT_TRUE(verify(evidence)) << "the configuration says so";
  evidence.own_value = evidence.value;
  EXPECT_TRUE(refused(verify(evidence), "kReflected"));
}

TEST(Reflection, OurOwnKeyIsNotAPeers) {
  const auto us =
      credentials(world().config, certified_tunnel(fqdn("peer.example"), "ECDSA P-256", fqdn("peer.example")));
  EXPECT_TRUE(refused(verify(evidence_of(us, us, kEcdsaSha256)), "kReflected", {"our own key"}));
}

}  // namespace
}  // namespace levelgate::authentication::authenticate_test
