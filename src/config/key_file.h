// SPDX-License-Identifier: Apache-2.0
//
// Key files: hexadecimal digits of cipher key and salt, as KEYMAT orders them (RFC 4106 §8.1), readable by their owner
// only. What goes wrong is told without a digit of the key.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/secret.h>

#include <expected>
#include <memory>
#include <string>

namespace levelgate::config {

struct BadKeyFile {
  int id = 0;  // LG-CFG-nnn
  std::string message;
  std::string hint;
};

[[nodiscard]] std::expected<std::shared_ptr<const Secret>, BadKeyFile> read_key_file(const std::string& path,
                                                                                     EspCipher cipher);

}  // namespace levelgate::config
