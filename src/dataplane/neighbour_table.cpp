// SPDX-License-Identifier: Apache-2.0
//
// Open addressing with linear probing at half load.
#include "dataplane/neighbour_table.h"

#include <bit>

namespace levelgate::dataplane {
namespace {

std::size_t hash_of(PortId port, const IpAddress& address) {
  std::uint64_t mixed = port.value * 0x9e3779b97f4a7c15ULL;
  const ConstBytes octets = address.bytes();
  for (std::size_t i = 0; i < octets.size(); i += 4) {
    mixed = (mixed ^ load_be<std::uint32_t>(octets.data() + i)) * 0xff51afd7ed558ccdULL;
    mixed ^= mixed >> 32;
  }
  return static_cast<std::size_t>(mixed);
}

}  // namespace

NeighbourTable::NeighbourTable(const std::vector<model::Neighbour>& neighbours)
    : slots_(std::bit_ceil(neighbours.size() * 2 + 2)), used_(slots_.size()), mask_(slots_.size() - 1) {
  for (const model::Neighbour& neighbour : neighbours) {
    std::size_t at = hash_of(neighbour.port, neighbour.address) & mask_;
    while (used_[at] && (slots_[at].port != neighbour.port || slots_[at].address != neighbour.address)) {
      at = (at + 1) & mask_;
    }
    slots_[at] = neighbour;  // the last one of equals wins
    used_[at] = true;
  }
}

const MacAddress* NeighbourTable::find(PortId port, const IpAddress& address) const noexcept {
  std::size_t at = hash_of(port, address) & mask_;
  while (used_[at]) {
    if (slots_[at].port == port && slots_[at].address == address) return &slots_[at].mac;
    at = (at + 1) & mask_;
  }
  return nullptr;
}

}  // namespace levelgate::dataplane
