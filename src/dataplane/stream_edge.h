// SPDX-License-Identifier: Apache-2.0
//
// Where a worker meets the streams that carry ESP in TCP (RFC 9329): two bounded rings to and from the control thread,
// which owns the connections. A slow path: each packet is copied, and leaves when control and TCP get to it. What finds
// no room is dropped by who would have written it, so the newest goes and the order stays.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/packet.h>

#include <cstddef>
#include <cstdint>

#include "handover/record_ring.h"

namespace levelgate::dataplane {

inline constexpr std::uint32_t kStreamLengthOctets = 2;  // in front of each packet in a stream (RFC 9329 §3)

// Whose packet it is; the tunnel's id may be another one's when control looks.
struct StreamedBy {
  TunnelId tunnel;
  std::uint64_t serial = 0;  // of the tunnel
};

// One for each worker.
struct StreamEdge {
  static constexpr std::size_t kOctets = 256 * 1024;  // each way: a millisecond of 2 Gbit/s

  explicit StreamEdge(std::size_t octets = kOctets) : outbound(octets), inbound(octets) {}

  handover::RecordRing<StreamedBy> outbound;  // worker to control: from the SPI to the ICV
  handover::RecordRing<StreamId> inbound;     // control to worker: the same, and where it came from
};

// A packet at its ESP header, out of a stream: no IP header stands in front of it, but the number of the stream.
inline void mark_streamed(Packet& esp, StreamId stream) noexcept {
  esp.reserved = 0;
  store_be<std::uint64_t>(esp.data - sizeof stream.value, stream.value);
}
// Whether an ESP packet that was received came out of a stream; else its outer headers stand in front of it.
[[nodiscard]] inline bool is_streamed(const Packet& esp) noexcept { return esp.reserved == 0; }
[[nodiscard]] inline StreamId stream_of(const Packet& esp) noexcept {
  return StreamId{load_be<std::uint64_t>(esp.data - sizeof(std::uint64_t))};
}

}  // namespace levelgate::dataplane
