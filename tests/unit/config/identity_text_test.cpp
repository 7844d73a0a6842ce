// SPDX-License-Identifier: Apache-2.0
//
// Identities (RFC 7296 §3.5): the kind that each form means, and what is none.
#include "config/identity_text.h"

#include <gtest/gtest.h>

namespace levelgate::config::identity_text_test {
namespace {

using enum model::IdentityKind;

struct Written {
  const char* text;
  model::Identity meant;
};

TEST(IdentityText, TheKindFollowsFromTheForm) {
  const Written all[] = {
      {"198.51.100.1", {kAddress, "198.51.100.1"}},
      {"2001:DB8:0::1", {kAddress, "2001:db8::1"}},
      {"gate.example", {kFqdn, "gate.example"}},
      {"1.gate-2.example_x", {kFqdn, "1.gate-2.example_x"}},
      {"admin@gate.example", {kEmail, "admin@gate.example"}},
      {"admin@localhost", {kEmail, "admin@localhost"}},
      {"CN=gate", {kDistinguishedName, "CN=gate"}},
      {"CN = gate,O= Example Ltd", {kDistinguishedName, "CN=gate, O=Example Ltd"}},
      {"CN=gate, O=Example\\, Ltd", {kDistinguishedName, "CN=gate, O=Example\\, Ltd"}},
      {"emailAddress=a@b.example, CN=gate", {kDistinguishedName, "emailAddress=a@b.example, CN=gate"}},
      {"keyid:gate", {kKeyId, "gate"}},
      {"keyid:a=b@c.d", {kKeyId, "a=b@c.d"}},
  };
  for (const Written& written : all) {
    EXPECT_EQ(parse_identity(written.text), written.meant) << written.text;
    EXPECT_EQ(parse_identity(identity_text(written.meant)), written.meant) << written.text;
  }
}

TEST(IdentityText, WhatIsNone) {
  for (const char* const text : {"", "berlin", "keyid:", "198.51.100.300", "1.2.3", "a..b", ".example", "gate.example.",
                                 "*.example", "gate example.net", "@gate.example", "admin@", "a b@c.example", "=",
                                 "CN=", "=gate", "CN=gate,", "CN=gate, O", "subject"}) {
    EXPECT_FALSE(parse_identity(text)) << text;
  }
}

TEST(IdentityText, TheSubjectOfOurCertificateHasAWord) {
  EXPECT_EQ(identity_text({kDistinguishedName, ""}), "subject");
}

}  // namespace
}  // namespace levelgate::config::identity_text_test
