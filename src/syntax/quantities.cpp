// SPDX-License-Identifier: Apache-2.0
//
// Exact decimal arithmetic: a value is digits with at most nine behind the point, times a unit.
#include "syntax/quantities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <span>

namespace levelgate::syntax {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

struct Alias {
  std::string_view wrong;  // in any case of letters
  std::string_view right;
};
struct Kind {
  std::span<const Unit> units;
  std::span<const Alias> aliases;
  std::string_view gap;    // between number and unit, as we write it
  std::string_view usual;  // what a bare number probably meant
  std::string_view known;  // for people
};

constexpr std::array<Unit, 5> kRates{
    {{"bit/s", 1}, {"kbit/s", 1'000}, {"Mbit/s", 1'000'000}, {"Gbit/s", 1'000'000'000}, {"Tbit/s", 1'000'000'000'000}}};
constexpr std::array<Alias, 13> kRateAliases{{{"kbps", "kbit/s"},
                                              {"kb/s", "kbit/s"},
                                              {"kbit", "kbit/s"},
                                              {"k", "kbit/s"},
                                              {"mbps", "Mbit/s"},
                                              {"mb/s", "Mbit/s"},
                                              {"mbit", "Mbit/s"},
                                              {"m", "Mbit/s"},
                                              {"gbps", "Gbit/s"},
                                              {"gb/s", "Gbit/s"},
                                              {"gbit", "Gbit/s"},
                                              {"g", "Gbit/s"},
                                              {"bps", "bit/s"}}};
constexpr std::array<Unit, 7> kDurations{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000}}};
constexpr std::array<Alias, 7> kDurationAliases{
    {{"\xc2\xb5s", "us"}, {"usec", "us"}, {"msec", "ms"}, {"sec", "s"}, {"m", "min"}, {"hours", "h"}, {"days", "d"}}};
constexpr std::array<Unit, 7> kSizes{{{"B", 1},
                                      {"KiB", 1ULL << 10},
                                      {"MiB", 1ULL << 20},
                                      {"GiB", 1ULL << 30},
                                      {"kB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000}}};
constexpr std::array<Alias, 8> kSizeAliases{{{"k", "KiB"},
                                             {"kb", "KiB"},
                                             {"m", "MiB"},
                                             {"mb", "MiB"},
                                             {"g", "GiB"},
                                             {"gb", "GiB"},
                                             {"octets", "B"},
                                             {"bytes", "B"}}};

constexpr std::array<Unit, 1> kShares{{{"%", 10}}};
constexpr std::array<Unit, 1> kSmallShares{{{"%", 10'000'000}}};
constexpr std::array<Alias, 2> kShareAliases{{{"percent", "%"}, {"pct", "%"}}};

constexpr Kind kOfRates{kRates, kRateAliases, " ", "Mbit/s", "use bit/s, kbit/s, Mbit/s or Gbit/s"};
constexpr Kind kOfDurations{kDurations, kDurationAliases, "", "ms", "use ns, us, ms, s, min, h or d"};
constexpr Kind kSize{kSizes, kSizeAliases, "", "B", "use B, KiB, MiB or GiB"};
constexpr Kind kOfShares{kShares, kShareAliases, "", "%", "use %"};
constexpr Kind kSmallShare{kSmallShares, kShareAliases, "", "%", "use %"};

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

std::string as_written(std::string_view digits, std::string_view gap, std::string_view unit) {
  return "did you mean \"" + std::string(digits) + std::string(gap) + std::string(unit) + "\"?";
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// The unit that somebody who wrote this probably meant; empty: no idea.
std::string_view meant(std::string_view unit, const Kind& kind) {
  for (const Alias& alias : kind.aliases) {
    if (same_letters(alias.wrong, unit)) return alias.right;
  }
  for (const Unit& known : kind.units) {
    if (same_letters(known.name, unit)) return known.name;
  }
  return {};
}

Quantity<std::uint64_t> parse(std::string_view text, const Kind& kind) {
  const Split parts = split(text);
  if (parts.digits.empty()) {
    return std::unexpected(NotAQuantity{"must be a number with a unit", std::string(kind.known)});
  }
  if (parts.unit.empty()) {
    return std::unexpected(NotAQuantity{"needs a unit", as_written(parts.digits, kind.gap, kind.usual)});
  }
  for (const Unit& unit : kind.units) {
    if (unit.name != parts.unit) continue;
    const auto value = scale(parts.digits, unit.factor);
    if (!value) return std::unexpected(NotAQuantity{value.error(), ""});
    return *value;
  }
  const std::string_view right = meant(parts.unit, kind);
  return std::unexpected(
      NotAQuantity{"has the unit \"" + std::string(parts.unit) + "\", which is not known or ambiguous",
                   right.empty() ? std::string(kind.known) : as_written(parts.digits, kind.gap, right)});
}

}  // namespace

Quantity<std::uint64_t> parse_rate(std::string_view text) { return parse(text, kOfRates); }

Quantity<Nanos> parse_duration(std::string_view text) {
  const auto value = parse(text, kOfDurations);
  if (!value) return std::unexpected(value.error());
  return Nanos(static_cast<std::int64_t>(*value));
}

Quantity<std::uint64_t> parse_octets(std::string_view text) { return parse(text, kSize); }

Quantity<std::uint64_t> parse_permille(std::string_view text) { return parse(text, kOfShares); }

Quantity<std::uint64_t> parse_billionths(std::string_view text) { return parse(text, kSmallShare); }

Quantity<std::uint64_t> parse_integer(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (fault != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return std::unexpected(NotAQuantity{"is not a whole number", ""});
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

}  // namespace levelgate::syntax
