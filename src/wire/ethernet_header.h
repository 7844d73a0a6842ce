// SPDX-License-Identifier: Apache-2.0
//
// Ethernet II frames, with one optional VLAN tag on reading (IEEE 802.1Q). Writing is untagged.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ip_address.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace levelgate::wire {

inline constexpr std::size_t kEthernetOctets = 14;
inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;

struct EthernetView {
  std::uint16_t ether_type = 0;
  std::uint8_t header_octets = 0;  // 14, or 18 with a tag; 0: too short
  bool group = false;              // destination is multicast or broadcast
};

[[nodiscard]] inline EthernetView read_ethernet(ConstBytes frame) {
  if (frame.size() < kEthernetOctets) return {};
  EthernetView view{load_be<std::uint16_t>(frame.data() + 12), kEthernetOctets,
                    (std::to_integer<unsigned>(frame[0]) & 1u) != 0};
  if (view.ether_type != kEtherTypeVlan) return view;
  if (frame.size() < kEthernetOctets + 4) return {};
  view.ether_type = load_be<std::uint16_t>(frame.data() + 16);
  view.header_octets = kEthernetOctets + 4;
  return view;
}

[[nodiscard]] inline bool destined_to(ConstBytes frame, const MacAddress& mac) {
  return std::memcmp(frame.data(), mac.octets.data(), 6) == 0;
}

// Writes 14 octets at `to`; the caller has checked the room.
inline void write_ethernet(std::byte* to, const MacAddress& destination, const MacAddress& source,
                           std::uint16_t ether_type) {
  std::memcpy(to, destination.octets.data(), 6);
  std::memcpy(to + 6, source.octets.data(), 6);
  store_be<std::uint16_t>(to + 12, ether_type);
}

}  // namespace levelgate::wire
