// SPDX-License-Identifier: Apache-2.0
//
// Names of DSCP values (RFC 2474 §4.2.2, RFC 2597 §6, RFC 3246 §2.7, RFC 5865 §2.3, RFC 8622 §1).
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace levelgate::config {

inline constexpr std::string_view kDscpForms = "ef, va, le, cs0 to cs7, af11 to af43, or 0 to 63";

// A name or a number; empty: neither.
[[nodiscard]] inline std::optional<std::uint8_t> parse_dscp(std::string_view text) {
  static constexpr auto kNames = std::to_array<std::pair<std::string_view, std::uint8_t>>({
      {"cs0", 0},   {"cs1", 8},   {"cs2", 16},  {"cs3", 24},  {"cs4", 32},  {"cs5", 40},  {"cs6", 48},  {"cs7", 56},
      {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18}, {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28},
      {"af33", 30}, {"af41", 34}, {"af42", 36}, {"af43", 38}, {"ef", 46},   {"va", 44},   {"le", 1},
  });
  for (const auto& [name, value] : kNames) {
    if (name == text) return value;
  }
  std::uint8_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = fault == std::errc{} && end == text.data() + text.size() && value < 64;
  return number ? std::optional(value) : std::nullopt;
}

}  // namespace levelgate::config
