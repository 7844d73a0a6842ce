// SPDX-License-Identifier: Apache-2.0
//
// One copy of each octet but the first fragment's.
#include "dataplane/inner_fragments.h"

namespace levelgate::dataplane {

bool may_be_cut(const Packet& packet, const TunnelEntry& tunnel) noexcept {
  const wire::Ipv4Fragments fragments(packet.bytes(), tunnel.inner_mtu);
  return fragments.verdict() == wire::Cut::kPossible &&
         tunnel.selectors.matches(fragments.later_header(), IpFamily::kV4, Travel::kOutbound);
}

std::size_t cut(WorkerContext& context, const Packet& packet, std::uint32_t mtu, FragmentBurst& into) noexcept {
  const wire::Ipv4Fragments fragments(packet.bytes(), mtu);
  if (fragments.verdict() != wire::Cut::kPossible) return 0;
  for (std::size_t i = 1; i < fragments.count(); ++i) {
    Packet& fragment = into[i];
    const bool room = context.fresh(fragment);
    if (!room || fragment.capacity() < fragments.octets(i)) {
      for (std::size_t k = 1; k < i + (room ? 1 : 0); ++k) context.recycle(into[k]);
      return 0;
    }
    fragment.set_length(fragments.octets(i));
    fragments.write(i, fragment.data);
  }
  into[0] = packet;
  fragments.make_first(into[0].data);
  into[0].set_length(fragments.octets(0));
  return fragments.count();
}

}  // namespace levelgate::dataplane
