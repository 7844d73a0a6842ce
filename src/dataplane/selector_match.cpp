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

bool SelectorMatch::in_any(const std::vector<Range>& ranges, ConstBytes packet, wire::IpView& view, bool source,
                           bool& upper_read) {
  if (ranges.empty()) return true;
  const bool v4 = view.family == IpFamily::kV4;
  const std::byte* const at = packet.data();
  const std::uint32_t address_v4 = v4 ? (source ? wire::IpView::source_v4(at) : wire::IpView::destination_v4(at)) : 0;
  for (const Range& range : ranges) {
    if (range.v4 != v4) continue;
    if (v4) {
      if (address_v4 < range.first_v4 || address_v4 > range.last_v4) continue;
    } else {
      const IpAddress address = source ? wire::source_of(at, view.family) : wire::destination_of(at, view.family);
      if (!range.selector.contains(address)) continue;
    }
    if (!range.upper) return true;
    if (!upper_read) {
      wire::read_upper(packet, view);
      upper_read = true;
    }
    if (view.verdict == wire::IpVerdict::kMalformed) return false;
    if (range.selector.protocol != 0 && range.selector.protocol != view.protocol) continue;
    const std::uint16_t port = source ? view.source_port : view.destination_port;
    if (range.selector.any_port() ||
        (view.has_ports && port >= range.selector.port_first && port <= range.selector.port_last)) {
      return true;
    }
  }
  return false;
}

bool SelectorMatch::matches(ConstBytes packet, wire::IpView& view, Travel travel) const noexcept {
  const bool local_is_source = travel == Travel::kOutbound;
  bool upper_read = false;
  return in_any(local_, packet, view, local_is_source, upper_read) &&
         in_any(remote_, packet, view, !local_is_source, upper_read);
}

}  // namespace levelgate::dataplane
