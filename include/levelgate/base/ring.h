// SPDX-License-Identifier: Apache-2.0
//
// A FIFO of fixed capacity for one thread. Capacity is a power of two, reserved at birth; nothing is
// allocated afterwards.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace levelgate {

template <typename T>
class Ring {
 public:
  // Holds at least min_capacity elements (rounded to the next power of two).
  explicit Ring(std::size_t min_capacity)
      : mask_(std::bit_ceil(min_capacity == 0 ? std::size_t{1} : min_capacity) - 1),
        slots_(std::make_unique<T[]>(mask_ + 1)) {}

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(tail_ - head_); }
  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  [[nodiscard]] bool empty() const { return head_ == tail_; }
  [[nodiscard]] bool full() const { return size() == capacity(); }

  // False, and unchanged, when full.
  [[nodiscard]] bool push(T value) {
    if (full()) return false;
    slots_[tail_++ & mask_] = std::move(value);
    return true;
  }
  // Only when not empty.
  T pop() { return std::move(slots_[head_++ & mask_]); }
  [[nodiscard]] T& front() { return slots_[head_ & mask_]; }
  [[nodiscard]] const T& front() const { return slots_[head_ & mask_]; }
  // The element at a distance from the front; only when below size().
  [[nodiscard]] T& at(std::size_t from_front) { return slots_[(head_ + from_front) & mask_]; }
  [[nodiscard]] const T& at(std::size_t from_front) const { return slots_[(head_ + from_front) & mask_]; }
  void drop_front(std::size_t count) { head_ += count; }

 private:
  std::size_t mask_;
  std::unique_ptr<T[]> slots_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
};

}  // namespace levelgate
