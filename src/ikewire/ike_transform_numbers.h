// SPDX-License-Identifier: Apache-2.0
//
// Transform types, their identifiers and attributes in SA payloads (RFC 7296 §3.3.2, §3.3.5; RFC 9370 §2.1; RFC 9827),
// with names. Old ciphers that nobody should choose have a name nowhere; their numbers fit the types nevertheless.
#pragma once

#include <cstdint>
#include <string>

namespace levelgate::ikewire {

// RFC 7296 §3.3.2; 6 to 12: RFC 9370 §2.1.
enum class TransformType : std::uint8_t {
  kEncr = 1,
  kPrf = 2,
  kInteg = 3,
  kKe = 4,
  kSequenceNumbers = 5,
  kAddKe1 = 6,
  kAddKe2 = 7,
  kAddKe3 = 8,
  kAddKe4 = 9,
  kAddKe5 = 10,
  kAddKe6 = 11,
  kAddKe7 = 12,
  kKeyWrap = 13,
  kGroupAuth = 14
};

// RFC 7296 §3.3.5, RFC 9838.
enum class AttributeType : std::uint16_t { kKeyLength = 14, kSignatureAlgorithm = 18 };

// Transform type 1.
enum class Encryption : std::uint16_t {
  kTripleDes = 3,
  kNull = 11,
  kAesCbc = 12,
  kAesCtr = 13,
  kAesCcm8 = 14,
  kAesCcm12 = 15,
  kAesCcm16 = 16,
  kAesGcm8 = 18,
  kAesGcm12 = 19,
  kAesGcm16 = 20,
  kNullAuthAesGmac = 21,
  kCamelliaCbc = 23,
  kCamelliaCtr = 24,
  kChacha20Poly1305 = 28,
  kAesCcm8Iiv = 29,
  kAesGcm16Iiv = 30,
  kChacha20Poly1305Iiv = 31
};

// Transform type 2.
enum class Prf : std::uint16_t {
  kHmacMd5 = 1,
  kHmacSha1 = 2,
  kAes128Xcbc = 4,
  kHmacSha2_256 = 5,
  kHmacSha2_384 = 6,
  kHmacSha2_512 = 7,
  kAes128Cmac = 8,
  kHmacStreebog512 = 9
};

// Transform type 3.
enum class Integrity : std::uint16_t {
  kNone = 0,
  kHmacMd5_96 = 1,
  kHmacSha1_96 = 2,
  kAesXcbc96 = 5,
  kAesCmac96 = 8,
  kAes128Gmac = 9,
  kAes192Gmac = 10,
  kAes256Gmac = 11,
  kHmacSha2_256_128 = 12,
  kHmacSha2_384_192 = 13,
  kHmacSha2_512_256 = 14
};

// Transform types 4 and 6 to 12; from 1110 on: private use, in the order of the parameter sets of Classic McEliece.
enum class KeMethod : std::uint16_t {
  kNone = 0,
  kModp768 = 1,
  kModp1024 = 2,
  kModp1536 = 5,
  kModp2048 = 14,
  kModp3072 = 15,
  kModp4096 = 16,
  kModp6144 = 17,
  kModp8192 = 18,
  kEcp256 = 19,
  kEcp384 = 20,
  kEcp521 = 21,
  kModp1024_160 = 22,
  kModp2048_224 = 23,
  kModp2048_256 = 24,
  kEcp192 = 25,
  kEcp224 = 26,
  kBrainpoolP224r1 = 27,
  kBrainpoolP256r1 = 28,
  kBrainpoolP384r1 = 29,
  kBrainpoolP512r1 = 30,
  kCurve25519 = 31,
  kCurve448 = 32,
  kGost3410_2012_256 = 33,
  kGost3410_2012_512 = 34,
  kMlKem512 = 35,
  kMlKem768 = 36,
  kMlKem1024 = 37,
  kMceliece348864 = 1110,
  kMceliece348864f = 1111,
  kMceliece460896 = 1112,
  kMceliece460896f = 1113,
  kMceliece6688128 = 1114,
  kMceliece6688128f = 1115,
  kMceliece6960119 = 1116,
  kMceliece6960119f = 1117,
  kMceliece8192128 = 1118,
  kMceliece8192128f = 1119
};

// Transform type 5, RFC 9827.
enum class SequenceNumbers : std::uint16_t { k32Bit = 0, kExtended = 1, kUnspecified = 2 };

// Transform type 13, RFC 9838.
enum class KeyWrap : std::uint16_t { kKw5649_128 = 1, kKw5649_192 = 2, kKw5649_256 = 3, kKwArx = 4 };

// Transform type 14, RFC 9838.
enum class GroupAuth : std::uint16_t { kImplicit = 1, kDigitalSignature = 2 };

[[nodiscard]] std::string name_of(TransformType value);
[[nodiscard]] std::string name_of(AttributeType value);
[[nodiscard]] std::string name_of(Encryption value);
[[nodiscard]] std::string name_of(Prf value);
[[nodiscard]] std::string name_of(Integrity value);
[[nodiscard]] std::string name_of(KeMethod value);
[[nodiscard]] std::string name_of(SequenceNumbers value);
[[nodiscard]] std::string name_of(KeyWrap value);
[[nodiscard]] std::string name_of(GroupAuth value);
// The name of a transform's identifier, which has a meaning only together with its type.
[[nodiscard]] std::string name_of(TransformType type, std::uint16_t id);

[[nodiscard]] constexpr bool is_key_exchange(TransformType type) {
  return type >= TransformType::kAddKe1 ? type <= TransformType::kAddKe7 : type == TransformType::kKe;
}

}  // namespace levelgate::ikewire
