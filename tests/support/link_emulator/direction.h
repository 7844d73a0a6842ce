// SPDX-License-Identifier: Apache-2.0
//
// The frames of one direction: a path decides, and they wait here until they arrive. Holds at most as many octets as it
// was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pathmodel/in_transit.h"
#include "pathmodel/path.h"

namespace levelgate::testing {

struct DirectionCounts {
  std::uint64_t spared_pkts = 0;   // passed beside the path
  std::uint64_t memory_pkts = 0;   // copies that found no room here: the path is not what was asked for
  std::uint64_t written_pkts = 0;  // copies that the interface took
  std::uint64_t refused_pkts = 0;  // and that it did not
};

class Direction {
 public:
  Direction(pathmodel::PathStages stages, std::uint64_t seed, Instant start, std::size_t most_octets,
            bool spares_neighbours);

  // An Ethernet frame begins its way. Its octets, as the path counts them, are those behind the Ethernet header.
  void take(Instant now, std::span<const std::byte> frame);
  // What has arrived, in order; `write` says whether it was taken.
  void deliver(Instant now, const std::function<bool(std::span<const std::byte>)>& write);
  [[nodiscard]] Instant next() const { return under_way_.next(); }

  [[nodiscard]] const pathmodel::PathCounts& path() const { return path_.counts(); }
  [[nodiscard]] const DirectionCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }

 private:
  void add(Instant arrives, std::span<const std::byte> frame);

  pathmodel::Path path_;
  pathmodel::InTransit<std::vector<std::byte>> under_way_;
  std::size_t room_;
  bool spares_neighbours_;
  DirectionCounts counts_;
};

// Whether a frame is the link's own talk: ARP, neighbour discovery (RFC 4861 §4), listener reports (RFC 2710, RFC
// 3810).
[[nodiscard]] bool is_neighbour_talk(std::span<const std::byte> frame);

}  // namespace levelgate::testing
