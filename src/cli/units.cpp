// SPDX-License-Identifier: Apache-2.0
//
// The texts of units.h.
#include "cli/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace levelgate::cli {
namespace {

struct Step {
  double size;
  const char* unit;
};

template <std::size_t N>
std::string scaled(double value, const std::array<Step, N>& steps, int digits) {
  for (const Step& step : steps) {
    if (std::abs(value) >= step.size) return fmt::format("{:.{}f} {}", value / step.size, digits, step.unit);
  }
  return fmt::format("{:.0f} {}", value, steps.back().unit);
}

std::optional<std::int64_t> unit_ns(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "min") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return std::nullopt;
}

}  // namespace

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

std::string rate_text(double bits_per_second) {
  constexpr std::array<Step, 4> steps{{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}, {1, "bit/s"}}};
  return bits_per_second < 1 ? "0" : scaled(bits_per_second, steps, 1);
}

std::string octets_text(double octets) {
  constexpr std::array<Step, 3> steps{{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}}};
  return octets < 1e3 ? fmt::format("{:.0f} B", octets) : scaled(octets, steps, octets < 1e6 ? 1 : 2);
}

std::string time_text(double ns) {
  constexpr std::array<Step, 4> steps{{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  return ns < 1e3 ? fmt::format("{:.0f} ns", ns) : scaled(ns, steps, 2);
}

std::string age_text(std::uint64_t seconds) {
  if (seconds >= 86'400) return fmt::format("{}d{:02}h", seconds / 86'400, seconds / 3'600 % 24);
  if (seconds >= 3'600) return fmt::format("{}h{:02}m", seconds / 3'600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}s", seconds);
}

std::string percent_text(double share, int digits) { return fmt::format("{:.{}f} %", share * 100, digits); }

std::optional<Nanos> parse_duration(std::string_view text) {
  std::size_t at = 0;
  __int128 digits = 0;       // the number without its point
  std::int64_t divisor = 1;  // ten for each digit behind it
  bool point = false, any = false;
  for (; at < text.size() && (text[at] == '.' || (text[at] >= '0' && text[at] <= '9')); ++at) {
    if (text[at] == '.') {
      if (std::exchange(point, true)) return std::nullopt;
      continue;
    }
    any = true;
    digits = digits * 10 + (text[at] - '0');
    if (point) divisor *= 10;
    if (digits > std::numeric_limits<std::int64_t>::max() || divisor > 1'000'000'000'000'000) return std::nullopt;
  }
  while (at < text.size() && text[at] == ' ') ++at;
  const auto unit = unit_ns(text.substr(at));
  if (!any || !unit) return std::nullopt;
  const __int128 scaled = digits * *unit;
  if (scaled % divisor != 0 || scaled / divisor > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return Nanos(static_cast<std::int64_t>(scaled / divisor));
}

}  // namespace levelgate::cli
