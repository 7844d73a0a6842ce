// SPDX-License-Identifier: Apache-2.0
//
// The texts of units.h.
#include "cli/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

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

}  // namespace levelgate::cli
