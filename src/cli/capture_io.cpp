// SPDX-License-Identifier: Apache-2.0
//
// Buffers, offers and departures of a replay.
#include "cli/capture_io.h"

#include <algorithm>
#include <cstring>

#include "wire/ethernet_header.h"

namespace levelgate::cli {
namespace {

constexpr MacAddress kNobody{};

// By the version in the packet's first octet; what is neither 4 nor 6 is left to the data plane to refuse.
std::uint16_t ether_type_of(ConstBytes ip_packet) {
  const bool six = !ip_packet.empty() && std::to_integer<unsigned>(ip_packet[0]) >> 4 == 6;
  return six ? wire::kEtherTypeIpv6 : wire::kEtherTypeIpv4;
}

}  // namespace

CaptureIo::CaptureIo(std::size_t ports, std::size_t buffers, std::size_t frame_octets)
    : buffers_(buffers),
      buffer_octets_((kHeadroom + frame_octets + 63) / 64 * 64),
      memory_(new std::byte[buffers * buffer_octets_]),  // not zeroed: untouched pages cost nothing
      ports_(ports) {
  free_.reserve(buffers);
  for (std::size_t i = buffers; i > 0; --i) free_.push_back(memory_.get() + (i - 1) * buffer_octets_);
  for (Port& port : ports_) port.offered.reserve(kOffers);
}

Packet CaptureIo::fresh(std::byte* buffer) const {
  Packet packet;
  packet.data = buffer + kHeadroom;
  packet.headroom = kHeadroom;
  packet.tailroom = static_cast<std::uint32_t>(buffer_octets_ - kHeadroom);
  packet.handle = buffer;
  return packet;
}

void CaptureIo::offer(PortId port, const CaptureFrame& frame) {
  Packet packet;
  if (!acquire({&packet, 1})) {
    ++lost_offers_;
    return;
  }
  std::size_t octets = std::min<std::size_t>(frame.octets.size(), packet.tailroom);
  if (frame.link == LinkKind::kRawIp) {
    octets = std::min<std::size_t>(octets, packet.tailroom - wire::kEthernetOctets);
    wire::write_ethernet(packet.data, kNobody, kNobody, ether_type_of(frame.octets));
    packet.set_length(wire::kEthernetOctets);
  }
  if (octets != 0) std::memcpy(packet.data + packet.length, frame.octets.data(), octets);
  packet.set_length(packet.length + static_cast<std::uint32_t>(octets));
  ports_[port.value].offered.push_back(packet);
}

std::size_t CaptureIo::receive(PortId port, std::span<Packet> into) noexcept {
  auto& offered = ports_[port.value].offered;
  const std::size_t count = std::min(into.size(), offered.size());
  std::copy_n(offered.begin(), count, into.begin());
  offered.erase(offered.begin(), offered.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

std::size_t CaptureIo::transmit(PortId port, std::span<Packet> frames) noexcept {
  if (CaptureWriter* output = ports_[port.value].output; output != nullptr) {
    for (const Packet& frame : frames) output->write(now_ns_, frame.bytes());
  }
  release(frames);
  return frames.size();
}

std::size_t CaptureIo::punt(PortId, std::span<Packet> frames) noexcept {
  release(frames);
  return frames.size();
}

bool CaptureIo::acquire(std::span<Packet> into) noexcept {
  if (free_.size() < into.size()) return false;
  for (Packet& packet : into) {
    packet = fresh(free_.back());
    free_.pop_back();
  }
  return true;
}

void CaptureIo::release(std::span<const Packet> packets) noexcept {
  for (const Packet& packet : packets) free_.push_back(static_cast<std::byte*>(packet.handle));
}

}  // namespace levelgate::cli
