// SPDX-License-Identifier: Apache-2.0
//
// Which of a class's flow queues a hash has: sixteen sets of eight, so that up to some dozens of flows hardly ever
// share one. A flow never moves while packets of it wait, which keeps its order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace levelgate::queueing {

inline constexpr std::size_t kFlows = 128;  // queues of one class

// Thread: worker.
class FlowPlaces {
 public:
  struct Found {
    std::size_t flow = 0;
    bool fresh = false;  // was another's before
  };

  // `waits(flow)`: whether packets wait in it or it is in turn.
  template <typename Waits>
  [[nodiscard]] Found find(std::uint32_t hash, Waits&& waits) {
    if (hash == 0) hash = 1;  // 0: nobody's
    if (hashes_[last_] == hash) return {last_, false};
    const std::size_t set = hash % kSets * kWays;
    for (std::size_t way = 0; way < kWays; ++way) {
      if (hashes_[set + way] == hash) return {last_ = set + way, false};
    }
    // Where it would have been put when the set was full: packets of it may wait there still.
    const std::size_t shared = set + hash / kSets % kWays;
    if (shared_[shared] && waits(shared)) return {shared, false};
    for (std::size_t way = 0; way < kWays; ++way) {
      if (waits(set + way)) continue;
      hashes_[set + way] = hash;
      shared_[set + way] = false;
      return {last_ = set + way, true};
    }
    shared_[shared] = true;
    return {shared, false};
  }

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSets = kFlows / kWays;

  std::array<std::uint32_t, kFlows> hashes_{};
  std::array<bool, kFlows> shared_{};  // by flows that found no other place
  std::size_t last_ = 0;               // packets of one flow come in trains
};

}  // namespace levelgate::queueing
