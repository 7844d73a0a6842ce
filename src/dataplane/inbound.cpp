// SPDX-License-Identifier: Apache-2.0
//
// From authentic payloads to inner packets. Each inner packet is copied once, into the buffer in which it will leave;
// each lost one is counted once (RFC 9347 §2.2.3, RFC 9348).
#include "dataplane/inbound.h"

#include <algorithm>
#include <array>

#include "wire/aggfrag_header.h"
#include "wire/ip_header.h"

namespace levelgate::dataplane {
namespace {

constexpr std::uint8_t kNextHeaderNone = 59;  // RFC 4303 §2.6: dummy packet
// Packet::reserved of what only holds the place of a number and is counted already.
constexpr std::uint16_t kDummyKind = 0xfffe;
constexpr std::uint16_t kOtherKind = 0xffff;
constexpr std::array<std::byte, wire::kAggfragOctets> kNoBlocks{};  // an AGGFRAG payload that carries nothing
constexpr Nanos kShortestLostTimer = std::chrono::milliseconds(1);
constexpr Nanos kLongestLostTimer = std::chrono::seconds(1);
constexpr Nanos kPartialLife = std::chrono::seconds(1);  // pins one buffer at most
constexpr int kPartialIntervals = 4;                     // and on slow tunnels several packets must come in that time

bool holds_a_place(const Packet& payload) { return payload.reserved >= kDummyKind; }

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
                     std::uint32_t max_inner_octets, esp::Opener& opener, TunnelCounters& counters)
    : opener_(opener),
      counters_(counters),
      aggfrag_(plan.tfs.mode != model::TfsMode::kPlain),
      adopt_first_(first == FirstNumber::kOfFirstPacket),
      window_size_(aggfrag_ ? plan.tfs.receive.reorder_window : 0),
      lost_packet_timer_(plan.tfs.receive.lost_packet_timer),
      interval_(own_interval(plan.tfs)),
      partial_life_(std::max(kPartialLife, interval_ * kPartialIntervals)),
      window_(window_size_, sa.first_sequence),
      receiver_(max_inner_octets) {}

void InboundSa::accept(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const Packet& payload,
                       std::uint8_t next_header, EspSeq number) noexcept {
  counters_.rx_pkts.add(1);
  if (aggfrag_) {
    learn_interval(context.now);
    if (next_header == wire::kNextHeaderAggfrag) return accept_aggfrag(context, inner, tunnel, payload, number);
  } else if (next_header == wire::kProtocolIpv4 || next_header == wire::kProtocolIpv6) {
    return inner.add(context, payload, tunnel);
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
  accept_aggfrag(context, inner, tunnel, place, number);
}

void InboundSa::accept_aggfrag(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel,
                               const Packet& payload, EspSeq number) noexcept {
  if (adopt_first_) {
    adopt_first_ = false;
    window_.reset(number);
  }
  if (window_.pass(number)) {
    receive(context, inner, tunnel, payload, number);
    return;
  }
  aggfrag::Inserted inserted = window_.insert(number, payload, context.now, lost_after());
  if (inserted == aggfrag::Inserted::kMakeRoom) {
    release_in_order(context, inner, tunnel);
    inserted = window_.insert(number, payload, context.now, lost_after());
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
  release_in_order(context, inner, tunnel);
}

void InboundSa::release_in_order(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel) noexcept {
  Assembly assembly(*this, context, inner, tunnel);
  for (;;) {
    Packet payload;
    std::uint64_t number = 0;
    std::uint64_t lost = 0;
    switch (window_.next(context.now, &payload, &number, &lost)) {
      case aggfrag::Next::kPresent:
        receive(context, inner, tunnel, payload, EspSeq{number});
        break;
      case aggfrag::Next::kLost:
        counters_.rx_missed_pkts.add(lost);
        receiver_.abandon(assembly);
        break;
      case aggfrag::Next::kWait:
        counters_.reorder_held_pkts.set(window_.held());
        return;
    }
  }
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

void InboundSa::expire(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel) noexcept {
  if (window_.deadline() <= context.now) release_in_order(context, inner, tunnel);
  if (partial_deadline_ <= context.now) {
    Assembly assembly(*this, context, inner, tunnel);
    receiver_.abandon(assembly);
    partial_deadline_ = kNever;
  }
}

Instant InboundSa::deadline() const noexcept { return std::min(window_.deadline(), partial_deadline_); }

void InboundSa::drain(WorkerContext& context) noexcept {
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
