// SPDX-License-Identifier: Apache-2.0
//
// Numbers for eyes: rates, octets, counts and times with the unit that fits, as the operator writes them in the
// configuration, and times as the operator types them. Never used for what scripts read.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levelgate::cli {

[[nodiscard]] std::string count_text(std::uint64_t count);         // 12 214 285 714
[[nodiscard]] std::string rate_text(double bits_per_second);       // 500.0 Mbit/s
[[nodiscard]] std::string octets_text(double octets);              // 1.20 MB
[[nodiscard]] std::string time_text(double ns);                    // 22.40 us
[[nodiscard]] std::string age_text(std::uint64_t seconds);         // 3d04h, 4m10s, 12s
[[nodiscard]] std::string percent_text(double share, int digits);  // 55.7 %

// A number with a unit (ns, us, ms, s, min, h), whole or decimal: "10s", "1.5 ms". Exact; empty when it is none, has
// no unit, is finer than 1 ns, or too long.
[[nodiscard]] std::optional<Nanos> parse_duration(std::string_view text);

}  // namespace levelgate::cli
