// SPDX-License-Identifier: Apache-2.0
//
// A TCP-like flow for company at a bottleneck: slow start, additive increase, one halving per window, and a timeout
// (RFC 5681 with selective acknowledgements and one for each packet).
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>

#include "support/path_world.h"

namespace levelgate::testing {

class RenoFlow {
 public:
  RenoFlow(PathWorld& world, Link& link, Nanos back, std::uint32_t octets)
      : world_(world), link_(link), back_(back), octets_(octets) {}

  void start() {
    heard_at_ = world_.now();
    fill();
    watch();
  }
  std::uint64_t delivered = 0;

 private:
  void fill() {
    while (static_cast<double>(flying_.size()) < window_) {
      const std::uint64_t number = next_++;
      flying_.insert(number);
      link_.send(octets_, [this, number](bool) {
        ++delivered;
        world_.after(back_, [this, number] { acknowledged(number); });
      });
    }
  }
  void acknowledged(std::uint64_t number) {
    heard_at_ = world_.now();
    if (flying_.erase(number) != 0) window_ += window_ < threshold_ ? 1 : 1 / window_;
    while (!flying_.empty() && *flying_.begin() + 3 <= number) {
      const std::uint64_t lost = *flying_.begin();
      flying_.erase(flying_.begin());
      if (lost < recovered_from_) continue;
      recovered_from_ = next_;
      threshold_ = window_ = std::max(2.0, window_ / 2);
    }
    fill();
  }
  void watch() {
    if (world_.now() - heard_at_ > 1s) {
      heard_at_ = world_.now();
      threshold_ = std::max(2.0, window_ / 2);
      window_ = 1;
      flying_.clear();
      recovered_from_ = next_;
      fill();
    }
    world_.after(100ms, [this] { watch(); });
  }

  PathWorld& world_;
  Link& link_;
  Nanos back_;
  std::uint32_t octets_;
  double window_ = 2;
  double threshold_ = 1e9;
  std::uint64_t next_ = 1;
  std::uint64_t recovered_from_ = 0;
  std::set<std::uint64_t> flying_;
  Instant heard_at_{};
};

}  // namespace levelgate::testing
