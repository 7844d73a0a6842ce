// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 headers of inner and outer packets (RFC 791, RFC 8200): a checked view for reading, and the
// builders of outer headers. Reading never goes beyond the span it is given, whatever the fields say.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ip_address.h>

#include <cstdint>

#include "wire/checksum.h"

namespace levelgate::wire {

// One octet as a number; `at` is within the packet.
[[nodiscard]] inline unsigned octet(ConstBytes packet, std::size_t at) { return std::to_integer<unsigned>(packet[at]); }

inline constexpr std::uint32_t kIpv4Octets = 20;
inline constexpr std::uint32_t kIpv6Octets = 40;
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolIpv4 = 4;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIpv6 = 41;
inline constexpr std::uint8_t kProtocolEsp = 50;
inline constexpr std::uint8_t kProtocolIcmpv6 = 58;
inline constexpr std::uint8_t kProtocolSctp = 132;

enum class IpVerdict : std::uint8_t { kOk, kMalformed, kChecksum };

enum class IpFragment : std::uint8_t { kWhole, kFirst, kLater };

struct IpView {
  IpVerdict verdict = IpVerdict::kMalformed;
  IpFamily family = IpFamily::kV4;
  IpFragment fragment = IpFragment::kWhole;
  bool dont_fragment = false;      // IPv6: always
  std::uint8_t hop_limit = 0;      // TTL
  std::uint8_t protocol = 0;       // of the upper layer, behind IPv6 extension headers
  std::uint8_t header_octets = 0;  // IPv4 with options, IPv6: 40
  std::uint16_t upper_offset = 0;  // where the upper layer begins
  std::uint32_t total_octets = 0;  // of the packet, from its own header; at most the span's
  bool has_ports = false;
  std::uint16_t source_port = 0;  // ICMP: type * 256 + code in both (RFC 7296 §3.13.1)
  std::uint16_t destination_port = 0;

  // Only for a view whose verdict is not kMalformed; `packet` is the span that was read.
  [[nodiscard]] static std::uint32_t source_v4(const std::byte* packet) { return load_be<std::uint32_t>(packet + 12); }
  [[nodiscard]] static std::uint32_t destination_v4(const std::byte* packet) {
    return load_be<std::uint32_t>(packet + 16);
  }
};

// Reads the header at the front of `packet`; octets behind the packet's own length are allowed (Ethernet padding).
[[nodiscard]] IpView read_ip(ConstBytes packet);

// What forwarding needs at once, cheap: verdict, family, hop limit, total octets; upper layer fields are not read.
[[nodiscard]] IpView read_ip_shallow(ConstBytes packet);
// Completes a shallow view with protocol, ports and fragment state. Malformed extension headers: kMalformed.
void read_upper(ConstBytes packet, IpView& view);

[[nodiscard]] IpAddress source_of(const std::byte* packet, IpFamily family);
[[nodiscard]] IpAddress destination_of(const std::byte* packet, IpFamily family);

// Lowers TTL or hop limit by one and mends the IPv4 checksum; the caller has checked that it is above one.
inline void lower_hop_limit(std::byte* packet, IpFamily family) {
  if (family == IpFamily::kV6) {
    packet[7] = static_cast<std::byte>(std::to_integer<unsigned>(packet[7]) - 1);
    return;
  }
  const std::uint16_t before = load_be<std::uint16_t>(packet + 8);
  const std::uint16_t after = static_cast<std::uint16_t>(before - 0x0100);
  store_be<std::uint16_t>(packet + 8, after);
  store_be<std::uint16_t>(packet + 10, checksum_adjust(load_be<std::uint16_t>(packet + 10), before, after));
}

// Multicast, broadcast (limited), unspecified, loopback, link-local: never forwarded (RFC 1812 §5.3.7, RFC 4291 §2.5).
[[nodiscard]] constexpr bool forwardable_v4(std::uint32_t address) {
  if ((address >> 28) >= 0xe) return false;  // multicast, reserved, limited broadcast
  if ((address >> 24) == 127 || (address >> 24) == 0) return false;
  return (address >> 16) != 0xa9fe;  // 169.254/16
}
[[nodiscard]] bool forwardable_v6(const std::byte* address);
[[nodiscard]] inline bool forwardable_destination(const std::byte* packet, IpFamily family) {
  return family == IpFamily::kV4 ? forwardable_v4(IpView::destination_v4(packet)) : forwardable_v6(packet + 24);
}
[[nodiscard]] inline bool forwardable_source(const std::byte* packet, IpFamily family) {
  return family == IpFamily::kV4 ? forwardable_v4(IpView::source_v4(packet)) : forwardable_v6(packet + 8);
}

// Writes a whole outer header: TTL 64, DSCP and ECN 0, IPv4: DF set, identification 0 (RFC 6864 §4.1); IPv6: flow
// label 0. Returns its octets.
std::uint32_t write_ip(std::byte* to, const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                       std::uint32_t total_octets);
// Changes the length of a header that write_ip made.
void set_total_octets(std::byte* header, IpFamily family, std::uint32_t total_octets);

// The two halves of read_ip_shallow; the first nibble is known.
[[nodiscard]] inline IpView read_ipv4_shallow(ConstBytes packet) {
  IpView view;
  if (packet.size() < kIpv4Octets) return view;
  const std::byte* const at = packet.data();
  const std::uint32_t header = (std::to_integer<std::uint32_t>(at[0]) & 0x0fu) * 4;
  const std::uint32_t total = load_be<std::uint16_t>(at + 2);
  if (header < kIpv4Octets || total < header || total > packet.size()) return view;
  view.header_octets = static_cast<std::uint8_t>(header);
  view.upper_offset = static_cast<std::uint16_t>(header);
  view.total_octets = total;
  view.hop_limit = std::to_integer<std::uint8_t>(at[8]);
  view.protocol = std::to_integer<std::uint8_t>(at[9]);
  const unsigned flags = load_be<std::uint16_t>(at + 6);
  view.dont_fragment = (flags & 0x4000u) != 0;
  if ((flags & 0x3fffu) != 0) view.fragment = (flags & 0x1fffu) != 0 ? IpFragment::kLater : IpFragment::kFirst;
  view.verdict = checksum_holds(packet.first(header)) ? IpVerdict::kOk : IpVerdict::kChecksum;
  return view;
}
[[nodiscard]] IpView read_ipv6_shallow(ConstBytes packet);

inline IpView read_ip_shallow(ConstBytes packet) {
  const unsigned version = packet.empty() ? 0 : std::to_integer<unsigned>(packet[0]) >> 4;
  if (version == 4) return read_ipv4_shallow(packet);
  return version == 6 ? read_ipv6_shallow(packet) : IpView{};
}

}  // namespace levelgate::wire
