// SPDX-License-Identifier: Apache-2.0
//
// In which order the inner packets of a tunnel leave, and which of them are given up when there are too many. Nothing
// of it is seen from outside the tunnel.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/selector.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::model {

inline constexpr std::size_t kMaxQosClasses = 8;
inline constexpr std::uint32_t kWholeQosShare = 1000;

// A packet is of the first class of which it meets all that is named, else of the one that names nothing.
struct QosClass {
  std::string name = "default";
  std::uint64_t dscp = 0;                // bit n: code point n (RFC 2474 §3); 0: any
  SelectorPair selectors;                // empty: any
  std::uint32_t share = kWholeQosShare;  // thousandths of the tunnel under load, at least 1
  std::optional<Nanos> max_queue_delay;  // empty: that of the tunnel
  bool fair = true;                      // a queue for each flow; false: first in, first out
  bool ecn = true;                       // ECN-capable packets are marked rather than dropped (RFC 3168 §5)
  auto operator<=>(const QosClass&) const = default;

  [[nodiscard]] bool takes_all() const { return dscp == 0 && selectors.local.empty() && selectors.remote.empty(); }
};

struct QosSettings {
  // 1 to kMaxQosClasses, the first one first in service; exactly one takes all.
  std::vector<QosClass> classes = std::vector<QosClass>(1);
  auto operator<=>(const QosSettings&) const = default;
};

}  // namespace levelgate::model
