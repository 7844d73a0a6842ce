// SPDX-License-Identifier: Apache-2.0
//
// Cell after cell.
#include "rehearsal/handshake_table.h"

#include <algorithm>
#include <utility>

namespace levelgate::rehearsal {
namespace {

// All cells meet the same seeds: two columns differ by what they are, not by their luck.
std::uint64_t seed_of(std::uint64_t first, std::uint32_t number) { return first * 1'000'003 + number; }

Result<Summary> summarize(const TableRun& run, const Cell& cell, std::uint32_t seeds, const Ideal& ideal,
                          const ReadyKeys& ready, const KeyCosts& costs) {
  std::vector<Figures> figures;
  for (std::uint32_t i = 0; i < seeds; ++i) {
    auto one = rehearse({.cell = cell,
                         .seed = seed_of(run.first_seed, i),
                         .queue_packets = run.queue_packets,
                         .patience = run.patience},
                        ready, costs);
    if (!one) return std::unexpected(one.error());
    figures.push_back(*one);
  }
  return summary_of(figures, cell.keys, ideal);
}

}  // namespace

Result<Results> run_table(const TableRun& run, const ReadyKeys& ready, const KeyCosts& costs,
                          const std::function<void(std::size_t, std::size_t)>& progress) {
  Results results;
  for (const KeySet keys : run.settings.keys) {
    auto ideal = ideal_of(keys, ready);
    if (!ideal) return std::unexpected(ideal.error());
    results.ideals[keys] = *ideal;
  }
  const std::vector<Cell> cells = cells_of(run.settings);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Ideal& ideal = results.ideals[cells[i].keys];
    Row row{.cell = cells[i], .summary = {}, .floor = floor_of(cells[i].path, cells[i].keys, ideal, costs)};
    const bool judged = !goals_of(row).empty();
    auto summary = summarize(run, row.cell, judged ? std::max(run.seeds, kGoalSeeds) : run.seeds, ideal, ready, costs);
    if (!summary) return std::unexpected(summary.error());
    row.summary = *summary;
    std::ranges::move(goals_of(row), std::back_inserter(results.goals));
    results.rows.push_back(std::move(row));
    progress(i + 1, cells.size());
  }
  return results;
}

}  // namespace levelgate::rehearsal
