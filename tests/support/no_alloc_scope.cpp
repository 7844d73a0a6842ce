// SPDX-License-Identifier: Apache-2.0
//
// Stands in front of the C library's allocator, or of operator new where a sanitizer owns the allocator.
#include "support/no_alloc_scope.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t open_scopes = 0;
thread_local std::size_t counted = 0;

void count() {
  if (open_scopes != 0) ++counted;
}

}  // namespace

namespace levelgate::testing {

NoAllocScope::NoAllocScope() : before_(counted) { ++open_scopes; }

NoAllocScope::~NoAllocScope() {
  --open_scopes;
  if (asked_ || counted == before_) return;
  std::fprintf(stderr, "%zu allocations where none may be\n", counted - before_);
  std::abort();
}

std::size_t NoAllocScope::allocations() {
  asked_ = true;
  return counted - before_;
}

}  // namespace levelgate::testing

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZER_OWNS_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZER_OWNS_MALLOC
#endif

#ifdef SANITIZER_OWNS_MALLOC

void* operator new(std::size_t octets) {
  count();
  if (void* const block = std::malloc(octets == 0 ? 1 : octets)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t octets, std::align_val_t alignment) {
  count();
  void* block = nullptr;
  if (posix_memalign(&block, static_cast<std::size_t>(alignment), octets == 0 ? 1 : octets) == 0) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t octets, const std::nothrow_t&) noexcept {
  count();
  return std::malloc(octets == 0 ? 1 : octets);
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

#else

extern "C" {

void* __libc_malloc(std::size_t octets);
void* __libc_calloc(std::size_t elements, std::size_t octets);
void* __libc_realloc(void* block, std::size_t octets);
void* __libc_memalign(std::size_t alignment, std::size_t octets);

void* malloc(std::size_t octets) {
  count();
  return __libc_malloc(octets);
}
void* calloc(std::size_t elements, std::size_t octets) {
  count();
  return __libc_calloc(elements, octets);
}
void* realloc(void* block, std::size_t octets) {
  count();
  return __libc_realloc(block, octets);
}
void* aligned_alloc(std::size_t alignment, std::size_t octets) {
  count();
  return __libc_memalign(alignment, octets);
}
void* memalign(std::size_t alignment, std::size_t octets) {
  count();
  return __libc_memalign(alignment, octets);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t octets) {
  count();
  *block = __libc_memalign(alignment, octets);
  return *block == nullptr ? ENOMEM : 0;
}
}

#endif
