// SPDX-License-Identifier: Apache-2.0
//
// Two tables: tunnels, and drops if there were any.
#include "cli/replay_report.h"

#include <fmt/format.h>

#include "cli/table.h"
#include "cli/units.h"

namespace levelgate::cli {

std::string replay_text(const ReplayEnd& end) {
  Table table({{"TUNNEL"},
               {"OUTER OUT", Align::kRight},
               {"ALL PAD", Align::kRight},
               {"INNER OUT", Align::kRight},
               {"OUTER IN", Align::kRight},
               {"INNER IN", Align::kRight},
               {"MISSED", Align::kRight},
               {"SKIPPED SLOTS", Align::kRight}});
  for (const auto& tunnel : end.stats.tunnels) {
    const model::TunnelStats& c = tunnel.counters;
    table.add({tunnel.name, count_text(c.tx_pkts), count_text(c.tx_all_pad_pkts), count_text(c.inner_tx_pkts),
               count_text(c.rx_pkts), count_text(c.inner_rx_pkts), count_text(c.rx_missed_pkts),
               count_text(c.skipped_slots)});
  }
  const std::string head = fmt::format("{} of virtual time\n", time_text(static_cast<double>(end.at.count())));
  const std::string drops = drops_text(end.stats.drops);
  return head + table.text() + (drops.empty() ? "nothing was dropped\n" : "\n" + drops);
}

std::string drops_text(const model::DropCounts& drops) {
  Table table({{"REASON"}, {"COUNT", Align::kRight}, {"MEANING"}, {"WHAT TO DO"}});
  for (std::size_t reason = 0; reason < model::kDropCount; ++reason) {
    const model::DropText& text = model::kDropTexts[reason];
    if (drops[reason] == 0) continue;
    table.add({std::string(text.name), count_text(drops[reason]), std::string(text.meaning), std::string(text.cure)});
  }
  return table.empty() ? "" : table.text();
}

}  // namespace levelgate::cli
