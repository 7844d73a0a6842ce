// SPDX-License-Identifier: Apache-2.0
//
// Longest prefix match from an address to a small number that names a next hop of the snapshot, in bursts.
// The DPDK shell implements it on rte_fib and rte_fib6; prefix_table.h is the portable one for replay and tests.
#pragma once

#include <levelgate/base/ip_address.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace levelgate::dataplane {

inline constexpr std::uint64_t kNoNextHop = 0;
inline constexpr std::uint64_t kMaxNextHop = 32767;  // what two-octet entries of rte_fib can hold

// Thread: insert and erase by control, find by workers at the same time; a finder sees the old or the new entry.
class RouteTable {
 public:
  virtual ~RouteTable() = default;
  // Replaces an equal prefix. False when the table is full.
  [[nodiscard]] virtual bool insert(const IpPrefix& prefix, std::uint64_t next_hop) = 0;
  virtual void erase(const IpPrefix& prefix) = 0;
  // Host order; writes kNoNextHop where no prefix matches. Spans have equal length, at most 64.
  virtual void find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept = 0;
  virtual void find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
                       std::span<std::uint64_t> next_hops) const noexcept = 0;
};

}  // namespace levelgate::dataplane
