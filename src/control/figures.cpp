// SPDX-License-Identifier: Apache-2.0
//
// Units step by 1000; a figure keeps about three digits.
#include "control/figures.h"

#include <array>
#include <cstdio>

namespace levelgate::control {
namespace {

struct Step {
  double factor;
  const char* unit;
};

// Without a point and the zeros behind it.
std::string shortest(double value) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.12g", value);
  return buffer.data();
}

}  // namespace

std::string decimals(double value, int digits) {
  std::array<char, 352> buffer{};  // the largest double has 309 digits
  std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value);
  return buffer.data();
}

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string bit_rate(double bits_per_second) {
  if (bits_per_second <= 0) return "0";
  for (const Step& step : {Step{1e9, " Gbit/s"}, Step{1e6, " Mbit/s"}, Step{1e3, " kbit/s"}}) {
    if (bits_per_second >= step.factor) return decimals(bits_per_second / step.factor, 1) + step.unit;
  }
  return decimals(bits_per_second, 0) + " bit/s";
}

std::string set_rate(std::uint64_t bits_per_second) {
  const auto value = static_cast<double>(bits_per_second);
  for (const Step& step : {Step{1e9, " Gbit/s"}, Step{1e6, " Mbit/s"}, Step{1e3, " kbit/s"}}) {
    if (value >= step.factor) return shortest(value / step.factor) + step.unit;
  }
  return shortest(value) + " bit/s";
}

std::string volume(double octets) {
  if (octets >= 1e9) return decimals(octets / 1e9, 2) + " GB";
  if (octets >= 1e6) return decimals(octets / 1e6, 2) + " MB";
  return octets >= 1e3 ? decimals(octets / 1e3, 0) + " kB" : decimals(octets, 0) + " B";
}

std::string span(Nanos time) {
  const auto ns = static_cast<double>(time.count());
  if (time.count() == 0) return "0";
  for (const Step& step : {Step{1e9, " s"}, Step{1e6, " ms"}, Step{1e3, " us"}}) {
    if (ns < step.factor) continue;
    const bool whole = time.count() % static_cast<std::int64_t>(step.factor) == 0;
    return decimals(ns / step.factor, whole ? 0 : 2) + step.unit;
  }
  return decimals(ns, 0) + " ns";
}

std::string age(Nanos time) {
  const long long seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  std::array<char, 64> buffer{};
  if (seconds >= 86400) {
    std::snprintf(buffer.data(), buffer.size(), "%lldd%02lldh", seconds / 86400, seconds / 3600 % 24);
  } else if (seconds >= 3600) {
    std::snprintf(buffer.data(), buffer.size(), "%lldh%02lldm", seconds / 3600, seconds / 60 % 60);
  } else if (seconds >= 60) {
    std::snprintf(buffer.data(), buffer.size(), "%lldm%02llds", seconds / 60, seconds % 60);
  } else {
    std::snprintf(buffer.data(), buffer.size(), "%llds", seconds);
  }
  return buffer.data();
}

std::string_view cipher_word(EspCipher cipher) {
  switch (cipher) {
    case EspCipher::kAes128Gcm16:
      return "aes128gcm16";
    case EspCipher::kAes256Gcm16:
      return "aes256gcm16";
    case EspCipher::kChaCha20Poly1305:
      return "chacha20poly1305";
  }
  return "";
}

}  // namespace levelgate::control
