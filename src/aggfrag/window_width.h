// SPDX-License-Identifier: Apache-2.0
//
// How wide the reorder window has to be, learnt from how far packets come behind the newest one (RFC 9347 §2.2.3 lets
// it adapt to measured misordering). Grows with the first packet that would have been late, shrinks slowly; a pure
// function of the numbers in the order of their arrival.
#pragma once

#include <levelgate/base/ids.h>

#include <algorithm>
#include <cstdint>

namespace levelgate::aggfrag {

// Thread: worker.
class WindowWidth {
 public:
  static constexpr std::uint32_t kLeast = 3;      // RFC 9347 §2.2.3 default
  static constexpr std::uint32_t kPeriod = 4096;  // arrivals after which it may shrink

  explicit WindowWidth(std::uint32_t ceiling) : ceiling_(ceiling), width_(std::min(kLeast, ceiling)) {}

  // An authentic packet that is no replay. True: the width is another one now.
  bool arrived(EspSeq number) {
    const std::uint32_t before = width_;
    if (number.value > highest_) {
      highest_ = number.value;
    } else {
      const auto behind = static_cast<std::uint32_t>(std::min<std::uint64_t>(highest_ - number.value, ceiling_));
      farthest_ = std::max(farthest_, behind);
      if (behind > width_) width_ = roomy(behind);
    }
    if (++arrivals_ == kPeriod) end_period();
    return width_ != before;
  }
  [[nodiscard]] std::uint32_t width() const { return width_; }

 private:
  // A quarter more than was needed.
  [[nodiscard]] std::uint32_t roomy(std::uint32_t behind) const { return std::min(ceiling_, behind + behind / 4 + 1); }

  // By an eighth of what is too much.
  void end_period() {
    const std::uint32_t wanted = std::min(ceiling_, std::max(kLeast, farthest_ == 0 ? 0 : roomy(farthest_)));
    if (width_ > wanted) width_ -= (width_ - wanted + 7) / 8;
    farthest_ = 0;
    arrivals_ = 0;
  }

  std::uint32_t ceiling_;
  std::uint32_t width_;
  std::uint64_t highest_ = 0;
  std::uint32_t farthest_ = 0;  // behind the newest, in this period
  std::uint32_t arrivals_ = 0;
};

}  // namespace levelgate::aggfrag
