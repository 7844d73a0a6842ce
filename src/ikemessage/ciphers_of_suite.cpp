// SPDX-License-Identifier: Apache-2.0
//
// Tables from IANA's numbers to the house's algorithms.
#include "ikemessage/ciphers_of_suite.h"

#include <string>

#include "crypto/key_exchange.h"
#include "ikewire/ike_proposals.h"
#include "negotiation/keywords.h"

namespace levelgate::ikemessage {
namespace {

using ikewire::Encryption;
using ikewire::TransformType;

std::optional<crypto::IkeIntegrity> integrity_of(ikewire::Integrity integrity) {
  if (integrity == ikewire::Integrity::kNone) return crypto::IkeIntegrity::kNone;
  if (integrity == ikewire::Integrity::kHmacSha2_256_128) return crypto::IkeIntegrity::kHmacSha256;
  if (integrity == ikewire::Integrity::kHmacSha2_384_192) return crypto::IkeIntegrity::kHmacSha384;
  if (integrity == ikewire::Integrity::kHmacSha2_512_256) return crypto::IkeIntegrity::kHmacSha512;
  return std::nullopt;
}

std::optional<crypto::IkeEncryption> ike_encryption_of(Encryption encryption, std::uint16_t key_bits) {
  using crypto::IkeEncryption;
  if (encryption == Encryption::kAesGcm16 && key_bits == 128) return IkeEncryption::kAes128Gcm16;
  if (encryption == Encryption::kAesGcm16 && key_bits == 256) return IkeEncryption::kAes256Gcm16;
  if (encryption == Encryption::kAesCbc && key_bits == 128) return IkeEncryption::kAes128Cbc;
  if (encryption == Encryption::kAesCbc && key_bits == 256) return IkeEncryption::kAes256Cbc;
  if (encryption == Encryption::kChacha20Poly1305) return IkeEncryption::kChaCha20Poly1305;
  return std::nullopt;
}

std::optional<EspCipher> esp_cipher_of(Encryption encryption, std::uint16_t key_bits) {
  if (encryption == Encryption::kAesGcm16 && key_bits == 128) return EspCipher::kAes128Gcm16;
  if (encryption == Encryption::kAesGcm16 && key_bits == 256) return EspCipher::kAes256Gcm16;
  if (encryption == Encryption::kChacha20Poly1305) return EspCipher::kChaCha20Poly1305;
  return std::nullopt;
}

bool is_computed(const ikewire::Transform& transform, ikewire::ProtocolId protocol) {
  const bool ike = protocol == ikewire::ProtocolId::kIke;
  if (ikewire::is_key_exchange(transform.type)) {
    return transform.id == 0 || crypto::find_key_exchange(transform.id) != nullptr;
  }
  const std::uint16_t bits = transform.key_bits().value_or(0);
  if (transform.type == TransformType::kEncr) {
    const Encryption cipher{transform.id};
    return ike ? ike_encryption_of(cipher, bits).has_value() : esp_cipher_of(cipher, bits).has_value();
  }
  if (transform.type == TransformType::kPrf) return prf_of(ikewire::Prf{transform.id}).has_value();
  if (transform.type == TransformType::kInteg) {
    const auto integrity = integrity_of(ikewire::Integrity{transform.id});
    return ike ? integrity.has_value() : integrity == crypto::IkeIntegrity::kNone;
  }
  return true;
}

}  // namespace

std::optional<crypto::Prf> prf_of(ikewire::Prf prf) {
  if (prf == ikewire::Prf::kHmacSha2_256) return crypto::Prf::kHmacSha256;
  if (prf == ikewire::Prf::kHmacSha2_384) return crypto::Prf::kHmacSha384;
  if (prf == ikewire::Prf::kHmacSha2_512) return crypto::Prf::kHmacSha512;
  return std::nullopt;
}

Result<IkeCiphers> ike_ciphers_of(const negotiation::Suite& suite) {
  const auto encryption = ike_encryption_of(suite.encryption, suite.key_bits);
  const auto integrity = integrity_of(suite.integrity);
  const auto prf = prf_of(suite.prf);
  if (!encryption || !integrity || !prf) return failure(Fault::kInternal, "an IKE suite that is not computed here");
  const crypto::IkeProtection protection{*encryption, *integrity};
  const auto sizes = crypto::ike_cipher_sizes(protection);
  if (!sizes) return std::unexpected(sizes.error());
  return IkeCiphers{protection, *sizes, {*prf, {sizes->encryption_key_octets, sizes->integrity_key_octets}}};
}

Result<EspCiphers> esp_ciphers_of(const negotiation::Suite& suite) {
  const auto cipher = esp_cipher_of(suite.encryption, suite.key_bits);
  if (!cipher) return failure(Fault::kInternal, "an ESP suite that is not computed here");
  return EspCiphers{*cipher, {key_octets(*cipher) + kSaltOctets, 0}};
}

std::optional<Error> not_computed(const ikewire::Proposal& proposal) {
  for (const ikewire::Transform& transform : proposal.transforms) {
    if (is_computed(transform, proposal.protocol)) continue;
    const bool esp = proposal.protocol == ikewire::ProtocolId::kEsp;
    return Error{Fault::kBadInput,
                 "proposal '" + negotiation::proposal_text(proposal) + "': " + negotiation::transform_text(transform) +
                     (esp ? " is not available for ESP; take aes256gcm16, aes128gcm16 or chacha20poly1305"
                          : " is not available here")};
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::vector<std::string>>> computed_words() {
  const auto of = [](ikewire::ProtocolId protocol, TransformType type) {
    std::vector<std::string> words;
    for (const ikewire::Transform& transform : negotiation::transforms_with_words(type)) {
      if (is_computed(transform, protocol)) words.push_back(negotiation::transform_text(transform));
    }
    return words;
  };
  using enum ikewire::ProtocolId;
  return {{"ike-encryption", of(kIke, TransformType::kEncr)},
          {"ike-integrity", of(kIke, TransformType::kInteg)},
          {"prf", of(kIke, TransformType::kPrf)},
          {"key-exchange", of(kIke, TransformType::kKe)},
          {"esp-encryption", of(kEsp, TransformType::kEncr)}};
}

}  // namespace levelgate::ikemessage
