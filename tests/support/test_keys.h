// SPDX-License-Identifier: Apache-2.0
//
// Key pairs made by OpenSSL for one run of a test, also of kinds that the product must refuse.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

namespace levelgate::testing {

using TestKey = std::shared_ptr<EVP_PKEY>;

struct RsaKind {
  unsigned bits = 2048;
  unsigned exponent = 65537;
  std::string algorithm = "RSA";  // or "RSA-PSS"
  std::string pss_digest = {};    // the only one that a key of RSA-PSS allows
};
TestKey make_rsa_key(const RsaKind& kind = {});

enum class CurveForm { kNamed, kWrittenOut };
TestKey make_ec_key(const std::string& curve, CurveForm form = CurveForm::kNamed);

// OpenSSL's name of an algorithm without parameters: "ED25519", "ML-DSA-44", "X25519".
TestKey make_key(const std::string& algorithm);

// PKCS#8; with a passphrase when one is given.
std::string pem_of(const TestKey& key, const std::string& passphrase = {});
// The older form that belongs to the key's kind: "BEGIN RSA PRIVATE KEY".
std::string traditional_pem_of(const TestKey& key);
std::vector<std::byte> spki_of(const TestKey& key);

}  // namespace levelgate::testing
