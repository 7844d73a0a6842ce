// SPDX-License-Identifier: Apache-2.0
//
// What makes packets one flow, as words for a hash: addresses, protocol and ports, of IPv6 without a known upper layer
// the flow label (RFC 6438 §2). All fragments of a packet give the same words, so that they keep their order.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/ip_header.h"

namespace levelgate::wire {

struct FlowWords {
  std::array<std::uint64_t, 5> words{};
  std::uint32_t count = 0;
};

// Protocols whose first four octets tell flows apart: ports, or the SPI of ESP.
[[nodiscard]] inline bool upper_names_flow(unsigned protocol) {
  return protocol == kProtocolTcp || protocol == kProtocolUdp || protocol == kProtocolSctp || protocol == kProtocolEsp;
}

// `packet` is a sound IP packet of its own length, either family.
[[nodiscard]] inline FlowWords flow_words(ConstBytes packet) {
  FlowWords flow;
  const std::byte* const at = packet.data();
  if ((std::to_integer<unsigned>(at[0]) >> 4) == 4) {
    const unsigned protocol = std::to_integer<unsigned>(at[9]);
    const std::size_t header = (std::to_integer<std::size_t>(at[0]) & 0x0fu) * 4;
    const bool whole = (load_be<std::uint16_t>(at + 6) & 0x3fffu) == 0;
    const bool upper = whole && upper_names_flow(protocol) && header + 4 <= packet.size();
    flow.words[0] = load_be<std::uint64_t>(at + 12);
    flow.words[1] = (upper ? std::uint64_t{load_be<std::uint32_t>(at + header)} << 8 : 0) | protocol;
    flow.count = 2;
    return flow;
  }
  for (std::size_t i = 0; i < 4; ++i) flow.words[i] = load_be<std::uint64_t>(at + 8 + 8 * i);
  const unsigned protocol = std::to_integer<unsigned>(at[6]);
  const bool upper = upper_names_flow(protocol) && kIpv6Octets + 4 <= packet.size();
  const std::uint32_t tells = upper ? load_be<std::uint32_t>(at + kIpv6Octets) : load_be<std::uint32_t>(at) & 0xfffffu;
  // The next header of an IPv6 packet changes from fragment to fragment; the label does not.
  flow.words[4] = upper ? (std::uint64_t{tells} << 8 | protocol) : std::uint64_t{tells} << 8;
  flow.count = 5;
  return flow;
}

}  // namespace levelgate::wire
