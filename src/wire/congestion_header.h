// SPDX-License-Identifier: Apache-2.0
//
// The congestion information of an AGGFRAG payload of sub-type 1 (RFC 9347 §6.1.2): the 20 octets behind the block
// offset, and the P and E bits. Reserved bits are sent as zero and ignored on receipt; delays are microseconds that
// stop at the largest value of their field.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/time.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace levelgate::wire {

inline constexpr std::uint32_t kMostRttUs = 0x3fffff;    // 22 bits
inline constexpr std::uint32_t kMostDelayUs = 0x1fffff;  // 21 bits

struct CongestionHeader {
  bool probing = false;                 // P: the sender probes for the path MTU
  bool marks_counted = false;           // E: CE marks are part of the loss event rate
  std::uint32_t loss_event_rate = 0;    // the inverse: packets per loss event; 0: no loss
  std::uint32_t rtt_us = 0;             // the sender's estimate; 0: none yet
  std::uint32_t echo_delay_us = 0;      // since the TVal that is echoed came in
  std::uint32_t transmit_delay_us = 0;  // between two packets of the sender
  std::uint32_t tval = 0;               // to be echoed by the peer
  std::uint32_t techo = 0;              // the peer's latest TVal

  friend bool operator==(const CongestionHeader&, const CongestionHeader&) = default;
};

// For the fields that are times: what is negative is 0.
[[nodiscard]] inline std::uint32_t microseconds_of(Nanos span) {
  const std::int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, std::numeric_limits<std::uint32_t>::max()));
}

// Writes kAggfragCongestionOctets octets. Values beyond their field become its largest value. [9347-6.1.2-c,
// 9347-6.1.2-d, 9347-6.1.2-e]
inline void write_congestion(std::byte* to, std::uint16_t block_offset, const CongestionHeader& header) {
  const std::uint64_t rtt = std::min(header.rtt_us, kMostRttUs);
  const std::uint64_t echo = std::min(header.echo_delay_us, kMostDelayUs);
  const std::uint64_t transmit = std::min(header.transmit_delay_us, kMostDelayUs);
  const unsigned flags = (header.probing ? 2u : 0u) | (header.marks_counted ? 1u : 0u);
  store_be<std::uint16_t>(to, static_cast<std::uint16_t>(0x100u | flags));
  store_be<std::uint16_t>(to + 2, block_offset);
  store_be<std::uint32_t>(to + 4, header.loss_event_rate);
  store_be<std::uint64_t>(to + 8, rtt << 42 | echo << 21 | transmit);
  store_be<std::uint32_t>(to + 16, header.tval);
  store_be<std::uint32_t>(to + 20, header.techo);
}

// `from`: kAggfragCongestionOctets octets of a payload that read_aggfrag has found to be of sub-type 1.
[[nodiscard]] inline CongestionHeader read_congestion(const std::byte* from) {
  const auto flags = std::to_integer<unsigned>(from[1]);
  const std::uint64_t delays = load_be<std::uint64_t>(from + 8);
  CongestionHeader header;
  header.probing = (flags & 2u) != 0;
  header.marks_counted = (flags & 1u) != 0;
  header.loss_event_rate = load_be<std::uint32_t>(from + 4);
  header.rtt_us = static_cast<std::uint32_t>(delays >> 42);
  header.echo_delay_us = static_cast<std::uint32_t>(delays >> 21) & kMostDelayUs;
  header.transmit_delay_us = static_cast<std::uint32_t>(delays) & kMostDelayUs;
  header.tval = load_be<std::uint32_t>(from + 16);
  header.techo = load_be<std::uint32_t>(from + 20);
  return header;
}

}  // namespace levelgate::wire
