// SPDX-License-Identifier: Apache-2.0
//
// Why a stream of RFC 9329 ends, as a value with a name. Never a text from the peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levelgate::stream {

enum class StreamEnd : std::uint8_t {
  kNoPrefix,     // the first octets are not the prefix (RFC 9329 §4)
  kLength,       // a length of 0 or 1 (RFC 9329 §3.1)
  kRunt,         // a frame that is neither IKE, nor ESP, nor a keepalive: the boundaries are lost [9329-6.1-m]
  kPrefixLate,   // the prefix did not come in time
  kFirstLate,    // no complete frame came in time
  kIdle,         // nothing of the stream is authentic, and no more comes
  kUnproven,     // frames come, and none is authentic
  kSlow,         // a frame does not end: it comes slower than the lowest rate
  kNotReading,   // the other side takes nothing of what waits
  kOverflow,     // more waits to be written than the queue holds
  kCrowded,      // a newer stream needs the place of this one, which has proven nothing
  kPeerClosed,   // the other side ended it in order
  kReset,        // broken: a reset, or the network says that nobody is there
  kUnreachable,  // it was never made
  kOwner,        // our own side wants it no more
};
inline constexpr std::size_t kStreamEnds = static_cast<std::size_t>(StreamEnd::kOwner) + 1;

[[nodiscard]] constexpr std::string_view name_of(StreamEnd end) {
  switch (end) {
    case StreamEnd::kNoPrefix:
      return "no-prefix";
    case StreamEnd::kLength:
      return "impossible-length";
    case StreamEnd::kRunt:
      return "runt-frame";
    case StreamEnd::kPrefixLate:
      return "prefix-late";
    case StreamEnd::kFirstLate:
      return "first-frame-late";
    case StreamEnd::kIdle:
      return "idle-unproven";
    case StreamEnd::kUnproven:
      return "unproven";
    case StreamEnd::kSlow:
      return "frame-too-slow";
    case StreamEnd::kNotReading:
      return "peer-not-reading";
    case StreamEnd::kOverflow:
      return "queue-overflow";
    case StreamEnd::kCrowded:
      return "crowded-out";
    case StreamEnd::kPeerClosed:
      return "peer-closed";
    case StreamEnd::kReset:
      return "reset";
    case StreamEnd::kUnreachable:
      return "unreachable";
    case StreamEnd::kOwner:
      return "closed";
  }
  return "unknown";
}

}  // namespace levelgate::stream
