// SPDX-License-Identifier: Apache-2.0
//
// What a path does to packets, and when it changes. Shares are 0 to 1. A value of its own for each direction.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace levelgate::pathmodel {

inline constexpr Nanos kLongest = std::chrono::hours(1);  // of every span below
inline constexpr Nanos kLatestStage = std::chrono::hours(10'000);
inline constexpr std::uint64_t kLeastRate = 10;  // bits per second
inline constexpr std::uint64_t kMostRate = 1'000'000'000'000;
inline constexpr std::uint32_t kMostOverhead = 4096;
inline constexpr std::uint32_t kLeastFrame = 8;

struct PathSettings {
  // The line. Packets wait for it in one queue, first come, first served; what finds no room is dropped (tail drop).
  std::uint64_t bits_per_second = 0;  // 0: endless, and nothing waits
  std::uint32_t overhead_octets = 0;  // beside each frame on the line, as time that it takes
  std::uint32_t frame_octets = 0;     // most of a packet in one frame; 0: each packet is one frame
  std::uint64_t queue_octets = std::numeric_limits<std::uint64_t>::max();  // waiting and being sent, as on the line
  Nanos queue_wait = kLongest;  // what would wait longer until its first octet is sent is dropped
  std::uint32_t mtu = 0;        // octets of a packet; what is longer is dropped and nobody is told; 0: any

  // Behind the line; what is lost here has taken its time there.
  Nanos delay{};                 // propagation
  Nanos jitter{};                // more delay, from 0 to this, uniform; packets keep their order and may bunch...
  bool jitter_reorders = false;  // ...unless this is set
  double reordered = 0;          // share that arrives later by `held_back`, others overtake it
  Nanos held_back{};
  double loss = 0;           // of each packet by itself
  double burst_loss = 0;     // share that is lost in bursts (Gilbert's model of two states)
  double burst_packets = 1;  // mean length of a burst
  double duplicated = 0;
  double corrupted = 0;  // share in which one bit is flipped
  bool down = false;     // nothing arrives
};

// From this moment of the path's life on, until the next stage.
struct PathStage {
  Nanos from{};
  PathSettings settings;
};
using PathStages = std::vector<PathStage>;

// Names the first value that no path has, with the cure.
[[nodiscard]] Result<void> check(const PathSettings& settings);
// As well that stages begin at zero and rise.
[[nodiscard]] Result<void> check(const PathStages& stages);

// The same path, which nothing passes in [from, to).
[[nodiscard]] PathStages with_black_hole(const PathSettings& settings, Nanos from, Nanos to);

}  // namespace levelgate::pathmodel
