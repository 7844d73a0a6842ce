// SPDX-License-Identifier: Apache-2.0
//
// Prefixes are nested or apart, so a stack of those that are open is all that the layout needs.
#include "dataplane/prefix_table.h"

#include <algorithm>

namespace levelgate::dataplane {
namespace {

__extension__ using Wide = unsigned __int128;

Wide wide_of(const std::byte* network_order) {
  return Wide{load_be<std::uint64_t>(network_order)} << 64 | load_be<std::uint64_t>(network_order + 8);
}

}  // namespace

template <typename Address>
void RangeTable<Address>::lay_out() const {
  constexpr Address kLast = static_cast<Address>(~Address{0});
  constexpr unsigned kBits = sizeof(Address) * 8;
  ranges_.clear();
  ranges_.push_back({Address{0}, kNoNextHop});
  const auto begin_range = [this](Address first, std::uint64_t next_hop) {
    if (ranges_.back().first == first) ranges_.pop_back();
    ranges_.push_back({first, next_hop});
  };
  struct Open {
    Address last;
    std::uint64_t next_hop;
  };
  std::array<Open, kBits + 1> open;  // one within the other, at most one of each length
  std::size_t depth = 0;
  const auto close = [&] {
    const Address last = open[--depth].last;
    if (last != kLast) begin_range(static_cast<Address>(last + 1), depth == 0 ? kNoNextHop : open[depth - 1].next_hop);
  };
  for (const auto& [prefix, next_hop] : prefixes_) {
    const auto& [network, length] = prefix;
    while (depth != 0 && open[depth - 1].last < network) close();
    const Address host_bits = length == kBits ? Address{0} : static_cast<Address>(kLast >> length);
    open[depth++] = {static_cast<Address>(network | host_bits), next_hop};
    begin_range(network, next_hop);
  }
  while (depth != 0) close();
  stale_ = false;
}

template <typename Address>
std::uint64_t RangeTable<Address>::find(Address address) const noexcept {
  if (prefixes_.empty()) return kNoNextHop;
  if (stale_) lay_out();
  const auto behind = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                       [](Address a, const Range& range) { return a < range.first; });
  return std::prev(behind)->next_hop;
}

bool PrefixTable::insert(const IpPrefix& prefix, std::uint64_t next_hop) {
  if (next_hop > kMaxNextHop) return false;
  const IpAddress network = prefix.network().address;
  if (network.family() == IpFamily::kV4) {
    v4_.insert(network.v4_host_order(), prefix.length, next_hop);
  } else {
    v6_.insert(wide_of(network.bytes().data()), prefix.length, next_hop);
  }
  return true;
}

void PrefixTable::erase(const IpPrefix& prefix) {
  const IpAddress network = prefix.network().address;
  if (network.family() == IpFamily::kV4) {
    v4_.erase(network.v4_host_order(), prefix.length);
  } else {
    v6_.erase(wide_of(network.bytes().data()), prefix.length);
  }
}

void PrefixTable::find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept {
  for (std::size_t i = 0; i < addresses.size(); ++i) next_hops[i] = v4_.find(addresses[i]);
}

void PrefixTable::find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
                          std::span<std::uint64_t> next_hops) const noexcept {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    next_hops[i] = v6_.find(wide_of(std::as_bytes(std::span(addresses[i])).data()));
  }
}

}  // namespace levelgate::dataplane
