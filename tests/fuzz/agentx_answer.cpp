// SPDX-License-Identifier: Apache-2.0
// links: agentx
//
// Any octets as the daemon's answer: either an error or rows whose cells keep to what their objects can hold, and whose
// indices are from 1 on, each of one tunnel.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "agentx/rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace levelgate::agentx;
  const std::string text(octets, octets + size);
  Indices indices;
  const auto rows = rows_of(text, indices);
  if (!rows) return 0;
  std::set<std::uint32_t> seen;
  for (const Row& row : *rows) {
    if (row.index == 0 || !seen.insert(row.index).second || indices.of(row.tunnel) != row.index) std::abort();
    for (std::size_t i = 0; i < kMibTables.size(); ++i) {
      const Cells& cells = row.tables[i];
      if (!cells.empty() && cells.size() != kMibTables[i].columns.size()) std::abort();
      for (std::size_t at = 0; at < cells.size(); ++at) {
        const Syntax syntax = kMibTables[i].columns[at].syntax;
        const std::uint64_t value = cells[at].value_or(1);
        if (syntax == Syntax::kTruth && value != 1 && value != 2) std::abort();
        if (syntax == Syntax::kUnsigned && value > 65'535) std::abort();
        if (syntax == Syntax::kNanoSeconds && value > 2'147'483'647) std::abort();
      }
    }
  }
  return 0;
}
