// SPDX-License-Identifier: Apache-2.0
//
// esp::Cipher on OpenSSL: the fallback where libipsec-mb cannot run, and the oracle in tests (RFC 4106, RFC 7634).
#pragma once

#include <memory>

#include "esp/cipher.h"

namespace levelgate::crypto {

// Never fails; a key may, when the library lacks a cipher.
[[nodiscard]] std::unique_ptr<esp::Cipher> make_openssl_cipher();

}  // namespace levelgate::crypto
