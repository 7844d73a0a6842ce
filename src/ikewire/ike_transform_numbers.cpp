// SPDX-License-Identifier: Apache-2.0
//
// The names of these numbers, as logs and operators know them.
#include "ikewire/ike_transform_numbers.h"

#include <array>

#include "ikewire/ike_name_table.h"

namespace levelgate::ikewire {
namespace {

constexpr auto kTransformTypeNames = std::to_array<Named<TransformType>>({{TransformType::kEncr, "ENCR"},
                                                                          {TransformType::kPrf, "PRF"},
                                                                          {TransformType::kInteg, "INTEG"},
                                                                          {TransformType::kKe, "KE"},
                                                                          {TransformType::kSequenceNumbers, "SN"},
                                                                          {TransformType::kAddKe1, "ADDKE1"},
                                                                          {TransformType::kAddKe2, "ADDKE2"},
                                                                          {TransformType::kAddKe3, "ADDKE3"},
                                                                          {TransformType::kAddKe4, "ADDKE4"},
                                                                          {TransformType::kAddKe5, "ADDKE5"},
                                                                          {TransformType::kAddKe6, "ADDKE6"},
                                                                          {TransformType::kAddKe7, "ADDKE7"},
                                                                          {TransformType::kKeyWrap, "KWA"},
                                                                          {TransformType::kGroupAuth, "GCAUTH"}});
constexpr auto kAttributeTypeNames =
    std::to_array<Named<AttributeType>>({{AttributeType::kKeyLength, "Key Length"},
                                         {AttributeType::kSignatureAlgorithm, "Signature Algorithm Identifier"}});
constexpr auto kEncryptionNames =
    std::to_array<Named<Encryption>>({{Encryption::kTripleDes, "3DES"},
                                      {Encryption::kNull, "NULL"},
                                      {Encryption::kAesCbc, "AES_CBC"},
                                      {Encryption::kAesCtr, "AES_CTR"},
                                      {Encryption::kAesCcm8, "AES_CCM_8"},
                                      {Encryption::kAesCcm12, "AES_CCM_12"},
                                      {Encryption::kAesCcm16, "AES_CCM_16"},
                                      {Encryption::kAesGcm8, "AES_GCM_8"},
                                      {Encryption::kAesGcm12, "AES_GCM_12"},
                                      {Encryption::kAesGcm16, "AES_GCM_16"},
                                      {Encryption::kNullAuthAesGmac, "NULL_AUTH_AES_GMAC"},
                                      {Encryption::kCamelliaCbc, "CAMELLIA_CBC"},
                                      {Encryption::kCamelliaCtr, "CAMELLIA_CTR"},
                                      {Encryption::kChacha20Poly1305, "CHACHA20_POLY1305"},
                                      {Encryption::kAesCcm8Iiv, "AES_CCM_8_IIV"},
                                      {Encryption::kAesGcm16Iiv, "AES_GCM_16_IIV"},
                                      {Encryption::kChacha20Poly1305Iiv, "CHACHA20_POLY1305_IIV"}});
constexpr auto kPrfNames = std::to_array<Named<Prf>>({{Prf::kHmacMd5, "HMAC_MD5"},
                                                      {Prf::kHmacSha1, "HMAC_SHA1"},
                                                      {Prf::kAes128Xcbc, "AES128_XCBC"},
                                                      {Prf::kHmacSha2_256, "HMAC_SHA2_256"},
                                                      {Prf::kHmacSha2_384, "HMAC_SHA2_384"},
                                                      {Prf::kHmacSha2_512, "HMAC_SHA2_512"},
                                                      {Prf::kAes128Cmac, "AES128_CMAC"},
                                                      {Prf::kHmacStreebog512, "HMAC_STREEBOG_512"}});
constexpr auto kIntegrityNames = std::to_array<Named<Integrity>>({{Integrity::kNone, "NONE"},
                                                                  {Integrity::kHmacMd5_96, "HMAC_MD5_96"},
                                                                  {Integrity::kHmacSha1_96, "HMAC_SHA1_96"},
                                                                  {Integrity::kAesXcbc96, "AES_XCBC_96"},
                                                                  {Integrity::kAesCmac96, "AES_CMAC_96"},
                                                                  {Integrity::kAes128Gmac, "AES_128_GMAC"},
                                                                  {Integrity::kAes192Gmac, "AES_192_GMAC"},
                                                                  {Integrity::kAes256Gmac, "AES_256_GMAC"},
                                                                  {Integrity::kHmacSha2_256_128, "HMAC_SHA2_256_128"},
                                                                  {Integrity::kHmacSha2_384_192, "HMAC_SHA2_384_192"},
                                                                  {Integrity::kHmacSha2_512_256, "HMAC_SHA2_512_256"}});
constexpr auto kKeMethodNames = std::to_array<Named<KeMethod>>({{KeMethod::kNone, "NONE"},
                                                                {KeMethod::kModp768, "MODP_768"},
                                                                {KeMethod::kModp1024, "MODP_1024"},
                                                                {KeMethod::kModp1536, "MODP_1536"},
                                                                {KeMethod::kModp2048, "MODP_2048"},
                                                                {KeMethod::kModp3072, "MODP_3072"},
                                                                {KeMethod::kModp4096, "MODP_4096"},
                                                                {KeMethod::kModp6144, "MODP_6144"},
                                                                {KeMethod::kModp8192, "MODP_8192"},
                                                                {KeMethod::kEcp256, "ECP_256"},
                                                                {KeMethod::kEcp384, "ECP_384"},
                                                                {KeMethod::kEcp521, "ECP_521"},
                                                                {KeMethod::kModp1024_160, "MODP_1024_160"},
                                                                {KeMethod::kModp2048_224, "MODP_2048_224"},
                                                                {KeMethod::kModp2048_256, "MODP_2048_256"},
                                                                {KeMethod::kEcp192, "ECP_192"},
                                                                {KeMethod::kEcp224, "ECP_224"},
                                                                {KeMethod::kBrainpoolP224r1, "BRAINPOOL_P224R1"},
                                                                {KeMethod::kBrainpoolP256r1, "BRAINPOOL_P256R1"},
                                                                {KeMethod::kBrainpoolP384r1, "BRAINPOOL_P384R1"},
                                                                {KeMethod::kBrainpoolP512r1, "BRAINPOOL_P512R1"},
                                                                {KeMethod::kCurve25519, "CURVE25519"},
                                                                {KeMethod::kCurve448, "CURVE448"},
                                                                {KeMethod::kGost3410_2012_256, "GOST3410_2012_256"},
                                                                {KeMethod::kGost3410_2012_512, "GOST3410_2012_512"},
                                                                {KeMethod::kMlKem512, "ML_KEM_512"},
                                                                {KeMethod::kMlKem768, "ML_KEM_768"},
                                                                {KeMethod::kMlKem1024, "ML_KEM_1024"},
                                                                {KeMethod::kMceliece348864, "MCELIECE_348864"},
                                                                {KeMethod::kMceliece348864f, "MCELIECE_348864F"},
                                                                {KeMethod::kMceliece460896, "MCELIECE_460896"},
                                                                {KeMethod::kMceliece460896f, "MCELIECE_460896F"},
                                                                {KeMethod::kMceliece6688128, "MCELIECE_6688128"},
                                                                {KeMethod::kMceliece6688128f, "MCELIECE_6688128F"},
                                                                {KeMethod::kMceliece6960119, "MCELIECE_6960119"},
                                                                {KeMethod::kMceliece6960119f, "MCELIECE_6960119F"},
                                                                {KeMethod::kMceliece8192128, "MCELIECE_8192128"},
                                                                {KeMethod::kMceliece8192128f, "MCELIECE_8192128F"}});
constexpr auto kSequenceNumbersNames =
    std::to_array<Named<SequenceNumbers>>({{SequenceNumbers::k32Bit, "32-bit"},
                                           {SequenceNumbers::kExtended, "64-bit (ESN)"},
                                           {SequenceNumbers::kUnspecified, "32-bit unspecified"}});
constexpr auto kKeyWrapNames = std::to_array<Named<KeyWrap>>({{KeyWrap::kKw5649_128, "KW_5649_128"},
                                                              {KeyWrap::kKw5649_192, "KW_5649_192"},
                                                              {KeyWrap::kKw5649_256, "KW_5649_256"},
                                                              {KeyWrap::kKwArx, "KW_ARX"}});
constexpr auto kGroupAuthNames = std::to_array<Named<GroupAuth>>(
    {{GroupAuth::kImplicit, "implicit"}, {GroupAuth::kDigitalSignature, "digital signature"}});

}  // namespace

std::string name_of(TransformType value) { return name_in<TransformType>(kTransformTypeNames, value, "transform"); }
std::string name_of(AttributeType value) { return name_in<AttributeType>(kAttributeTypeNames, value, "attribute"); }
std::string name_of(Encryption value) { return name_in<Encryption>(kEncryptionNames, value, "ENCR"); }
std::string name_of(Prf value) { return name_in<Prf>(kPrfNames, value, "PRF"); }
std::string name_of(Integrity value) { return name_in<Integrity>(kIntegrityNames, value, "INTEG"); }
std::string name_of(KeMethod value) { return name_in<KeMethod>(kKeMethodNames, value, "KE"); }
std::string name_of(SequenceNumbers value) { return name_in<SequenceNumbers>(kSequenceNumbersNames, value, "SN"); }
std::string name_of(KeyWrap value) { return name_in<KeyWrap>(kKeyWrapNames, value, "KWA"); }
std::string name_of(GroupAuth value) { return name_in<GroupAuth>(kGroupAuthNames, value, "GCAUTH"); }

std::string name_of(TransformType type, std::uint16_t id) {
  if (is_key_exchange(type)) return name_of(KeMethod{id});
  if (type == TransformType::kEncr) return name_of(Encryption{id});
  if (type == TransformType::kPrf) return name_of(Prf{id});
  if (type == TransformType::kInteg) return name_of(Integrity{id});
  if (type == TransformType::kSequenceNumbers) return name_of(SequenceNumbers{id});
  if (type == TransformType::kKeyWrap) return name_of(KeyWrap{id});
  if (type == TransformType::kGroupAuth) return name_of(GroupAuth{id});
  return "transform identifier " + std::to_string(id);
}

}  // namespace levelgate::ikewire
