// SPDX-License-Identifier: Apache-2.0
//
// The headers of a full packet are laid out once; other sizes change only the length fields.
#include "dataplane/outer_frame.h"

#include <cstring>

#include "dataplane/stream_edge.h"
#include "wire/aggfrag_header.h"
#include "wire/esp_header.h"
#include "wire/ethernet_header.h"
#include "wire/ip_header.h"
#include "wire/outer_fields.h"
#include "wire/udp_header.h"

namespace levelgate::dataplane {
namespace {

std::uint32_t aggfrag_octets(const model::TfsSettings& tfs) {
  if (tfs.mode == model::TfsMode::kPlain) return 0;
  return tfs.sends_reports() ? wire::kAggfragCongestionOctets : wire::kAggfragOctets;
}

}  // namespace

OuterFrame::OuterFrame(const OutboundSetting& setting)
    : family_(setting.local.family()),
      udp_(setting.encapsulation == model::Encapsulation::kUdp),
      in_stream_(setting.in_stream()),
      copies_dscp_(setting.marks.copies_dscp && setting.tfs.mode == model::TfsMode::kPlain),
      udp_local_port_(setting.udp_local_port),
      udp_remote_port_(setting.udp_remote_port),
      header_octets_(wire::outer_header_octets(family_, udp_)),
      esp_at_(static_cast<std::uint32_t>(wire::kEthernetOctets) + header_octets_),
      payload_at_(esp_at_ + wire::kEspPayloadOffset),
      payload_room_(wire::payload_room(setting.tfs.packet_size, header_octets_)),
      data_room_(payload_room_ - aggfrag_octets(setting.tfs)) {
  std::byte* const ip = headers_.data() + wire::kEthernetOctets;
  const std::uint32_t total = outer_octets(payload_room_);
  const std::uint8_t protocol = udp_ ? wire::kProtocolUdp : wire::kProtocolEsp;
  const std::uint32_t ip_octets = wire::write_ip(ip, setting.local, setting.remote, protocol, total);
  // ECN is Not-ECT whatever the inner packets have (RFC 6040 §4.1, RFC 9347 §3.1).
  // [9347-2.2.5.3-a, 9347-2.2.5.3-c, 9347-3.1-b]
  wire::set_dscp(ip, setting.marks.dscp);
  if (family_ == IpFamily::kV6) wire::set_flow_label(ip, setting.marks.flow_label);
  if (udp_)
    wire::write_udp(ip + ip_octets, udp_local_port_, udp_remote_port_, static_cast<std::uint16_t>(total - ip_octets));
}

std::uint32_t OuterFrame::payload_room_of(std::uint32_t outer_octets) const {
  return wire::payload_room(outer_octets, header_octets_);
}

std::uint32_t OuterFrame::outer_octets(std::uint32_t payload_octets) const {
  return header_octets_ + wire::esp_octets(payload_octets);
}

void OuterFrame::write_headers(Packet& frame, std::uint32_t payload_octets, const OuterPath& path) const noexcept {
  const std::uint32_t esp_octets = wire::esp_octets(payload_octets);
  frame.set_length(esp_at_ + esp_octets);
  std::memcpy(frame.data, headers_.data(), esp_at_);
  const bool v4 = family_ == IpFamily::kV4;
  wire::write_ethernet(frame.data, path.next_hop_mac, path.own_mac, v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6);
  std::byte* const ip = frame.data + wire::kEthernetOctets;
  if (copies_dscp_) wire::set_dscp(ip, wire::dscp_of(frame.data + payload_at_));
  if (payload_octets == payload_room_) return;
  wire::set_total_octets(ip, family_, header_octets_ + esp_octets);
  const std::uint32_t ip_octets = v4 ? wire::kIpv4Octets : wire::kIpv6Octets;
  if (udp_) {
    wire::write_udp(ip + ip_octets, udp_local_port_, udp_remote_port_,
                    static_cast<std::uint16_t>(wire::kUdpOctets + esp_octets));
  }
}

std::uint32_t OuterFrame::counted_octets(const Packet& frame) const noexcept {
  if (in_stream_) return frame.length - esp_at_ + kStreamLengthOctets;
  return frame.length - static_cast<std::uint32_t>(wire::kEthernetOctets);
}

void OuterFrame::complete(Packet& frame) const noexcept {
  if (!udp_ || family_ == IpFamily::kV4) return;
  const std::uint32_t in_front = static_cast<std::uint32_t>(wire::kEthernetOctets) + wire::kIpv6Octets;
  wire::write_udp_checksum(frame.data + wire::kEthernetOctets, frame.length - in_front);
}

}  // namespace levelgate::dataplane
