// SPDX-License-Identifier: Apache-2.0
//
// Certificates and lists as values: read whole or not at all, told in text that cannot break a log line.
#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/ike_hash.h"
#include "support/test_certificates.h"

namespace levelgate::crypto::certificate_test {
namespace {

using testing::authority_spec;
using testing::CertificateSpec;
using testing::issued;
using testing::self_signed;
using Octets = std::vector<std::byte>;

TEST(Certificate, TellsWhatIsInIt) {
  const auto root = self_signed(authority_spec("root"));
  CertificateSpec spec;
  spec.organisation = "Example, Inc.";
  spec.common_name = "gate";
  spec.alternative_names = "DNS:gate.example,IP:192.0.2.1,IP:2001:db8::1,email:admin@example,URI:https://x/,RID:1.2.3";
  const auto leaf = issued(root, spec);
  const Certificate certificate = Certificate::from_der(leaf.der()).value();
  EXPECT_EQ(certificate.subject(), "O=\"Example, Inc.\", CN=gate");
  EXPECT_EQ(certificate.issuer(), "CN=root");
  EXPECT_EQ(certificate.alternative_names(),
            (std::vector<std::string>{"DNS:gate.example", "IP:192.0.2.1", "IP:2001:db8::1", "email:admin@example"}));
  EXPECT_EQ(certificate.last_second(), spec.not_after);
  EXPECT_EQ(certificate.der(), leaf.der());
  EXPECT_TRUE(std::ranges::equal(certificate.public_key()->spki(), testing::spki_of(leaf.key)));
  EXPECT_EQ(certificate.public_key()->type(), KeyType::kEcP256);
}

// RFC 7296 §3.7: SHA-1 over the SubjectPublicKeyInfo, so it is the same for each certificate of one key.
TEST(Certificate, AuthorityHashIsOfTheKeyAlone) {
  const auto root = self_signed(authority_spec("root"));
  CertificateSpec again = authority_spec("the same key, another name");
  again.key = root.key;
  const Octets hash = Certificate::from_der(root.der())->authority_hash().value();
  EXPECT_EQ(hash, ike_hash(IkeHash::kSha1, {testing::spki_of(root.key)}).value());
  EXPECT_EQ(hash, Certificate::from_der(self_signed(again).der())->authority_hash().value());
  EXPECT_NE(hash, Certificate::from_der(self_signed(authority_spec("root")).der())->authority_hash().value());
}

TEST(Certificate, OnlyAWholeOneIsRead) {
  const Octets der = self_signed({}).der();
  for (std::size_t octets = 0; octets < der.size(); ++octets) {
    const auto read = Certificate::from_der(ConstBytes(der).first(octets));
    ASSERT_FALSE(read) << octets;
    EXPECT_EQ(read.error().fault, Fault::kBadInput);
  }
  Octets longer = der;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(Certificate::from_der(longer));
  longer.resize(70000);
  EXPECT_FALSE(Certificate::from_der(longer));
}

// Any octet of a certificate may be changed on its way: an answer each time, and texts that can be printed.
TEST(Certificate, AChangedOneIsReadOrRefusedAndNothingElse) {
  CertificateSpec spec;
  spec.alternative_names = "DNS:gate.example,IP:192.0.2.1,email:admin@example";
  const Octets der = self_signed(spec).der();
  for (std::size_t i = 0; i < der.size(); ++i) {
    for (const unsigned mask : {0x01u, 0x20u, 0x80u, 0xffu}) {
      Octets changed = der;
      changed[i] ^= static_cast<std::byte>(mask);
      const auto read = Certificate::from_der(changed);
      if (!read) continue;
      std::string text = read->subject() + read->issuer();
      for (const std::string& name : read->alternative_names()) text += name;
      EXPECT_TRUE(std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; })) << i;
      (void)read->public_key();
      (void)read->last_second();
    }
  }
}

TEST(Certificate, NamesCannotBreakALogLine) {
  CertificateSpec spec;
  spec.common_name = "gate\nerror: \x1b[31mfake\x7f";
  spec.organisation = "caf\xc3\xa9";
  const std::string subject = Certificate::from_der(self_signed(spec).der())->subject();
  EXPECT_TRUE(std::ranges::all_of(subject, [](char letter) { return letter >= ' ' && letter <= '~'; })) << subject;
  EXPECT_NE(subject.find("CN=gate\\0Aerror"), std::string::npos) << subject;
  EXPECT_EQ(printable(as_bytes("a\\b\n\0c\xff", 7)), "a\\x5cb\\x0a\\x00c\\xff");
  EXPECT_LT(printable(Octets(10000)).size(), 300u);
  EXPECT_EQ(printable({}), "");
  spec.common_name = "n";
  for (int i = 0; i < 100; ++i) spec.alternative_names += (i == 0 ? "DNS:" : ",DNS:") + std::string(200, 'x');
  EXPECT_LE(Certificate::from_der(self_signed(spec).der())->alternative_names().size(), 64u);
}

TEST(Certificate, PemHoldsOneOrMore) {
  const auto one = self_signed(authority_spec("one")), two = self_signed(authority_spec("two"));
  const auto both = certificates_from_pem("comment\n" + one.pem() + testing::pem_of(one.key) + two.pem() + "end\n");
  ASSERT_TRUE(both) << both.error().what;
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0].subject(), "CN=one");
  EXPECT_EQ((*both)[1].der(), two.der());
}

TEST(Certificate, PemWithoutAWholeCertificateIsAnError) {
  const auto one = self_signed(authority_spec("one"));
  std::string broken = one.pem();
  broken[broken.size() / 2] = '!';
  for (const std::string& text : {std::string(), std::string("rubbish"), testing::pem_of(one.key), broken,
                                  one.pem() + broken, one.pem().substr(0, 100)}) {
    const auto read = certificates_from_pem(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().fault, Fault::kBadInput);
  }
}

TEST(RevocationList, IsReadWholeOrNotAtAll) {
  const auto root = self_signed(authority_spec("root"));
  const Octets der = testing::revocation_list(root, {});
  EXPECT_EQ(RevocationList::from_der(der)->issuer(), "CN=root");
  for (std::size_t octets = 0; octets < der.size(); ++octets) {
    EXPECT_FALSE(RevocationList::from_der(ConstBytes(der).first(octets))) << octets;
  }
  Octets longer = der;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(RevocationList::from_der(longer));
}

TEST(RevocationList, PemHoldsOneOrMore) {
  const auto one = self_signed(authority_spec("one")), two = self_signed(authority_spec("two"));
  const std::string first = testing::list_pem(testing::revocation_list(one, {}));
  const auto both = revocation_lists_from_pem(one.pem() + first + testing::list_pem(testing::revocation_list(two, {})));
  ASSERT_TRUE(both) << both.error().what;
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[1].issuer(), "CN=two");
  for (const std::string& text : {std::string(), one.pem(), first.substr(0, 100), first + first.substr(0, 100)}) {
    EXPECT_FALSE(revocation_lists_from_pem(text)) << text;
  }
}

TEST(Certificate, ANameIsTextThatIsNeverCut) {
  CertificateSpec spec;
  spec.common_name = "one, \"two\"";
  spec.organisation = std::string(64, 'o');
  const auto certificate = Certificate::from_der(self_signed(spec).der()).value();
  Octets der = certificate.subject_der();
  EXPECT_EQ(name_text(der).value(), "O=" + spec.organisation + ", CN=\"one, \\\"two\\\"\"");
  EXPECT_EQ(name_text(der).value(), certificate.subject());
  der.push_back(std::byte{0});
  EXPECT_FALSE(name_text(der));
  EXPECT_FALSE(name_text({}));
}

TEST(Certificate, KnowsWhetherItIsAnAuthority) {
  EXPECT_TRUE(Certificate::from_der(self_signed(authority_spec("root")).der())->is_authority());
  EXPECT_FALSE(Certificate::from_der(self_signed({}).der())->is_authority());
}

}  // namespace
}  // namespace levelgate::crypto::certificate_test
