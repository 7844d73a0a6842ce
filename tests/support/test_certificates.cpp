// SPDX-License-Identifier: Apache-2.0
//
// Certificates for tests.
#include "support/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace levelgate::testing {
namespace {

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL made no certificate for the test");
}

void set_name(X509_NAME* name, const CertificateSpec& spec) {
  const auto add = [&](const char* field, const std::string& value) {
    must(value.empty() ||
         X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1);
  };
  add("O", spec.organisation);
  add("CN", spec.common_name);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_nconf_nid(nullptr, &context, kind, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

const EVP_MD* digest_of(const std::string& name) { return name.empty() ? nullptr : EVP_get_digestbyname(name.c_str()); }

TestCertificate made(const CertificateSpec& spec, const TestCertificate* issuer) {
  static long serial = 0;
  TestCertificate certificate{{X509_new(), X509_free}, spec.key ? spec.key : make_ec_key("P-256")};
  X509* const x509 = certificate.x509.get();
  X509* const issuer_x509 = issuer == nullptr ? x509 : issuer->x509.get();
  must(X509_set_version(x509, X509_VERSION_3) == 1);
  must(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial) == 1);
  set_name(X509_get_subject_name(x509), spec);
  must(X509_set_issuer_name(x509, X509_get_subject_name(issuer_x509)) == 1);
  must(ASN1_TIME_set(X509_getm_notBefore(x509), spec.not_before) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(x509), spec.not_after) != nullptr);
  must(X509_set_pubkey(x509, certificate.key.get()) == 1);
  add_extension(x509, issuer_x509, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) add_extension(x509, issuer_x509, NID_authority_key_identifier, "keyid");
  add_extension(x509, issuer_x509, NID_basic_constraints, spec.basic_constraints);
  add_extension(x509, issuer_x509, NID_key_usage, spec.key_usage);
  add_extension(x509, issuer_x509, NID_ext_key_usage, spec.extended_key_usage);
  add_extension(x509, issuer_x509, NID_name_constraints, spec.name_constraints);
  add_extension(x509, issuer_x509, NID_subject_alt_name, spec.alternative_names);
  EVP_PKEY* const signer = issuer == nullptr ? certificate.key.get() : issuer->key.get();
  must(X509_sign(x509, signer, digest_of(spec.digest)) > 0);
  return certificate;
}

template <typename T, typename Write>
std::vector<std::byte> der_of(T* object, Write write) {
  unsigned char* octets = nullptr;
  const int size = write(object, &octets);
  must(size > 0);
  const auto* const from = reinterpret_cast<const std::byte*>(octets);
  std::vector<std::byte> copy(from, from + size);
  OPENSSL_free(octets);
  return copy;
}

std::string pem_text(const char* label, const std::vector<std::byte>& der) {
  BIO* const to = BIO_new(BIO_s_mem());
  must(PEM_write_bio(to, label, "", reinterpret_cast<const unsigned char*>(der.data()), static_cast<long>(der.size())) >
       0);
  char* text = nullptr;
  const long octets = BIO_get_mem_data(to, &text);
  std::string copy(text, static_cast<std::size_t>(octets));
  BIO_free(to);
  return copy;
}

}  // namespace

CertificateSpec authority_spec(const std::string& common_name) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.basic_constraints = "critical,CA:TRUE";
  spec.key_usage = "critical,keyCertSign,cRLSign";
  return spec;
}

std::vector<std::byte> TestCertificate::der() const { return der_of(x509.get(), i2d_X509); }

std::string TestCertificate::pem() const { return pem_text("CERTIFICATE", der()); }

TestCertificate self_signed(const CertificateSpec& spec) { return made(spec, nullptr); }
TestCertificate issued(const TestCertificate& issuer, const CertificateSpec& spec) { return made(spec, &issuer); }

std::vector<std::byte> revocation_list(const TestCertificate& issuer, const ListSpec& spec) {
  const std::shared_ptr<X509_CRL> list(X509_CRL_new(), X509_CRL_free);
  const std::shared_ptr<ASN1_TIME> last(ASN1_TIME_set(nullptr, spec.last_update), ASN1_TIME_free);
  const std::shared_ptr<ASN1_TIME> next(ASN1_TIME_set(nullptr, spec.next_update), ASN1_TIME_free);
  must(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
  must(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.x509.get())) == 1);
  must(X509_CRL_set1_lastUpdate(list.get(), last.get()) == 1 && X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1);
  for (const TestCertificate& certificate : spec.revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    must(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.x509.get())) == 1);
    must(X509_REVOKED_set_revocationDate(entry, last.get()) == 1 && X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  must(X509_CRL_sort(list.get()) == 1 && X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256()) > 0);
  return der_of(list.get(), i2d_X509_CRL);
}

std::string list_pem(const std::vector<std::byte>& list) { return pem_text("X509 CRL", list); }

}  // namespace levelgate::testing
