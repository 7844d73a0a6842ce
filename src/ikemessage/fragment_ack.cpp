// SPDX-License-Identifier: Apache-2.0
//
// The map of fragments, to octets and back.
#include "ikemessage/fragment_ack.h"

namespace levelgate::ikemessage {
namespace {

constexpr std::size_t kTotalOctets = 2;

std::size_t octets_of_map(std::size_t total) { return (total + 7) / 8; }

}  // namespace

void write_fragment_ack(ikewire::WireBuffer& to, const FragmentMap& map) {
  to.write_narrow<std::uint16_t>(map.size());
  std::uint8_t octet = 0;
  for (std::size_t i = 0; i < octets_of_map(map.size()) * 8; ++i) {
    octet = static_cast<std::uint8_t>(octet << 1 | (i < map.size() && map[i] ? 1 : 0));
    if (i % 8 == 7) to.write(octet);
  }
}

std::optional<FragmentMap> read_fragment_ack(ConstBytes value, std::size_t total) {
  if (value.size() != kTotalOctets + octets_of_map(total)) return std::nullopt;
  if (load_be<std::uint16_t>(value.data()) != total) return std::nullopt;
  FragmentMap map(total);
  for (std::size_t i = 0; i < octets_of_map(total) * 8; ++i) {
    const auto octet = std::to_integer<unsigned>(value[kTotalOctets + i / 8]);
    const bool there = (octet >> (7 - i % 8) & 1u) != 0;
    if (i < total) map[i] = there;
    if (i >= total && there) return std::nullopt;
  }
  return map;
}

}  // namespace levelgate::ikemessage
