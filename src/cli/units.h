// SPDX-License-Identifier: Apache-2.0
//
// Numbers for eyes: rates, octets, counts and times with the unit that fits, as the operator writes them in the
// configuration. Never used for what scripts read.
#pragma once

#include <cstdint>
#include <string>

namespace levelgate::cli {

[[nodiscard]] std::string count_text(std::uint64_t count);         // 12 214 285 714
[[nodiscard]] std::string rate_text(double bits_per_second);       // 500.0 Mbit/s
[[nodiscard]] std::string octets_text(double octets);              // 1.20 MB
[[nodiscard]] std::string time_text(double ns);                    // 22.40 us
[[nodiscard]] std::string age_text(std::uint64_t seconds);         // 3d04h, 4m10s, 12s
[[nodiscard]] std::string percent_text(double share, int digits);  // 55.7 %

}  // namespace levelgate::cli
