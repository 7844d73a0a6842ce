// SPDX-License-Identifier: Apache-2.0
//
// The anti-replay window of RFC 4303 §3.4.3 on 64-bit numbers, as a ring of 64-bit words. Checking changes nothing;
// marking is done only after the tag holds. Never moves back.
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
  // Accepts numbers from highest - window + 1 on, never below `first` and never 0, which no sender uses (RFC 4303
  // §3.3.3). `window`: 64 to 65,536 numbers.
  ReplayWindow(std::uint32_t window, EspSeq first)
      : window_(window),
        word_mask_(std::bit_ceil(words_touched(window)) - 1),
        words_(std::make_unique<std::uint64_t[]>(word_mask_ + 1)),
        first_(std::max<std::uint64_t>(first.value, 1)),
        highest_(first_ - 1) {}

  [[nodiscard]] bool acceptable(EspSeq number) const {
    const std::uint64_t n = number.value;
    if (n > highest_) return true;
    if (n < first_ || highest_ - n >= window_) return false;
    return (word_of(n) >> (n & 63) & 1) == 0;
  }

  // False, and unchanged, when the number is not acceptable (any more).
  bool mark(EspSeq number) {
    const std::uint64_t n = number.value;
    if (!acceptable(number)) return false;
    if (n > highest_) {
      clear_words_up_to(n);
      highest_ = n;
    }
    word_of(n) |= std::uint64_t{1} << (n & 63);
    return true;
  }

  // The highest number marked; the one before the first when none is.
  [[nodiscard]] EspSeq highest() const { return EspSeq{highest_}; }
  [[nodiscard]] std::uint32_t window() const { return window_; }

 private:
  // A window that begins on the last bit of a word reaches into one word more than its size says.
  [[nodiscard]] static constexpr std::uint64_t words_touched(std::uint64_t window) { return (window + 62) / 64 + 1; }

  [[nodiscard]] std::uint64_t& word_of(std::uint64_t n) const { return words_[(n >> 6) & word_mask_]; }

  // Words that the window newly enters start empty: mostly none, and never more than the ring has.
  void clear_words_up_to(std::uint64_t number) {
    const std::uint64_t to = number >> 6;
    const std::uint64_t count = std::min(to - (highest_ >> 6), word_mask_ + 1);
    for (std::uint64_t i = 0; i < count; ++i) words_[(to - i) & word_mask_] = 0;
  }

  std::uint32_t window_;
  std::uint64_t word_mask_;
  std::unique_ptr<std::uint64_t[]> words_;
  std::uint64_t first_;
  std::uint64_t highest_;
};

}  // namespace levelgate::esp
