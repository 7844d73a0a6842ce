// SPDX-License-Identifier: Apache-2.0
//
// Words and amounts that the parts of the table of keys share.
#pragma once

#include <cstdint>
#include <string_view>

namespace levelgate::syntax::terms {

inline constexpr std::uint64_t kMicrosecond = 1'000;
inline constexpr std::uint64_t kSecond = 1'000'000'000;
inline constexpr std::uint64_t kDay = 86'400 * kSecond;
inline constexpr std::uint64_t kMebi = 1ULL << 20;

// What a change costs.
inline constexpr std::string_view kLive = "live";
inline constexpr std::string_view kRekey = "rekey";
inline constexpr std::string_view kTunnel = "tunnel restart";
inline constexpr std::string_view kDaemon = "daemon restart";

}  // namespace levelgate::syntax::terms
