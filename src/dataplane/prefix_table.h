// SPDX-License-Identifier: Apache-2.0
//
// A portable RouteTable for replay, tests and simulations: one hash map for each prefix length that occurs, looked at
// from the longest on. Single thread: insert and find must not run at the same time.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "dataplane/lookup.h"

namespace levelgate::dataplane {

class PrefixTable final : public RouteTable {
 public:
  [[nodiscard]] bool insert(const IpPrefix& prefix, std::uint64_t next_hop) override;
  void erase(const IpPrefix& prefix) override;
  void find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept override;
  void find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
               std::span<std::uint64_t> next_hops) const noexcept override;

 private:
  std::array<std::map<std::uint32_t, std::uint64_t>, 33> v4_;  // by length: network to next hop
  std::array<std::map<std::array<std::uint8_t, 16>, std::uint64_t>, 129> v6_;
};

}  // namespace levelgate::dataplane
