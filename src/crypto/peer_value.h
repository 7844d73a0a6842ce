// SPDX-License-Identifier: Apache-2.0
//
// What is said of a peer's value, whichever library reads it.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "crypto/key_exchange.h"

namespace levelgate::crypto {

[[nodiscard]] inline std::string says(const KeyExchangeMethod& method, std::string_view what) {
  return std::string(method.name).append(what);
}

[[nodiscard]] inline Result<void> check_size(const KeyExchangeMethod& method, ConstBytes value, std::size_t octets) {
  if (value.size() == octets) return {};
  return failure(Fault::kBadInput, says(method, ": the peer's value has ") + std::to_string(value.size()) +
                                       " octets instead of " + std::to_string(octets));
}

}  // namespace levelgate::crypto
