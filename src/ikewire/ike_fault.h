// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with an IKEv2 message, as a value: a kind, the place, and the payload that it is about. Never a text
// from the peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "ikewire/ike_numbers.h"

namespace levelgate::ikewire {

enum class IkeFault : std::uint8_t {
  kTruncated,        // fewer octets than a fixed part needs
  kLength,           // a length field contradicts what surrounds it, or has a value that is never right
  kTrailing,         // octets behind the last element
  kCount,            // a count field contradicts what follows
  kTooMany,          // more elements than the reader allows
  kMarker,           // a "last" or "more" mark contradicts what follows
  kNumber,           // numbers that must rise do not, or one is zero that must not be
  kRange,            // the end of a range lies before its begin
  kUnknownCritical,  // RFC 7296 §2.5: a payload that nobody here knows asks not to be skipped
  kMisplaced,        // SK or SKF inside another, or not as the last payload
  kBig,              // RFC 7296 has no payload of that size, and none of that form was agreed upon
};

struct IkeError {
  IkeFault fault = IkeFault::kTruncated;
  std::size_t offset = 0;                    // in the octets that the reader was given
  PayloadType payload = PayloadType::kNone;  // of a chain; readers of bodies do not set it
  bool operator==(const IkeError&) const = default;
};

template <typename T>
using IkeResult = std::expected<T, IkeError>;

[[nodiscard]] inline std::unexpected<IkeError> ike_fault(IkeFault fault, std::size_t offset,
                                                         PayloadType payload = PayloadType::kNone) {
  return std::unexpected(IkeError{fault, offset, payload});
}

[[nodiscard]] constexpr std::string_view name_of(IkeFault fault) {
  switch (fault) {
    case IkeFault::kTruncated:
      return "truncated";
    case IkeFault::kLength:
      return "wrong length";
    case IkeFault::kTrailing:
      return "octets behind the end";
    case IkeFault::kCount:
      return "wrong count";
    case IkeFault::kTooMany:
      return "too many elements";
    case IkeFault::kMarker:
      return "wrong last or more mark";
    case IkeFault::kNumber:
      return "wrong number";
    case IkeFault::kRange:
      return "range ends before it begins";
    case IkeFault::kUnknownCritical:
      return "unknown critical payload";
    case IkeFault::kMisplaced:
      return "encrypted payload is misplaced";
    case IkeFault::kBig:
      return "payload too big";
  }
  return "unknown fault";
}

}  // namespace levelgate::ikewire
