// SPDX-License-Identifier: Apache-2.0
//
// Octets from hexadecimal text, and blocks of exactly their size, so that a sanitizer sees a step beyond the end.
#pragma once

#include <levelgate/base/bytes.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace levelgate::testing {

using Octets = std::vector<std::byte>;

inline unsigned digit_of(char c) {
  return c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(c - 'a') + 10;
}

// Pairs of lower-case digits; blanks between them are free.
inline Octets hex(std::string_view text) {
  Octets octets;
  for (std::size_t i = 0; i + 1 < text.size();) {
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    octets.push_back(static_cast<std::byte>(digit_of(text[i]) * 16 + digit_of(text[i + 1])));
    i += 2;
  }
  return octets;
}

class ExactBlock {
 public:
  explicit ExactBlock(ConstBytes from) : octets_(from.size()), block_(std::make_unique<std::byte[]>(from.size())) {
    std::copy(from.begin(), from.end(), block_.get());
  }
  [[nodiscard]] ConstBytes bytes() const { return {block_.get(), octets_}; }

 private:
  std::size_t octets_;
  std::unique_ptr<std::byte[]> block_;
};

// The Internet checksum of RFC 1071, word by word, as the standard describes it; 0 when the octets hold a right one.
inline std::uint16_t slow_checksum(ConstBytes octets) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += std::to_integer<std::uint64_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace levelgate::testing
