// SPDX-License-Identifier: Apache-2.0
//
// Traffic selectors prepared for one look per inner packet, both ways (RFC 4301 §4.4.1, §5.2). Immutable, owned by a
// snapshot.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/model/selector.h>

#include <cstdint>
#include <vector>

#include "wire/ip_header.h"

namespace levelgate::dataplane {

enum class Travel : std::uint8_t { kOutbound, kInbound };

class SelectorMatch {
 public:
  explicit SelectorMatch(const model::SelectorPair& pair);
  // `packet` is a sound IP packet of its own length; its upper layer is read only when it matters.
  [[nodiscard]] bool matches(ConstBytes packet, IpFamily family, Travel travel) const noexcept;

 private:
  struct Range {
    model::TrafficSelector selector;
    std::uint32_t first_v4 = 0, last_v4 = 0;
    bool v4 = false;
    bool upper = false;  // protocol or ports matter
  };
  static std::vector<Range> prepare(const std::vector<model::TrafficSelector>& selectors);
  static bool in_any(const std::vector<Range>& ranges, ConstBytes packet, IpFamily family, bool source);
  static bool upper_matches(const Range& range, ConstBytes packet, bool source);

  std::vector<Range> local_;
  std::vector<Range> remote_;
};

}  // namespace levelgate::dataplane
