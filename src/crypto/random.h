// SPDX-License-Identifier: Apache-2.0
//
// Where nonces, SPIs, initialisation vectors and cookie secrets come from: handed to whoever needs it, so that a test
// may hand over its own. Key pairs are not drawn from it; OpenSSL makes them with its own generator.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <memory>

namespace levelgate::crypto {

// Thread: each object belongs to one thread.
class Random {
 public:
  virtual ~Random() = default;
  // Fills every octet, or none that may be used: who ignores the fault has no nonce.
  [[nodiscard]] virtual Result<void> fill(Bytes octets) = 0;
};

// OpenSSL's generator, seeded by the operating system.
[[nodiscard]] std::unique_ptr<Random> make_openssl_random();

}  // namespace levelgate::crypto
