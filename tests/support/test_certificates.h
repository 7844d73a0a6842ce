// SPDX-License-Identifier: Apache-2.0
//
// Certificates and revocation lists made by OpenSSL for one run of a test, good ones and bad ones.
#pragma once

#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/test_keys.h"

namespace levelgate::testing {

// The moment at which tests look at certificates, and how long these are valid around it.
inline constexpr std::int64_t kTestNow = 1'790'000'000;  // in September 2026
inline constexpr std::int64_t kDay = 86'400;

// The texts are those of OpenSSL's configuration; an empty one leaves the extension out.
struct CertificateSpec {
  std::string common_name = "leaf";
  std::string organisation = {};
  std::string alternative_names = {};
  std::string basic_constraints = {};
  std::string key_usage = {};
  std::string extended_key_usage = {};
  std::string name_constraints = {};
  std::int64_t not_before = kTestNow - 10 * kDay;
  std::int64_t not_after = kTestNow + 10 * kDay;
  std::string digest = "SHA256";  // of the signature on it; empty for keys that hash by themselves
  TestKey key = {};               // none: a new one on P-256
};

// An authority's certificate.
CertificateSpec authority_spec(const std::string& common_name);

struct TestCertificate {
  std::shared_ptr<X509> x509;
  TestKey key;

  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;
};

TestCertificate self_signed(const CertificateSpec& spec);
TestCertificate issued(const TestCertificate& issuer, const CertificateSpec& spec);

struct ListSpec {
  std::vector<TestCertificate> revoked = {};
  std::int64_t last_update = kTestNow - kDay;
  std::int64_t next_update = kTestNow + kDay;
};
std::vector<std::byte> revocation_list(const TestCertificate& issuer, const ListSpec& spec);
std::string list_pem(const std::vector<std::byte>& list);

}  // namespace levelgate::testing
