// SPDX-License-Identifier: Apache-2.0
//
// A bounded ring between one writing and one reading thread. Never blocks; each side keeps a copy of the other's index
// and looks at the shared one only when the copy says full or empty.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>

namespace levelgate::handover {

inline constexpr std::size_t kCacheLine = 64;

template <typename T>
class SpscRing {
 public:
  // Holds at least min_capacity elements (rounded to the next power of two).
  explicit SpscRing(std::size_t min_capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(min_capacity, 2)) - 1), slots_(std::make_unique<T[]>(mask_ + 1)) {}

  // Writer: takes the first n elements and returns n.
  std::size_t push(std::span<const T> elements) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (capacity() - (tail - head_seen_) < elements.size()) head_seen_ = head_.load(std::memory_order_acquire);
    const std::size_t count = std::min(elements.size(), capacity() - (tail - head_seen_));
    for (std::size_t i = 0; i < count; ++i) slots_[(tail + i) & mask_] = elements[i];
    tail_.store(tail + count, std::memory_order_release);
    return count;
  }
  [[nodiscard]] bool push(const T& element) noexcept { return push(std::span<const T>(&element, 1)) == 1; }

  // Reader: fills the first n elements and returns n.
  std::size_t pop(std::span<T> into) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (tail_seen_ - head < into.size()) tail_seen_ = tail_.load(std::memory_order_acquire);
    const std::size_t count = std::min(into.size(), tail_seen_ - head);
    for (std::size_t i = 0; i < count; ++i) into[i] = slots_[(head + i) & mask_];
    head_.store(head + count, std::memory_order_release);
    return count;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
  std::size_t mask_;
  std::unique_ptr<T[]> slots_;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;  // writer's copy
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;  // reader's copy
};

}  // namespace levelgate::handover
