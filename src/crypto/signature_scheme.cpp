// SPDX-License-Identifier: Apache-2.0
//
// The table of signature schemes, and AlgorithmIdentifiers read by OpenSSL's ASN.1.
#include "crypto/signature_scheme.h"

#include <openssl/asn1t.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

using enum SignatureScheme;

// IANA's IKEv2 hash algorithms.
constexpr std::uint16_t kSha256 = 2;
constexpr std::uint16_t kSha384 = 3;
constexpr std::uint16_t kSha512 = 4;
constexpr std::uint16_t kIdentity = 5;

consteval std::byte half(char digit) { return static_cast<std::byte>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

// Hexadecimal digits as octets, while the compiler runs.
template <std::size_t kSize>
consteval std::array<std::byte, kSize / 2> from_hex(const char (&digits)[kSize]) {
  std::array<std::byte, kSize / 2> made{};
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = half(digits[2 * i]) << 4 | half(digits[2 * i + 1]);
  return made;
}

// RFC 7427 appendix A. RSASSA-PSS names hash, MGF1 with the same hash, and a salt as long as the hash; unlike the
// appendix, and as DER demands, the trailer field is left out where it has its default value.
constexpr auto kPssSha256Id = from_hex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
    "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120");
constexpr auto kPssSha384Id = from_hex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402020500"
    "a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130");
constexpr auto kPssSha512Id = from_hex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402030500"
    "a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140");
constexpr auto kPkcs1Sha256Id = from_hex("300d06092a864886f70d01010b0500");
constexpr auto kPkcs1Sha384Id = from_hex("300d06092a864886f70d01010c0500");
constexpr auto kPkcs1Sha512Id = from_hex("300d06092a864886f70d01010d0500");
constexpr auto kEcdsaSha256Id = from_hex("300a06082a8648ce3d040302");
constexpr auto kEcdsaSha384Id = from_hex("300a06082a8648ce3d040303");
constexpr auto kEcdsaSha512Id = from_hex("300a06082a8648ce3d040304");
constexpr auto kEd25519Id = from_hex("300506032b6570");  // RFC 8420 appendix A
constexpr auto kEd448Id = from_hex("300506032b6571");
constexpr auto kMlDsa44Id = from_hex("300b0609608648016503040311");  // draft-ietf-ipsecme-ikev2-pqc-auth appendix B
constexpr auto kMlDsa65Id = from_hex("300b0609608648016503040312");
constexpr auto kMlDsa87Id = from_hex("300b0609608648016503040313");

struct Facts {
  SignatureScheme scheme;
  std::string_view name;
  std::uint8_t auth_method;
  std::uint16_t hash_algorithm;
  ConstBytes identifier;
};

constexpr std::array<Facts, 17> kSchemes{{
    {kRsaPssSha256, "RSASSA-PSS with SHA-256", 14, kSha256, kPssSha256Id},
    {kRsaPssSha384, "RSASSA-PSS with SHA-384", 14, kSha384, kPssSha384Id},
    {kRsaPssSha512, "RSASSA-PSS with SHA-512", 14, kSha512, kPssSha512Id},
    {kRsaPkcs1Sha256, "RSA PKCS#1 v1.5 with SHA-256", 14, kSha256, kPkcs1Sha256Id},
    {kRsaPkcs1Sha384, "RSA PKCS#1 v1.5 with SHA-384", 14, kSha384, kPkcs1Sha384Id},
    {kRsaPkcs1Sha512, "RSA PKCS#1 v1.5 with SHA-512", 14, kSha512, kPkcs1Sha512Id},
    {kEcdsaSha256, "ECDSA with SHA-256", 14, kSha256, kEcdsaSha256Id},
    {kEcdsaSha384, "ECDSA with SHA-384", 14, kSha384, kEcdsaSha384Id},
    {kEcdsaSha512, "ECDSA with SHA-512", 14, kSha512, kEcdsaSha512Id},
    {kEcdsaP256Sha256Raw, "ECDSA-256 (method 9)", 9, kSha256, {}},
    {kEcdsaP384Sha384Raw, "ECDSA-384 (method 10)", 10, kSha384, {}},
    {kEcdsaP521Sha512Raw, "ECDSA-521 (method 11)", 11, kSha512, {}},
    {kEd25519, "Ed25519", 14, kIdentity, kEd25519Id},
    {kEd448, "Ed448", 14, kIdentity, kEd448Id},
    {kMlDsa44, "ML-DSA-44", 14, kIdentity, kMlDsa44Id},
    {kMlDsa65, "ML-DSA-65", 14, kIdentity, kMlDsa65Id},
    {kMlDsa87, "ML-DSA-87", 14, kIdentity, kMlDsa87Id},
}};

const Facts& facts_of(SignatureScheme scheme) { return kSchemes.at(static_cast<std::size_t>(scheme)); }

// An object identifier of DER that names one scheme, and whether NULL may stand for absent parameters and the other way
// round: both forms of RSA and ECDSA are seen (RFC 7427 §3); EdDSA and ML-DSA have one (RFC 8420 appendix A, RFC 8410
// §3).
enum class Parameters : std::uint8_t { kAbsent, kAbsentOrNull };
struct Named {
  int nid;
  SignatureScheme scheme;
  Parameters parameters;
};
constexpr std::array<Named, 11> kNamed{{
    {NID_sha256WithRSAEncryption, kRsaPkcs1Sha256, Parameters::kAbsentOrNull},
    {NID_sha384WithRSAEncryption, kRsaPkcs1Sha384, Parameters::kAbsentOrNull},
    {NID_sha512WithRSAEncryption, kRsaPkcs1Sha512, Parameters::kAbsentOrNull},
    {NID_ecdsa_with_SHA256, kEcdsaSha256, Parameters::kAbsentOrNull},
    {NID_ecdsa_with_SHA384, kEcdsaSha384, Parameters::kAbsentOrNull},
    {NID_ecdsa_with_SHA512, kEcdsaSha512, Parameters::kAbsentOrNull},
    {NID_ED25519, kEd25519, Parameters::kAbsent},
    {NID_ED448, kEd448, Parameters::kAbsent},
    {NID_ML_DSA_44, kMlDsa44, Parameters::kAbsent},
    {NID_ML_DSA_65, kMlDsa65, Parameters::kAbsent},
    {NID_ML_DSA_87, kMlDsa87, Parameters::kAbsent},
}};

using Algorithm = OpensslOwned<X509_ALGOR, X509_ALGOR_free>;

int nid_of(const X509_ALGOR* algorithm) { return OBJ_obj2nid(algorithm->algorithm); }

bool no_parameters(const X509_ALGOR* algorithm, Parameters allowed) {
  if (algorithm->parameter == nullptr) return true;
  return allowed == Parameters::kAbsentOrNull && ASN1_TYPE_get(algorithm->parameter) == V_ASN1_NULL;
}

// The hash that MGF1 uses, NID_undef for everything else.
int mask_hash(const X509_ALGOR* mask) {
  if (mask == nullptr || nid_of(mask) != NID_mgf1 || mask->parameter == nullptr) return NID_undef;
  const Algorithm hash(
      static_cast<X509_ALGOR*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), mask->parameter)));
  return hash && no_parameters(hash.get(), Parameters::kAbsentOrNull) ? nid_of(hash.get()) : NID_undef;
}

// Absent parts of the parameters stand for SHA-1 and a salt of 20 octets: none of ours. Numbers are compared, never
// used, so no length of the peer's reaches a buffer.
std::optional<SignatureScheme> read_pss(const X509_ALGOR* algorithm) {
  if (algorithm->parameter == nullptr) return std::nullopt;
  const OpensslOwned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free> params(
      static_cast<RSA_PSS_PARAMS*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter)));
  if (!params || params->hashAlgorithm == nullptr || params->saltLength == nullptr) return std::nullopt;
  const int hash = nid_of(params->hashAlgorithm);
  std::int64_t salt = 0, trailer = 1;
  if (!no_parameters(params->hashAlgorithm, Parameters::kAbsentOrNull) || mask_hash(params->maskGenAlgorithm) != hash ||
      ASN1_INTEGER_get_int64(&salt, params->saltLength) != 1 ||
      (params->trailerField != nullptr && ASN1_INTEGER_get_int64(&trailer, params->trailerField) != 1) ||
      trailer != 1) {
    return std::nullopt;
  }
  if (hash == NID_sha256 && salt == 32) return kRsaPssSha256;
  if (hash == NID_sha384 && salt == 48) return kRsaPssSha384;
  if (hash == NID_sha512 && salt == 64) return kRsaPssSha512;
  return std::nullopt;
}

std::optional<SignatureScheme> read(const X509_ALGOR* algorithm) {
  const int nid = nid_of(algorithm);
  if (nid == NID_rsassaPss) return read_pss(algorithm);
  const auto named = std::ranges::find(kNamed, nid, &Named::nid);
  if (named == kNamed.end() || !no_parameters(algorithm, named->parameters)) return std::nullopt;
  return named->scheme;
}

}  // namespace

std::string_view name_of(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return "RSA";
    case KeyType::kRsaPss:
      return "RSASSA-PSS";
    case KeyType::kEcP256:
      return "ECDSA P-256";
    case KeyType::kEcP384:
      return "ECDSA P-384";
    case KeyType::kEcP521:
      return "ECDSA P-521";
    case KeyType::kEd25519:
      return "Ed25519";
    case KeyType::kEd448:
      return "Ed448";
    case KeyType::kMlDsa44:
      return "ML-DSA-44";
    case KeyType::kMlDsa65:
      return "ML-DSA-65";
    case KeyType::kMlDsa87:
      return "ML-DSA-87";
  }
  return "";
}

std::string_view name_of(SignatureScheme scheme) { return facts_of(scheme).name; }
std::uint8_t auth_method_of(SignatureScheme scheme) { return facts_of(scheme).auth_method; }
std::uint16_t hash_algorithm_of(SignatureScheme scheme) { return facts_of(scheme).hash_algorithm; }
ConstBytes algorithm_identifier_of(SignatureScheme scheme) { return facts_of(scheme).identifier; }

Result<SignatureScheme> read_algorithm_identifier(ConstBytes der) {
  const unsigned char* at = octets_of(der);
  const Algorithm algorithm(d2i_X509_ALGOR(nullptr, &at, static_cast<long>(der.size())));
  if (!algorithm || at != octets_of(der) + der.size()) {
    (void)openssl_reason();
    return failure(Fault::kBadInput, "signature algorithm: not one AlgorithmIdentifier");
  }
  const std::optional<SignatureScheme> scheme = read(algorithm.get());
  (void)openssl_reason();
  if (scheme) return *scheme;
  std::array<char, 80> oid{};
  OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), algorithm->algorithm, 0);
  return failure(Fault::kBadInput,
                 std::string("signature algorithm: ") + oid.data() + " or its parameters are not accepted");
}

std::vector<SignatureScheme> schemes_of(KeyType type) {
  switch (type) {
    case KeyType::kRsa:
      return {kRsaPssSha256, kRsaPssSha384, kRsaPssSha512, kRsaPkcs1Sha256, kRsaPkcs1Sha384, kRsaPkcs1Sha512};
    case KeyType::kRsaPss:
      return {kRsaPssSha256, kRsaPssSha384, kRsaPssSha512};
    case KeyType::kEcP256:
      return {kEcdsaSha256, kEcdsaSha384, kEcdsaSha512};
    case KeyType::kEcP384:
      return {kEcdsaSha384, kEcdsaSha512, kEcdsaSha256};
    case KeyType::kEcP521:
      return {kEcdsaSha512, kEcdsaSha384, kEcdsaSha256};
    case KeyType::kEd25519:
      return {kEd25519};
    case KeyType::kEd448:
      return {kEd448};
    case KeyType::kMlDsa44:
      return {kMlDsa44};
    case KeyType::kMlDsa65:
      return {kMlDsa65};
    case KeyType::kMlDsa87:
      return {kMlDsa87};
  }
  return {};
}

bool fits(KeyType type, SignatureScheme scheme) {
  // Methods 9 to 11 bind the curve as well as the hash.
  if (scheme == kEcdsaP256Sha256Raw) return type == KeyType::kEcP256;
  if (scheme == kEcdsaP384Sha384Raw) return type == KeyType::kEcP384;
  if (scheme == kEcdsaP521Sha512Raw) return type == KeyType::kEcP521;
  const std::vector<SignatureScheme> fitting = schemes_of(type);
  return std::ranges::find(fitting, scheme) != fitting.end();
}

}  // namespace levelgate::crypto
