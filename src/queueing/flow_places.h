// SPDX-License-Identifier: Apache-2.0
//
// Which of a class's flow queues a hash has: sixteen sets of eight, so that up to some dozens of flows hardly ever
// share one. A flow never moves while packets of it wait, which keeps its order.
#pragma once

#include <array>
#include <bit>
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
    const std::size_t set = hash % kSets;
    for (std::uint64_t same = zero_octets(tags_[set] ^ tag_of(hash) * kEach); same != 0; same &= same - 1) {
      const std::size_t flow = set * kWays + static_cast<std::size_t>(std::countr_zero(same)) / 8;
      if (hashes_[flow] == hash) return {flow, false};
    }
    return seat(hash, set, waits);
  }

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kSets = kFlows / kWays;
  static constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;  // one in each octet

  // Eight bits of the hash that do not choose the set: one comparison asks all ways at once.
  static std::uint64_t tag_of(std::uint32_t hash) { return hash / kSets & 0xff; }
  // The upper bit of each octet that is zero, and of some behind such a one.
  static std::uint64_t zero_octets(std::uint64_t of) { return (of - kEach) & ~of & kEach << 7; }

  template <typename Waits>
  [[gnu::noinline]] Found seat(std::uint32_t hash, std::size_t set, Waits&& waits) {
    // Where it would have been put when the set was full: packets of it may wait there still.
    const std::size_t shared = set * kWays + hash / kSets % kWays;
    if (shared_[shared] && waits(shared)) return {shared, false};
    for (std::size_t way = 0; way < kWays; ++way) {
      const std::size_t flow = set * kWays + way;
      if (waits(flow)) continue;
      hashes_[flow] = hash;
      tags_[set] = (tags_[set] & ~(0xffULL << 8 * way)) | tag_of(hash) << 8 * way;
      shared_[flow] = false;
      return {flow, true};
    }
    shared_[shared] = true;
    return {shared, false};
  }

  std::array<std::uint64_t, kSets> tags_{};  // an octet for each way
  std::array<std::uint32_t, kFlows> hashes_{};
  std::array<bool, kFlows> shared_{};  // by flows that found no other place
};

}  // namespace levelgate::queueing
