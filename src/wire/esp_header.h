// SPDX-License-Identifier: Apache-2.0
//
// ESP on the wire: header, IV, trailer, and the arithmetic of outer sizes (RFC 4303 §2, RFC 4106 §3, RFC 7634 §2).
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>

#include <cstdint>

namespace levelgate::wire {

inline constexpr std::uint32_t kEspHeaderOctets = 8;  // SPI and the low half of the sequence number
inline constexpr std::uint32_t kEspIvOctets = 8;
inline constexpr std::uint32_t kEspTrailerOctets = 2;  // pad length and next header
inline constexpr std::uint32_t kEspIcvOctets = 16;
inline constexpr std::uint32_t kEspPayloadOffset = kEspHeaderOctets + kEspIvOctets;
inline constexpr std::uint32_t kEspAlignment = 4;  // RFC 4303 §2.4
inline constexpr std::uint32_t kShortestEsp = kEspPayloadOffset + kEspAlignment + kEspIcvOctets;

struct EspView {
  Spi spi;
  std::uint32_t sequence_low = 0;
};

// The caller has checked that eight octets are there.
[[nodiscard]] inline EspView read_esp(const std::byte* esp) {
  return {Spi{load_be<std::uint32_t>(esp)}, load_be<std::uint32_t>(esp + 4)};
}

// Octets of padding behind a payload of that size.
[[nodiscard]] constexpr std::uint32_t esp_padding(std::uint32_t payload_octets) {
  return (kEspAlignment - (payload_octets + kEspTrailerOctets) % kEspAlignment) % kEspAlignment;
}

// Octets of the whole ESP packet, header to ICV.
[[nodiscard]] constexpr std::uint32_t esp_octets(std::uint32_t payload_octets) {
  return kEspPayloadOffset + payload_octets + esp_padding(payload_octets) + kEspTrailerOctets + kEspIcvOctets;
}

// Octets of outer IP and UDP headers in front of ESP.
[[nodiscard]] constexpr std::uint32_t outer_header_octets(IpFamily family, bool udp) {
  return (family == IpFamily::kV4 ? 20u : 40u) + (udp ? 8u : 0u);
}

// The largest ESP payload that an outer packet of at most `outer_octets` holds without padding; 0: none fits.
[[nodiscard]] constexpr std::uint32_t payload_room(std::uint32_t outer_octets, std::uint32_t header_octets) {
  const std::uint32_t fixed = header_octets + kEspPayloadOffset + kEspIcvOctets;
  if (outer_octets < fixed + kEspAlignment) return 0;
  return (outer_octets - fixed) / kEspAlignment * kEspAlignment - kEspTrailerOctets;
}

}  // namespace levelgate::wire
