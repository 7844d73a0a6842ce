// SPDX-License-Identifier: Apache-2.0
//
// The routes of one family, on a library table that is only ever told to set a prefix. A route that goes leaves its
// prefix behind with the answer of the next shorter one; and no prefix that ends at the last address is set at all, but
// what it consists of. Both for the library's sake (see the source).
#pragma once

#include <levelgate/base/ip_address.h>

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace levelgate::dpdk {

// Thread: control.
class KeptRoutes {
 public:
  // Adds a prefix to the library's table or changes its next hop; false: no room.
  using Set = std::function<bool(const IpPrefix& network, std::uint64_t next_hop)>;
  explicit KeptRoutes(Set set) : set_(std::move(set)) {}

  // False when the table has no room; then nothing has changed.
  [[nodiscard]] bool insert(const IpPrefix& network, std::uint64_t next_hop);
  void erase(const IpPrefix& network);

 private:
  [[nodiscard]] bool hold(const IpPrefix& prefix);
  [[nodiscard]] std::uint64_t next_hop_of(const IpPrefix& prefix) const;
  void refresh(const IpPrefix& network);

  Set set_;
  std::map<IpPrefix, std::uint64_t> routes_;  // what there is; a shorter prefix stands before what it covers
  std::map<IpPrefix, std::uint64_t> held_;    // what the library has
};

}  // namespace levelgate::dpdk
