// SPDX-License-Identifier: Apache-2.0
//
// Reader and writer of traffic selectors.
#include "ikewire/ike_selectors.h"

namespace levelgate::ikewire {
namespace {

constexpr std::size_t kSelectorsHeader = 4;  // of the payload's body: count and reserved
constexpr std::size_t kSelectorHeader = 4;   // type, protocol, length
constexpr std::size_t kV4Octets = 16;        // of a whole selector
constexpr std::size_t kV6Octets = 40;

// The begin of a selector, whose octets are known to be there.
struct Substructure {
  TsType type;
  std::uint8_t protocol;
  ConstBytes inside;  // behind the length field
};

std::expected<WireSelector, IkeFault> read_range(const Substructure& from) {
  const bool v4 = from.type == TsType::kIpv4;
  if (from.inside.size() + kSelectorHeader != (v4 ? kV4Octets : kV6Octets)) return std::unexpected(IkeFault::kLength);
  WireSelector selector{.type = from.type, .protocol = from.protocol};
  ByteReader fields(from.inside);
  selector.port_first = fields.read<std::uint16_t>();
  selector.port_last = fields.read<std::uint16_t>();
  const std::size_t octets = v4 ? 4 : 16;
  const std::byte* const first = fields.read_bytes(octets).data();
  const std::byte* const last = fields.read_bytes(octets).data();
  selector.first = v4 ? IpAddress::v4_from(first) : IpAddress::v6_from(first);
  selector.last = v4 ? IpAddress::v4_from(last) : IpAddress::v6_from(last);
  const bool ports = selector.port_first <= selector.port_last || selector.opaque_port();
  if (!ports || selector.last < selector.first) return std::unexpected(IkeFault::kRange);
  return selector;
}

std::expected<WireSelector, IkeFault> read_selector(const Substructure& from) {
  if (from.type == TsType::kIpv4 || from.type == TsType::kIpv6) return read_range(from);
  return WireSelector{.type = from.type, .protocol = from.protocol, .opaque = {from.inside.begin(), from.inside.end()}};
}

void write_selector(WireBuffer& to, const WireSelector& selector) {
  to.write(static_cast<std::uint8_t>(selector.type));
  to.write(selector.protocol);
  if (!selector.is_known()) {
    to.write_narrow<std::uint16_t>(kSelectorHeader + selector.opaque.size());
    to.write_bytes(selector.opaque);
    return;
  }
  const IpFamily family = selector.type == TsType::kIpv4 ? IpFamily::kV4 : IpFamily::kV6;
  if (selector.first.family() != family || selector.last.family() != family) to.fail();
  to.write(static_cast<std::uint16_t>(family == IpFamily::kV4 ? kV4Octets : kV6Octets));
  to.write(selector.port_first);
  to.write(selector.port_last);
  to.write_bytes(selector.first.bytes());
  to.write_bytes(selector.last.bytes());
}

}  // namespace

IkeResult<std::vector<WireSelector>> read_selectors(ConstBytes body) {
  ByteReader from(body);
  const std::size_t count = from.read<std::uint8_t>();
  from.skip(kSelectorsHeader - 1);
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  if (count == 0) return ike_fault(IkeFault::kCount, 0);
  std::vector<WireSelector> selectors;
  while (from.remaining() != 0) {
    const std::size_t at = body.size() - from.remaining();
    if (selectors.size() == count) return ike_fault(IkeFault::kTrailing, at);
    Substructure part{TsType{from.read<std::uint8_t>()}, from.read<std::uint8_t>(), {}};
    const std::size_t octets = from.read<std::uint16_t>();
    if (!from.ok()) return ike_fault(IkeFault::kTruncated, at);
    if (octets < kSelectorHeader || octets - kSelectorHeader > from.remaining()) {
      return ike_fault(IkeFault::kLength, at + 2);
    }
    part.inside = from.read_bytes(octets - kSelectorHeader);
    auto selector = read_selector(part);
    if (!selector) return ike_fault(selector.error(), at);
    selectors.push_back(std::move(*selector));
  }
  if (selectors.size() != count) return ike_fault(IkeFault::kCount, 0);
  return selectors;
}

void write_body(WireBuffer& to, const std::vector<WireSelector>& selectors) {
  if (selectors.empty()) to.fail();
  to.write_narrow<std::uint8_t>(selectors.size());
  to.fill(std::byte{0}, kSelectorsHeader - 1);
  for (const WireSelector& selector : selectors) write_selector(to, selector);
}

}  // namespace levelgate::ikewire
