// SPDX-License-Identifier: Apache-2.0
//
// Credentials made of a configuration, each fault by its place, and identities compared (RFC 7296 §3.5, RFC 4945 §3.1).
#include "authentication/credentials.h"

#include <gtest/gtest.h>

#include "support/hex_octets.h"
#include "support/ike_parties.h"

namespace levelgate::authentication::credentials_test {
namespace {

using namespace testing;
using ikewire::IdType;
using model::IdentityKind;
using Octets = std::vector<std::byte>;

bool named(const model::Identity& expected, IdType type, const Octets& value) {
  return names(expected, {type, {}, value});
}

// RFC 7296 §3.5: the type is a part of the identity.
// [7296-3.5-d]
TEST(Names, AreOfTheirKind) {
  const Octets address = from_hex("c0000201");
  EXPECT_TRUE(named({IdentityKind::kAddress, "192.0.2.1"}, IdType::kIpv4, address));
  EXPECT_FALSE(named({IdentityKind::kAddress, "192.0.2.2"}, IdType::kIpv4, address));
  EXPECT_FALSE(named({IdentityKind::kAddress, "192.0.2.1"}, IdType::kIpv6, address));
  EXPECT_FALSE(named({IdentityKind::kAddress, "192.0.2.1"}, IdType::kFqdn, octets("192.0.2.1")));
  EXPECT_FALSE(
      named({IdentityKind::kAddress, "192.0.2.1"}, IdType::kIpv6, from_hex("00000000000000000000ffffc0000201")));
  EXPECT_TRUE(
      named({IdentityKind::kAddress, "2001:db8::1"}, IdType::kIpv6, from_hex("20010db8000000000000000000000001")));
  EXPECT_FALSE(named({IdentityKind::kAddress, "rubbish"}, IdType::kIpv4, address));
  EXPECT_TRUE(named({IdentityKind::kKeyId, "Key 1"}, IdType::kKeyId, octets("Key 1")));
  EXPECT_FALSE(named({IdentityKind::kKeyId, "Key 1"}, IdType::kKeyId, octets("key 1"))) << "octets, not text";
  EXPECT_FALSE(named(fqdn("a.example"), IdType::kKeyId, octets("a.example")));
  EXPECT_FALSE(named(fqdn("a.example"), IdType::kRfc822, octets("a.example")));
  EXPECT_FALSE(named({IdentityKind::kEmail, "a@example"}, IdType::kFqdn, octets("a@example")));
}

// RFC 4945 §3.1.2, §3.1.3: without regard to case, and no part of a name is the name.
TEST(Names, OfHostsAndMailboxesHaveNoCase) {
  EXPECT_TRUE(named(fqdn("Gate.example"), IdType::kFqdn, octets("gATE.EXAMPLE")));
  EXPECT_TRUE(named({IdentityKind::kEmail, "Admin@Example"}, IdType::kRfc822, octets("admin@example")));
  for (const char* other : {"", "gate.exampl", "gate.example.", "a.gate.example", "*.example", "*", "gate,example"}) {
    EXPECT_FALSE(named(fqdn("gate.example"), IdType::kFqdn, octets(other))) << other;
  }
  EXPECT_FALSE(named(fqdn("*.example"), IdType::kFqdn, octets("gate.example")));
  Octets zero = octets("gate.example");
  zero.push_back(std::byte{0});
  EXPECT_FALSE(named(fqdn("gate.example"), IdType::kFqdn, zero));
  EXPECT_FALSE(named(fqdn(""), IdType::kFqdn, {}));
  EXPECT_FALSE(named(fqdn(std::string(4000, 'x')), IdType::kFqdn, octets(std::string(4000, 'x')))) << "bounded";
}

Octets subject(const std::string& common_name, const std::string& organisation) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.organisation = organisation;
  return crypto::Certificate::from_der(self_signed(spec).der())->subject_der();
}

TEST(Names, OfDirectoriesAreComparedAsText) {
  const model::Identity gate{IdentityKind::kDistinguishedName, "O=example, CN=gate"};
  EXPECT_TRUE(named(gate, IdType::kDerDn, subject("gate", "example")));
  EXPECT_TRUE(named(gate, IdType::kDerDn, subject("Gate", "EXAMPLE")));
  EXPECT_FALSE(named(gate, IdType::kDerDn, subject("gate", "")));
  EXPECT_FALSE(named(gate, IdType::kDerDn, subject("gate2", "example")));
  EXPECT_FALSE(named(gate, IdType::kDerDn, subject("", "example, CN=gate"))) << "one value that looks like two";
  EXPECT_FALSE(named(gate, IdType::kDerDn, octets("O=example, CN=gate")));
  Octets longer = subject("gate", "example");
  longer.push_back(std::byte{0});
  EXPECT_FALSE(named(gate, IdType::kDerDn, longer));
  EXPECT_FALSE(named({IdentityKind::kDistinguishedName, ""}, IdType::kDerDn, from_hex("3000")));
}

TEST(Names, AreTextThatIsFitForALog) {
  EXPECT_EQ(text_of(IdType::kIpv4, from_hex("c0000201")), "192.0.2.1");
  EXPECT_EQ(text_of(IdType::kFqdn, octets("a\nb")), "a\\x0ab");
  EXPECT_EQ(text_of(IdType::kDerDn, subject("gate", "")), "CN=gate");
  EXPECT_LT(text_of(IdType::kKeyId, Octets(60000)).size(), 400u);
  EXPECT_LT(text_of(IdType::kDerDn, Octets(60000)).size(), 400u);
  EXPECT_LT(text_of(IdType::kIpv4, Octets(60000)).size(), 400u);
}

class Making : public ::testing::Test {
 protected:
  TestCertificate root = self_signed(authority_spec("root"));
  TestCertificate middle = issued(root, authority_spec("middle"));
  TestCertificate leaf = issued(middle, gateway_spec("DNS:us.example,IP:192.0.2.1"));
  model::IkeConfig config;
  model::TunnelIke tunnel = certified_tunnel(fqdn("us.example"), "us", fqdn("peer.example"));
  CredentialCache cache;

  void SetUp() override {
    config.authorities.push_back({"root", root.pem(), {}, model::Revocation::kNone});
    add_identity(config, "us", leaf, middle.pem());
  }
  std::string error() {
    CredentialCache fresh;
    const auto made = make_credentials(config, tunnel, fresh);
    return made ? "" : made.error().what;
  }
  ::testing::AssertionResult fails(const std::string& begin, const std::string& part = {}) {
    const std::string what = error();
    if (what.starts_with(begin) && what.find(part) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "'" << what << "'";
  }
};

// [7296-3.5-b]
TEST_F(Making, FillsBothSides) {
  const auto made = make_credentials(config, tunnel, cache);
  ASSERT_TRUE(made) << made.error().what;
  const Credentials& all = **made;
  EXPECT_EQ(all.own_id, (IdentityPayload{IdType::kFqdn, octets("us.example")}));
  EXPECT_EQ(all.peer_name, fqdn("peer.example"));
  EXPECT_EQ(all.own.chain.size(), 2u);
  EXPECT_FALSE(all.own.psk.octets || all.peer.psk.octets);
  ASSERT_EQ(all.peer.authorities.size(), 1u);
  EXPECT_EQ(all.peer.authorities.front()->schemes.size(), accepted_schemes().size());
  const auto root_hash = crypto::Certificate::from_der(root.der())->authority_hash().value();
  EXPECT_EQ(all.peer.authorities.front()->hashes, (std::vector<Octets>{root_hash}));
  EXPECT_EQ(all.own.authority_hashes.back(), root_hash) << "above our chain, known from the configuration";
}

// Ten thousand tunnels hold one certificate.
TEST_F(Making, SharesWhatTunnelsHaveInCommon) {
  const auto one = make_credentials(config, tunnel, cache);
  config.authorities.front().pem = config.identities.front().chain = "read again it would be an error";
  const auto other = make_credentials(config, tunnel, cache);
  ASSERT_TRUE(one && other);
  EXPECT_EQ((*one)->peer.authorities.front(), (*other)->peer.authorities.front());
  EXPECT_EQ((*one)->own.key, (*other)->own.key);
  EXPECT_EQ((*one)->own.chain.front().handle(), (*other)->own.chain.front().handle());
}

// [7296-3.5-c]
TEST_F(Making, OwnIdentityOfEachKind) {
  const auto own = [&](model::Identity name) {
    tunnel.local_id = std::move(name);
    return (*make_credentials(config, tunnel, cache))->own_id;
  };
  EXPECT_EQ(own({IdentityKind::kAddress, "192.0.2.1"}), (IdentityPayload{IdType::kIpv4, from_hex("c0000201")}));
  const Octets der = crypto::Certificate::from_der(leaf.der())->subject_der();
  EXPECT_EQ(own({IdentityKind::kDistinguishedName, ""}), (IdentityPayload{IdType::kDerDn, der}));
  EXPECT_EQ(own({IdentityKind::kDistinguishedName, "cn=GATEWAY"}), (IdentityPayload{IdType::kDerDn, der}));
  EXPECT_EQ((*make_credentials(config, tunnel, cache))->own_name.text, "cn=GATEWAY");
  tunnel = shared_key_tunnel({IdentityKind::kKeyId, "k"}, fqdn("b"), "secret");
  EXPECT_EQ((*make_credentials({}, tunnel, cache))->own_id, (IdentityPayload{IdType::kKeyId, octets("k")}));
}

TEST_F(Making, RefusesAnIdentityThatNoPeerWouldBelieve) {
  tunnel.local_id = fqdn("other.example");
  EXPECT_TRUE(fails("local.id: our own certificate", "DNS:us.example"));
  tunnel.local_id = {IdentityKind::kAddress, "192.0.2.9"};
  EXPECT_TRUE(fails("local.id: our own certificate", "IP:192.0.2.9"));
  tunnel.local_id = {IdentityKind::kDistinguishedName, "CN=other"};
  EXPECT_TRUE(fails("local.id", "CN=gateway"));
  tunnel.local_id = {IdentityKind::kKeyId, "k"};
  EXPECT_TRUE(fails("local.id", "psk"));
  tunnel.local_id = {IdentityKind::kAddress, "rubbish"};
  EXPECT_TRUE(fails("local.id", "rubbish"));
  tunnel.local_id = fqdn("");
  EXPECT_TRUE(fails("local.id"));
}

// [7296-1.2-a, 7296-3.6-c]
TEST_F(Making, NamesThePlaceOfAFault) {
  const model::IkeConfig good = config;
  const model::TunnelIke good_tunnel = tunnel;
  config.authorities.front().pem = "rubbish";
  EXPECT_TRUE(fails("certificates.authorities.root.file"));
  config = good;
  config.authorities.front().crl = "rubbish";
  EXPECT_TRUE(fails("certificates.authorities.root.crl"));
  config = good;
  config.identities.front().chain = "rubbish";
  EXPECT_TRUE(fails("certificates.identities.us.chain"));
  config.identities.front().chain = middle.pem() + leaf.pem();
  EXPECT_TRUE(fails("certificates.identities.us.key", "must stand first"));
  config = good;
  config.identities.front().key.pem = shared_key("rubbish");
  EXPECT_TRUE(fails("certificates.identities.us.key"));
  config = good;
  tunnel.authorities = {"nobody"};
  EXPECT_TRUE(fails("certificates.authorities.nobody"));
  tunnel.authorities = {};
  EXPECT_TRUE(fails("remote.authorities"));
  tunnel = good_tunnel;
  tunnel.identity = "nobody";
  EXPECT_TRUE(fails("certificates.identities.nobody"));
  tunnel = good_tunnel;
  tunnel.remote_id = {IdentityKind::kKeyId, "k"};
  EXPECT_TRUE(fails("remote.id", "psk"));
  tunnel.remote_id = fqdn("");
  EXPECT_TRUE(fails("remote.id"));
  tunnel = shared_key_tunnel(fqdn("a"), fqdn("b"), "");
  EXPECT_TRUE(fails("auth.psk"));
  tunnel = shared_key_tunnel({IdentityKind::kDistinguishedName, "CN=a"}, fqdn("b"), "secret");
  EXPECT_TRUE(fails("local.id", "psk"));
}

TEST_F(Making, APinnedCertificateAcceptsWhatFitsItsKey) {
  config.authorities.front().pem = issued(root, gateway_spec("DNS:peer.example", make_key("ED25519"))).pem();
  EXPECT_EQ((*make_credentials(config, tunnel, cache))->peer.authorities.front()->schemes,
            (std::vector{crypto::SignatureScheme::kEd25519}));
}

// [7296-3.6-a]
TEST_F(Making, AChainOfFourIsKeptWhole) {
  const TestCertificate low = issued(middle, authority_spec("low")), lower = issued(low, authority_spec("lower"));
  const TestCertificate far = issued(lower, gateway_spec("DNS:us.example"));
  config.identities.clear();
  add_identity(config, "us", far, lower.pem() + low.pem() + middle.pem());
  const auto made = make_credentials(config, tunnel, cache);
  ASSERT_TRUE(made) << made.error().what;
  ASSERT_EQ((*made)->own.chain.size(), 4u);
  EXPECT_EQ((*made)->own.chain.front().der(), far.der());
  EXPECT_EQ((*made)->own.chain.back().der(), middle.der());
}

TEST_F(Making, AFileMayHoldTheListsOfAWholeChain) {
  config.authorities.front().crl = list_pem(revocation_list(root, {})) + list_pem(revocation_list(middle, {}));
  EXPECT_EQ((*make_credentials(config, tunnel, cache))->peer.authorities.front()->lists.size(), 2u);
}

}  // namespace
}  // namespace levelgate::authentication::credentials_test
