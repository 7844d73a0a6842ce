// SPDX-License-Identifier: Apache-2.0
//
// Addresses from which somebody was authenticated lately: they come first when there is not enough for all. A number
// of them, the oldest gives way. Thread: control.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::admission {

class Acquaintances {
 public:
  void met(Instant now, const IpAddress& address) {
    const auto [known, fresh] = seen_.try_emplace(address, now);
    if (!fresh) order_.erase({known->second, address});
    known->second = now;
    order_.insert({now, address});
    if (seen_.size() <= limits::kAcquaintances) return;
    seen_.erase(order_.begin()->second);
    order_.erase(order_.begin());
  }
  [[nodiscard]] bool knows(Instant now, const IpAddress& address) const {
    const auto known = seen_.find(address);
    return known != seen_.end() && now - known->second < limits::kAcquainted;
  }
  [[nodiscard]] std::size_t size() const { return seen_.size(); }

 private:
  std::map<IpAddress, Instant> seen_;
  std::set<std::pair<Instant, IpAddress>> order_;
};

}  // namespace levelgate::admission
