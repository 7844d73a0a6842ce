// SPDX-License-Identifier: Apache-2.0
//
// Enqueue, emit, and how a new setting or a new SA takes over. Sizes and headers of outer packets are a pure function
// of configuration, and in fixed mode their times of the clock; an observer learns nothing from either (RFC 9347
// §2.4.1).
#include "dataplane/outbound.h"

#include <algorithm>

#include "esp/sealer.h"

namespace levelgate::dataplane {
namespace {

constexpr std::size_t kQueuePackets = 4096;  // bounds an idle tunnel's memory; 20 ms of small packets at 100 Mbit/s
constexpr std::size_t kBuiltPackets = 64;    // more than a turn's build-ahead at any rate one core reaches

aggfrag::Fragmentation fragmentation_of(const OutboundSetting& setting) {
  return setting.tfs.fragment ? aggfrag::Fragmentation::kAllowed : aggfrag::Fragmentation::kForbidden;
}

aggfrag::Pacer pacer_of(const model::TfsSettings& tfs, Instant start) {
  constexpr std::uint32_t kEthernetOverhead = 38;  // header, FCS, preamble, gap
  const std::uint64_t octets = tfs.packet_size + (tfs.rate_layer == model::RateLayer::kL2 ? kEthernetOverhead : 0u);
  return {start, octets, tfs.rate_bits_per_second, tfs.catch_up_slots};
}

bool same_schedule(const model::TfsSettings& a, const model::TfsSettings& b) {
  return a.mode == b.mode && a.rate_bits_per_second == b.rate_bits_per_second && a.rate_layer == b.rate_layer &&
         a.packet_size == b.packet_size && a.catch_up_slots == b.catch_up_slots;
}

}  // namespace

OutboundTunnel::OutboundTunnel(const OutboundSetting& setting, Instant start, TunnelCounters& counters)
    : counters_(counters),
      setting_(setting),
      frame_(setting),
      queue_(kQueuePackets),
      sender_(fragmentation_of(setting), setting.tfs.min_fragment),
      built_(kBuiltPackets) {
  if (setting_.tfs.mode != model::TfsMode::kFixed) return;
  pacer_.emplace(pacer_of(setting_.tfs, start));
  forecast_.emplace(frame_.data_room(), fragmentation_of(setting_), setting_.tfs.min_fragment);
}

Enqueued OutboundTunnel::enqueue(WorkerContext& context, const Packet& packet) noexcept {
  const Instant now = context.now;
  if (!setting_.splits() && packet.length > frame_.data_room()) return Enqueued::kTooBig;
  if (pacer_ && !wait_is_bearable(packet.length, now)) return Enqueued::kDelay;
  const bool first = queue_.empty();
  if (context.queued >= context.queue_budget || !queue_.push(packet)) return Enqueued::kFull;
  ++context.queued;
  if (forecast_) forecast_->push(packet.length);
  if (first && setting_.tfs.mode == model::TfsMode::kOnDemand) send_at_ = now + setting_.tfs.init_delay;
  queue_changed_ = true;
  most_octets_ = std::max(most_octets_, queue_.octets());
  return Enqueued::kTaken;
}

Packet OutboundTunnel::pop(WorkerContext& context) noexcept {
  --context.queued;
  return queue_.pop();
}

// A FIFO's wait is known at constant rate: the payloads ahead of this packet's first octet, and their slots.
bool OutboundTunnel::wait_is_bearable(std::uint32_t octets, Instant now) noexcept {
  const std::uint64_t slot = built_.size() + forecast_->payloads_before(octets);
  if (bearable_at_ != now) learn_bearable(now);
  return slot < bearable_slots_ || pacer_->due_ahead(slot) - now <= setting_.tfs.max_queue_delay;
}

// Slots ahead that certainly come in time at `now`: spares most packets the schedule's arithmetic.
void OutboundTunnel::learn_bearable(Instant now) noexcept {
  bearable_at_ = now;
  const Nanos left = setting_.tfs.max_queue_delay - (pacer_->next_due() - now);
  bearable_slots_ = left <= Nanos(0) ? 0 : static_cast<std::uint64_t>(left / (pacer_->interval() + Nanos(1)));
}

// A new setting waits until what is built under the old one has left: then the next slot is the first of the new one,
// due when the old schedule says (RFC 9347 §2.4.1: nobody but the operator moves it).
void OutboundTunnel::follow(WorkerContext& context, const TunnelEntry& entry) noexcept {
  if (entry.setting_serial == setting_.serial) return;
  setting_waits_ = !built_.empty();
  if (setting_waits_) return;
  const model::TfsSettings before = setting_.tfs;
  setting_ = *entry.setting;
  frame_ = OuterFrame(setting_);
  sender_.set_fragmentation(fragmentation_of(setting_), setting_.tfs.min_fragment);
  if (setting_.tfs.mode == model::TfsMode::kPlain) sender_.restart_packet();
  if (!setting_.splits()) drop_too_big(context);
  bearable_at_ = kNever;
  if (setting_.tfs.mode == model::TfsMode::kFixed) {
    const Instant next = pacer_ ? pacer_->next_due() : context.now;
    if (!same_schedule(before, setting_.tfs)) pacer_.emplace(pacer_of(setting_.tfs, next));
    forecast_.emplace(frame_.data_room(), fragmentation_of(setting_), setting_.tfs.min_fragment);
    forecast_->restart(queue_, sender_.head_offset());
  } else {
    pacer_.reset();
    forecast_.reset();
  }
  send_at_ = queue_.empty() ? kNever : context.now;
}

// What cannot leave under the new setting; a packet whose begin has left goes on (RFC 9347 §2.2.3).
void OutboundTunnel::drop_too_big(WorkerContext& context) noexcept {
  const std::size_t half_sent = sender_.head_offset() == 0 ? 0 : 1;
  const std::size_t waiting = queue_.size();
  for (std::size_t i = 0; i < waiting; ++i) {
    const Packet packet = queue_.pop();
    if (i < half_sent || packet.length <= frame_.data_room()) {
      (void)queue_.push(packet);
      continue;
    }
    --context.queued;
    counters_.tx_drop_pkts.add(1);
    context.drop(packet, model::Drop::kTfsTooBig);
  }
  publish_queue();
}

// The sealer may change with a snapshot: the half-sent packet starts anew under the new SA (RFC 9347 §2.2.3).
void OutboundTunnel::follow_sa(const TunnelEntry& entry) noexcept {
  if (entry.sealer_id == sealer_id_) return;
  sealer_id_ = entry.sealer_id;
  restart_packet();
  exhausted_reported_ = false;
}

void OutboundTunnel::restart_packet() noexcept {
  if (sender_.head_offset() == 0) return;
  sender_.restart_packet();
  if (forecast_) forecast_->restart(queue_, 0);
}

void OutboundTunnel::emit(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  if (built_.empty()) follow(context, entry);
  if (!pacer_ || pacer_->next_due() > context.now) return;
  context.worked = true;
  bearable_at_ = kNever;
  const Instant oldest = pacer_->next_due();
  const aggfrag::Pacer::Due due = pacer_->take(context.now);
  if (built_.size() < due.send) {
    build_fixed(context, batch, entry, due.send - static_cast<std::uint32_t>(built_.size()));
    batch.flush(context);
  }
  if (entry.sealer == nullptr && built_.empty()) return;  // without an SA there is no schedule that could be missed
  std::uint32_t sent = 0;
  if (entry.path.resolved) {
    std::array<Packet, kBurst> frames;
    const std::size_t count = std::min({built_.size(), std::size_t{due.send}, frames.size()});
    for (std::size_t i = 0; i < count; ++i) frame_.complete(frames[i] = built_.at(i));
    sent = static_cast<std::uint32_t>(context.io.transmit(entry.path.port, std::span(frames).first(count)));
    built_.drop_front(sent);
    for (std::size_t i = 0; i < sent; ++i) built_data_ -= frames[i].reserved;
  }
  counters_.slots.add(due.send + due.skipped);
  counters_.skipped_slots.add(due.skipped + due.send - sent);
  counters_.tx_pkts.add(sent);
  counters_.tx_octets.add(std::uint64_t{sent} * frame_.outer_octets(frame_.payload_room()));
  if (sent == 0) return;
  counters_.late_slots.add(sent - 1);  // after all but the last one the next slot was due already
  const Instant first_sent = due.skipped == 0 && sent == due.send ? oldest : pacer_->due_of(pacer_->next_slot() - sent);
  counters_.pacing.add(static_cast<std::uint64_t>((context.now - first_sent).count()));
}

Instant OutboundTunnel::deadline(Nanos ahead) const noexcept {
  switch (setting_.tfs.mode) {
    case model::TfsMode::kFixed:
      if (blocked_ || setting_waits_ || built_.full()) return pacer_->next_due();
      return std::min(pacer_->next_due(), pacer_->due_ahead(built_.size()) - ahead);
    case model::TfsMode::kOnDemand:
      return queue_.empty() || blocked_ ? kNever : send_at_;
    case model::TfsMode::kPlain:
      return kNever;
  }
  return kNever;
}

void OutboundTunnel::drain(WorkerContext& context) noexcept {
  drop_queue(context, model::Drop::kTunnelClosing);
  while (!built_.empty()) context.recycle(built_.pop());
  built_data_ = 0;
  drained.set();
}

void OutboundTunnel::drop_queue(WorkerContext& context, model::Drop reason) noexcept {
  while (!queue_.empty()) {
    counters_.tx_drop_pkts.add(1);
    context.drop(pop(context), reason);
  }
  sender_.restart_packet();
  if (forecast_) forecast_->restart(queue_, 0);
  publish_queue();
}

void OutboundTunnel::publish_queue() noexcept {
  counters_.queue_pkts.set(queue_.size());
  counters_.queue_octets.set(queue_.octets());
  counters_.queue_max_octets.raise_to(most_octets_);
  queue_changed_ = false;
}

}  // namespace levelgate::dataplane
