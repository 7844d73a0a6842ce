// SPDX-License-Identifier: Apache-2.0
//
// The frame around a tunnel's ESP packets: where each part begins, and its Ethernet, IP and UDP headers. A pure
// function of the configuration and of the path's MAC addresses; nothing inside the tunnel reaches it (RFC 9347
// §2.2.5), but for the DSCP in a plain tunnel that is configured so.
#pragma once

#include <levelgate/base/packet.h>

#include <array>
#include <cstdint>

#include "dataplane/outbound_setting.h"
#include "dataplane/snapshot.h"

namespace levelgate::dataplane {

// Thread: worker.
class OuterFrame {
 public:
  explicit OuterFrame(const OutboundSetting& setting);

  // Octets from the begin of the frame.
  [[nodiscard]] std::uint32_t esp_at() const { return esp_at_; }
  [[nodiscard]] std::uint32_t payload_at() const { return payload_at_; }
  [[nodiscard]] std::uint32_t payload_room() const { return payload_room_; }  // octets of the largest ESP payload
  [[nodiscard]] std::uint32_t data_room() const { return data_room_; }        // of that, for inner packets
  // Of the ESP payload in an outer IP packet of another size.
  [[nodiscard]] std::uint32_t payload_room_of(std::uint32_t outer_octets) const;
  // Octets of a whole outer IP packet around so much ESP payload.
  [[nodiscard]] std::uint32_t outer_octets(std::uint32_t payload_octets) const;

  // Sets the length and writes all headers but ESP's, around `payload_octets` of ESP payload.
  void write_headers(Packet& frame, std::uint32_t payload_octets, const OuterPath& path) const noexcept;
  // Of a frame that has its headers: the outer IP packet, or what a stream carries of it.
  [[nodiscard]] std::uint32_t counted_octets(const Packet& frame) const noexcept;
  // What can only be written over the encrypted octets.
  void complete(Packet& frame) const noexcept;

 private:
  IpFamily family_;
  bool udp_;
  bool in_stream_;  // of the headers none leaves: sizes are as configured whatever carries the packet
  bool copies_dscp_;
  std::uint16_t udp_local_port_, udp_remote_port_;
  std::uint32_t header_octets_;  // IP and UDP
  std::uint32_t esp_at_, payload_at_, payload_room_, data_room_;
  std::array<std::byte, 64> headers_{};  // of a full packet, as they leave
};

}  // namespace levelgate::dataplane
