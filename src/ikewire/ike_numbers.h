// SPDX-License-Identifier: Apache-2.0
//
// The registries that IKEv2 messages as a whole speak in (RFC 7296 §3, RFC 5723, RFC 9242, RFC 9370, RFC 9838):
// exchanges, payloads, protocols, identities, certificates, authentication, selectors. Any value of the wire fits into
// each type; name_of() has the registry's word for it, or says its number. Those of transforms and notifications have
// files of their own.
#pragma once

#include <cstdint>
#include <string>

namespace levelgate::ikewire {

// RFC 7296 §3.1.
enum class Exchange : std::uint8_t {
  kIkeSaInit = 34,
  kIkeAuth = 35,
  kCreateChildSa = 36,
  kInformational = 37,
  kIkeSessionResume = 38,
  kGsaAuth = 39,
  kGsaRegistration = 40,
  kGsaRekey = 41,
  kGsaInbandRekey = 42,
  kIkeIntermediate = 43,
  kIkeFollowupKe = 44,
  kFragmentAck = 240  // private use (docs/large-keys.md)
};

// RFC 7296 §3.2.
enum class PayloadType : std::uint8_t {
  kNone = 0,
  kSa = 33,
  kKe = 34,
  kIdi = 35,
  kIdr = 36,
  kCert = 37,
  kCertRequest = 38,
  kAuth = 39,
  kNonce = 40,
  kNotify = 41,
  kDelete = 42,
  kVendorId = 43,
  kTsi = 44,
  kTsr = 45,
  kSk = 46,
  kCp = 47,
  kEap = 48,
  kGspm = 49,
  kIdg = 50,
  kGsa = 51,
  kKd = 52,
  kSkf = 53,
  kPuzzleSolution = 54
};

// RFC 7296 §3.3.1.
enum class ProtocolId : std::uint8_t {
  kNone = 0,
  kIke = 1,
  kAh = 2,
  kEsp = 3,
  kFcEspHeader = 4,
  kFcCtAuthentication = 5,
  kGikeUpdate = 6
};

// RFC 7296 §3.5.
enum class IdType : std::uint8_t {
  kIpv4 = 1,
  kFqdn = 2,
  kRfc822 = 3,
  kIpv6 = 5,
  kDerDn = 9,
  kDerGn = 10,
  kKeyId = 11,
  kFcName = 12,
  kNull = 13
};

// RFC 7296 §3.6, RFC 7670.
enum class CertEncoding : std::uint8_t {
  kPkcs7 = 1,
  kPgp = 2,
  kDnsSignedKey = 3,
  kX509Signature = 4,
  kKerberosToken = 6,
  kCrl = 7,
  kArl = 8,
  kSpki = 9,
  kX509Attribute = 10,
  kRawRsaKey = 11,
  kHashAndUrl = 12,
  kHashAndUrlOfBundle = 13,
  kOcsp = 14,
  kRawPublicKey = 15
};

// RFC 7296 §3.8, RFC 4754, RFC 7427, RFC 7619.
enum class AuthMethod : std::uint8_t {
  kRsa = 1,
  kSharedKey = 2,
  kDss = 3,
  kEcdsa256 = 9,
  kEcdsa384 = 10,
  kEcdsa521 = 11,
  kSecurePassword = 12,
  kNull = 13,
  kDigitalSignature = 14
};

// RFC 7427 §4, RFC 8420 §2, RFC 9385.
enum class HashId : std::uint16_t {
  kSha1 = 1,
  kSha2_256 = 2,
  kSha2_384 = 3,
  kSha2_512 = 4,
  kIdentity = 5,
  kStreebog256 = 6,
  kStreebog512 = 7
};

// RFC 7296 §3.13.1, RFC 9478.
enum class TsType : std::uint8_t { kIpv4 = 7, kIpv6 = 8, kFc = 9, kSecurityLabel = 10 };

// RFC 7296 §3.15.
enum class CpType : std::uint8_t { kRequest = 1, kReply = 2, kSet = 3, kAck = 4 };

// RFC 8784 §5.1.
enum class PpkIdType : std::uint8_t { kOpaque = 1, kFixed = 2 };

[[nodiscard]] std::string name_of(Exchange value);
[[nodiscard]] std::string name_of(PayloadType value);
[[nodiscard]] std::string name_of(ProtocolId value);
[[nodiscard]] std::string name_of(IdType value);
[[nodiscard]] std::string name_of(CertEncoding value);
[[nodiscard]] std::string name_of(AuthMethod value);
[[nodiscard]] std::string name_of(HashId value);
[[nodiscard]] std::string name_of(TsType value);
[[nodiscard]] std::string name_of(CpType value);
[[nodiscard]] std::string name_of(PpkIdType value);

// The payloads of RFC 7296 §3.2, RFC 7383 and RFC 8019, on which the critical bit says nothing new.
[[nodiscard]] constexpr bool is_understood(PayloadType type) {
  return (type >= PayloadType::kSa && type <= PayloadType::kEap) || type == PayloadType::kSkf ||
         type == PayloadType::kPuzzleSolution;
}

}  // namespace levelgate::ikewire
