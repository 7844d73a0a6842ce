// SPDX-License-Identifier: Apache-2.0
//
// Randomness by OpenSSL.
#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

class OpensslRandom final : public Random {
 public:
  Result<void> fill(Bytes octets) override {
    if (octets.empty()) return {};
    if (RAND_bytes_ex(openssl_context(), octets_of(octets), octets.size(), 0) != 1) {
      return openssl_failure(Fault::kInternal, "OpenSSL's generator gave no randomness");
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<Random> make_openssl_random() { return std::make_unique<OpensslRandom>(); }

}  // namespace levelgate::crypto
