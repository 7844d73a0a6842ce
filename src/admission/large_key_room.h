// SPDX-License-Identifier: Apache-2.0
//
// Room for the large keys of those who are not authenticated yet: a number of them, their octets, and one for each
// source, so that nobody takes what is there for all. Who finds no room is not refused: it asks again, and stands in a
// line meanwhile, so that whoever asks more often is not served sooner. Who had a place and did not prove itself stands
// behind those who did not have one. Thread: control.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "negotiation/limits.h"

namespace levelgate::admission {

class LargeKeyRoom {
 public:
  // A key that may come in; given back at the end of its life, which may be after that of the room.
  using Place = std::shared_ptr<const void>;

  // Null: no room, or others wait for it. `octets` is the length of the key. One source is an IPv4 address or an IPv6
  // /64.
  [[nodiscard]] Place take(const IpAddress& source, std::size_t octets, Instant now);
  // What this source had a place for was authenticated.
  void proven(const IpAddress& source);

  [[nodiscard]] std::size_t places() const { return held_->by_source.size(); }
  [[nodiscard]] std::size_t octets() const { return held_->octets; }
  [[nodiscard]] std::size_t waiting() const { return lines_[kFresh].size() + lines_[kWasteful].size(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::size_t kFresh = 0, kWasteful = 1;
  struct Waiter {
    IpAddress source;
    Instant asked;  // for the last time
  };
  struct Held {
    std::map<IpAddress, std::size_t> by_source;
    std::size_t octets = 0;
    std::vector<IpAddress> wasteful;  // the latest last
  };
  void forget(Instant now);
  [[nodiscard]] bool is_turn_of(std::size_t line, std::size_t position) const;

  std::shared_ptr<Held> held_ = std::make_shared<Held>();
  std::array<std::vector<Waiter>, 2> lines_;  // in the order in which they asked first
  std::uint64_t refused_ = 0;
};

}  // namespace levelgate::admission
