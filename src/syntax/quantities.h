// SPDX-License-Identifier: Apache-2.0
//
// Numbers with units as operators write them. A unit is always needed; what is ambiguous in the trade (kb, mbps) is
// refused with the word to use instead.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace levelgate::syntax {

struct NotAQuantity {
  std::string message;  // to be put behind a name: "needs a unit"
  std::string hint;
};

template <typename T>
using Quantity = std::expected<T, NotAQuantity>;

[[nodiscard]] Quantity<std::uint64_t> parse_rate(std::string_view text);        // bits per second: "500 Mbit/s"
[[nodiscard]] Quantity<Nanos> parse_duration(std::string_view text);            // "20ms"
[[nodiscard]] Quantity<std::uint64_t> parse_octets(std::string_view text);      // "1400B", "64KiB"
[[nodiscard]] Quantity<std::uint64_t> parse_permille(std::string_view text);    // a share: "5%"
[[nodiscard]] Quantity<std::uint64_t> parse_billionths(std::string_view text);  // a small share: "0.01%"
[[nodiscard]] Quantity<std::uint64_t> parse_integer(std::string_view text);     // decimal, or hexadecimal with 0x

[[nodiscard]] std::string rate_text(double bits_per_second);  // "479.3 Mbit/s"

}  // namespace levelgate::syntax
