// SPDX-License-Identifier: Apache-2.0
//
// Proves that a piece of a test allocates nothing. A test program that links no_alloc_scope has its allocations counted
// while a scope is open: malloc and its kin, thus C libraries as well; only operator new in sanitizer builds, which
// have a malloc of their own.
//
//   NoAllocScope scope;
//   cipher.seal(jobs);
//   EXPECT_EQ(scope.allocations(), 0u);
#pragma once

#include <cstddef>

namespace levelgate::testing {

// Counts for its own thread only; scopes may be nested, the inner one's allocations count for both.
class NoAllocScope {
 public:
  NoAllocScope();
  // Ends the program when there were allocations and nobody asked.
  ~NoAllocScope();
  NoAllocScope(const NoAllocScope&) = delete;
  NoAllocScope& operator=(const NoAllocScope&) = delete;

  [[nodiscard]] std::size_t allocations();

 private:
  std::size_t before_;
  bool asked_ = false;
};

}  // namespace levelgate::testing
