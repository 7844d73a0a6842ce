// SPDX-License-Identifier: Apache-2.0
//
// How far behind its slot each packet left: a log-linear histogram of fixed memory, 16 steps in each power of two.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "handover/counters.h"

namespace levelgate::dataplane {

// Thread: worker adds, control reads.
class PacingHistogram {
 public:
  void add(std::uint64_t ns) noexcept {
    buckets_[bucket_of(ns)].add(1);
    max_.raise_to(ns);
  }
  // The upper edge of the bucket that holds the given share (in thousandths) of all values; 0 when empty.
  [[nodiscard]] std::uint64_t quantile_ns(std::uint64_t thousandths) const noexcept {
    std::uint64_t total = 0;
    for (const auto& bucket : buckets_) total += bucket.load();
    if (total == 0) return 0;
    const std::uint64_t wanted = (total * thousandths + 999) / 1000;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i].load();
      if (seen >= wanted) return upper_edge(i) < max_.load() ? upper_edge(i) : max_.load();
    }
    return max_.load();
  }
  [[nodiscard]] std::uint64_t max_ns() const noexcept { return max_.load(); }

 private:
  static constexpr unsigned kSteps = 16;
  static constexpr std::size_t kBuckets = 16 + 28 * kSteps;  // up to 2^32 ns

  static std::size_t bucket_of(std::uint64_t ns) noexcept {
    if (ns < kSteps) return ns;
    const unsigned power = static_cast<unsigned>(std::bit_width(ns)) - 5;  // 16..31 have power 0
    const std::size_t index = kSteps + power * kSteps + ((ns >> power) - kSteps);
    return index < kBuckets ? index : kBuckets - 1;
  }
  static std::uint64_t upper_edge(std::size_t index) noexcept {
    if (index < kSteps) return index;
    const std::size_t power = (index - kSteps) / kSteps;
    return (kSteps + (index - kSteps) % kSteps + 1) * (1ULL << power) - 1;
  }

  std::array<handover::Counter, kBuckets> buckets_;
  handover::Counter max_;
};

}  // namespace levelgate::dataplane
