// SPDX-License-Identifier: Apache-2.0
//
// How many cases a test with its own generator looks at: fewer under a sanitizer, where each costs many times as much;
// many more where LEVELGATE_LONG=1 is in the environment (`scripts/test --long`).
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace levelgate::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kFewCases = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kFewCases = true;
#else
inline constexpr bool kFewCases = false;
#endif
#else
inline constexpr bool kFewCases = false;
#endif

constexpr std::size_t cases(std::size_t count) { return kFewCases ? count / 40 + 1 : count; }

inline bool is_long_run() {
  const char* const asked = std::getenv("LEVELGATE_LONG");
  return asked != nullptr && std::string_view(asked) == "1";
}
// So many seeds: a few in the ordinary run, many in the long one.
inline std::size_t seeds(std::size_t few, std::size_t many) { return cases(is_long_run() ? many : few); }

}  // namespace levelgate::testing
