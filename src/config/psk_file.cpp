// SPDX-License-Identifier: Apache-2.0
//
// What a text can hold is judged by its length and its alphabet; nothing can tell whether it was drawn at random.
#include "config/psk_file.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "config/key_file.h"

namespace levelgate::config {
namespace {

constexpr std::size_t kLongestSecret = 4096;
constexpr std::ptrdiff_t kFewLetters = 5;  // a text of so few different letters is a pattern, whatever its length
constexpr std::string_view kHexPrefix = "0x";

struct Alphabet {
  bool (*has)(char);
  double letters;
};

bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool base64(char c) { return digit(c) || lower(c) || upper(c) || c == '+' || c == '/' || c == '-' || c == '_'; }

// The first that has all letters of the text counts.
constexpr std::array<Alphabet, 8> kAlphabets{{
    {digit, 10},
    {[](char c) { return digit(c) || (c >= 'a' && c <= 'f'); }, 16},
    {[](char c) { return digit(c) || (c >= 'A' && c <= 'F'); }, 16},
    {lower, 26},
    {upper, 26},
    {base64, 64},
    {[](char c) { return c >= ' ' && c <= '~'; }, 95},
    {[](char) { return true; }, 256},
}};

BadFile too_weak(const std::string& name, double bits, const Strength& strength) {
  return {strength.finding, name + " holds " + std::to_string(static_cast<int>(bits)) + " bits at most",
          std::to_string(strength.bits) + " wanted: openssl rand -base64 32; or say " + std::string(strength.waiver)};
}

}  // namespace

double most_bits(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);  // of base64: holds nothing
  std::array<bool, 256> occurs{};
  for (const char c : text) occurs[static_cast<unsigned char>(c)] = true;
  if (std::ranges::count(occurs, true) < kFewLetters) return 0;
  for (const Alphabet& alphabet : kAlphabets) {
    if (std::ranges::all_of(text, alphabet.has)) return static_cast<double>(text.size()) * std::log2(alphabet.letters);
  }
  return 0;
}

std::expected<model::SharedKey, BadFile> read_psk(const std::string& path, std::string_view noun, Readers readers,
                                                  const Strength& strength) {
  const std::string name = std::string(noun) + " " + path;
  const auto file = read_bounded_file(path, {.noun = noun, .readers = readers, .most_octets = kLongestSecret});
  if (!file) return std::unexpected(file.error());
  std::string_view text = chars_of(file->bytes());
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  ConstBytes key = file->bytes().first(text.size());
  double bits = most_bits(text);
  std::optional<HexDigits> digits;
  if (text.starts_with(kHexPrefix)) {
    digits = octets_of_digits(text.substr(kHexPrefix.size()));
    if (!digits)
      return std::unexpected(BadFile{22, name + " has something else than hexadecimal digits behind 0x", ""});
    if (digits->digits % 2 != 0) return std::unexpected(BadFile{22, name + " has half an octet behind 0x", ""});
    key = digits->octets.bytes().first(digits->digits / 2);
    bits = std::ranges::adjacent_find(key, std::not_equal_to{}) == key.end() ? 0 : static_cast<double>(key.size()) * 8;
  }
  if (key.empty()) return std::unexpected(BadFile{strength.finding, name + " is empty", "openssl rand -base64 32"});
  if (bits < strength.bits) return std::unexpected(too_weak(name, bits, strength));
  return model::SharedKey{std::make_shared<const SecretBytes>(key)};
}

}  // namespace levelgate::config
