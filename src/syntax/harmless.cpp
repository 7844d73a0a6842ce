// SPDX-License-Identifier: Apache-2.0
//
// What people may see of a text that strangers may have written and that may hold a secret in the wrong place.
#include <algorithm>
#include <array>
#include <cstddef>

#include "syntax/finding.h"

namespace levelgate::syntax {
namespace {

constexpr std::size_t kMostOctets = 300;
constexpr std::size_t kKeyDigits = 32;  // the shortest key there is has 16 octets
constexpr std::array<std::string_view, 6> kSecretNames{"key", "psk", "ppk", "secret", "password", "passphrase"};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

// Octets of a code point that would steer a terminal or turn the direction of writing; 0: harmless.
std::size_t steering(std::string_view rest) {
  const auto at = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
  if (at(0) < 0x20 || at(0) == 0x7f) return 1;
  if (at(0) == 0xc2 && at(1) >= 0x80 && at(1) < 0xa0) return 2;
  const bool embedding = at(0) == 0xe2 && at(1) == 0x80 && at(2) >= 0xaa && at(2) <= 0xae;
  const bool isolate = at(0) == 0xe2 && at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9;
  return embedding || isolate ? 3 : 0;
}

void star_digits(std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_hex(text[end])) ++end;
    if (end - at >= kKeyDigits)
      std::fill(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end), '*');
    at = std::max(end, at + 1);
  }
}

// From `at`, which is behind "psk:", to the end of the value; a map or list there has names of its own.
void star_value(std::string& line, std::size_t at) {
  while (at < line.size() && line[at] == ' ') ++at;
  if (at == line.size() || line[at] == '{' || line[at] == '[') return;
  for (; at < line.size() && line[at] != ',' && line[at] != '}'; ++at) {
    const auto c = static_cast<unsigned char>(line[at]);
    if (c < 0x80 && c != ' ') line[at] = '*';
    if (c >= 0x80) line[at] = (c & 0xc0U) == 0x80U ? '\0' : '*';
  }
}

void star_secrets(std::string& line) {
  for (const std::string_view name : kSecretNames) {
    for (std::size_t at = line.find(name); at != std::string::npos; at = line.find(name, at + 1)) {
      if (at != 0 && is_word(line[at - 1])) continue;
      std::size_t behind = at + name.size();
      if (behind < line.size() && (line[behind] == '"' || line[behind] == '\'')) ++behind;
      while (behind < line.size() && line[behind] == ' ') ++behind;
      if (behind < line.size() && line[behind] == ':') star_value(line, behind + 1);
    }
  }
  std::erase(line, '\0');
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bad = steering(text.substr(at));
    clean += bad != 0 ? '?' : text[at];
    at += std::max<std::size_t>(bad, 1);
  }
  star_digits(clean);
  if (clean.size() <= kMostOctets) return clean;
  std::size_t cut = kMostOctets;
  while (cut > 0 && (static_cast<unsigned char>(clean[cut]) & 0xc0U) == 0x80U) --cut;
  return clean.substr(0, cut) + "...";
}

std::string harmless_source(std::string_view line) {
  std::string text(line);
  std::replace(text.begin(), text.end(), '\0', '?');
  std::replace(text.begin(), text.end(), '\t', ' ');  // one column, as it was counted
  star_secrets(text);
  return harmless(text);
}

}  // namespace levelgate::syntax
