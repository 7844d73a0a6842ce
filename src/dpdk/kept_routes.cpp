// SPDX-License-Identifier: Apache-2.0
//
// Two faults of rte_fib and rte_fib6, in 22.11 and 24.11, decide the shape of this. They count shared tables wrongly
// when routes go: after one IPv4 host route with its parent's next hop, or some hundred IPv6 routes that came and went,
// no long prefix is taken any more. And a prefix that ends at the last address and is wholly covered by longer ones
// (a default route above 0.0.0.0/1 and 128.0.0.0/1) writes its next hop over the whole table.
#include "dpdk/kept_routes.h"

#include <algorithm>

#include "dataplane/lookup.h"

namespace levelgate::dpdk {
namespace {

std::uint8_t bits_of(const IpPrefix& prefix) { return prefix.address.family() == IpFamily::kV4 ? 32 : 128; }

bool ends_at_the_top(const IpPrefix& prefix) {
  const IpAddress last = prefix.last_address();
  return std::all_of(last.bytes().begin(), last.bytes().end(),
                     [](std::byte octet) { return octet == std::byte{0xff}; });
}

// The prefix as parts of which only the last, a single address, ends at the top.
std::vector<IpPrefix> parts_of(const IpPrefix& prefix) {
  if (!ends_at_the_top(prefix)) return {prefix};
  std::vector<IpPrefix> parts;
  const IpPrefix top{prefix.last_address(), bits_of(prefix)};
  for (std::uint8_t length = prefix.length; length < top.length; ++length) {
    parts.push_back(IpPrefix{IpPrefix{top.address, length}.network().address, static_cast<std::uint8_t>(length + 1)});
  }
  parts.push_back(top);
  return parts;
}

}  // namespace

bool KeptRoutes::insert(const IpPrefix& network, std::uint64_t next_hop) {
  const auto before = routes_.find(network);
  const bool replaces = before != routes_.end();
  const std::uint64_t old = replaces ? before->second : dataplane::kNoNextHop;
  routes_[network] = next_hop;
  const std::vector<IpPrefix> parts = parts_of(network);
  if (std::all_of(parts.begin(), parts.end(), [this](const IpPrefix& part) { return hold(part); })) {
    refresh(network);
    return true;
  }
  if (replaces) {
    routes_[network] = old;
  } else {
    routes_.erase(network);
  }
  refresh(network);
  return false;
}

void KeptRoutes::erase(const IpPrefix& network) {
  if (routes_.erase(network) != 0) refresh(network);
}

bool KeptRoutes::hold(const IpPrefix& prefix) {
  if (held_.contains(prefix)) return true;
  const std::uint64_t next_hop = next_hop_of(prefix);
  if (!set_(prefix, next_hop)) return false;
  held_[prefix] = next_hop;
  return true;
}

// Of the longest route that covers the whole prefix.
std::uint64_t KeptRoutes::next_hop_of(const IpPrefix& prefix) const {
  for (int length = prefix.length; length >= 0; --length) {
    const auto found = routes_.find(IpPrefix{prefix.address, static_cast<std::uint8_t>(length)}.network());
    if (found != routes_.end()) return found->second;
  }
  return dataplane::kNoNextHop;
}

// All that the library has within that network answers as the routes say; one walk through both in their order.
void KeptRoutes::refresh(const IpPrefix& network) {
  const std::uint64_t around = next_hop_of(network);
  const IpAddress last = network.last_address();
  std::vector<decltype(routes_)::const_iterator> covering;  // from short to long
  auto route = routes_.lower_bound(network);
  for (auto held = held_.lower_bound(network); held != held_.end() && held->first.address <= last; ++held) {
    const auto leave = [&](const IpPrefix& next) {
      while (!covering.empty() && !covering.back()->first.contains(next.address)) covering.pop_back();
    };
    for (; route != routes_.end() && route->first <= held->first; ++route) {
      leave(route->first);
      covering.push_back(route);
    }
    leave(held->first);
    const std::uint64_t wanted = covering.empty() ? around : covering.back()->second;
    if (held->second != wanted && set_(held->first, wanted)) held->second = wanted;
  }
}

}  // namespace levelgate::dpdk
