// SPDX-License-Identifier: Apache-2.0
//
// From a negotiated suite to what computes it. What has no place here is not offered and not accepted: a suite of
// algorithms that nobody runs is no suite (RFC 7296 §3.3.6).
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/result.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/ike_cipher.h"
#include "ikemessage/keymat.h"
#include "ikewire/ike_encrypted.h"
#include "negotiation/suite.h"

namespace levelgate::ikemessage {

// Nothing: it is not computed here.
[[nodiscard]] std::optional<crypto::Prf> prf_of(ikewire::Prf prf);

struct IkeCiphers {
  crypto::IkeProtection protection;
  crypto::IkeCipherSizes cipher;
  IkeKeyShape shape;
};
[[nodiscard]] Result<IkeCiphers> ike_ciphers_of(const negotiation::Suite& suite);

struct EspCiphers {
  EspCipher cipher = EspCipher::kAes256Gcm16;
  CipherKeySizes sizes;
};
[[nodiscard]] Result<EspCiphers> esp_ciphers_of(const negotiation::Suite& suite);

// Why a configured proposal names something that is not computed here; empty: all of it is.
[[nodiscard]] std::optional<Error> not_computed(const ikewire::Proposal& proposal);

// The words of proposals by kind, as far as they are computed here: encryption, integrity, prf, key exchange, ESP.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> computed_words();

[[nodiscard]] inline ikewire::SealShape seal_shape_of(const crypto::IkeCipherSizes& sizes) {
  return {sizes.iv_octets, sizes.icv_octets, sizes.block_octets};
}

}  // namespace levelgate::ikemessage
