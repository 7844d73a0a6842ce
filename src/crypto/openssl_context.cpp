// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's library context and error queue.
#include "crypto/openssl_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

namespace levelgate::crypto {

OSSL_LIB_CTX* openssl_context() {
  static OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();  // as long as the process
  return context;
}

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

std::unexpected<Error> openssl_failure(Fault fault, std::string_view what) {
  return failure(fault, std::string(what) + ": " + openssl_reason());
}

}  // namespace levelgate::crypto
