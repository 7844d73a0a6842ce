// SPDX-License-Identifier: Apache-2.0
//
// Which class an inner packet is of: by DSCP in one look, by selectors in their order. Immutable.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/model/qos.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/selector_match.h"
#include "wire/ip_marks.h"

namespace levelgate::dataplane {

class ClassMatch {
 public:
  explicit ClassMatch(const model::QosSettings& settings) {
    for (std::size_t number = 0; number < settings.classes.size(); ++number) {
      const model::QosClass& one = settings.classes[number];
      if (one.takes_all()) {
        rest_ = number;
        continue;
      }
      const bool any_address = one.selectors.local.empty() && one.selectors.remote.empty();
      by_dscp_only_ = by_dscp_only_ && any_address;
      rules_.push_back(
          {number, one.dscp == 0 ? ~std::uint64_t{0} : one.dscp, any_address, SelectorMatch(one.selectors)});
    }
    for (std::size_t dscp = 0; dscp < by_dscp_.size(); ++dscp) {
      by_dscp_[dscp] = static_cast<std::uint8_t>(rest_);
      for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
        if ((rule->dscp >> dscp & 1) != 0) by_dscp_[dscp] = static_cast<std::uint8_t>(rule->number);
      }
    }
  }

  // `packet` is a sound IP packet of its own length.
  [[nodiscard]] std::size_t of(ConstBytes packet) const noexcept {
    if (rules_.empty()) return 0;
    const unsigned dscp = wire::dscp_of(packet.data());
    if (by_dscp_only_) return by_dscp_[dscp];
    const bool v4 = (std::to_integer<unsigned>(packet[0]) >> 4) == 4;
    for (const Rule& rule : rules_) {
      if ((rule.dscp >> dscp & 1) == 0) continue;
      if (rule.any_address || rule.selectors.matches(packet, v4 ? IpFamily::kV4 : IpFamily::kV6, Travel::kOutbound)) {
        return rule.number;
      }
    }
    return rest_;
  }

 private:
  struct Rule {
    std::size_t number;
    std::uint64_t dscp;
    bool any_address;
    SelectorMatch selectors;
  };
  std::vector<Rule> rules_;
  std::array<std::uint8_t, 64> by_dscp_{};
  std::size_t rest_ = 0;
  bool by_dscp_only_ = true;
};

}  // namespace levelgate::dataplane
