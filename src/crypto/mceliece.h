// SPDX-License-Identifier: Apache-2.0
//
// Classic McEliece by libmceliece: the large keys of the house. Everybody else asks crypto/key_exchange.h.
#pragma once

#include <span>

#include "crypto/key_exchange.h"

namespace levelgate::crypto {

// In the order of their ids.
[[nodiscard]] std::span<const KeyExchangeMethod> mceliece_methods();

// `method` is one of mceliece_methods(). A key takes some tens of milliseconds, twice that without the f, and about
// twice its size in memory while it is made.
[[nodiscard]] Result<std::unique_ptr<GeneratedKey>> generate_mceliece(const KeyExchangeMethod& method);
// Fails with kBadInput for a value of another size, or with bits where the encoding has none.
[[nodiscard]] Result<Encapsulation> encapsulate_mceliece(const KeyExchangeMethod& method, ConstBytes public_value);

}  // namespace levelgate::crypto
