// SPDX-License-Identifier: Apache-2.0
//
// Figures for eyes, with the unit that fits, and words of the file. No figure here is for what scripts read.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/time.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace levelgate::control {

[[nodiscard]] std::string grouped(std::uint64_t count);             // 12 214 285 714
[[nodiscard]] std::string bit_rate(double bits_per_second);         // 500.0 Mbit/s
[[nodiscard]] std::string set_rate(std::uint64_t bits_per_second);  // 500 Mbit/s, as it was written
[[nodiscard]] std::string volume(double octets);                    // 18 kB, 1.2 MB
[[nodiscard]] std::string span(Nanos time);                         // 22.40 us, 20 ms
[[nodiscard]] std::string age(Nanos time);                          // 3d04h, 4m10s, 12s
[[nodiscard]] std::string decimals(double value, int digits);       // 0.61
[[nodiscard]] std::string_view cipher_word(EspCipher cipher);       // aes256gcm16, as `static` has it in the file

}  // namespace levelgate::control
