// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing of IP headers (RFC 791, RFC 8200). Work per packet is bounded: at most eight extension headers.
#include "wire/ip_header.h"

#include <cstring>

#include "wire/checksum.h"

namespace levelgate::wire {
namespace {

constexpr unsigned kMaxExtensionHeaders = 8;  // what any sane packet stays below; more is treated as malformed

// Walks extension headers (RFC 8200 §4). False: cut off, or too many.
bool walk_extensions(ConstBytes packet, IpView& view) {
  std::uint32_t at = kIpv6Octets;
  unsigned next = octet(packet, 6);
  for (unsigned walked = 0; walked <= kMaxExtensionHeaders; ++walked) {
    const bool fragment = next == 44;
    const bool options = next == 0 || next == 43 || next == 60 || next == 135;
    if (!fragment && !options) {
      view.protocol = static_cast<std::uint8_t>(next);
      view.upper_offset = static_cast<std::uint16_t>(at);
      return true;
    }
    if (at + 8 > view.total_octets) return false;
    const std::uint32_t octets = fragment ? 8 : 8 + octet(packet, at + 1) * 8;
    if (at + octets > view.total_octets) return false;
    if (fragment) {
      const unsigned offset = load_be<std::uint16_t>(packet.data() + at + 2);
      // A further fragment header that says whole does not undo what an earlier one said.
      if ((offset & 0xfff8u) != 0) {
        view.fragment = IpFragment::kLater;
      } else if ((offset & 1u) != 0) {
        view.fragment = IpFragment::kFirst;
      }
    }
    next = octet(packet, at);
    at += octets;
    if (view.fragment == IpFragment::kLater) {
      view.protocol = static_cast<std::uint8_t>(next);
      view.upper_offset = static_cast<std::uint16_t>(at);
      return true;
    }
  }
  return false;
}

void read_ports(ConstBytes packet, IpView& view) {
  if (view.fragment == IpFragment::kLater) return;
  const std::uint32_t at = view.upper_offset;
  const std::uint32_t left = view.total_octets - at;
  if (view.protocol == kProtocolTcp || view.protocol == kProtocolUdp || view.protocol == kProtocolSctp) {
    if (left < 4) return;
    view.source_port = load_be<std::uint16_t>(packet.data() + at);
    view.destination_port = load_be<std::uint16_t>(packet.data() + at + 2);
    view.has_ports = true;
  } else if (view.protocol == kProtocolIcmp || view.protocol == kProtocolIcmpv6) {
    if (left < 2) return;
    view.source_port = view.destination_port = load_be<std::uint16_t>(packet.data() + at);
    view.has_ports = true;
  }
}

}  // namespace

IpView read_ipv6_shallow(ConstBytes packet) {
  IpView view;
  view.family = IpFamily::kV6;
  if (packet.size() < kIpv6Octets) return view;
  const std::uint32_t total = kIpv6Octets + load_be<std::uint16_t>(packet.data() + 4);
  if (total > packet.size()) return view;
  view.verdict = IpVerdict::kOk;
  view.header_octets = kIpv6Octets;
  view.upper_offset = kIpv6Octets;
  view.total_octets = total;
  view.hop_limit = static_cast<std::uint8_t>(octet(packet, 7));
  view.protocol = static_cast<std::uint8_t>(octet(packet, 6));
  view.dont_fragment = true;
  return view;
}

bool forwardable_v6(const std::byte* address) {
  const unsigned first = load_be<std::uint16_t>(address);
  if ((first >> 8) == 0xff) return false;          // multicast
  if ((first & 0xffc0u) == 0xfe80u) return false;  // link-local
  for (unsigned i = 0; i < 15; ++i) {
    if (address[i] != std::byte{0}) return true;
  }
  return std::to_integer<unsigned>(address[15]) > 1;  // :: and ::1
}

void read_upper(ConstBytes packet, IpView& view) {
  if (view.family == IpFamily::kV6 && !walk_extensions(packet, view)) {
    view.verdict = IpVerdict::kMalformed;
    return;
  }
  read_ports(packet, view);
}

IpView read_ip(ConstBytes packet) {
  IpView view = read_ip_shallow(packet);
  if (view.verdict != IpVerdict::kMalformed) read_upper(packet, view);
  return view;
}

IpAddress source_of(const std::byte* packet, IpFamily family) {
  return family == IpFamily::kV4 ? IpAddress::v4_from(packet + 12) : IpAddress::v6_from(packet + 8);
}

IpAddress destination_of(const std::byte* packet, IpFamily family) {
  return family == IpFamily::kV4 ? IpAddress::v4_from(packet + 16) : IpAddress::v6_from(packet + 24);
}

std::uint32_t write_ip(std::byte* to, const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                       std::uint32_t total_octets) {
  const bool v4 = source.family() == IpFamily::kV4;
  std::memset(to, 0, v4 ? kIpv4Octets : kIpv6Octets);
  constexpr std::byte kTtl{64};
  if (v4) {
    to[0] = std::byte{0x45};
    to[6] = std::byte{0x40};
    to[8] = kTtl;
    to[9] = static_cast<std::byte>(protocol);
    std::memcpy(to + 12, source.bytes().data(), 4);
    std::memcpy(to + 16, destination.bytes().data(), 4);
  } else {
    to[0] = std::byte{0x60};
    to[6] = static_cast<std::byte>(protocol);
    to[7] = kTtl;
    std::memcpy(to + 8, source.bytes().data(), 16);
    std::memcpy(to + 24, destination.bytes().data(), 16);
  }
  set_total_octets(to, source.family(), total_octets);
  return v4 ? kIpv4Octets : kIpv6Octets;
}

void set_total_octets(std::byte* header, IpFamily family, std::uint32_t total_octets) {
  if (family == IpFamily::kV6) {
    store_be<std::uint16_t>(header + 4, static_cast<std::uint16_t>(total_octets - kIpv6Octets));
    return;
  }
  store_be<std::uint16_t>(header + 2, static_cast<std::uint16_t>(total_octets));
  store_be<std::uint16_t>(header + 10, 0);
  store_be<std::uint16_t>(header + 10, checksum_finish(checksum_add({header, kIpv4Octets})));
}

}  // namespace levelgate::wire
