// SPDX-License-Identifier: Apache-2.0
//
// Traffic selectors (RFC 4301 §4.4.1, RFC 7296 §3.13.1) as ranges, and their match.
#pragma once

#include <levelgate/base/ip_address.h>

#include <cstdint>
#include <vector>

namespace levelgate::model {

struct TrafficSelector {
  IpAddress first;               // inclusive; same family as last
  IpAddress last;                // inclusive
  std::uint8_t protocol = 0;     // 0: any
  std::uint16_t port_first = 0;  // ICMP: type * 256 + code, as RFC 7296 §3.13.1 has it
  std::uint16_t port_last = 65535;
  auto operator<=>(const TrafficSelector&) const = default;

  [[nodiscard]] static TrafficSelector from(const IpPrefix& prefix) {
    return {prefix.network().address, prefix.last_address()};
  }
  [[nodiscard]] bool any_port() const { return port_first == 0 && port_last == 65535; }
  [[nodiscard]] bool contains(const IpAddress& a) const {
    return a.family() == first.family() && first <= a && a <= last;
  }
};

// An inner packet matches when its protected-side address and port lie in one of `local` and its
// far-side address and port in one of `remote`. An empty list matches anything.
struct SelectorPair {
  std::vector<TrafficSelector> local;
  std::vector<TrafficSelector> remote;
  auto operator<=>(const SelectorPair&) const = default;
};

}  // namespace levelgate::model
