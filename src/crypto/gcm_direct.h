// SPDX-License-Identifier: Apache-2.0
//
// esp::Cipher on libipsec-mb's direct calls: the fast path (AES-GCM, and ChaCha20-Poly1305). Works with 1.3 and 2.0.
#pragma once

#include <levelgate/base/result.h>

#include <memory>

#include "esp/cipher.h"

namespace levelgate::crypto {

// Fails when the processor is too old for the library.
[[nodiscard]] Result<std::unique_ptr<esp::Cipher>> make_ipsec_mb_cipher();

}  // namespace levelgate::crypto
