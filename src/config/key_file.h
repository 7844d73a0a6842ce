// SPDX-License-Identifier: Apache-2.0
//
// Key files: hexadecimal digits of cipher key and salt, as KEYMAT orders them (RFC 4106 §8.1), readable by their owner
// only. What goes wrong is told without a digit of the key.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/secret.h>

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "config/bounded_file.h"

namespace levelgate::config {

// Hexadecimal digits with any white space as octets, the first digits first; the octets behind them are zero.
struct HexDigits {
  SecretBytes octets;
  std::size_t digits = 0;
};
// Nothing: there is something else in the text.
[[nodiscard]] std::optional<HexDigits> octets_of_digits(std::string_view text);

[[nodiscard]] std::expected<std::shared_ptr<const Secret>, BadFile> read_key_file(const std::string& path,
                                                                                  EspCipher cipher);

}  // namespace levelgate::config
