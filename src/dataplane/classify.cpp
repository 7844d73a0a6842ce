// SPDX-License-Identifier: Apache-2.0
//
// The first look at a frame (RFC 4301 §5.2: is it for an SA, for us, or to be forwarded).
#include "dataplane/classify.h"

#include "wire/esp_header.h"
#include "wire/ethernet_header.h"
#include "wire/udp_header.h"

namespace levelgate::dataplane {
namespace {

Classified drop(model::Drop reason) {
  Classified result;
  result.reason = reason;
  return result;
}

Classified kernel() {
  Classified result;
  result.kind = Kind::kKernel;
  return result;
}

Classified bad_ip(const PortEntry& port, wire::IpVerdict verdict) {
  if (port.side == model::PortSide::kOuter) return drop(model::Drop::kOuterMalformed);
  return drop(verdict == wire::IpVerdict::kChecksum ? model::Drop::kInnerChecksum : model::Drop::kInnerMalformed);
}

// Neighbour discovery goes to the twin's link-local address, which only the kernel knows (RFC 4861 §7.2).
bool link_local_v6(const std::byte* ip, const wire::IpView& view) {
  return view.family == IpFamily::kV6 && (load_be<std::uint16_t>(ip + 24) & 0xffc0U) == 0xfe80U;
}

bool for_us(const Snapshot& snapshot, const std::byte* ip, const wire::IpView& view) {
  if (view.family == IpFamily::kV4) return snapshot.own_v4_address(wire::IpView::destination_v4(ip));
  return snapshot.own(wire::destination_of(ip, view.family));
}

// Remembers in packet.reserved how many octets of the IP packet stood in front of ESP, for the count of octets.
Classified esp_at(Packet& packet, std::uint32_t ip_offset, std::uint32_t offset, std::uint32_t end) {
  if (end < offset + wire::kEspHeaderOctets) return drop(model::Drop::kEspMalformed);
  Classified result;
  result.kind = Kind::kEsp;
  packet.set_length(end);
  packet.drop_front(offset);
  packet.reserved = static_cast<std::uint16_t>(offset - ip_offset);
  result.spi = wire::read_esp(packet.data).spi;
  return result;
}

// A packet for one of our addresses: ESP, bare or in UDP, is ours; everything else is the kernel's.
Classified own_packet(Packet& packet, std::uint32_t ip_offset, wire::IpView view) {
  const ConstBytes ip = ConstBytes(packet.bytes()).subspan(ip_offset);
  wire::read_upper(ip, view);
  if (view.verdict != wire::IpVerdict::kOk) return drop(model::Drop::kOuterMalformed);
  const bool esp = view.protocol == wire::kProtocolEsp;
  if (view.fragment != wire::IpFragment::kWhole) return esp ? drop(model::Drop::kOuterFragment) : kernel();
  const std::uint32_t end = ip_offset + view.total_octets;
  if (esp) return esp_at(packet, ip_offset, ip_offset + view.upper_offset, end);
  if (view.protocol != wire::kProtocolUdp || view.destination_port != wire::kUdpEncapsulationPort) return kernel();
  const ConstBytes datagram = ip.subspan(view.upper_offset, view.total_octets - view.upper_offset);
  const wire::UdpView udp = wire::read_udp(datagram);
  if (udp.octets == 0) return drop(model::Drop::kOuterMalformed);
  const std::uint32_t payload = ip_offset + view.upper_offset + static_cast<std::uint32_t>(wire::kUdpOctets);
  switch (wire::udp_encapsulated(datagram.subspan(wire::kUdpOctets, udp.octets - wire::kUdpOctets))) {
    case wire::UdpEncapsulated::kEsp:
      return esp_at(packet, ip_offset, payload, ip_offset + view.upper_offset + udp.octets);
    case wire::UdpEncapsulated::kIke:
    case wire::UdpEncapsulated::kKeepalive:
      return kernel();
    case wire::UdpEncapsulated::kMalformed:
      return drop(model::Drop::kEspMalformed);
  }
  return kernel();
}

}  // namespace

Classified classify(const Snapshot& snapshot, const PortEntry& port, DestinationMac mac, Packet& packet) noexcept {
  const wire::EthernetView ethernet = wire::read_ethernet(packet.bytes());
  if (ethernet.header_octets == 0) return drop(model::Drop::kFrameMalformed);
  const bool ip = ethernet.ether_type == wire::kEtherTypeIpv4 || ethernet.ether_type == wire::kEtherTypeIpv6;
  if (!ip || ethernet.group) return kernel();
  if (mac == DestinationMac::kChecked && !wire::destined_to(packet.bytes(), port.mac)) {
    return drop(model::Drop::kNotForwardable);
  }
  const ConstBytes bytes = ConstBytes(packet.bytes()).subspan(ethernet.header_octets);
  const wire::IpView view = wire::read_ip_shallow(bytes);
  const bool right_family = (ethernet.ether_type == wire::kEtherTypeIpv4) == (view.family == IpFamily::kV4);
  if (view.verdict != wire::IpVerdict::kOk) return bad_ip(port, view.verdict);
  if (!right_family) return bad_ip(port, wire::IpVerdict::kMalformed);
  if (for_us(snapshot, bytes.data(), view)) return own_packet(packet, ethernet.header_octets, view);
  if (link_local_v6(bytes.data(), view)) return kernel();
  packet.drop_front(ethernet.header_octets);
  packet.set_length(view.total_octets);
  Classified result;
  result.kind = Kind::kClear;
  result.family = view.family;
  result.hop_limit = view.hop_limit;
  return result;
}

}  // namespace levelgate::dataplane
