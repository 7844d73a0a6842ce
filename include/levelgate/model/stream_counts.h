// SPDX-License-Identifier: Apache-2.0
//
// TCP connections that carry IKE, and ESP with it (RFC 9329): how many there are, and what became of the others. For
// those who show; counters rise as long as the process lives.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace levelgate::model {

struct StreamCounts {
  struct End {
    std::string_view reason;
    std::uint64_t streams = 0;
    friend bool operator==(const End&, const End&) = default;
  };
  std::uint64_t open = 0;      // now
  std::uint64_t unproven = 0;  // of those, on which nothing authentic has come
  std::uint64_t accepted = 0;
  std::uint64_t connected = 0;    // made by us
  std::uint64_t refused = 0;      // closed at once: no place, or no descriptor
  std::uint64_t esp_dropped = 0;  // packets that found no room in their queue
  std::vector<End> ends{};        // of every reason that there is, in a fixed order
  friend bool operator==(const StreamCounts&, const StreamCounts&) = default;
};

}  // namespace levelgate::model
