// SPDX-License-Identifier: Apache-2.0
//
// What many rehearsals of one cell say together, and what no implementation could undercut: the arithmetic of the
// table.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rehearsal/cell.h"
#include "rehearsal/key_costs.h"
#include "rehearsal/rehearse.h"

namespace levelgate::rehearsal {

// Empty where that many runs never came there.
struct Spread {
  std::optional<Nanos> median;  // the lower one of an even number
  std::optional<Nanos> p99;     // by rank: of fewer than a hundred runs the longest
  bool operator==(const Spread&) const = default;
};
[[nodiscard]] Spread spread_of(std::vector<std::optional<Nanos>> times);

// What the handshake needs where nothing is lost, nothing waits and computing costs nothing: found by a rehearsal.
struct Ideal {
  double round_trips_first_inner = 0, round_trips_large = 0;
  std::uint64_t octets = 0;          // both ways, with IP headers
  std::uint64_t octets_forward = 0;  // the initiator's
};
[[nodiscard]] Result<Ideal> ideal_of(KeySet keys, const ReadyKeys& ready);

// Round trips, and the octets at the line's rate, and the making of the large key. Empty: the set has no large key.
struct Floor {
  Nanos serialisation{};
  Nanos whole{};
};
[[nodiscard]] std::optional<Floor> floor_of(const CellPath& path, KeySet keys, const Ideal& ideal,
                                            const KeyCosts& costs);

struct Summary {
  std::size_t runs = 0, done = 0;  // done: all that the cell asks for, within the patience
  Spread first_inner, large;
  double octets_over_needed = 0;     // median
  std::size_t responder_octets = 0;  // the most of all runs
  std::uint64_t queue_drops = 0;     // median
  bool operator==(const Summary&) const = default;
};
[[nodiscard]] Summary summary_of(std::span<const Figures> runs, KeySet keys, const Ideal& ideal);

}  // namespace levelgate::rehearsal
