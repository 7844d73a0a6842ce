// SPDX-License-Identifier: Apache-2.0
//
// What the outer header says beside addresses and length. Constant for a tunnel, so that an observer learns nothing of
// what is inside; only a plain tunnel, which hides nothing, may show what its packets ask for (RFC 9347 §2.2.5.3).
#pragma once

#include <compare>
#include <cstdint>

namespace levelgate::model {

struct OuterMarks {
  std::uint8_t dscp = 0;         // 0 to 63
  bool copies_dscp = false;      // that of the inner packet instead; plain mode only
  std::uint32_t flow_label = 0;  // IPv6; 20 bits
  auto operator<=>(const OuterMarks&) const = default;
};

}  // namespace levelgate::model
