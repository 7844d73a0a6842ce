// SPDX-License-Identifier: Apache-2.0
//
// Certificates and revocation lists read by OpenSSL into the library context of our own.
#include "crypto/certificate.h"

#include <levelgate/base/ip_address.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>

#include "crypto/ike_hash.h"
#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

using Input = OpensslOwned<BIO, BIO_free>;

constexpr std::size_t kMostCertificateOctets = 65535;  // a CERT payload holds no more
constexpr std::size_t kMostListOctets = 64u << 20;     // from the operator's files only
constexpr std::size_t kMostTextOctets = 256;           // of a name in a log line
constexpr std::size_t kMostNames = 64;                 // a certificate for more hosts than that is told in part

// OpenSSL's i2d functions measure with a null pointer, then write.
template <typename Write>
std::vector<std::byte> written(Write write) {
  const int size = write(nullptr);
  if (size <= 0) return {};
  std::vector<std::byte> octets(static_cast<std::size_t>(size));
  unsigned char* at = octets_of(Bytes(octets));
  (void)write(&at);
  return octets;
}

// Reads one object of T with nothing behind it.
template <typename T, auto kNew, auto kRead, auto kFree>
std::shared_ptr<T> read_whole(ConstBytes der, std::size_t most) {
  if (der.size() > most) return nullptr;
  T* object = kNew(openssl_context(), nullptr);
  const unsigned char* at = octets_of(der);
  const bool read = object != nullptr && kRead(&object, &at, static_cast<long>(der.size())) != nullptr;
  std::shared_ptr<T> owner(object, kFree);
  return read && at == octets_of(der) + der.size() ? owner : nullptr;
}

Input text_input(std::string_view text) { return Input(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Every object of one kind in a text, as Values.
template <typename Value, typename T, auto kNew, auto kRead, auto kFree>
Result<std::vector<Value>> every(std::string_view pem, std::string_view kind) {
  const Input input = text_input(pem);
  std::vector<Value> found;
  while (input) {
    T* object = kNew(openssl_context(), nullptr);
    const bool read = kRead(input.get(), &object, no_passphrase, nullptr) != nullptr;
    std::shared_ptr<T> owner(object, kFree);
    if (read) {
      found.emplace_back(std::move(owner));
      continue;
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_end) return openssl_failure(Fault::kBadInput, std::string(kind) + " in the PEM text cannot be read");
    break;
  }
  (void)openssl_reason();
  if (found.empty()) return failure(Fault::kBadInput, "no " + std::string(kind) + " in the PEM text");
  return found;
}

std::optional<std::string> whole_text(const X509_NAME* name) {
  const Input output(BIO_new(BIO_s_mem()));
  constexpr unsigned long kForm = XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ;
  if (!output || X509_NAME_print_ex(output.get(), name, 0, kForm) < 0) return std::nullopt;
  char* text = nullptr;
  const long size = BIO_get_mem_data(output.get(), &text);
  // Escaped by OpenSSL's rules for names; control octets are replaced if any slip by.
  std::string line(text, static_cast<std::size_t>(std::max(0L, size)));
  std::ranges::replace_if(line, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
  return line;
}

std::string ip_text(ConstBytes octets) {
  if (octets.size() == 4) return IpAddress::v4_from(octets.data()).text();
  if (octets.size() == 16) return IpAddress::v6_from(octets.data()).text();
  return printable(octets);
}

std::optional<std::string> text_of_name(const GENERAL_NAME* name) {
  int kind = 0;
  const void* const value = GENERAL_NAME_get0_value(name, &kind);
  if (kind == GEN_DIRNAME) return "DN:" + text_of(static_cast<const X509_NAME*>(value));
  if (kind != GEN_DNS && kind != GEN_EMAIL && kind != GEN_IPADD) return std::nullopt;
  const auto* const string = static_cast<const ASN1_STRING*>(value);
  const ConstBytes octets = as_bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                                     static_cast<std::size_t>(ASN1_STRING_length(string)));
  if (kind == GEN_IPADD) return "IP:" + ip_text(octets);
  return (kind == GEN_DNS ? "DNS:" : "email:") + printable(octets);
}

}  // namespace

Result<Certificate> Certificate::from_der(ConstBytes der) {
  auto handle = read_whole<X509, X509_new_ex, d2i_X509, X509_free>(der, kMostCertificateOctets);
  if (!handle) return openssl_failure(Fault::kBadInput, "certificate cannot be read");
  return Certificate(std::move(handle));
}

std::vector<std::byte> Certificate::der() const {
  return written([this](unsigned char** to) { return i2d_X509(handle(), to); });
}

std::vector<std::byte> Certificate::subject_der() const {
  return written([this](unsigned char** to) { return i2d_X509_NAME(X509_get_subject_name(handle()), to); });
}

std::string Certificate::subject() const { return text_of(X509_get_subject_name(handle())); }
std::string Certificate::issuer() const { return text_of(X509_get_issuer_name(handle())); }

std::vector<std::string> Certificate::alternative_names() const {
  const OpensslOwned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(handle(), NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && texts.size() < kMostNames; ++i) {
    std::optional<std::string> text = text_of_name(sk_GENERAL_NAME_value(names.get(), i));
    if (text) texts.push_back(std::move(*text));
  }
  return texts;
}

std::int64_t Certificate::last_second() const {
  const OpensslOwned<ASN1_TIME, ASN1_TIME_free> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0, seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), X509_get0_notAfter(handle())) != 1) return 0;
  return std::int64_t{days} * 86400 + seconds;
}

bool Certificate::is_authority() const { return X509_check_ca(handle()) != 0; }

Result<PublicKey> Certificate::public_key() const {
  return PublicKey::from_spki(
      written([this](unsigned char** to) { return i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle()), to); }));
}

Result<std::vector<std::byte>> Certificate::authority_hash() const {
  return ike_hash(
      IkeHash::kSha1,
      {written([this](unsigned char** to) { return i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle()), to); })});
}

Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem) {
  return every<Certificate, X509, X509_new_ex, PEM_read_bio_X509, X509_free>(pem, "certificate");
}

Result<RevocationList> RevocationList::from_der(ConstBytes der) {
  auto handle = read_whole<X509_CRL, X509_CRL_new_ex, d2i_X509_CRL, X509_CRL_free>(der, kMostListOctets);
  if (!handle) return openssl_failure(Fault::kBadInput, "revocation list cannot be read");
  return RevocationList(std::move(handle));
}

Result<std::vector<RevocationList>> revocation_lists_from_pem(std::string_view pem) {
  return every<RevocationList, X509_CRL, X509_CRL_new_ex, PEM_read_bio_X509_CRL, X509_CRL_free>(pem, "revocation list");
}

std::string RevocationList::issuer() const { return text_of(X509_CRL_get_issuer(handle())); }

std::string text_of(const X509_name_st* name) {
  std::string text = whole_text(name).value_or("?");
  if (text.size() > kMostTextOctets) text.replace(kMostTextOctets, std::string::npos, "...");
  return text;
}

Result<std::string> name_text(ConstBytes der) {
  const unsigned char* at = octets_of(der);
  const OpensslOwned<X509_NAME, X509_NAME_free> name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  std::optional<std::string> text;
  if (name && at == octets_of(der) + der.size()) text = whole_text(name.get());
  (void)openssl_reason();
  if (!text) return failure(Fault::kBadInput, "not one distinguished name");
  return std::move(*text);
}

std::string printable(ConstBytes octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line;
  for (const std::byte octet : octets) {
    if (line.size() >= kMostTextOctets) return line + "...";
    const auto value = std::to_integer<unsigned>(octet);
    if (value >= ' ' && value <= '~' && value != '\\') {
      line.push_back(static_cast<char>(value));
    } else {
      line.append("\\x").append(1, kDigits[value / 16]).append(1, kDigits[value % 16]);
    }
  }
  return line;
}

}  // namespace levelgate::crypto
