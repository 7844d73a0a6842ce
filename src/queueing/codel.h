// SPDX-License-Identifier: Apache-2.0
//
// The control law of CoDel (RFC 8289 §4, §5): a wait that has stayed above the target for a whole interval is answered
// by one drop or mark, then by more, at distances that shrink with the square root of their number. No floating point.
#pragma once

#include <levelgate/base/time.h>

#include <array>
#include <cstdint>

namespace levelgate::queueing {

struct CodelSettings {
  Nanos target = Nanos::max();  // a standing wait above this is too much; max: never
  Nanos interval = std::chrono::milliseconds(100);
};

[[nodiscard]] constexpr std::uint64_t whole_root(std::uint64_t of) {
  std::uint64_t low = 0, high = std::uint64_t{1} << 32;
  while (high - low > 1) {
    const std::uint64_t middle = (low + high) / 2;
    (middle * middle <= of ? low : high) = middle;
  }
  return low;
}

// 65,536 over the square root of n; beyond the last one the distance stays.
inline constexpr std::array<std::uint32_t, 257> kInverseRoots = [] {
  std::array<std::uint32_t, 257> roots{};
  for (std::uint64_t n = 1; n < roots.size(); ++n) {
    roots[n] = static_cast<std::uint32_t>(whole_root((std::uint64_t{1} << 32) / n));
  }
  return roots;
}();

// State of one flow. Thread: worker.
class Codel {
 public:
  // Whether the packet at the head, which has waited `wait`, is to be dropped or marked. To be asked once for each
  // packet, again for the next one behind a drop. `backlog` is more than what one service takes away.
  [[nodiscard]] bool acts(const CodelSettings& settings, Instant now, Nanos wait, bool backlog) {
    if (wait < settings.target || !backlog) {
      calm();
      return false;
    }
    if (!above_) {
      above_ = true;
      act_from_ = now + settings.interval;
      return false;
    }
    if (acting_) {
      if (now < next_) return false;
      ++count_;
      next_ += spacing(settings.interval);
      return true;
    }
    if (now < act_from_) return false;
    acting_ = true;
    // Near the last episode the rate that ended it is where to go on (RFC 8289 §5.5).
    const std::uint32_t grown = count_ - count_at_begin_;
    count_ = grown > 1 && now - next_ < 16 * settings.interval ? grown : 1;
    count_at_begin_ = count_;
    next_ = now + spacing(settings.interval);
    return true;
  }
  // The same for a wait below the target.
  void calm() {
    above_ = false;
    acting_ = false;
  }

 private:
  [[nodiscard]] Nanos spacing(Nanos interval) const {
    const std::size_t n = count_ < kInverseRoots.size() ? count_ : kInverseRoots.size() - 1;
    return Nanos((interval.count() >> 8) * kInverseRoots[n] >> 8);
  }

  Instant act_from_{};
  Instant next_{};
  std::uint32_t count_ = 0;
  std::uint32_t count_at_begin_ = 0;
  bool above_ = false;
  bool acting_ = false;
};

}  // namespace levelgate::queueing
