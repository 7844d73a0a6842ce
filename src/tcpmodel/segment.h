// SPDX-License-Identifier: Apache-2.0
//
// What one end of a connection puts on the path. Offsets count the octets of a direction from 0 on, in 64 bits: a model
// has no sequence numbers that come round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace levelgate::tcpmodel {

using Offset = std::uint64_t;

inline constexpr std::uint32_t kSegmentMost = 1'240;       // octets of the stream in one segment
inline constexpr std::uint32_t kHeaders = 20 + 20;         // IPv4 and TCP
inline constexpr std::uint32_t kOpeningHeaders = 20 + 40;  // with the options of a SYN
inline constexpr std::size_t kRangesMost = 4;              // that fit as options (RFC 2018 §3)

struct Range {
  Offset from = 0, to = 0;  // without `to`
  bool operator==(const Range&) const = default;
};

enum class SegmentKind : std::uint8_t { kSyn, kSynAck, kUsual, kReset };

struct Segment {
  SegmentKind kind = SegmentKind::kUsual;
  Offset at = 0;  // of its first octet
  std::vector<std::byte> octets;
  bool last = false;         // nothing comes behind it (FIN); takes one offset itself
  Offset next = 0;           // all before it has come (the acknowledgement)
  Offset limit = 0;          // the other end may send up to here (the window)
  std::vector<Range> held;   // that came beyond `next` (RFC 2018), what came last first
  bool came_before = false;  // what caused this one had come already (RFC 2883)

  [[nodiscard]] Offset end() const { return at + octets.size() + (last ? 1 : 0); }
  [[nodiscard]] bool carries() const { return end() != at; }
  // Of the packet.
  [[nodiscard]] std::uint32_t path_octets() const {
    const bool opens = kind == SegmentKind::kSyn || kind == SegmentKind::kSynAck;
    const std::size_t ranges = held.size() + (came_before ? 1 : 0);
    const std::size_t options = ranges == 0 ? 0 : 4 + 8 * ranges;
    return (opens ? kOpeningHeaders : kHeaders) + static_cast<std::uint32_t>(options + octets.size());
  }
};

}  // namespace levelgate::tcpmodel
