// SPDX-License-Identifier: Apache-2.0
//
// ICMP and ICMPv6 error messages (RFC 792, RFC 4443), and the rules on when never to send one (RFC 1812 §4.3.2.7,
// RFC 4443 §2.4). Builds whole IP packets; never sends, never counts.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ip_address.h>

#include <cstdint>

#include "wire/ip_header.h"

namespace levelgate::wire {

enum class IcmpError : std::uint8_t { kTimeExceeded, kTooBig, kNetUnreachable, kHostUnreachable, kProhibited };

// Whether an error about this packet may be sent at all: not about ICMP errors and redirects, later fragments,
// packets to a group, or packets from an address that names no host.
[[nodiscard]] bool may_answer(ConstBytes packet, const IpView& view);

// The longest error packet: RFC 1812 §4.3.2.3 says 576 octets, RFC 4443 §3 the minimum MTU of 1280.
inline constexpr std::uint32_t kLongestIcmpv4 = 576;
inline constexpr std::uint32_t kLongestIcmpv6 = 1280;

// Writes the error packet to the front of `to` (at least 1280 octets) and returns its octets. `source` is an address of
// the gateway in the packet's family; `mtu` matters for kTooBig only.
std::uint32_t write_icmp_error(Bytes to, IcmpError error, std::uint32_t mtu, const IpAddress& source, ConstBytes about,
                               IpFamily family);

}  // namespace levelgate::wire
