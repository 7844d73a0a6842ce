// SPDX-License-Identifier: Apache-2.0
//
// A certificate speaks for the names that stand in it, each in its own kind, and for nothing that looks like them
// (RFC 4945 §3.1).
#include "crypto/certificate_identity.h"

#include <gtest/gtest.h>
#include <levelgate/base/ip_address.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/test_certificates.h"

namespace levelgate::crypto::certificate_identity_test {
namespace {

using testing::CertificateSpec;
using testing::self_signed;
using enum IdentityKind;
using Octets = std::vector<std::byte>;

Certificate certificate(const std::string& alternative_names, const std::string& common_name = "gate.example") {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.organisation = "Example";
  spec.alternative_names = alternative_names;
  return Certificate::from_der(self_signed(spec).der()).value();
}

bool binds(const Certificate& certificate, IdentityKind kind, std::string_view identity) {
  const Result<void> bound = bind_identity(certificate, kind, as_bytes(identity.data(), identity.size()));
  if (!bound) {
    EXPECT_EQ(bound.error().fault, Fault::kBadInput);
  }
  return bound.has_value();
}

bool binds_address(const Certificate& certificate, const std::string& text) {
  const IpAddress address = *IpAddress::parse(text);
  return bind_identity(certificate, address.family() == IpFamily::kV4 ? kIpv4 : kIpv6, address.bytes()).has_value();
}

TEST(Identity, HostNames) {
  const Certificate gate = certificate("DNS:gate.example,DNS:other.example");
  EXPECT_TRUE(binds(gate, kFqdn, "gate.example"));
  EXPECT_TRUE(binds(gate, kFqdn, "GATE.Example"));
  EXPECT_TRUE(binds(gate, kFqdn, "other.example"));
  using namespace std::string_view_literals;
  for (const std::string_view other :
       {""sv, "gate.exampl"sv, "gate.example."sv, ".example"sv, "example"sv, "*.example"sv, "a.gate.example"sv,
        "gate.example\0"sv, "gate.example\0.evil"sv, "gate.example "sv}) {
    EXPECT_FALSE(binds(gate, kFqdn, other)) << other;
  }
}

TEST(Identity, TheCommonNameIsNoHostName) {
  EXPECT_FALSE(binds(certificate(""), kFqdn, "gate.example"));
  EXPECT_FALSE(binds(certificate("DNS:other.example"), kFqdn, "gate.example"));
  EXPECT_FALSE(binds(certificate("", "admin@example"), kRfc822, "admin@example"));
}

TEST(Identity, WildcardsHaveNoMeaning) {
  const Certificate wild = certificate("DNS:*.example");
  EXPECT_FALSE(binds(wild, kFqdn, "gate.example"));
  EXPECT_FALSE(binds(wild, kFqdn, "*.example")) << "nor is one an identity";
}

// RFC 4945 §3.1.3: the case of a mail address does not count, that of the part before the @ neither.
TEST(Identity, Mailboxes) {
  const Certificate admin = certificate("email:Admin@Example.org");
  EXPECT_TRUE(binds(admin, kRfc822, "Admin@Example.org"));
  EXPECT_TRUE(binds(admin, kRfc822, "Admin@example.ORG"));
  EXPECT_TRUE(binds(admin, kRfc822, "admin@example.org"));
  EXPECT_FALSE(binds(admin, kRfc822, "admim@example.org"));
  EXPECT_FALSE(binds(admin, kRfc822, "Example.org"));
  EXPECT_FALSE(binds(admin, kRfc822, "Admin"));
  EXPECT_FALSE(binds(admin, kRfc822, ""));
  EXPECT_FALSE(binds(admin, kFqdn, "Admin@Example.org"));
}

TEST(Identity, Addresses) {
  const Certificate gate = certificate("IP:192.0.2.1,IP:2001:db8::1,DNS:192.0.2.9");
  EXPECT_TRUE(binds_address(gate, "192.0.2.1"));
  EXPECT_TRUE(binds_address(gate, "2001:db8::1"));
  EXPECT_FALSE(binds_address(gate, "192.0.2.2"));
  EXPECT_FALSE(binds_address(gate, "192.0.2.9")) << "a name that looks like an address is a name";
  EXPECT_FALSE(binds_address(gate, "2001:db8::2"));
  EXPECT_FALSE(binds_address(gate, "::ffff:192.0.2.1"));
  for (const std::size_t octets : {0u, 3u, 5u, 16u}) EXPECT_FALSE(bind_identity(gate, kIpv4, Octets(octets)));
  for (const std::size_t octets : {0u, 4u, 15u, 17u}) EXPECT_FALSE(bind_identity(gate, kIpv6, Octets(octets)));
}

TEST(Identity, DistinguishedNamesByMeaning) {
  const Certificate gate = certificate("");
  EXPECT_TRUE(bind_identity(gate, kDn, gate.subject_der()));
  EXPECT_TRUE(bind_identity(gate, kDn, certificate("", "GATE.example").subject_der())) << "RFC 5280 §7.1: case aside";
  EXPECT_FALSE(bind_identity(gate, kDn, certificate("", "gate2.example").subject_der()));
  Octets longer = gate.subject_der();
  longer.push_back(std::byte{0});
  EXPECT_FALSE(bind_identity(gate, kDn, longer));
  EXPECT_FALSE(bind_identity(gate, kDn, ConstBytes(longer).first(longer.size() - 2)));
  EXPECT_FALSE(bind_identity(gate, kDn, {}));
  EXPECT_FALSE(binds(gate, kDn, "CN=gate.example"));
}

TEST(Identity, AnEmptyNameNamesNobody) {
  CertificateSpec spec;
  spec.common_name = "";
  spec.alternative_names = "DNS:gate.example";
  const Certificate nameless = Certificate::from_der(self_signed(spec).der()).value();
  EXPECT_FALSE(bind_identity(nameless, kDn, nameless.subject_der()));
  EXPECT_TRUE(binds(nameless, kFqdn, "gate.example"));
}

TEST(Identity, TheErrorTellsBothSides) {
  const auto refused =
      bind_identity(certificate("DNS:gate.example,IP:192.0.2.1"), kFqdn, as_bytes("evil\n.example", 13));
  EXPECT_EQ(refused.error().what, "identity is not of its kind");
  const auto other = bind_identity(certificate("DNS:gate.example,IP:192.0.2.1"), kFqdn, as_bytes("b.example", 9));
  EXPECT_EQ(other.error().what,
            "certificate does not name the identity DNS:b.example; it names DN:O=Example, CN=gate.example, "
            "DNS:gate.example, IP:192.0.2.1");
  const auto address = bind_identity(certificate(""), kIpv4, IpAddress::parse("192.0.2.7")->bytes());
  EXPECT_NE(address.error().what.find("IP:192.0.2.7"), std::string::npos);
}

}  // namespace
}  // namespace levelgate::crypto::certificate_identity_test
