// SPDX-License-Identifier: Apache-2.0
//
// One X.509 certificate or revocation list as a value (RFC 5280). Reading one says nothing about trust: that is
// certificate_path's. Names come out as text that is fit for a log whatever the peer has put in.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signature.h"

struct x509_st;       // OpenSSL's X509
struct X509_crl_st;   // OpenSSL's X509_CRL
struct X509_name_st;  // OpenSSL's X509_NAME

namespace levelgate::crypto {

// Immutable; copies share. Any thread.
class Certificate {
 public:
  // A whole certificate, nothing behind it, of at most 64 KiB.
  [[nodiscard]] static Result<Certificate> from_der(ConstBytes der);
  explicit Certificate(std::shared_ptr<x509_st> handle) : handle_(std::move(handle)) {}

  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::vector<std::byte> subject_der() const;
  // "CN=gate, O=example": printable ASCII, the rest escaped, cut where it is long.
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::string issuer() const;
  // "DNS:gate.example", "IP:192.0.2.1", "email:admin@example", "DN:CN=gate"; other kinds are left out.
  [[nodiscard]] std::vector<std::string> alternative_names() const;
  // Seconds since 1970, the last one in which the certificate is valid.
  [[nodiscard]] std::int64_t last_second() const;
  // Whether it may issue others. One that may not is trusted for itself alone.
  [[nodiscard]] bool is_authority() const;

  // Fails for a key that PublicKey refuses.
  [[nodiscard]] Result<PublicKey> public_key() const;
  // What a CERTREQ payload names this authority by: SHA-1 over its SubjectPublicKeyInfo (RFC 7296 §3.7).
  [[nodiscard]] Result<std::vector<std::byte>> authority_hash() const;

  [[nodiscard]] x509_st* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<x509_st> handle_;
};

// Every certificate of the text in its order; fails when there is none or one cannot be read.
[[nodiscard]] Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem);

// Immutable; copies share. Any thread.
class RevocationList {
 public:
  [[nodiscard]] static Result<RevocationList> from_der(ConstBytes der);
  explicit RevocationList(std::shared_ptr<X509_crl_st> handle) : handle_(std::move(handle)) {}

  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] X509_crl_st* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<X509_crl_st> handle_;
};

// Every list of the text, as certificates_from_pem.
[[nodiscard]] Result<std::vector<RevocationList>> revocation_lists_from_pem(std::string_view pem);

// A name as subject() gives it.
[[nodiscard]] std::string text_of(const X509_name_st* name);
// A whole Name in DER as subject() gives it, but never cut: two names have one text only if their values are the same.
[[nodiscard]] Result<std::string> name_text(ConstBytes der);
// Octets of a peer as text that is fit for a log: printable ASCII, the rest escaped, cut where it is long.
[[nodiscard]] std::string printable(ConstBytes octets);

}  // namespace levelgate::crypto
