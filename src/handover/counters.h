// SPDX-License-Identifier: Apache-2.0
//
// A counter that one thread writes and others read. No read-modify-write instruction: the writer owns the cell.
#pragma once

#include <atomic>
#include <cstdint>

namespace levelgate::handover {

class Counter {
 public:
  void add(std::uint64_t amount) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void raise_to(std::uint64_t value) noexcept {
    if (value > load()) set(value);
  }
  [[nodiscard]] std::uint64_t load() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A mark that the owner of an object sets once and another thread waits for without blocking.
class Mark {
 public:
  void set() noexcept { set_.store(true, std::memory_order_release); }
  [[nodiscard]] bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> set_{false};
};

}  // namespace levelgate::handover
