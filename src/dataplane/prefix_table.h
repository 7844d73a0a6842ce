// SPDX-License-Identifier: Apache-2.0
//
// A portable RouteTable for replay, tests and benchmarks: the prefixes laid out as ranges that do not overlap, found by
// bisection. Single thread: insert and find must not run at the same time.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "dataplane/lookup.h"

namespace levelgate::dataplane {

// Longest prefix match over one kind of address, an unsigned integer.
template <typename Address>
class RangeTable {
 public:
  void insert(Address network, unsigned length, std::uint64_t next_hop) {
    prefixes_[{network, length}] = next_hop;
    const std::size_t most = prefixes_.size() * 2 + 1;  // each begins a range, and its end may begin another
    if (ranges_.capacity() < most) ranges_.reserve(most * 2);
    stale_ = true;
  }
  void erase(Address network, unsigned length) { stale_ = prefixes_.erase({network, length}) != 0 || stale_; }
  [[nodiscard]] std::uint64_t find(Address address) const noexcept;  // kNoNextHop where nothing matches

 private:
  struct Range {
    Address first;  // up to the first of the next range
    std::uint64_t next_hop;
  };
  void lay_out() const;

  std::map<std::pair<Address, unsigned>, std::uint64_t> prefixes_;  // wider ones before those within them
  // Made anew at the first find after a change, in the room that insert has seen to: a find allocates nothing.
  mutable std::vector<Range> ranges_;
  mutable bool stale_ = true;
};

class PrefixTable final : public RouteTable {
 public:
  [[nodiscard]] bool insert(const IpPrefix& prefix, std::uint64_t next_hop) override;
  void erase(const IpPrefix& prefix) override;
  void find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept override;
  void find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
               std::span<std::uint64_t> next_hops) const noexcept override;

 private:
  __extension__ using Wide = unsigned __int128;
  RangeTable<std::uint32_t> v4_;
  RangeTable<Wide> v6_;
};

}  // namespace levelgate::dataplane
