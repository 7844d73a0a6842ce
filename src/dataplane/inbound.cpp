// SPDX-License-Identifier: Apache-2.0
//
// From authentic payloads to inner packets. Each inner packet is copied once, into the buffer in which it will leave;
// each lost one is counted once (RFC 9347 §2.2.3, RFC 9348).
#include "dataplane/inbound.h"

#include <algorithm>
#include <array>

#include "wire/aggfrag_header.h"
#include "wire/ip_header.h"
#include "wire/outer_fields.h"
#include "wire/udp_header.h"

namespace levelgate::dataplane {
namespace {

constexpr std::uint8_t kNextHeaderNone = 59;  // RFC 4303 §2.6: dummy packet
// Packet::reserved of what only holds the place of a number and is counted already.
constexpr std::uint16_t kDummyKind = 0xfffe;
constexpr std::uint16_t kOtherKind = 0xffff;
constexpr std::array<std::byte, wire::kAggfragOctets> kNoBlocks{};  // an AGGFRAG payload that carries nothing
constexpr Nanos kShortestLostTimer = std::chrono::milliseconds(1);
constexpr Nanos kLongestLostTimer = std::chrono::seconds(1);
constexpr Nanos kPartialLife = std::chrono::seconds(1);            // pins one buffer at most
constexpr Nanos kLongestTakeover = std::chrono::milliseconds(20);  // a rekey stops slow tunnels no longer than that
constexpr Nanos kTellAgain = std::chrono::milliseconds(250);       // between two reports of a moved peer
constexpr int kPartialIntervals = 4;  // and on slow tunnels several packets must come in that time

bool holds_a_place(const Packet& payload) { return payload.reserved >= kDummyKind; }

bool carries_aggfrag(const model::TunnelPlan& plan, const model::EspSa& sa) {
  switch (sa.payload) {
    case model::SaPayload::kAsTunnelSays:
      return plan.tfs.mode != model::TfsMode::kPlain;
    case model::SaPayload::kAggfrag:
      return true;
    case model::SaPayload::kIp:
      return false;
  }
  return false;
}

Nanos own_interval(const model::TfsSettings& tfs) {
  if (tfs.mode != model::TfsMode::kFixed || tfs.rate_bits_per_second == 0) return std::chrono::milliseconds(10);
  const double ns = static_cast<double>(tfs.packet_size) * 8e9 / static_cast<double>(tfs.rate_bits_per_second);
  return Nanos(static_cast<std::int64_t>(ns));
}

}  // namespace

// Receives inner packets from aggfrag::Receiver and gives each a buffer of its own.
class InboundSa::Assembly {
 public:
  Assembly(InboundSa& sa, WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel)
      : sa_(sa), context_(context), inner_(inner), tunnel_(tunnel) {}

  Bytes begin(std::uint32_t octets) {
    sa_.assembling_open_ = false;
    if (!context_.fresh(sa_.assembling_)) {
      context_.count(model::Drop::kNoBuffer);
      return {};
    }
    if (sa_.assembling_.capacity() < octets) {
      context_.drop(sa_.assembling_, model::Drop::kInnerTooBig);
      return {};
    }
    sa_.assembling_open_ = true;
    sa_.assembling_.set_length(octets);
    return sa_.assembling_.bytes();
  }
  void deliver() {
    if (!sa_.assembling_open_) return;
    sa_.assembling_open_ = false;
    inner_.add(context_, sa_.assembling_, tunnel_);
  }
  void abandon() {
    if (!sa_.assembling_open_) return;  // it was refused, and is counted already
    incomplete();
    context_.recycle(sa_.assembling_);
    sa_.assembling_open_ = false;
  }
  void incomplete() {
    sa_.counters_.inner_rx_incomplete_pkts.add(1);
    context_.count(model::Drop::kAggfragIncomplete);
  }

 private:
  InboundSa& sa_;
  WorkerContext& context_;
  InnerBatch& inner_;
  const TunnelEntry& tunnel_;
};

InboundSa::InboundSa(const model::TunnelPlan& plan, const model::EspSa& sa, FirstNumber first,
                     std::uint32_t max_inner_octets, const InboundKept& kept)
    : kept_(kept),
      counters_(kept.tunnel),
      aggfrag_(carries_aggfrag(plan, sa)),
      adopt_first_(first == FirstNumber::kOfFirstPacket),
      first_(sa.first_sequence),
      window_size_(aggfrag_ ? plan.tfs.receive.reorder_window : 0),
      lost_packet_timer_(plan.tfs.receive.lost_packet_timer),
      interval_(own_interval(plan.tfs)),
      partial_life_(std::max(kPartialLife, interval_ * kPartialIntervals)),
      window_(window_size_, sa.first_sequence),
      receiver_(max_inner_octets) {}

void InboundSa::arrived(WorkerContext& context, const InboundEntry& entry, const Packet& esp, EspSeq number) noexcept {
  const std::uint64_t octets = std::uint64_t{esp.length} + esp.reserved;
  counters_.rx_octets.add(octets);
  if (kept_.sa.packets.load() == 0) prove(context, entry);
  // Only the newest packet says where the peer is: an older one may come by the old way (RFC 7296 §2.23).
  if (entry.tunnel->udp && number.value > kept_.sa.highest.load()) follow_peer(context, *entry.tunnel, esp);
  outer_ecn_ = wire::ecn_of(esp.data - esp.reserved);
  kept_.sa.packets.add(1);
  kept_.sa.octets.add(octets);
  kept_.sa.highest.raise_to(number.value);
}

// The peer has begun to use this SA. The last packets of the older one may still be under way behind this one, however
// long it was silent before.
void InboundSa::prove(WorkerContext& context, const InboundEntry& entry) noexcept {
  context.report({model::EventKind::kInboundProven, PortId{}, entry.tunnel->id, kept_.opener.spi(), IpAddress{}, 0, 0});
  if (!aggfrag_ || adopt_first_ || window_size_ == 0 || first_.value == 0 || entry.older == nullptr) return;
  interval_ = entry.older->sa->interval_;
  taking_over_ = first_.value - 1;
  window_.reset(EspSeq{*taking_over_});
}

void InboundSa::follow_peer(WorkerContext& context, const TunnelEntry& tunnel, const Packet& esp) noexcept {
  const std::byte* const ip = esp.data - esp.reserved;
  if (!wire::carried_in_udp(ip)) return;
  const std::uint16_t port = wire::udp_source_port(esp.data - wire::kUdpOctets);
  const IpFamily family = (std::to_integer<unsigned>(ip[0]) >> 4) == 4 ? IpFamily::kV4 : IpFamily::kV6;
  const bool same = family == IpFamily::kV4 ? tunnel.remote.family() == family &&
                                                  wire::IpView::source_v4(ip) == tunnel.remote.v4_host_order()
                                            : wire::source_of(ip, family) == tunnel.remote;
  if (same && port == tunnel.udp_remote_port) return;
  if (moved_told_ != kNever && context.now - moved_told_ < kTellAgain) return;
  moved_told_ = context.now;
  context.report(
      {model::EventKind::kPeerMoved, PortId{}, tunnel.id, kept_.opener.spi(), wire::source_of(ip, family), 0, port});
}

void InboundSa::accept(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
                       std::uint8_t next_header, EspSeq number) noexcept {
  counters_.rx_pkts.add(1);
  if (outer_ecn_ == wire::Ecn::kCe) counters_.ecn_ce_pkts.add(1);
  if (aggfrag_) {
    // Whoever sends AGGFRAG sends Not-ECT, and a mark says nothing of the packets inside (RFC 9347 §2.2.5.2, §3.1).
    if (outer_ecn_ != wire::Ecn::kNotEct) counters_.ecn_unexpected_pkts.add(1);
    learn_interval(context.now);
    if (next_header == wire::kNextHeaderAggfrag) return accept_aggfrag(context, inner, entry, payload, number);
  } else if (next_header == wire::kProtocolIpv4 || next_header == wire::kProtocolIpv6) {
    return deliver_plain(context, inner, entry, payload);
  }
  const bool dummy = next_header == kNextHeaderNone;
  const model::Drop reason = dummy ? model::Drop::kDummy : model::Drop::kNextHeader;
  if (!dummy) counters_.rx_errored_pkts.add(1);
  counters_.rx_drop_pkts.add(1);
  if (!aggfrag_) return context.drop(payload, reason);
  context.count(reason);
  Packet place = payload;
  place.set_length(0);
  place.reserved = dummy ? kDummyKind : kOtherKind;
  accept_aggfrag(context, inner, entry, place, number);
}

// One inner packet for each outer one: marks of the path go on with it, where it can tell of them (RFC 6040 §4.2).
void InboundSa::deliver_plain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry,
                              Packet packet) noexcept {
  if (outer_ecn_ != wire::Ecn::kNotEct && packet.length >= wire::kIpv4Octets) {
    const wire::Ecn before = wire::ecn_of(packet.data);
    const wire::EcnOfBoth ecn = wire::ecn_of_both(before, outer_ecn_);
    if (ecn.unexpected) counters_.ecn_unexpected_pkts.add(1);
    if (ecn.drop) {
      counters_.rx_drop_pkts.add(1);
      return context.drop(packet, model::Drop::kOuterCongestion);
    }
    if (ecn.inner != before) wire::set_ecn(packet.data, ecn.inner);
  }
  inner.add(context, packet, *entry.tunnel);
}

void InboundSa::accept_aggfrag(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry,
                               const Packet& payload, EspSeq number) noexcept {
  if (adopt_first_) {
    adopt_first_ = false;
    window_.reset(number);
  }
  if (window_.pass(number)) {
    receive(context, inner, *entry.tunnel, payload, number);
    return;
  }
  aggfrag::Inserted inserted = insert(context, payload, number);
  if (inserted == aggfrag::Inserted::kMakeRoom) {
    release_in_order(context, inner, entry);
    inserted = insert(context, payload, number);
  }
  if (inserted != aggfrag::Inserted::kHeld) {
    if (holds_a_place(payload)) {
      context.recycle(payload);
      return;
    }
    counters_.late_pkts.add(1);
    counters_.rx_drop_pkts.add(1);
    context.drop(payload, model::Drop::kAggfragLate);
    return;
  }
  release_in_order(context, inner, entry);
}

aggfrag::Inserted InboundSa::insert(WorkerContext& context, const Packet& payload, EspSeq number) noexcept {
  const bool takes_over = taking_over_ && window_.held() == 0;
  const Nanos wait = takes_over ? std::min(lost_after(), kLongestTakeover) : lost_after();
  return window_.insert(number, payload, context.now, wait);
}

void InboundSa::release_in_order(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  Assembly assembly(*this, context, inner, *entry.tunnel);
  for (;;) {
    Packet payload;
    std::uint64_t number = 0;
    std::uint64_t lost = 0;
    switch (window_.next(context.now, &payload, &number, &lost)) {
      case aggfrag::Next::kPresent:
        receive(context, inner, *entry.tunnel, payload, EspSeq{number});
        break;
      case aggfrag::Next::kLost:
        if (taking_over_ == number) {
          taking_over_.reset();
          --lost;  // there was no such packet
          if (entry.older != nullptr) entry.older->sa->surrender(context, inner, *entry.older);
        }
        counters_.rx_missed_pkts.add(lost);
        receiver_.abandon(assembly);
        break;
      case aggfrag::Next::kWait:
        counters_.reorder_held_pkts.set(window_.held());
        return;
    }
  }
}

// Delivers what is held, the oldest SA's first: from here on a newer SA delivers, or this one goes.
void InboundSa::surrender(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  if (entry.older != nullptr) entry.older->sa->surrender(context, inner, *entry.older);
  window_.give_way();
  release_in_order(context, inner, entry);
}

void InboundSa::receive(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const Packet& payload,
                        EspSeq number) noexcept {
  Assembly assembly(*this, context, inner, tunnel);
  if (holds_a_place(payload)) {
    // The number is used up: what was half received cannot go on (RFC 9347 §2.3); a dummy is like padding.
    if (payload.reserved == kDummyKind) {
      (void)receiver_.accept(number, kNoBlocks, assembly);
    } else {
      receiver_.abandon(assembly);
    }
    context.recycle(payload);
    return;
  }
  const aggfrag::AcceptResult result = receiver_.accept(number, payload.bytes(), assembly);
  partial_deadline_ = receiver_.partial() ? context.now + std::max(partial_life_, lost_after()) : kNever;
  const auto errored = [&](model::Drop reason) {
    counters_.rx_errored_pkts.add(1);
    counters_.rx_drop_pkts.add(1);
    context.count(reason);
  };
  switch (result.verdict) {
    case aggfrag::Accepted::kFull:
      break;
    case aggfrag::Accepted::kSomePad:
      counters_.rx_extra_pad_pkts.add(1);
      counters_.rx_extra_pad_octets.add(result.pad_octets);
      break;
    case aggfrag::Accepted::kAllPad:
      counters_.rx_all_pad_pkts.add(1);
      counters_.rx_all_pad_octets.add(result.pad_octets);
      break;
    case aggfrag::Accepted::kOrphan:
      counters_.rx_drop_pkts.add(1);
      context.count(model::Drop::kAggfragOrphan);
      break;
    case aggfrag::Accepted::kBadBlock:
      errored(model::Drop::kAggfragBlock);
      break;
    case aggfrag::Accepted::kMalformed:
      errored(model::Drop::kAggfragMalformed);
      break;
    case aggfrag::Accepted::kUnknownSubType:
      errored(model::Drop::kAggfragSubType);
      break;
  }
  context.recycle(payload);
}

void InboundSa::expire(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  if (window_.deadline() <= context.now) release_in_order(context, inner, entry);
  if (partial_deadline_ <= context.now) {
    Assembly assembly(*this, context, inner, *entry.tunnel);
    receiver_.abandon(assembly);
    partial_deadline_ = kNever;
  }
}

Instant InboundSa::deadline() const noexcept { return std::min(window_.deadline(), partial_deadline_); }

void InboundSa::drain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  if (entry.tunnel != nullptr) surrender(context, inner, entry);
  window_.drain([&](const Packet& payload) {
    if (!holds_a_place(payload)) context.count(model::Drop::kTunnelClosing);
    context.recycle(payload);
  });
  if (assembling_open_) {
    counters_.inner_rx_incomplete_pkts.add(1);
    context.drop(assembling_, model::Drop::kAggfragIncomplete);
  }
  assembling_open_ = false;
  partial_deadline_ = kNever;
  counters_.reorder_held_pkts.set(0);
  drained.set();
}

// RFC 9347 §2.2.3: in proportion to the tunnel's rate. One and a half windows of packets, and at least a millisecond.
Nanos InboundSa::lost_after() const noexcept {
  if (lost_packet_timer_) return *lost_packet_timer_;
  const Nanos proportional = interval_ * (window_size_ + 1) * 3 / 2;
  return std::clamp(proportional, kShortestLostTimer, kLongestLostTimer);
}

void InboundSa::learn_interval(Instant now) noexcept {
  if (last_arrival_ != kNever) interval_ += (std::min(now - last_arrival_, kLongestLostTimer) - interval_) / 16;
  last_arrival_ = now;
}

}  // namespace levelgate::dataplane
