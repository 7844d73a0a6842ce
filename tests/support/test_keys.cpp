// SPDX-License-Identifier: Apache-2.0
//
// Key pairs for tests.
#include "support/test_keys.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace levelgate::testing {
namespace {

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL made no key for the test");
}

TestKey generated(EVP_PKEY_CTX* context) {
  EVP_PKEY* key = nullptr;
  must(EVP_PKEY_generate(context, &key) == 1);
  EVP_PKEY_CTX_free(context);
  return {key, EVP_PKEY_free};
}

EVP_PKEY_CTX* started(const std::string& algorithm) {
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, algorithm.c_str(), nullptr);
  must(context != nullptr && EVP_PKEY_keygen_init(context) == 1);
  return context;
}

template <typename Write>
std::string written(Write write) {
  BIO* const to = BIO_new(BIO_s_mem());
  must(write(to) == 1);
  char* text = nullptr;
  const long octets = BIO_get_mem_data(to, &text);
  std::string copy(text, static_cast<std::size_t>(octets));
  BIO_free(to);
  return copy;
}

}  // namespace

TestKey make_rsa_key(const RsaKind& kind) {
  EVP_PKEY_CTX* const context = started(kind.algorithm);
  BIGNUM* const exponent = BN_new();
  must(BN_set_word(exponent, kind.exponent) == 1);
  must(EVP_PKEY_CTX_set_rsa_keygen_bits(context, static_cast<int>(kind.bits)) == 1);
  must(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, exponent) == 1);
  BN_free(exponent);
  if (!kind.pss_digest.empty()) {
    must(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(context, kind.pss_digest.c_str(), nullptr) == 1);
    must(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(context, kind.pss_digest.c_str()) == 1);
  }
  return generated(context);
}

TestKey make_ec_key(const std::string& curve, CurveForm form) {
  EVP_PKEY_CTX* const context = started("EC");
  must(EVP_PKEY_CTX_set_group_name(context, curve.c_str()) == 1);
  const int encoding = form == CurveForm::kNamed ? OPENSSL_EC_NAMED_CURVE : OPENSSL_EC_EXPLICIT_CURVE;
  must(EVP_PKEY_CTX_set_ec_param_enc(context, encoding) == 1);
  return generated(context);
}

TestKey make_key(const std::string& algorithm) { return generated(started(algorithm)); }

std::string pem_of(const TestKey& key, const std::string& passphrase) {
  return written([&](BIO* to) {
    const auto* const octets = reinterpret_cast<const unsigned char*>(passphrase.data());
    return PEM_write_bio_PrivateKey(to, key.get(), passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
                                    passphrase.empty() ? nullptr : octets, static_cast<int>(passphrase.size()), nullptr,
                                    nullptr);
  });
}

std::string traditional_pem_of(const TestKey& key) {
  return written([&](BIO* to) {
    return PEM_write_bio_PrivateKey_traditional(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::vector<std::byte> spki_of(const TestKey& key) {
  unsigned char* der = nullptr;
  const int octets = i2d_PUBKEY(key.get(), &der);
  must(octets > 0);
  const auto* const from = reinterpret_cast<const std::byte*>(der);
  std::vector<std::byte> copy(from, from + octets);
  OPENSSL_free(der);
  return copy;
}

}  // namespace levelgate::testing
