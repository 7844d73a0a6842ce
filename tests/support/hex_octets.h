// SPDX-License-Identifier: Apache-2.0
//
// Octets written as hexadecimal digits, as known answers are printed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace levelgate::testing {

// Spaces between the digits are left out.
inline std::vector<std::byte> from_hex(std::string_view digits) {
  std::string packed;
  for (const char digit : digits) {
    if (digit != ' ') packed.push_back(digit);
  }
  std::vector<std::byte> octets;
  for (std::size_t i = 0; i + 1 < packed.size(); i += 2) {
    octets.push_back(static_cast<std::byte>(std::stoi(packed.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

}  // namespace levelgate::testing
