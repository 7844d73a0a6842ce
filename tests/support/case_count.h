// SPDX-License-Identifier: Apache-2.0
//
// How many cases a test with its own generator looks at: fewer under a sanitizer, where each costs many times as much.
#pragma once

#include <cstddef>

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

}  // namespace levelgate::testing
