// SPDX-License-Identifier: Apache-2.0
//
// Inner packets of numbered flows, each with its number in the flow and the moment of its birth in its octets, and
// buffers that come back: what is out is what somebody holds.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "wire/checksum.h"
#include "wire/ip_header.h"
#include "wire/ip_marks.h"

namespace levelgate::testing {

class InnerTraffic {
 public:
  static constexpr std::uint32_t kLeast = 48;  // octets of a packet

  struct Label {
    std::uint32_t flow = 0;
    std::uint64_t number = 0;
    Instant born{};
  };

  // IPv4 and UDP; flows differ in the source port.
  [[nodiscard]] Packet make(std::uint32_t flow, std::uint32_t octets, Instant now, wire::Ecn ecn = wire::Ecn::kNotEct,
                            unsigned dscp = 0) {
    if (free_.empty()) {
      buffers_.push_back(std::make_unique<std::byte[]>(kBuffer));
      free_.push_back(buffers_.back().get());
    }
    Packet packet;
    packet.data = free_.back();
    free_.pop_back();
    packet.length = octets;
    wire::write_ip(packet.data, IpAddress::v4(0x0a000001), IpAddress::v4(0x0a000002), wire::kProtocolUdp, octets);
    packet.data[1] = static_cast<std::byte>(dscp << 2 | static_cast<unsigned>(ecn));
    store_be<std::uint16_t>(packet.data + 10, 0);
    store_be<std::uint16_t>(packet.data + 10, wire::checksum_finish(wire::checksum_add({packet.data, 20})));
    store_be<std::uint16_t>(packet.data + 20, static_cast<std::uint16_t>(flow));
    store_be<std::uint16_t>(packet.data + 22, static_cast<std::uint16_t>(flow >> 16));
    store_be<std::uint64_t>(packet.data + 28, made_[flow]++);
    store_be<std::uint64_t>(packet.data + 36, static_cast<std::uint64_t>(to_ns(now)));
    return packet;
  }
  void give_back(const Packet& packet) { free_.push_back(packet.data); }
  [[nodiscard]] std::size_t out() const { return buffers_.size() - free_.size(); }
  [[nodiscard]] std::uint64_t made(std::uint32_t flow) { return made_[flow]; }

  [[nodiscard]] static Label label_of(const Packet& packet) {
    const std::uint32_t low = load_be<std::uint16_t>(packet.data + 20);
    const std::uint32_t high = load_be<std::uint16_t>(packet.data + 22);
    return {high << 16 | low, load_be<std::uint64_t>(packet.data + 28),
            at_ns(static_cast<std::int64_t>(load_be<std::uint64_t>(packet.data + 36)))};
  }

 private:
  static constexpr std::size_t kBuffer = 9216;
  std::vector<std::unique_ptr<std::byte[]>> buffers_;
  std::vector<std::byte*> free_;
  std::map<std::uint32_t, std::uint64_t> made_;
};

}  // namespace levelgate::testing
