// SPDX-License-Identifier: Apache-2.0
//
// Exact decimal arithmetic: a value is digits with at most nine behind the point, times a unit.
#include "config/quantities.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <span>

namespace levelgate::config {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kRates{
    {{"bit/s", 1}, {"kbit/s", 1'000}, {"Mbit/s", 1'000'000}, {"Gbit/s", 1'000'000'000}, {"Tbit/s", 1'000'000'000'000}}};
constexpr std::array<Unit, 8> kDurations{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000},
                                          {"µs", 1'000}}};
constexpr std::array<Unit, 7> kSizes{{{"B", 1},
                                      {"KiB", 1ULL << 10},
                                      {"MiB", 1ULL << 20},
                                      {"GiB", 1ULL << 30},
                                      {"kB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000}}};

struct Split {
  std::string_view digits;
  std::string_view unit;
};

Split split(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && ((text[at] >= '0' && text[at] <= '9') || text[at] == '.')) ++at;
  std::size_t unit = at;
  while (unit < text.size() && text[unit] == ' ') ++unit;
  return {text.substr(0, at), text.substr(unit)};
}

// digits * factor, exact; empty when it is no number, too large, or not whole.
std::expected<std::uint64_t, std::string> scale(std::string_view digits, std::uint64_t factor) {
  if (digits.empty() || digits.size() > 20 || digits == ".") return std::unexpected(std::string("is not a number"));
  Wide value = 0;
  std::uint64_t divisor = 1;
  bool behind_point = false;
  for (const char c : digits) {
    if (c == '.') {
      if (behind_point) return std::unexpected(std::string("is not a number"));
      behind_point = true;
      continue;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (behind_point) divisor *= 10;
    if (divisor > 1'000'000'000) return std::unexpected(std::string("has too many digits behind the point"));
  }
  value *= factor;
  if (value % divisor != 0) return std::unexpected(std::string("is finer than its smallest unit"));
  value /= divisor;
  if (value > std::numeric_limits<std::int64_t>::max()) return std::unexpected(std::string("is too large"));
  return static_cast<std::uint64_t>(value);
}

Quantity<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::string_view what,
                              std::string_view usual, std::string_view known) {
  const Split parts = split(text);
  if (parts.digits.empty()) {
    return std::unexpected(NotAQuantity{std::string(what) + " must be a number with a unit", std::string(known)});
  }
  if (parts.unit.empty()) {
    return std::unexpected(NotAQuantity{std::string(what) + " needs a unit",
                                        "did you mean \"" + std::string(parts.digits) + std::string(usual) + "\"?"});
  }
  for (const Unit& unit : units) {
    if (unit.name != parts.unit) continue;
    const auto value = scale(parts.digits, unit.factor);
    if (!value) return std::unexpected(NotAQuantity{std::string(what) + " " + value.error(), std::string(known)});
    return *value;
  }
  return std::unexpected(
      NotAQuantity{"unit \"" + std::string(parts.unit) + "\" of " + std::string(what) + " is not known or ambiguous",
                   std::string(known)});
}

}  // namespace

Quantity<std::uint64_t> parse_rate(std::string_view text) {
  return parse(text, kRates, "rate", " Mbit/s", "use bit/s, kbit/s, Mbit/s or Gbit/s");
}

Quantity<Nanos> parse_duration(std::string_view text) {
  const auto value = parse(text, kDurations, "duration", "ms", "use ns, us, ms, s, min, h or d");
  if (!value) return std::unexpected(value.error());
  return Nanos(static_cast<std::int64_t>(*value));
}

Quantity<std::uint64_t> parse_octets(std::string_view text) {
  return parse(text, kSizes, "size", "B", "use B, KiB, MiB or GiB");
}

Quantity<std::uint64_t> parse_integer(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (fault != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return std::unexpected(NotAQuantity{"\"" + std::string(text) + "\" is not a whole number", ""});
  }
  return value;
}

std::string rate_text(double bits_per_second) {
  constexpr std::array<std::pair<double, const char*>, 3> kSteps{{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}}};
  std::array<char, 40> buffer{};
  for (const auto& [factor, name] : kSteps) {
    if (bits_per_second < factor) continue;
    std::snprintf(buffer.data(), buffer.size(), "%.1f %s", bits_per_second / factor, name);
    std::string text = buffer.data();
    const std::size_t zero = text.find(".0 ");
    return zero == std::string::npos ? text : text.erase(zero, 2);
  }
  std::snprintf(buffer.data(), buffer.size(), "%.0f bit/s", bits_per_second);
  return buffer.data();
}

}  // namespace levelgate::config
