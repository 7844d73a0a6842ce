// SPDX-License-Identifier: Apache-2.0
//
// What reader and writer of captures agree on (draft-ietf-opsawg-pcap §4).
#pragma once

#include <cstdint>

namespace levelgate::cli {

inline constexpr std::uint32_t kNanoMagic = 0xA1B23C4D;  // time stamps in nanoseconds
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

}  // namespace levelgate::cli
