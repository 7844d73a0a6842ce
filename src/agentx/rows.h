// SPDX-License-Identifier: Apache-2.0
//
// The daemon's answer to `show tfs -o json` as rows of the MIB: one row for each tunnel, which is the pair of SAs that
// carries it, as in RFC 9348's IKE case.
#pragma once

#include <levelgate/base/result.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agentx/mib.h"

namespace levelgate::agentx {

// By column, in the order of the table's list; empty: there is no such instance.
using Cells = std::vector<std::optional<std::uint64_t>>;

struct Row {
  std::string tunnel;
  std::uint32_t index = 0;
  std::array<Cells, kMibTables.size()> tables;  // empty: the tunnel has no row there
};

// Which index a tunnel has: counted from 1, and the same until this process ends, also when the tunnel goes and comes
// again (RFC 9349: "must remain constant at least from one re-initialization ... to the next").
class Indices {
 public:
  inline static constexpr std::uint32_t kMost = 16'777'215;  // of the index object

  // 0: all are used up.
  [[nodiscard]] std::uint32_t of(const std::string& tunnel);

 private:
  std::map<std::string, std::uint32_t> known_;
};

// Answers are bounded by the client that fetches them. An Error says what is wrong with the answer; a value of the
// wrong kind is left out.
[[nodiscard]] Result<std::vector<Row>> rows_of(std::string_view answer, Indices& indices);

}  // namespace levelgate::agentx
