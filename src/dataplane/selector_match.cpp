// SPDX-License-Identifier: Apache-2.0
//
// Matching of inner packets against selectors. A later fragment has no ports, so selectors that name ports never match
// it (RFC 4301 §7).
#include "dataplane/selector_match.h"

namespace levelgate::dataplane {

SelectorMatch::SelectorMatch(const model::SelectorPair& pair)
    : local_(prepare(pair.local)), remote_(prepare(pair.remote)) {}

std::vector<SelectorMatch::Range> SelectorMatch::prepare(const std::vector<model::TrafficSelector>& selectors) {
  std::vector<Range> ranges;
  for (const model::TrafficSelector& selector : selectors) {
    Range range{selector};
    range.v4 = selector.first.family() == IpFamily::kV4;
    range.upper = selector.protocol != 0 || !selector.any_port();
    if (range.v4) {
      range.first_v4 = selector.first.v4_host_order();
      range.last_v4 = selector.last.v4_host_order();
    }
    ranges.push_back(range);
  }
  return ranges;
}

bool SelectorMatch::upper_matches(const Range& range, ConstBytes packet, bool source) {
  const wire::IpView view = wire::read_ip(packet);
  if (view.verdict == wire::IpVerdict::kMalformed) return false;
  if (range.selector.protocol != 0 && range.selector.protocol != view.protocol) return false;
  if (range.selector.any_port()) return true;
  const std::uint16_t port = source ? view.source_port : view.destination_port;
  return view.has_ports && port >= range.selector.port_first && port <= range.selector.port_last;
}

bool SelectorMatch::in_any(const std::vector<Range>& ranges, ConstBytes packet, IpFamily family, bool source) {
  if (ranges.empty()) return true;
  const bool v4 = family == IpFamily::kV4;
  const std::byte* const at = packet.data();
  const std::uint32_t address_v4 = v4 ? (source ? wire::IpView::source_v4(at) : wire::IpView::destination_v4(at)) : 0;
  for (const Range& range : ranges) {
    if (range.v4 != v4) continue;
    if (v4) {
      if (address_v4 < range.first_v4 || address_v4 > range.last_v4) continue;
    } else {
      const IpAddress address = source ? wire::source_of(at, family) : wire::destination_of(at, family);
      if (!range.selector.contains(address)) continue;
    }
    if (!range.upper || upper_matches(range, packet, source)) return true;
  }
  return false;
}

bool SelectorMatch::matches(ConstBytes packet, IpFamily family, Travel travel) const noexcept {
  const bool local_is_source = travel == Travel::kOutbound;
  return in_any(local_, packet, family, local_is_source) && in_any(remote_, packet, family, !local_is_source);
}

}  // namespace levelgate::dataplane
