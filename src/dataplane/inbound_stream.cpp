// SPDX-License-Identifier: Apache-2.0
//
// From AGGFRAG payloads to inner packets. Each inner packet is copied once, into the buffer in which it will leave;
// each lost one is counted once (RFC 9347 §2.2.3, §2.5, RFC 9348).
#include "dataplane/inbound_stream.h"

#include <algorithm>
#include <array>

#include "dataplane/inbound.h"
#include "wire/aggfrag_header.h"

namespace levelgate::dataplane {
namespace {

using EndsKind = aggfrag::OpenEnds::Kind;

constexpr std::array<std::byte, wire::kAggfragOctets> kNoBlocks{};  // an AGGFRAG payload that carries nothing
constexpr Nanos kPartialLife = std::chrono::seconds(1);             // pins one buffer at most
constexpr Nanos kLongestTakeover = std::chrono::milliseconds(20);   // a rekey stops slow tunnels no longer than that
constexpr int kPartialIntervals = 4;  // and on slow tunnels several packets must come in that time

EndsKind kind_of(PlaceKind kind) { return kind == PlaceKind::kDummy ? EndsKind::kPadding : EndsKind::kNothing; }

Nanos own_interval(const model::TfsSettings& tfs) {
  if (tfs.mode != model::TfsMode::kFixed || tfs.rate_bits_per_second == 0) return std::chrono::milliseconds(10);
  const std::uint32_t octets = tfs.path_mtu ? tfs.path_mtu->max_size : tfs.packet_size;
  const double ns = static_cast<double>(octets) * 8e9 / static_cast<double>(tfs.rate_bits_per_second);
  return Nanos(static_cast<std::int64_t>(ns));
}

}  // namespace

InboundStream::InboundStream(const model::TfsSettings& tfs, EspSeq first, FirstNumber first_number,
                             std::uint32_t max_inner_octets, TunnelCounters& counters)
    : counters_(counters),
      immediate_(tfs.receive.send_immediately),
      adaptive_(tfs.receive.adapt_window),
      adopt_first_(first_number == FirstNumber::kOfFirstPacket),
      first_(first),
      timer_(tfs.receive.lost_packet_timer, own_interval(tfs)),
      partial_life_(std::max(kPartialLife, timer_.interval() * kPartialIntervals)),
      width_(tfs.receive.reorder_window),
      window_(tfs.receive.reorder_window, first),
      receiver_(max_inner_octets),
      early_(max_inner_octets) {
  if (adaptive_) window_.set_window(width_.width());
}

// The last packets of the older SA may still be under way behind the first of this one, however long it was silent
// before. What is delivered at once waits for nobody.
void InboundStream::take_over_from(const InboundStream& older) noexcept {
  if (immediate_ || adopt_first_ || window_.window() == 0 || first_.value == 0) return;
  timer_.assume(older.timer_.interval());
  taking_over_ = first_.value - 1;
  window_.reset(EspSeq{*taking_over_});
}

void InboundStream::learn(Instant now, EspSeq number) noexcept {
  timer_.arrived(now);
  // [9347-2.2.3-c]
  if (adaptive_ && width_.arrived(number)) window_.set_window(width_.width());
  if (told_window_ != window_.window()) {
    told_window_ = window_.window();
    counters_.reorder_window_pkts.set(told_window_);
  }
  if (adopt_first_) {
    adopt_first_ = false;
    window_.reset(number);
  }
}

void InboundStream::accept(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
                           EspSeq number) noexcept {
  learn(context.now, number);
  if (window_.pass(number)) return receive(context, inner, *entry.tunnel, payload, number);
  if (number.value < window_.awaited().value) return come_late(context, inner, *entry.tunnel, payload);
  hold(context, inner, entry, payload, EndsKind::kWhole, number);
}

void InboundStream::accept_place(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry,
                                 const Packet& payload, PlaceKind kind, EspSeq number) noexcept {
  learn(context.now, number);
  context.recycle(payload);
  if (window_.pass(number)) return take_ends(context, inner, *entry.tunnel, {.kind = kind_of(kind)}, number);
  if (number.value >= window_.awaited().value) hold(context, inner, entry, Packet{}, kind_of(kind), number);
}

// It comes before another one that may still come.
void InboundStream::hold(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
                         EndsKind kind, EspSeq number) noexcept {
  std::optional<Place> place = context.held.take(payload);
  if (!place) {  // rather than starve the others, this SA lets go what it holds
    window_.give_way();
    release_in_order(context, inner, entry);
    place = context.held.take(payload);
  }
  if (!place) {
    window_.give_way_to(number);
    release_in_order(context, inner, entry);
    if (!window_.pass(number)) return come_late(context, inner, *entry.tunnel, payload);
    if (kind != EndsKind::kWhole) return take_ends(context, inner, *entry.tunnel, {.kind = kind}, number);
    return receive(context, inner, *entry.tunnel, payload, number);
  }
  context.held[*place].ends.kind = kind;
  aggfrag::Inserted inserted = insert(context, *place, number);
  if (inserted == aggfrag::Inserted::kMakeRoom) {
    release_in_order(context, inner, entry);
    inserted = insert(context, *place, number);
  }
  if (inserted != aggfrag::Inserted::kHeld) {
    context.held.give_back(*place);
    return come_late(context, inner, *entry.tunnel, payload);
  }
  if (number.value > window_.awaited().value) {
    counters_.early_pkts.add(1);
    if (immediate_) deliver_early(context, inner, *entry.tunnel, *place, number);
  }
  release_in_order(context, inner, entry);
}

aggfrag::Inserted InboundStream::insert(WorkerContext& context, Place place, EspSeq number) noexcept {
  const bool takes_over = taking_over_ && window_.held() == 0;
  const Nanos wait = takes_over ? std::min(lost_after(), kLongestTakeover) : lost_after();
  return window_.insert(number, place, context.now, wait);
}

// Immediate delivery (RFC 9347 §2.5): all that is whole leaves now, and the buffer goes back if no end of it is open.
// [9347-2.5-a, 9347-2.5-b]
void InboundStream::deliver_early(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, Place place,
                                  EspSeq number) noexcept {
  HeldPayload& held = context.held[place];
  if (held.ends.kind == EndsKind::kNothing) return;
  const bool dummy = held.ends.kind == EndsKind::kPadding;
  const auto find = [&](std::uint64_t n) -> aggfrag::OpenEnds* {
    const Place* const found = window_.find(n);
    return found == nullptr ? nullptr : &context.held[*found].ends;
  };
  OpenInner whole;
  InnerAssembly assembly(whole, counters_, context, inner, tunnel);
  const ConstBytes payload = dummy ? ConstBytes(kNoBlocks) : held.packet.bytes();
  const aggfrag::EarlyResult early = early_.accept(number, payload, held.ends, find, assembly);
  if (!dummy) count(context, early.result);
  counters_.joined_early_pkts.add(early.joined);
  for (std::uint64_t n = early.used_from; n <= early.used_to; ++n) {
    HeldPayload& used = context.held[*window_.find(n)];
    if (used.packet.data == nullptr || !used.ends.spent()) continue;
    context.recycle(used.packet);
    used.packet.data = nullptr;
    used.ends.data = {};
  }
}

// Its turn is over. Delivered at once, what is whole in it is as good as ever.
void InboundStream::come_late(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel,
                              const Packet& payload) noexcept {
  if (payload.data == nullptr) return;  // not AGGFRAG, and counted already
  counters_.late_pkts.add(1);
  if (!immediate_) {
    counters_.rx_drop_pkts.add(1);
    return context.drop(payload, model::Drop::kAggfragLate);
  }
  OpenInner whole;
  InnerAssembly assembly(whole, counters_, context, inner, tunnel);
  count(context, early_.accept_late(payload.bytes(), assembly));
  context.recycle(payload);
}

// [9347-2.2.3-d, 9347-2.5-b, 9347-2.5-c]
void InboundStream::release_in_order(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  for (;;) {
    Place place = 0;
    std::uint64_t number = 0;
    std::uint64_t lost = 0;
    switch (window_.next(context.now, &place, &number, &lost)) {
      case aggfrag::Next::kPresent:
        take_turn(context, inner, *entry.tunnel, place, EspSeq{number});
        break;
      case aggfrag::Next::kLost: {
        if (taking_over_ == number) {
          taking_over_.reset();
          --lost;  // there was no such packet
          if (entry.older != nullptr) entry.older->sa->surrender(context, inner, *entry.older);
        }
        counters_.rx_missed_pkts.add(lost);
        InnerAssembly assembly(open_, counters_, context, inner, *entry.tunnel);
        receiver_.abandon(assembly);
        break;
      }
      case aggfrag::Next::kWait:
        counters_.reorder_held_pkts.set(window_.held());
        return;
    }
  }
}

void InboundStream::take_turn(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, Place place,
                              EspSeq number) noexcept {
  const HeldPayload& held = context.held[place];
  if (held.ends.kind == EndsKind::kWhole) {
    receive(context, inner, tunnel, held.packet, number);
  } else {
    take_ends(context, inner, tunnel, held.ends, number);
    if (held.packet.data != nullptr) context.recycle(held.packet);
  }
  context.held.give_back(place);
}

void InboundStream::take_ends(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel,
                              const aggfrag::OpenEnds& ends, EspSeq number) noexcept {
  InnerAssembly assembly(open_, counters_, context, inner, tunnel);
  count(context, receiver_.accept_ends(number, ends, assembly));
  set_partial_deadline(context.now);
}

void InboundStream::receive(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const Packet& payload,
                            EspSeq number) noexcept {
  InnerAssembly assembly(open_, counters_, context, inner, tunnel);
  const aggfrag::AcceptResult result = receiver_.accept(number, payload.bytes(), assembly);
  set_partial_deadline(context.now);
  count(context, result);
  context.recycle(payload);
}

void InboundStream::set_partial_deadline(Instant now) noexcept {
  partial_deadline_ = receiver_.partial() ? now + std::max(partial_life_, lost_after()) : kNever;
}

// [9347-2.5-d, 9347-2.5-e]
void InboundStream::count(WorkerContext& context, const aggfrag::AcceptResult& result) noexcept {
  const auto errored = [&](model::Drop reason) {
    counters_.rx_errored_pkts.add(1);
    counters_.rx_drop_pkts.add(1);
    context.count(reason);
  };
  if (result.skipped) counters_.skipped_fragment_pkts.add(1);
  if (result.contradiction) counters_.contradiction_pkts.add(1);
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
}

void InboundStream::expire(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  if (window_.deadline() <= context.now) release_in_order(context, inner, entry);
  if (partial_deadline_ <= context.now) {
    InnerAssembly assembly(open_, counters_, context, inner, *entry.tunnel);
    receiver_.abandon(assembly);
    partial_deadline_ = kNever;
  }
}

void InboundStream::surrender(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  window_.give_way();
  release_in_order(context, inner, entry);
}

void InboundStream::drain(WorkerContext& context) noexcept {
  const auto incomplete = [&] {
    counters_.inner_rx_incomplete_pkts.add(1);
    context.count(model::Drop::kAggfragIncomplete);
  };
  window_.drain([&](Place place) {
    const HeldPayload& held = context.held[place];
    if (held.ends.kind == EndsKind::kWhole) context.count(model::Drop::kTunnelClosing);
    if (held.ends.tail != 0) incomplete();
    if (held.packet.data != nullptr) context.recycle(held.packet);
    context.held.give_back(place);
  });
  if (open_.open) {
    incomplete();
    context.recycle(open_.packet);
  }
  open_.open = false;
  partial_deadline_ = kNever;
  counters_.reorder_held_pkts.set(0);
}

}  // namespace levelgate::dataplane
