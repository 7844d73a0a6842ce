// SPDX-License-Identifier: Apache-2.0
//
// The whole table: every cell by some seeds, with what it is held against.
#pragma once

#include <levelgate/base/result.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rehearsal/cell.h"
#include "rehearsal/key_costs.h"
#include "rehearsal/summary.h"

namespace levelgate::rehearsal {

// Median and p99 of a cell that a goal names say little of fewer.
inline constexpr std::uint32_t kGoalSeeds = 20;

struct TableRun {
  TableSettings settings;
  std::uint64_t first_seed = 1;
  std::uint32_t seeds = 5;  // of each cell; at least kGoalSeeds of those with goals
  std::uint32_t queue_packets = kQueuePackets;
  Nanos patience = Setting{}.patience;
};

struct Row {
  Cell cell;
  Summary summary;
  std::optional<Floor> floor;
};

// What the product is held to, with what was found.
struct Goal {
  std::string name;
  std::optional<Nanos> measured;  // empty: it never came there
  Nanos allowed{};
  [[nodiscard]] bool holds() const { return measured && *measured <= allowed; }
};

struct Results {
  std::map<KeySet, Ideal> ideals;
  std::vector<Row> rows;
  std::vector<Goal> goals;  // of cells that the table has
};

// Calls `progress(done, all)` after each cell. Fails when a tunnel cannot be configured.
[[nodiscard]] Result<Results> run_table(const TableRun& run, const ReadyKeys& ready, const KeyCosts& costs,
                                        const std::function<void(std::size_t, std::size_t)>& progress);

// The goals that are about a cell; also what asks for more seeds of it.
[[nodiscard]] std::vector<Goal> goals_of(const Row& row);

}  // namespace levelgate::rehearsal
