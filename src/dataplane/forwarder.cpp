// SPDX-License-Identifier: Apache-2.0
//
// The routing rules, in the order in which they are asked: may it be forwarded at all, is there a route, has it hops
// left, may it go there, does it fit.
#include "dataplane/forwarder.h"

#include <algorithm>
#include <cstring>

#include "dataplane/inner_fragments.h"
#include "wire/ethernet_header.h"

namespace levelgate::dataplane {
namespace {

constexpr Nanos kHoldFor = std::chrono::seconds(1);  // as long as a kernel waits for an ARP answer
constexpr std::size_t kHeldForOneNeighbour = 8;      // the rest of a burst to a dead host is not worth keeping
constexpr std::int64_t kIcmpBurst = 256;             // errors at once, and
constexpr Nanos kIcmpInterval = std::chrono::milliseconds(1);  // one more each millisecond (RFC 4443 §2.4 f)

const PortEntry* port_with_address(const Snapshot& snapshot, const Origin& origin, IpFamily family,
                                   IpAddress* address) {
  const PortEntry* fallback = nullptr;
  for (const PortEntry& port : snapshot.ports) {
    for (const IpPrefix& prefix : port.addresses) {
      if (prefix.address.family() != family) continue;
      const bool wanted =
          origin.kind == Origin::Kind::kPort ? port.id == origin.port : port.side == model::PortSide::kProtected;
      if (fallback == nullptr || wanted) *address = prefix.address;
      if (wanted) return &port;
      if (fallback == nullptr) fallback = &port;
    }
  }
  return fallback;
}

}  // namespace

Forwarder::Forwarder(TunnelDoor& door, const MacAddress* unknown_mac)
    : door_(door),
      use_unknown_mac_(unknown_mac != nullptr),
      unknown_mac_(unknown_mac != nullptr ? *unknown_mac : MacAddress{}),
      icmp_tokens_(kIcmpBurst) {}

void Forwarder::add(WorkerContext& context, const Packet& packet, IpFamily family, std::uint8_t hop_limit,
                    const Origin& origin) noexcept {
  if (count_ == kBurst) flush(context);
  waiting_[side_][count_++] = {packet, origin, family, hop_limit};
}

void Forwarder::flush(WorkerContext& context) noexcept {
  while (count_ != 0) {
    look_up(context);
    std::array<Waiting, kBurst>& burst = waiting_[side_];
    const std::size_t burst_count = count_;
    side_ ^= 1;
    count_ = 0;
    for (std::size_t i = 0; i < burst_count; ++i) route(context, burst[i], hops_[i]);
    if (entering_count_ != 0) door_.enter(context, std::span<const Entering>(entering_).first(entering_count_));
    entering_count_ = 0;
  }
}

void Forwarder::look_up(WorkerContext& context) noexcept {
  std::array<std::uint32_t, kBurst> v4;
  std::array<std::array<std::uint8_t, 16>, kBurst> v6;
  std::array<std::uint8_t, kBurst> v4_index;
  std::array<std::uint8_t, kBurst> v6_index;
  std::array<std::uint64_t, kBurst> found;
  std::size_t v4_count = 0;
  std::size_t v6_count = 0;
  const std::array<Waiting, kBurst>& burst = waiting_[side_];
  for (std::size_t i = 0; i < count_; ++i) {
    const std::byte* const data = burst[i].packet.data;
    if (burst[i].family == IpFamily::kV4) {
      v4_index[v4_count] = static_cast<std::uint8_t>(i);
      v4[v4_count++] = wire::IpView::destination_v4(data);
    } else {
      v6_index[v6_count] = static_cast<std::uint8_t>(i);
      std::memcpy(v6[v6_count++].data(), data + 24, 16);
    }
  }
  if (v4_count != 0) context.routes.find_v4({v4.data(), v4_count}, {found.data(), v4_count});
  for (std::size_t i = 0; i < v4_count; ++i) hops_[v4_index[i]] = found[i];
  if (v6_count != 0) context.routes.find_v6({v6.data(), v6_count}, {found.data(), v6_count});
  for (std::size_t i = 0; i < v6_count; ++i) hops_[v6_index[i]] = found[i];
}

void Forwarder::route(WorkerContext& context, Waiting& waiting, std::uint64_t hop_number) noexcept {
  const Snapshot& snapshot = *context.snapshot;
  const std::byte* const data = waiting.packet.data;
  const bool ours = waiting.origin.kind == Origin::Kind::kGateway;
  if (!wire::forwardable_destination(data, waiting.family) ||
      (!ours && !wire::forwardable_source(data, waiting.family))) {
    context.drop(waiting.packet, model::Drop::kNotForwardable);
    return;
  }
  const bool known = hop_number != kNoNextHop && hop_number < snapshot.next_hops.size();
  static constexpr NextHop kNoHop{};
  const NextHop& hop = known ? snapshot.next_hops[hop_number] : kNoHop;
  switch (hop.kind) {
    case HopKind::kNone:
      context.drop(waiting.packet, model::Drop::kNoRoute);
      return;
    case HopKind::kBlackhole:
      context.drop(waiting.packet, model::Drop::kBlackhole);
      return;
    case HopKind::kTunnel:
      to_tunnel(context, waiting, snapshot.tunnels[hop.tunnel.value]);
      return;
    case HopKind::kNeighbour:
    case HopKind::kConnected:
      to_port(context, waiting, hop);
      return;
  }
}

// False: the hops are used up; dropped and answered.
bool Forwarder::lower(WorkerContext& context, Waiting& waiting) noexcept {
  if (waiting.origin.kind == Origin::Kind::kGateway) return true;
  if (waiting.hop_limit <= 1) {
    answer(context, waiting, wire::IcmpError::kTimeExceeded, 0);
    context.drop(waiting.packet, model::Drop::kInnerTtl);
    return false;
  }
  wire::lower_hop_limit(waiting.packet.data, waiting.family);
  return true;
}

void Forwarder::to_tunnel(WorkerContext& context, Waiting& waiting, const TunnelEntry& tunnel) noexcept {
  const bool from_outside =
      waiting.origin.kind != Origin::Kind::kTunnel && waiting.origin.side == model::PortSide::kOuter;
  if (from_outside) {
    context.drop(waiting.packet, model::Drop::kClearRefused);
    return;
  }
  if (!tunnel.selectors.matches(waiting.packet.bytes(), waiting.family, Travel::kOutbound)) {
    context.drop(waiting.packet, model::Drop::kInnerSelector);
    return;
  }
  if (!lower(context, waiting)) return;
  if (tunnel.inner_mtu != 0 && waiting.packet.length > tunnel.inner_mtu && !may_be_cut(waiting.packet, tunnel)) {
    answer(context, waiting, wire::IcmpError::kTooBig, tunnel.inner_mtu);
    context.drop(waiting.packet, model::Drop::kTfsTooBig);
    return;
  }
  entering_[entering_count_++] = {&tunnel, waiting.packet};
}

// Clear text from outside passes only where the operator lets clear text out to its source, and never what a tunnel's
// selectors protect (RFC 4301 §5.2).
bool Forwarder::clear_may_enter(WorkerContext& context, const Waiting& waiting) noexcept {
  const Snapshot& snapshot = *context.snapshot;
  const std::byte* const data = waiting.packet.data;
  std::uint64_t hop = kNoNextHop;
  if (waiting.family == IpFamily::kV4) {
    const std::uint32_t source = wire::IpView::source_v4(data);
    context.routes.find_v4({&source, 1}, {&hop, 1});
  } else {
    std::array<std::uint8_t, 16> source;
    std::memcpy(source.data(), data + 8, 16);
    context.routes.find_v6({&source, 1}, {&hop, 1});
  }
  if (hop == kNoNextHop || hop >= snapshot.next_hops.size()) return false;
  const NextHop& back = snapshot.next_hops[hop];
  return (back.kind == HopKind::kNeighbour || back.kind == HopKind::kConnected) && back.clear_allowed;
}

void Forwarder::to_port(WorkerContext& context, Waiting& waiting, const NextHop& hop) noexcept {
  const PortEntry& port = context.snapshot->ports[hop.port.value];
  const bool ours = waiting.origin.kind == Origin::Kind::kGateway;
  const bool from_outside =
      waiting.origin.kind == Origin::Kind::kPort && waiting.origin.side == model::PortSide::kOuter;
  // The gateway's own errors quote what they answer, so an answer to the inside is as secret as the inside.
  const bool about_outside = ours && waiting.origin.side == model::PortSide::kOuter;
  const bool leaves_clear = port.side == model::PortSide::kOuter && !about_outside;
  const bool refused = (leaves_clear && !hop.clear_allowed) || (from_outside && !clear_may_enter(context, waiting));
  if (refused) {
    context.drop(waiting.packet, model::Drop::kClearRefused);
    return;
  }
  if (!lower(context, waiting)) return;
  if (port.mtu != 0 && waiting.packet.length > port.mtu) {
    answer(context, waiting, wire::IcmpError::kTooBig, port.mtu);
    context.drop(waiting.packet, model::Drop::kExceedsMtu);
    return;
  }
  const IpAddress next =
      hop.kind == HopKind::kNeighbour ? hop.address : wire::destination_of(waiting.packet.data, waiting.family);
  const MacAddress* mac = context.snapshot->neighbours.find(hop.port, next);
  if (mac == nullptr && use_unknown_mac_) mac = &unknown_mac_;
  const bool v4 = waiting.family == IpFamily::kV4;
  Packet frame = waiting.packet;
  frame.take_headroom(static_cast<std::uint32_t>(wire::kEthernetOctets));
  wire::write_ethernet(frame.data, mac != nullptr ? *mac : MacAddress{}, port.mac,
                       v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6);
  if (mac == nullptr) {
    hold(context, frame, hop.port, next);
  } else {
    context.send(hop.port, frame);
  }
}

void Forwarder::hold(WorkerContext& context, const Packet& frame, PortId port, const IpAddress& next_hop) noexcept {
  std::size_t same = 0;
  for (std::size_t i = 0; i < held_count_; ++i) same += held_[i].next_hop == next_hop && held_[i].port == port;
  if (same == 0) context.report({model::EventKind::kNeighbourWanted, port, TunnelId{}, Spi{}, next_hop, 0});
  if (held_count_ == kHeld || same >= kHeldForOneNeighbour) {
    context.drop(frame, model::Drop::kNoNeighbour);
    return;
  }
  const Instant until = context.now + kHoldFor;
  held_[held_count_++] = {frame, port, next_hop, until};
  held_deadline_ = std::min(held_deadline_, until);
}

void Forwarder::retry_held(WorkerContext& context) noexcept {
  // Looked at in every turn, so that a later snapshot at the address of an earlier one is seen to be another.
  const bool same_snapshot = held_seen_ == context.snapshot;
  held_seen_ = context.snapshot;
  if (held_count_ == 0 || (same_snapshot && held_deadline_ > context.now)) return;
  std::size_t kept = 0;
  held_deadline_ = kNever;
  for (std::size_t i = 0; i < held_count_; ++i) {
    const Held& held = held_[i];
    const bool port_lives = held.port.value < context.snapshot->ports.size();
    const MacAddress* const mac = port_lives ? context.snapshot->neighbours.find(held.port, held.next_hop) : nullptr;
    if (mac != nullptr) {
      std::memcpy(held.packet.data, mac->octets.data(), mac->octets.size());
      context.send(held.port, held.packet);
    } else if (!port_lives || held.until <= context.now) {
      context.drop(held.packet, model::Drop::kNoNeighbour);
    } else {
      held_deadline_ = std::min(held_deadline_, held.until);
      held_[kept++] = held;
    }
  }
  held_count_ = kept;
}

bool Forwarder::take_token(Instant now) noexcept {
  const std::int64_t earned = (now - icmp_refilled_) / kIcmpInterval;
  if (earned > 0) {
    icmp_tokens_ = std::min(kIcmpBurst, icmp_tokens_ + earned);
    icmp_refilled_ = now;
  }
  if (icmp_tokens_ == 0) return false;
  --icmp_tokens_;
  return true;
}

// Builds the error and adds it to the next burst; errors are never answered, so this ends.
void Forwarder::answer(WorkerContext& context, const Waiting& about, wire::IcmpError error,
                       std::uint32_t mtu) noexcept {
  const wire::IpView view = wire::read_ip(about.packet.bytes());
  if (about.origin.kind == Origin::Kind::kGateway || !wire::may_answer(about.packet.bytes(), view)) return;
  IpAddress source;
  if (port_with_address(*context.snapshot, about.origin, view.family, &source) == nullptr) return;
  if (!take_token(context.now)) return;
  Packet packet;
  if (!context.io.acquire({&packet, 1})) return;
  if (packet.capacity() < wire::kLongestIcmpv6) {
    context.recycle(packet);
    return;
  }
  packet.set_length(wire::kLongestIcmpv6);
  packet.set_length(wire::write_icmp_error(packet.bytes(), error, mtu, source, about.packet.bytes(), view.family));
  if (count_ == kBurst) {
    context.recycle(packet);
    return;
  }
  Origin ours;
  ours.kind = Origin::Kind::kGateway;
  const bool from_port = about.origin.kind == Origin::Kind::kPort;
  ours.side = from_port ? about.origin.side : model::PortSide::kProtected;
  // Its hops are not lowered here, so their number does not matter.
  waiting_[side_][count_++] = {packet, ours, view.family, 0};
}

}  // namespace levelgate::dataplane
