// SPDX-License-Identifier: Apache-2.0
//
// Octets as text: base64 with padding (RFC 4648 §4), as YANG's type "binary" has it (RFC 7951 §6.6).
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace levelgate::management {

[[nodiscard]] inline std::string base64(std::string_view octets) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t there = std::min<std::size_t>(octets.size() - i, 3);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < there ? static_cast<unsigned char>(octets[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) out += j <= there ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace levelgate::management
