// SPDX-License-Identifier: Apache-2.0
//
// Next hop address to MAC address, per port: an immutable open-addressing table that a snapshot owns.
// Built by the control thread, read by workers.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>
#include <levelgate/model/plan.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace levelgate::dataplane {

// Immutable after construction.
class NeighbourTable {
 public:
  NeighbourTable() : NeighbourTable(std::vector<model::Neighbour>{}) {}
  explicit NeighbourTable(const std::vector<model::Neighbour>& neighbours);
  // Null when unknown. The pointer lives as long as the table.
  [[nodiscard]] const MacAddress* find(PortId port, const IpAddress& address) const noexcept;

 private:
  std::vector<model::Neighbour> slots_;
  std::vector<bool> used_;
  std::size_t mask_ = 0;
};

}  // namespace levelgate::dataplane
