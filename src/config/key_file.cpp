// SPDX-License-Identifier: Apache-2.0
//
// Digits to octets; what was read is wiped.
#include "config/key_file.h"

namespace levelgate::config {
namespace {

constexpr std::size_t kLongestKey = 1024;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

}  // namespace

std::optional<HexDigits> octets_of_digits(std::string_view text) {
  HexDigits read{SecretBytes((text.size() + 1) / 2), 0};
  const Bytes octets = read.octets.writable();
  for (const char c : text) {
    if (is_space(c)) continue;
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    std::byte& octet = octets[read.digits++ / 2];
    octet = static_cast<std::byte>((std::to_integer<int>(octet) << 4) | digit);
  }
  return read;
}

std::expected<std::shared_ptr<const Secret>, BadFile> read_key_file(const std::string& path, EspCipher cipher) {
  const auto text = read_bounded_file(path, {.noun = "key file", .most_octets = kLongestKey});
  if (!text) return std::unexpected(text.error());
  const auto read = octets_of_digits(chars_of(text->bytes()));
  if (!read) {
    return std::unexpected(BadFile{22, "key file " + path + " holds something else than hexadecimal digits", ""});
  }
  const std::size_t wanted = key_octets(cipher) + kSaltOctets;
  if (read->digits != wanted * 2) {
    return std::unexpected(BadFile{23, "key file " + path + " holds " + std::to_string(read->digits) + " digits",
                                   std::to_string(wanted * 2) + " wanted: key and salt"});
  }
  return std::make_shared<const Secret>(read->octets.bytes().first(wanted));
}

}  // namespace levelgate::config
