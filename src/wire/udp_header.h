// SPDX-License-Identifier: Apache-2.0
//
// The UDP header, and the marker that tells ESP in UDP from IKE (RFC 3948 §2).
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>

#include "wire/checksum.h"

namespace levelgate::wire {

inline constexpr std::size_t kUdpOctets = 8;
inline constexpr std::uint16_t kUdpEncapsulationPort = 4500;

struct UdpView {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t octets = 0;  // header included; 0: malformed
};

// `datagram` starts at the UDP header and ends with the IP packet.
[[nodiscard]] inline UdpView read_udp(ConstBytes datagram) {
  if (datagram.size() < kUdpOctets) return {};
  UdpView view{load_be<std::uint16_t>(datagram.data()), load_be<std::uint16_t>(datagram.data() + 2),
               load_be<std::uint16_t>(datagram.data() + 4)};
  if (view.octets < kUdpOctets || view.octets > datagram.size()) view.octets = 0;
  return view;
}

[[nodiscard]] inline std::uint16_t udp_source_port(const std::byte* udp) { return load_be<std::uint16_t>(udp); }

// Whether the octets between the IP header at `ip`, which is sound, and what is carried end with a UDP header. An IPv6
// header with extensions counts as none.
[[nodiscard]] inline bool carried_in_udp(const std::byte* ip) {
  constexpr std::byte kUdp{17};
  const bool v4 = (std::to_integer<unsigned>(ip[0]) >> 4) == 4;
  return ip[v4 ? 9 : 6] == kUdp;
}

// The checksum stays zero, as RFC 3948 §2.1 asks of ESP in UDP over IPv4; over IPv6 write_udp_checksum() follows.
inline void write_udp(std::byte* to, std::uint16_t source_port, std::uint16_t destination_port, std::uint16_t octets) {
  store_be<std::uint16_t>(to, source_port);
  store_be<std::uint16_t>(to + 2, destination_port);
  store_be<std::uint16_t>(to + 4, octets);
  store_be<std::uint16_t>(to + 6, 0);
}

// Over IPv6 a checksum of zero is refused by most receivers (RFC 8200 §8.1). `ip` is the whole IPv6 packet without
// extension headers, complete but for the checksum.
inline void write_udp_checksum(std::byte* ip, std::uint32_t udp_octets) {
  constexpr std::size_t kHeader = 40;
  constexpr std::uint32_t kUdp = 17;
  const std::uint32_t pseudo = checksum_add({ip + 8, 32}, udp_octets + kUdp);
  store_be<std::uint16_t>(ip + kHeader + 6, 0);
  const std::uint16_t sum = checksum_finish(checksum_add({ip + kHeader, udp_octets}, pseudo));
  store_be<std::uint16_t>(ip + kHeader + 6, sum == 0 ? std::uint16_t{0xffff} : sum);
}

enum class UdpEncapsulated { kEsp, kIke, kKeepalive, kMalformed };

// What a UDP payload on port 4500 is: four zero octets mark IKE, a single 0xff is a keepalive (RFC 3948 §2.2, §2.3).
[[nodiscard]] inline UdpEncapsulated udp_encapsulated(ConstBytes payload) {
  if (payload.size() == 1 && payload[0] == std::byte{0xff}) return UdpEncapsulated::kKeepalive;
  if (payload.size() < 4) return UdpEncapsulated::kMalformed;
  return load_be<std::uint32_t>(payload.data()) == 0 ? UdpEncapsulated::kIke : UdpEncapsulated::kEsp;
}

}  // namespace levelgate::wire
