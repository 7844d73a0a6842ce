// SPDX-License-Identifier: Apache-2.0
//
// Room for the large keys of those who are not authenticated yet: a number of them, their octets, and one for each
// source, so that nobody takes what is there for all. Who finds no room is not refused: it asks again, and gets the
// place that is free by then. Thread: control.
#pragma once

#include <levelgate/base/ip_address.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "negotiation/limits.h"

namespace levelgate::admission {

class LargeKeyRoom {
 public:
  // A key that may come in; given back at the end of its life, which may be after that of the room.
  using Place = std::shared_ptr<const void>;

  // Null: no room. `octets` is the length of the key. One source is an IPv4 address or an IPv6 /64.
  [[nodiscard]] Place take(const IpAddress& source, std::size_t octets);

  [[nodiscard]] std::size_t places() const { return held_->by_source.size(); }
  [[nodiscard]] std::size_t octets() const { return held_->octets; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct Held {
    std::map<IpAddress, std::size_t> by_source;
    std::size_t octets = 0;
  };
  std::shared_ptr<Held> held_ = std::make_shared<Held>();
  std::uint64_t refused_ = 0;
};

}  // namespace levelgate::admission
