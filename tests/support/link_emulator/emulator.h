// SPDX-License-Identifier: Apache-2.0
//
// Two interfaces with a path each way between them. Sleeps until a frame comes, one is due, or a signal arrives.
#pragma once

#include <string>
#include <vector>

#include "support/link_emulator/direction.h"
#include "support/link_emulator/tap.h"

namespace levelgate::testing {

struct EmulatorSettings {
  TapPlace left, right;
  pathmodel::PathStages to_right, to_left;
  std::uint64_t seed = 1;
  std::size_t most_octets = 64U << 20;  // under way in each direction
  std::uint32_t mtu = 1500;             // of the interfaces
  bool spares_neighbours = false;
};

// The two directions of one seed.
[[nodiscard]] constexpr std::uint64_t seed_to_right(std::uint64_t seed) { return 2 * seed; }
[[nodiscard]] constexpr std::uint64_t seed_to_left(std::uint64_t seed) { return 2 * seed + 1; }

// Prints "ready" when both interfaces are up, then one line of JSON at each SIGUSR1 and at the end (SIGTERM, SIGINT).
// The stages' time begins with "ready". Returns when it ends; the error says why it never began, or what failed.
[[nodiscard]] Result<void> emulate(const EmulatorSettings& settings);

// What chance alone takes of the first packets of each direction, by their numbers, as JSON: without line and queue,
// and in the first stage.
[[nodiscard]] std::string foretold(const EmulatorSettings& settings, std::uint64_t packets);

}  // namespace levelgate::testing
