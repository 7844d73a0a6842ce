// SPDX-License-Identifier: Apache-2.0
//
// The anti-replay window of RFC 4303 §3.4.3 on 64-bit numbers, as a ring of 64-bit words. Checking changes nothing;
// marking is done only after the tag holds.
#pragma once

#include <levelgate/base/ids.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>

namespace levelgate::esp {

// Thread: worker.
class ReplayWindow {
 public:
  // Accepts numbers from highest - window + 1 on, never below `first`. `window`: 64 to 65,536 numbers.
  ReplayWindow(std::uint32_t window, EspSeq first)
      : window_(window),
        word_mask_(std::bit_ceil(std::uint64_t{window} / 64 + 1) - 1),
        words_(std::make_unique<std::uint64_t[]>(word_mask_ + 1)),
        first_(first.value),
        next_(first.value) {}

  [[nodiscard]] bool acceptable(EspSeq number) const {
    const std::uint64_t n = number.value;
    if (n >= next_) return true;
    if (n < first_ || next_ - n > window_) return false;
    return (words_[(n >> 6) & word_mask_] >> (n & 63) & 1) == 0;
  }

  // False when the number is not acceptable (any more).
  bool mark(EspSeq number) {
    const std::uint64_t n = number.value;
    if (!acceptable(number)) return false;
    if (n >= next_) {
      clear_words_up_to(n);
      next_ = n + 1;
    }
    words_[(n >> 6) & word_mask_] |= std::uint64_t{1} << (n & 63);
    return true;
  }

  // One above the highest marked number; `first` when none is marked.
  [[nodiscard]] EspSeq next() const { return EspSeq{next_}; }
  [[nodiscard]] std::uint64_t window() const { return window_; }

 private:
  // Words that the window newly enters start empty.
  void clear_words_up_to(std::uint64_t number) {
    const std::uint64_t from = next_ == 0 ? 0 : ((next_ - 1) >> 6) + 1;
    const std::uint64_t to = number >> 6;
    if (to < from) return;
    const std::uint64_t count = std::min(to - from + 1, word_mask_ + 1);
    for (std::uint64_t i = 0; i < count; ++i) words_[(to - i) & word_mask_] = 0;
  }

  std::uint64_t window_;
  std::uint64_t word_mask_;
  std::unique_ptr<std::uint64_t[]> words_;
  std::uint64_t first_;
  std::uint64_t next_;
};

}  // namespace levelgate::esp
