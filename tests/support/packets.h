// SPDX-License-Identifier: Apache-2.0
//
// Inner packets for tests, as whole Ethernet frames with right checksums.
#pragma once

#include <levelgate/base/ip_address.h>

#include <cstring>
#include <string>
#include <vector>

#include "wire/checksum.h"
#include "wire/ethernet_header.h"
#include "wire/ip_header.h"

namespace levelgate::testing {

// A UDP-like packet of `octets` from one address to another; the payload is a function of `mark`.
inline std::vector<std::byte> ip_frame(const std::string& from, const std::string& to, std::size_t octets,
                                       unsigned mark = 0, unsigned hop_limit = 64) {
  const IpAddress source = *IpAddress::parse(from);
  const bool v4 = source.family() == IpFamily::kV4;
  std::vector<std::byte> frame(wire::kEthernetOctets + octets);
  wire::write_ethernet(frame.data(), MacAddress{}, MacAddress{}, v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6);
  std::byte* const ip = frame.data() + wire::kEthernetOctets;
  const std::uint32_t header =
      wire::write_ip(ip, source, *IpAddress::parse(to), 253, static_cast<std::uint32_t>(octets));
  for (std::size_t i = header; i < octets; ++i) ip[i] = static_cast<std::byte>(mark + i * 13);
  if (octets >= header + 4) store_be<std::uint32_t>(ip + header, mark);
  ip[v4 ? 8 : 7] = static_cast<std::byte>(hop_limit);
  if (v4) {
    ip[6] = std::byte{0};
    wire::set_total_octets(ip, IpFamily::kV4, static_cast<std::uint32_t>(octets));
  }
  return frame;
}

// An IPv4 packet that routers may not cut (RFC 791 §3.1).
inline std::vector<std::byte> with_df(std::vector<std::byte> frame) {
  std::byte* const ip = frame.data() + wire::kEthernetOctets;
  ip[6] |= std::byte{0x40};
  wire::set_total_octets(ip, IpFamily::kV4, static_cast<std::uint32_t>(frame.size() - wire::kEthernetOctets));
  return frame;
}

// What ip_frame becomes after `hops` routers.
inline std::vector<std::byte> after_hops(std::vector<std::byte> frame, unsigned hops) {
  std::byte* const ip = frame.data() + wire::kEthernetOctets;
  const IpFamily family = (std::to_integer<unsigned>(ip[0]) >> 4) == 4 ? IpFamily::kV4 : IpFamily::kV6;
  for (unsigned i = 0; i < hops; ++i) wire::lower_hop_limit(ip, family);
  return frame;
}

// Whether two frames carry the same IP packet.
inline bool same_ip(const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
  return a.size() == b.size() && std::memcmp(a.data() + wire::kEthernetOctets, b.data() + wire::kEthernetOctets,
                                             a.size() - wire::kEthernetOctets) == 0;
}

}  // namespace levelgate::testing
