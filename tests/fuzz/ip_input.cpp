// SPDX-License-Identifier: Apache-2.0
// links: wire
//
// Any octets as a frame, a packet, a payload and a text: each reader stays inside, says nothing that is not there, and
// what it read writes back to the same octets (fields that nobody reads apart).
#include <levelgate/base/ip_address.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "wire/aggfrag_header.h"
#include "wire/ethernet_header.h"
#include "wire/icmp.h"
#include "wire/ip_header.h"
#include "wire/udp_header.h"

namespace {

using namespace levelgate;
using Octets = std::vector<std::byte>;

void require(bool law) {
  if (!law) std::abort();
}

bool equal(ConstBytes a, ConstBytes b) { return std::ranges::equal(a, b); }

// One's complement sum as RFC 1071 describes it; 0xffff when a right checksum is among the octets.
std::uint64_t slow_sum(ConstBytes octets, std::uint64_t sum = 0) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += std::to_integer<std::uint64_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  return sum;
}

void check_ethernet(ConstBytes frame) {
  const wire::EthernetView view = wire::read_ethernet(frame);
  require(view.header_octets <= frame.size());
  require(view.header_octets == 0 ? frame.size() < 18 : view.header_octets == 14 || view.header_octets == 18);
  if (view.header_octets != wire::kEthernetOctets) return;
  MacAddress to;
  MacAddress from;
  std::copy_n(frame.begin(), 6, to.octets.begin());
  std::copy_n(frame.begin() + 6, 6, from.octets.begin());
  require(wire::destined_to(frame, to));
  std::array<std::byte, wire::kEthernetOctets> written;
  wire::write_ethernet(written.data(), to, from, view.ether_type);
  require(equal(written, frame.first(written.size())));
}

void check_same(const wire::IpView& a, const wire::IpView& b) {
  require(a.verdict == b.verdict && a.family == b.family && a.fragment == b.fragment);
  require(a.dont_fragment == b.dont_fragment && a.hop_limit == b.hop_limit && a.protocol == b.protocol);
  require(a.header_octets == b.header_octets && a.upper_offset == b.upper_offset && a.total_octets == b.total_octets);
  require(a.has_ports == b.has_ports && a.source_port == b.source_port && a.destination_port == b.destination_port);
}

void check_inside(ConstBytes packet, const wire::IpView& view) {
  require(view.total_octets <= packet.size());
  require(view.header_octets >= (view.family == IpFamily::kV4 ? wire::kIpv4Octets : wire::kIpv6Octets));
  require(view.upper_offset >= view.header_octets && view.upper_offset <= view.total_octets);
  const bool icmp = view.protocol == wire::kProtocolIcmp || view.protocol == wire::kProtocolIcmpv6;
  if (view.has_ports) require(view.upper_offset + (icmp ? 2u : 4u) <= view.total_octets);
  if (view.has_ports) require(view.fragment != wire::IpFragment::kLater);
  if (view.family == IpFamily::kV6) return;
  const bool right = slow_sum(packet.first(view.header_octets)) == 0xffff;
  require(right == (view.verdict == wire::IpVerdict::kOk));
}

// The header written anew from what was read, with DSCP, ECN, flow label, identification and flags taken over.
void check_written_back(ConstBytes packet, const wire::IpView& shallow) {
  const bool v4 = shallow.family == IpFamily::kV4;
  if (v4 && (shallow.header_octets != wire::kIpv4Octets || shallow.verdict != wire::IpVerdict::kOk)) return;
  const IpAddress source = wire::source_of(packet.data(), shallow.family);
  const IpAddress destination = wire::destination_of(packet.data(), shallow.family);
  require(IpAddress::parse(source.text()) == source);
  Octets header(shallow.header_octets);
  require(wire::write_ip(header.data(), source, destination, shallow.protocol, shallow.total_octets) == header.size());
  if (v4) {
    header[1] = packet[1];
    std::copy_n(packet.begin() + 4, 5, header.begin() + 4);
  } else {
    std::copy_n(packet.begin(), 4, header.begin());
    header[7] = packet[7];
  }
  wire::set_total_octets(header.data(), shallow.family, shallow.total_octets);
  Octets original(packet.begin(), packet.begin() + shallow.header_octets);
  // Zero has two forms in one's complement; senders write either.
  if (v4 && load_be<std::uint16_t>(original.data() + 10) == 0xffff) store_be<std::uint16_t>(original.data() + 10, 0);
  require(equal(header, original));
}

void check_lowered(ConstBytes packet, const wire::IpView& view) {
  if (view.verdict != wire::IpVerdict::kOk || view.hop_limit <= 1) return;
  Octets lowered(packet.begin(), packet.end());
  wire::lower_hop_limit(lowered.data(), view.family);
  wire::IpView expected = view;
  --expected.hop_limit;
  check_same(wire::read_ip(lowered), expected);
  const std::size_t changed_at = view.family == IpFamily::kV4 ? 8 : 7;
  for (std::size_t i = 0; i < lowered.size(); ++i) {
    const bool checksum = view.family == IpFamily::kV4 && (i == 10 || i == 11);
    require(i == changed_at || checksum || lowered[i] == packet[i]);
  }
}

void check_udp(ConstBytes packet, const wire::IpView& view) {
  if (view.protocol != wire::kProtocolUdp || view.fragment != wire::IpFragment::kWhole) return;
  const ConstBytes datagram = packet.subspan(view.upper_offset, view.total_octets - view.upper_offset);
  const wire::UdpView udp = wire::read_udp(datagram);
  if (udp.octets == 0) return;
  require(udp.octets >= wire::kUdpOctets && udp.octets <= datagram.size());
  require(udp.source_port == view.source_port && udp.destination_port == view.destination_port);
  std::array<std::byte, wire::kUdpOctets> written;
  wire::write_udp(written.data(), udp.source_port, udp.destination_port, udp.octets);
  require(equal(ConstBytes(written).first(6), datagram.first(6)));
  const ConstBytes payload = datagram.subspan(wire::kUdpOctets, udp.octets - wire::kUdpOctets);
  const wire::UdpEncapsulated kind = wire::udp_encapsulated(payload);
  if (kind == wire::UdpEncapsulated::kEsp) require(load_be<std::uint32_t>(payload.data()) != 0);
  if (view.family == IpFamily::kV4 || view.upper_offset != wire::kIpv6Octets) return;
  Octets summed(packet.begin(), packet.begin() + view.upper_offset + udp.octets);
  wire::write_udp_checksum(summed.data(), udp.octets);
  require(load_be<std::uint16_t>(summed.data() + 46) != 0);
  require(slow_sum(ConstBytes(summed).subspan(8), std::uint64_t{udp.octets} + wire::kProtocolUdp) == 0xffff);
}

// An error about any packet is a right packet, not too long, goes to the source, and is never answered itself.
void check_icmp(ConstBytes packet, const wire::IpView& view) {
  if (!wire::may_answer(packet, view)) return;
  require(view.verdict == wire::IpVerdict::kOk && view.fragment != wire::IpFragment::kLater);
  const bool v4 = view.family == IpFamily::kV4;
  const IpAddress gateway = IpAddress::parse(v4 ? "192.0.2.1" : "2001:db8::1").value();
  for (const auto error : {wire::IcmpError::kTimeExceeded, wire::IcmpError::kTooBig, wire::IcmpError::kNetUnreachable,
                           wire::IcmpError::kHostUnreachable, wire::IcmpError::kProhibited}) {
    Octets answer(wire::kLongestIcmpv6);
    const std::uint32_t octets = wire::write_icmp_error(answer, error, 1400, gateway, packet, view.family);
    require(octets <= (v4 ? wire::kLongestIcmpv4 : wire::kLongestIcmpv6));
    answer.resize(octets);
    const wire::IpView read = wire::read_ip(answer);
    require(read.verdict == wire::IpVerdict::kOk && read.total_octets == octets);
    require(read.protocol == (v4 ? wire::kProtocolIcmp : wire::kProtocolIcmpv6));
    require(wire::destination_of(answer.data(), view.family) == wire::source_of(packet.data(), view.family));
    const ConstBytes quoted = ConstBytes(answer).subspan(read.upper_offset + 8u);
    require(equal(quoted, packet.first(quoted.size())));
    const std::uint64_t pseudo =
        v4 ? 0 : slow_sum(ConstBytes(answer).subspan(8, 32), octets - wire::kIpv6Octets + wire::kProtocolIcmpv6);
    require(slow_sum(ConstBytes(answer).subspan(read.upper_offset), pseudo) == 0xffff);
    require(!wire::may_answer(answer, read));
  }
}

void check_ip(ConstBytes packet) {
  const wire::IpView shallow = wire::read_ip_shallow(packet);
  const wire::IpView view = wire::read_ip(packet);
  if (shallow.verdict == wire::IpVerdict::kMalformed) {
    require(view.verdict == wire::IpVerdict::kMalformed);
    return;
  }
  check_inside(packet, shallow);
  check_written_back(packet, shallow);
  if (view.verdict == wire::IpVerdict::kMalformed) return;
  check_inside(packet, view);
  check_same(wire::read_ip(packet.first(view.total_octets)), view);
  check_lowered(packet, view);
  check_udp(packet, view);
  check_icmp(packet.first(view.total_octets), view);
}

void check_aggfrag(ConstBytes payload) {
  const wire::AggfragView view = wire::read_aggfrag(payload);
  if (view.verdict != wire::AggfragVerdict::kOk) return;
  require(view.header_octets <= payload.size());
  if (view.sub_type == 0) {
    std::array<std::byte, wire::kAggfragOctets> written;
    wire::write_aggfrag(written.data(), view.block_offset);
    written[1] = payload[1];  // reserved
    require(equal(written, payload.first(written.size())));
  }
  const ConstBytes blocks = payload.subspan(view.header_octets);
  if (blocks.empty()) return;
  const wire::BlockType type = wire::block_type(blocks[0]);
  const bool ip = type == wire::BlockType::kIpv4 || type == wire::BlockType::kIpv6;
  if (!ip || blocks.size() < wire::length_field_end(type)) return;
  const std::uint32_t octets = wire::block_octets(blocks.data(), type);
  require(octets == 0 || octets >= wire::kIpv4Octets);
  // The block's length is the one that the packet's reader finds.
  const wire::IpView whole = wire::read_ip_shallow(blocks);
  if (whole.verdict != wire::IpVerdict::kMalformed) require(whole.total_octets == octets);
}

void check_text(std::string_view text) {
  if (const auto a = IpAddress::parse(text)) require(IpAddress::parse(a->text()) == a);
  if (const auto p = IpPrefix::parse(text)) {
    require(IpPrefix::parse(p->text()) == p);
    require(p->contains(p->address) && p->contains(p->last_address()));
  }
  if (const auto m = MacAddress::parse(text)) require(MacAddress::parse(m->text()) == m);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const ConstBytes input = std::as_bytes(std::span(octets, size));
  check_ethernet(input);
  const wire::EthernetView frame = wire::read_ethernet(input);
  if (frame.header_octets != 0) check_ip(input.subspan(frame.header_octets));
  check_ip(input);
  check_aggfrag(input);
  check_text(std::string_view(reinterpret_cast<const char*>(octets), size));
  return 0;
}
