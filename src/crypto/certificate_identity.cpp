// SPDX-License-Identifier: Apache-2.0
//
// Names are compared octet by octet with their lengths, so that no zero, dot or asterisk in them has a meaning.
#include "crypto/certificate_identity.h"

#include <levelgate/base/ip_address.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

using Name = OpensslOwned<X509_NAME, X509_NAME_free>;

std::byte lower(std::byte letter) {
  return letter >= std::byte{'A'} && letter <= std::byte{'Z'} ? letter | std::byte{0x20} : letter;
}

Name parsed_name(ConstBytes der) {
  const unsigned char* at = octets_of(der);
  Name name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  if (name && at != octets_of(der) + der.size()) name.reset();
  (void)openssl_reason();
  return name;
}

// A distinguished name is looked for in the subject, not among the alternative names.
int general_name_of(IdentityKind kind) {
  if (kind == IdentityKind::kFqdn) return GEN_DNS;
  return kind == IdentityKind::kRfc822 ? GEN_EMAIL : GEN_IPADD;
}

// RFC 4945 §3.1.2 and §3.1.3: host names and whole mail addresses, the part before the @ with them, have no case.
bool same(IdentityKind kind, ConstBytes found, ConstBytes identity) {
  const bool text = kind == IdentityKind::kFqdn || kind == IdentityKind::kRfc822;
  return text ? std::ranges::equal(found, identity, {}, lower, lower) : std::ranges::equal(found, identity);
}

bool has_alternative_name(const Certificate& certificate, IdentityKind kind, ConstBytes identity) {
  const OpensslOwned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr)));
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    int found = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &found);
    if (found != general_name_of(kind)) continue;
    const auto* const string = static_cast<const ASN1_STRING*>(value);
    const ConstBytes octets = as_bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                                       static_cast<std::size_t>(ASN1_STRING_length(string)));
    if (same(kind, octets, identity)) return true;
  }
  return false;
}

// Whether the octets can be an identity of the kind at all.
bool well_formed(IdentityKind kind, ConstBytes identity) {
  switch (kind) {
    case IdentityKind::kIpv4:
      return identity.size() == 4;
    case IdentityKind::kIpv6:
      return identity.size() == 16;
    case IdentityKind::kFqdn:
    case IdentityKind::kRfc822:
      return !identity.empty() && std::ranges::all_of(identity, [](std::byte letter) {
        return letter > std::byte{' '} && letter <= std::byte{'~'} && letter != std::byte{'*'};
      });
    case IdentityKind::kDn:
      return !identity.empty();
  }
  return false;
}

std::string text_of_identity(IdentityKind kind, ConstBytes identity) {
  switch (kind) {
    case IdentityKind::kIpv4:
      return "IP:" + IpAddress::v4_from(identity.data()).text();
    case IdentityKind::kIpv6:
      return "IP:" + IpAddress::v6_from(identity.data()).text();
    case IdentityKind::kFqdn:
      return "DNS:" + printable(identity);
    case IdentityKind::kRfc822:
      return "email:" + printable(identity);
    case IdentityKind::kDn:
      break;
  }
  const Name name = parsed_name(identity);
  return "DN:" + (name ? text_of(name.get()) : printable(identity));
}

std::string names_in(const Certificate& certificate) {
  std::string names = "DN:" + certificate.subject();
  for (const std::string& name : certificate.alternative_names()) names += ", " + name;
  return names;
}

}  // namespace

Result<void> bind_identity(const Certificate& certificate, IdentityKind kind, ConstBytes identity) {
  if (!well_formed(kind, identity)) return failure(Fault::kBadInput, "identity is not of its kind");
  if (kind == IdentityKind::kDn) {
    // RFC 5280 §7.1: compared by meaning, case and spaces aside, not by its octets. An empty name names nobody.
    const Name name = parsed_name(identity);
    if (name && X509_NAME_entry_count(name.get()) > 0 &&
        X509_NAME_cmp(name.get(), X509_get_subject_name(certificate.handle())) == 0) {
      return {};
    }
  } else if (has_alternative_name(certificate, kind, identity)) {
    return {};
  }
  return failure(Fault::kBadInput, "certificate does not name the identity " + text_of_identity(kind, identity) +
                                       "; it names " + names_in(certificate));
}

}  // namespace levelgate::crypto
