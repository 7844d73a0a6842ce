// SPDX-License-Identifier: Apache-2.0
//
// Paths from a peer's certificate to an anchor: which hold, which do not, and that the error names the certificate and
// its place (RFC 5280 §6, RFC 4945 §5.1).
#include "crypto/certificate_path.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "support/test_certificates.h"

namespace levelgate::crypto::certificate_path_test {
namespace {

using testing::authority_spec;
using testing::CertificateSpec;
using testing::issued;
using testing::kDay;
using testing::kTestNow;
using testing::ListSpec;
using testing::revocation_list;
using testing::self_signed;
using testing::TestCertificate;

std::vector<Certificate> read(const std::vector<TestCertificate>& certificates) {
  std::vector<Certificate> values;
  for (const TestCertificate& certificate : certificates) {
    values.push_back(Certificate::from_der(certificate.der()).value());
  }
  return values;
}

// The errors of a path, or "" when it holds.
struct Question {
  std::vector<TestCertificate> anchors;
  std::vector<TestCertificate> others = {};
  std::vector<std::vector<std::byte>> lists = {};
  Revocation revocation = Revocation::kNone;
  std::int64_t now = kTestNow;

  [[nodiscard]] std::expected<std::vector<Certificate>, PathRefusal> ask(const TestCertificate& peer) const {
    std::vector<RevocationList> read_lists;
    for (const auto& list : lists) read_lists.push_back(RevocationList::from_der(list).value());
    const std::vector<Certificate> read_anchors = read(anchors);
    return validate_path(Certificate::from_der(peer.der()).value(), read(others),
                         {read_anchors, read_lists, revocation, now});
  }
  [[nodiscard]] std::string error_of(const TestCertificate& peer) const {
    const auto path = ask(peer);
    return path ? "" : path.error().what;
  }
};

CertificateSpec leaf_spec(const std::string& name = "leaf") {
  CertificateSpec spec;
  spec.common_name = name;
  spec.key_usage = "critical,digitalSignature";
  return spec;
}

// root -> middle -> leaf
struct Pki {
  TestCertificate root = self_signed(authority_spec("root"));
  TestCertificate middle = issued(root, authority_spec("middle"));
  TestCertificate leaf = issued(middle, leaf_spec());

  [[nodiscard]] Question question() const { return {.anchors = {root}, .others = {middle}}; }
};

::testing::AssertionResult says(const std::string& error, const std::string& part) {
  if (error.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << error << "' does not say '" << part << "'";
}

TEST(CertificatePath, LeadsFromThePeerToTheAnchor) {
  const Pki pki;
  const auto path = pki.question().ask(pki.leaf);
  ASSERT_TRUE(path) << path.error().what;
  ASSERT_EQ(path->size(), 3u);
  EXPECT_EQ((*path)[0].subject(), "CN=leaf");
  EXPECT_EQ((*path)[1].subject(), "CN=middle");
  EXPECT_EQ((*path)[2].der(), pki.root.der());
}

// The order in which a peer sends its certificates, and what does not belong, are no matter.
// [7296-3.6-a]
TEST(CertificatePath, OthersComeInAnyOrderAndWithStrangers) {
  const Pki pki;
  const TestCertificate low = issued(pki.middle, authority_spec("low"));
  const TestCertificate leaf = issued(low, leaf_spec());
  const TestCertificate stranger = self_signed(authority_spec("middle"));
  EXPECT_EQ((Question{.anchors = {pki.root}, .others = {stranger, pki.middle, leaf, low, pki.root}}).error_of(leaf),
            "");
  EXPECT_EQ((Question{.anchors = {stranger, pki.root}, .others = {low, pki.middle}}).error_of(leaf), "");
}

TEST(CertificatePath, AMissingLinkIsNamed) {
  const Pki pki;
  const std::string error = Question{.anchors = {pki.root}}.error_of(pki.leaf);
  EXPECT_TRUE(says(error, "\"CN=leaf\"")) << "the certificate";
  EXPECT_TRUE(says(error, "position 0 of the chain, issued by \"CN=middle\""));
  EXPECT_TRUE(says(error, "unable to get local issuer certificate")) << "OpenSSL's reason";
}

TEST(CertificatePath, WhatThePeerSendsIsNoAnchor) {
  const Pki pki;
  EXPECT_NE((Question{.anchors = {self_signed(authority_spec("other"))}, .others = {pki.middle, pki.root}})
                .error_of(pki.leaf),
            "");
  EXPECT_NE((Question{.anchors = {}, .others = {pki.middle, pki.root}}).error_of(pki.leaf), "");
  EXPECT_NE((Question{.anchors = {pki.root}}).error_of(self_signed(leaf_spec())), "");
}

// Each kind of refusal by its own name, for those who decide what to do.
TEST(CertificatePath, ARefusalHasAKind) {
  const Pki pki;
  const auto fault = [&](Question question, std::int64_t now, const TestCertificate& peer) {
    question.now = now;
    const auto path = question.ask(peer);
    return path ? std::nullopt : std::optional(path.error().fault);
  };
  CertificateSpec wrong = leaf_spec();
  wrong.extended_key_usage = "serverAuth";
  Question strict = pki.question();
  strict.revocation = Revocation::kStrict;
  Question revoking = strict;
  revoking.lists = {revocation_list(pki.middle, {.revoked = {pki.leaf}}), revocation_list(pki.root, {})};
  EXPECT_EQ(fault(pki.question(), kTestNow, pki.leaf), std::nullopt);
  EXPECT_EQ(fault(pki.question(), kTestNow + 20 * kDay, pki.leaf), PathFault::kExpired);
  EXPECT_EQ(fault(pki.question(), kTestNow - 20 * kDay, pki.leaf), PathFault::kNotYetValid);
  EXPECT_EQ(fault({.anchors = {pki.root}}, kTestNow, pki.leaf), PathFault::kUntrusted);
  EXPECT_EQ(fault(pki.question(), kTestNow, self_signed(leaf_spec())), PathFault::kUntrusted);
  EXPECT_EQ(fault(strict, kTestNow, pki.leaf), PathFault::kNoList);
  EXPECT_EQ(fault(revoking, kTestNow, pki.leaf), PathFault::kRevoked);
  EXPECT_EQ(fault(pki.question(), kTestNow, issued(pki.middle, wrong)), PathFault::kUnfit);
}

// An authority of the same name and another key.
TEST(CertificatePath, AForgedAuthorityIsRefused) {
  const Pki pki;
  const TestCertificate forger = self_signed(authority_spec("root"));
  const TestCertificate forged = issued(forger, leaf_spec());
  EXPECT_NE((Question{.anchors = {pki.root}, .others = {forger}}).error_of(forged), "");
  auto der = issued(pki.root, leaf_spec()).der();
  der[der.size() - 3] ^= std::byte{1};  // in the signature
  const std::vector<Certificate> anchors = read({pki.root});
  EXPECT_FALSE(validate_path(Certificate::from_der(der).value(), {}, {anchors, {}, Revocation::kNone, kTestNow}));
}

TEST(CertificatePath, AnAnchorMayBeAnIntermediateOrThePeerItself) {
  const Pki pki;
  EXPECT_EQ((Question{.anchors = {pki.middle}}).error_of(pki.leaf), "");
  EXPECT_EQ((Question{.anchors = {pki.leaf}}).ask(pki.leaf)->size(), 1u);
  const TestCertificate lonely = self_signed(leaf_spec());
  EXPECT_EQ((Question{.anchors = {lonely}}).error_of(lonely), "");
  EXPECT_NE((Question{.anchors = {pki.leaf}}).error_of(issued(pki.middle, leaf_spec())), "") << "another of the name";
}

TEST(CertificatePath, EveryCertificateIsInItsTime) {
  const Pki pki;
  Question question = pki.question();
  question.now = kTestNow + 11 * kDay;
  EXPECT_TRUE(says(question.error_of(pki.leaf), "expired"));
  question.now = kTestNow - 11 * kDay;
  EXPECT_TRUE(says(question.error_of(pki.leaf), "not yet valid"));
  CertificateSpec old_authority = authority_spec("old");
  old_authority.not_after = kTestNow - 1;
  const TestCertificate old = issued(pki.root, old_authority);
  const TestCertificate leaf = issued(old, leaf_spec());
  const std::string error = Question{.anchors = {pki.root}, .others = {old}}.error_of(leaf);
  EXPECT_TRUE(says(error, "\"CN=old\" (position 1 of the chain, issued by \"CN=root\"): certificate has expired"));
  EXPECT_EQ((Question{.anchors = {pki.root}, .others = {old}, .now = kTestNow - 2}).error_of(leaf), "");
}

// RFC 5280 §4.2.1.9, §4.2.1.10: who may issue, how far down, and for which names.
TEST(CertificatePath, AuthoritiesKeepToTheirConstraints) {
  const Pki pki;
  const TestCertificate below_leaf = issued(pki.leaf, leaf_spec("below"));
  EXPECT_NE((Question{.anchors = {pki.root}, .others = {pki.middle, pki.leaf}}).error_of(below_leaf), "");

  CertificateSpec no_signer = authority_spec("no signer");
  no_signer.key_usage = "critical,digitalSignature";
  const TestCertificate wrong_usage = issued(pki.root, no_signer);
  EXPECT_NE((Question{.anchors = {pki.root}, .others = {wrong_usage}}).error_of(issued(wrong_usage, leaf_spec())), "");

  CertificateSpec short_path = authority_spec("short");
  short_path.basic_constraints = "critical,CA:TRUE,pathlen:0";
  const TestCertificate last = issued(pki.root, short_path);
  const TestCertificate one_more = issued(last, authority_spec("one more"));
  EXPECT_EQ((Question{.anchors = {pki.root}, .others = {last}}).error_of(issued(last, leaf_spec())), "");
  EXPECT_TRUE(
      says((Question{.anchors = {pki.root}, .others = {last, one_more}}).error_of(issued(one_more, leaf_spec())),
           "path length"));

  CertificateSpec bounded = authority_spec("bounded");
  bounded.name_constraints = "critical,permitted;DNS:.example";
  const TestCertificate of_example = issued(pki.root, bounded);
  CertificateSpec inside = leaf_spec(), outside = leaf_spec();
  inside.alternative_names = "DNS:gate.example";
  outside.alternative_names = "DNS:gate.evil";
  EXPECT_EQ((Question{.anchors = {pki.root}, .others = {of_example}}).error_of(issued(of_example, inside)), "");
  EXPECT_TRUE(says((Question{.anchors = {pki.root}, .others = {of_example}}).error_of(issued(of_example, outside)),
                   "permitted subtree"));
}

// RFC 4945 §5.1.3.2 and §5.1.3.12.
TEST(CertificatePath, UsageAllowsSignaturesAndIke) {
  const TestCertificate root = self_signed(authority_spec("root"));
  const auto error_with = [&](const std::string& usage, const std::string& extended) {
    CertificateSpec spec = leaf_spec();
    spec.key_usage = usage;
    spec.extended_key_usage = extended;
    return Question{.anchors = {root}}.error_of(issued(root, spec));
  };
  EXPECT_EQ(error_with("", ""), "");
  EXPECT_EQ(error_with("nonRepudiation", ""), "");
  EXPECT_EQ(error_with("digitalSignature,keyEncipherment", ""), "");
  EXPECT_TRUE(says(error_with("keyEncipherment", ""), "digitalSignature"));
  EXPECT_TRUE(says(error_with("critical,keyAgreement", ""), "digitalSignature"));
  EXPECT_EQ(error_with("", "1.3.6.1.5.5.7.3.17"), "");
  EXPECT_EQ(error_with("", "serverAuth,1.3.6.1.5.5.7.3.17"), "");
  EXPECT_EQ(error_with("", "anyExtendedKeyUsage"), "");
  EXPECT_TRUE(says(error_with("", "serverAuth"), "ipsecIKE"));
  EXPECT_TRUE(says(error_with("", "critical,clientAuth,emailProtection"), "ipsecIKE"));
}

TEST(CertificatePath, NothingWeakInTheChain) {
  const TestCertificate root = self_signed(authority_spec("root"));
  CertificateSpec weak_key = leaf_spec();
  weak_key.key = testing::make_rsa_key({.bits = 1024});
  EXPECT_TRUE(says(Question{.anchors = {root}}.error_of(issued(root, weak_key)), "key too weak"));
  CertificateSpec sha1 = leaf_spec();
  sha1.digest = "SHA1";
  EXPECT_TRUE(says(Question{.anchors = {root}}.error_of(issued(root, sha1)), "digest algorithm too weak"));
  CertificateSpec small_exponent = leaf_spec();
  small_exponent.key = testing::make_rsa_key({.exponent = 3});
  EXPECT_TRUE(says(Question{.anchors = {root}}.error_of(issued(root, small_exponent)), "exponent"));
  CertificateSpec weak_authority = authority_spec("weak");
  weak_authority.key = testing::make_rsa_key({.bits = 1024});
  const TestCertificate weak = issued(root, weak_authority);
  EXPECT_NE((Question{.anchors = {root}, .others = {weak}}).error_of(issued(weak, leaf_spec())), "");
}

TEST(CertificatePath, EveryKindOfKeyMaySignACertificate) {
  for (const std::string name :
       {"RSA", "RSA-PSS", "P-384", "P-521", "ED25519", "ED448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}) {
    const bool rsa = name.starts_with("RSA"), ec = name.starts_with("P-");
    const auto key = [&] {
      return rsa  ? testing::make_rsa_key({.algorithm = name})
             : ec ? testing::make_ec_key(name)
                  : testing::make_key(name);
    };
    CertificateSpec authority = authority_spec(name), leaf = leaf_spec();
    authority.digest = leaf.digest = rsa || ec ? "SHA384" : "";
    authority.key = key();
    leaf.key = key();
    const TestCertificate root = self_signed(authority);
    EXPECT_EQ(Question{.anchors = {root}}.error_of(issued(root, leaf)), "") << name;
  }
}

TEST(CertificatePath, WorkIsBounded) {
  const Pki pki;
  Question many = pki.question();
  many.others.resize(16, pki.middle);
  EXPECT_EQ(many.error_of(pki.leaf), "");
  many.others.push_back(pki.middle);
  EXPECT_TRUE(says(many.error_of(pki.leaf), "more than 16 certificates"));

  TestCertificate last = pki.root;
  Question deep{.anchors = {pki.root}};
  for (int i = 0; i < 8; ++i) deep.others.push_back(last = issued(last, authority_spec("step " + std::to_string(i))));
  EXPECT_EQ(deep.error_of(issued(last, leaf_spec())), "");
  deep.others.push_back(last = issued(last, authority_spec("one too many")));
  EXPECT_NE(deep.error_of(issued(last, leaf_spec())), "");
}

class Revoking : public ::testing::Test {
 protected:
  [[nodiscard]] std::string error(Revocation revocation, std::vector<std::vector<std::byte>> lists) const {
    Question question = pki_.question();
    question.revocation = revocation;
    question.lists = std::move(lists);
    return question.error_of(pki_.leaf);
  }
  [[nodiscard]] std::vector<std::byte> of_root(const ListSpec& spec = {}) const {
    return revocation_list(pki_.root, spec);
  }
  [[nodiscard]] std::vector<std::byte> of_middle(const ListSpec& spec = {}) const {
    return revocation_list(pki_.middle, spec);
  }

  Pki pki_;
  ListSpec leaf_gone_{.revoked = {pki_.leaf}};
  ListSpec middle_gone_{.revoked = {pki_.middle}};
  ListSpec old_{.last_update = kTestNow - 9 * kDay, .next_update = kTestNow - kDay};
};

TEST_F(Revoking, NoneAsksNoList) {
  EXPECT_EQ(error(Revocation::kNone, {}), "");
  EXPECT_EQ(error(Revocation::kNone, {of_root(), of_middle(leaf_gone_)}), "");
}

TEST_F(Revoking, WhoIsListedIsRefused) {
  for (const Revocation revocation : {Revocation::kSoft, Revocation::kStrict}) {
    EXPECT_EQ(error(revocation, {of_root(), of_middle()}), "");
    EXPECT_TRUE(says(error(revocation, {of_root(), of_middle(leaf_gone_)}), "\"CN=leaf\" (position 0"));
    EXPECT_TRUE(says(error(revocation, {of_root(), of_middle(leaf_gone_)}), "revoked"));
    EXPECT_TRUE(says(error(revocation, {of_root(middle_gone_), of_middle()}), "\"CN=middle\" (position 1"));
  }
  EXPECT_TRUE(says(error(Revocation::kSoft, {of_middle(leaf_gone_)}), "revoked")) << "with no list of the root";
}

TEST_F(Revoking, AMissingListIsAFaultWhenStrict) {
  EXPECT_EQ(error(Revocation::kSoft, {}), "");
  EXPECT_EQ(error(Revocation::kSoft, {of_root()}), "");
  EXPECT_TRUE(says(error(Revocation::kStrict, {}), "unable to get certificate CRL"));
  EXPECT_TRUE(says(error(Revocation::kStrict, {of_root()}), "\"CN=leaf\""));
  EXPECT_TRUE(says(error(Revocation::kStrict, {of_middle()}), "\"CN=middle\""));
}

TEST_F(Revoking, AnOldListStillNamesTheRevoked) {
  ListSpec old_leaf_gone = old_;
  old_leaf_gone.revoked = {pki_.leaf};
  EXPECT_EQ(error(Revocation::kSoft, {of_root(), of_middle(old_)}), "");
  EXPECT_TRUE(says(error(Revocation::kSoft, {of_root(), of_middle(old_leaf_gone)}), "revoked"));
  EXPECT_TRUE(says(error(Revocation::kStrict, {of_root(), of_middle(old_)}), "CRL has expired"));
}

// A list under the authority's name that someone else has signed counts for nothing.
TEST_F(Revoking, AForgedListIsNoList) {
  TestCertificate forger = self_signed(authority_spec("middle"));
  EXPECT_NE(error(Revocation::kStrict, {of_root(), revocation_list(forger, {})}), "");
}

// The anchor is the operator's word: no list has to speak of it, be it a root, an intermediate or the peer itself.
TEST_F(Revoking, TheAnchorNeedsNoList) {
  const Question middle{.anchors = {pki_.middle}, .lists = {of_middle()}, .revocation = Revocation::kStrict};
  EXPECT_EQ(middle.error_of(pki_.leaf), "");
  const Question both{.anchors = {pki_.middle}, .lists = {of_root(), of_middle()}, .revocation = Revocation::kStrict};
  EXPECT_EQ(both.error_of(pki_.leaf), "");
  const Question pinned{.anchors = {pki_.leaf}, .revocation = Revocation::kStrict};
  EXPECT_EQ(pinned.error_of(pki_.leaf), "");
  const Question gone{.anchors = {pki_.middle}, .lists = {of_middle(leaf_gone_)}, .revocation = Revocation::kStrict};
  EXPECT_TRUE(says(gone.error_of(pki_.leaf), "revoked"));
}

}  // namespace
}  // namespace levelgate::crypto::certificate_path_test
