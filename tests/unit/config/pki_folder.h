// SPDX-License-Identifier: Apache-2.0
//
// A folder with what an IKE gateway's configuration names as well: preshared keys, certificates and private keys, right
// ones and wrong ones, made for this one run.
#pragma once

#include <openssl/pem.h>

#include "config/circumstances.h"
#include "support/test_certificates.h"
#include "unit/config/key_folder.h"

namespace levelgate::tests {

inline std::string pem_of_list(const std::vector<std::byte>& der) {
  const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> list(
      d2i_X509_CRL(nullptr, &octets, static_cast<long>(der.size())), X509_CRL_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> output(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509_CRL(output.get(), list.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(output.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

class PkiFolder : public KeyFolder {
 public:
  PkiFolder() {
    write_preshared_keys();
    using namespace levelgate::testing;
    CertificateSpec authority = authority_spec("ca");
    authority.not_after = kTestNow + 900 * kDay;
    const TestCertificate ca = self_signed(authority);
    write("ca.pem", ca.pem(), 0644);
    write("ca.crl", pem_of_list(revocation_list(ca, {})), 0644);
    authority.not_after = kTestNow - kDay / 2;
    write("old-ca.pem", self_signed(authority).pem(), 0644);
    CertificateSpec gate;
    gate.common_name = "gate";
    gate.organisation = "Example";
    gate.alternative_names = "DNS:gate.example,email:admin@gate.example,IP:198.51.100.1";
    gate.not_after = kTestNow + 300 * kDay;
    const TestCertificate leaf = issued(ca, gate);
    write("gate.pem", leaf.pem() + ca.pem(), 0644);
    write("gate.key", pem_of(leaf.key));
    write("open-gate.key", pem_of(leaf.key), 0640);
    write("locked.key", pem_of(leaf.key, "passphrase"));
    write("other.key", pem_of(make_ec_key("P-256")));
    gate.key = leaf.key;
    gate.not_after = kTestNow + 10 * kDay;
    write("soon.pem", issued(ca, gate).pem(), 0644);
    gate.not_after = kTestNow - 3 * kDay;
    write("old.pem", issued(ca, gate).pem(), 0644);
    write("words.pem", "no certificate", 0644);
  }

  // As the service sees it.
  [[nodiscard]] config::Circumstances circumstances() const {
    return {.now_seconds = levelgate::testing::kTestNow, .credentials = *this / "credentials"};
  }

 private:
  void write_preshared_keys() const {
    write("good.psk", "p1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=\n");
    write("hex.psk", "0x000102030405060708090a0b0c0d0e0f\n");
    write("weak.psk", "Berlin2026\n");
    write("berlin.ppk", "r2nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=\n");
    write("next.ppk", "0x" + digits(20, 'n') + digits(12, 'p') + "\n");
    write("open.psk", "p1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=\n", 0644);
    write("odd.psk", "0x000102030405060708090a0b0c0d0e0f1\n");
    write("words.psk", "0xno digits\n");
    std::filesystem::create_directory(*this / "credentials");
    write("credentials/oslo-psk", "q1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=\n", 0440);
  }
};

}  // namespace levelgate::tests
