// SPDX-License-Identifier: Apache-2.0
//
// Enqueue, build, emit. Sizes and headers of outer packets are a pure function of configuration, and in fixed mode
// their times of the clock; an observer learns nothing from either (RFC 9347 §2.4.1).
#include "dataplane/outbound.h"

#include <algorithm>
#include <cstring>

#include "esp/sealer.h"
#include "wire/aggfrag_header.h"
#include "wire/esp_header.h"
#include "wire/ethernet_header.h"
#include "wire/ip_header.h"
#include "wire/udp_header.h"

namespace levelgate::dataplane {
namespace {

constexpr std::size_t kQueuePackets = 4096;  // bounds an idle tunnel's memory; 20 ms of small packets at 100 Mbit/s
constexpr std::size_t kBuiltPackets = 64;    // more than a turn's build-ahead at any rate one core reaches
constexpr Nanos kAskAgain = std::chrono::milliseconds(250);  // between two requests for an unresolved next hop

std::size_t queue_capacity(const model::TfsSettings& tfs) {
  return tfs.mode == model::TfsMode::kPlain ? 256 : kQueuePackets;
}

aggfrag::Fragmentation fragmentation_of(const model::TfsSettings& tfs) {
  return tfs.fragment ? aggfrag::Fragmentation::kAllowed : aggfrag::Fragmentation::kForbidden;
}

std::uint64_t rate_octets(const model::TfsSettings& tfs) {
  constexpr std::uint32_t kEthernetOverhead = 38;  // header, FCS, preamble, gap
  return tfs.packet_size + (tfs.rate_layer == model::RateLayer::kL2 ? kEthernetOverhead : 0u);
}

}  // namespace

OutboundTunnel::OutboundTunnel(const model::TunnelPlan& plan, Instant start, TunnelCounters& counters)
    : counters_(counters),
      tfs_(plan.tfs),
      local_(plan.local),
      remote_(plan.remote),
      udp_(plan.encapsulation == model::Encapsulation::kUdp),
      udp_local_port_(plan.udp_local_port),
      udp_remote_port_(plan.udp_remote_port),
      queue_(queue_capacity(plan.tfs)),
      sender_(fragmentation_of(plan.tfs)),
      built_(kBuiltPackets) {
  layout_.headers = wire::outer_header_octets(plan.local.family(), udp_);
  layout_.esp = static_cast<std::uint32_t>(wire::kEthernetOctets) + layout_.headers;
  layout_.payload = layout_.esp + wire::kEspPayloadOffset;
  layout_.payload_room = wire::payload_room(tfs_.packet_size, layout_.headers);
  const bool aggfrag = tfs_.mode != model::TfsMode::kPlain;
  data_room_ = layout_.payload_room - (aggfrag ? wire::kAggfragOctets : 0);
  inner_mtu_ = data_room_;
  if (tfs_.mode == model::TfsMode::kFixed) {
    pacer_.emplace(start, rate_octets(tfs_), tfs_.rate_bits_per_second, tfs_.catch_up_slots);
    forecast_.emplace(data_room_, fragmentation_of(tfs_));
  }
  // The headers of a full packet; other sizes change only the length fields.
  std::byte* const ip = headers_.data() + wire::kEthernetOctets;
  const std::uint8_t protocol = udp_ ? wire::kProtocolUdp : wire::kProtocolEsp;
  const std::uint32_t total = layout_.headers + wire::esp_octets(layout_.payload_room);
  const std::uint32_t ip_octets = wire::write_ip(ip, local_, remote_, protocol, total);
  if (udp_)
    wire::write_udp(ip + ip_octets, udp_local_port_, udp_remote_port_, static_cast<std::uint16_t>(total - ip_octets));
}

Enqueued OutboundTunnel::enqueue(WorkerContext& context, const Packet& packet) noexcept {
  const Instant now = context.now;
  if (!splits() && packet.length > inner_mtu_) return Enqueued::kTooBig;
  if (pacer_ && !wait_is_bearable(packet.length, now)) return Enqueued::kDelay;
  const bool first = queue_.empty();
  if (context.queued >= context.queue_budget || !queue_.push(packet)) return Enqueued::kFull;
  ++context.queued;
  if (forecast_) forecast_->push(packet.length);
  if (first && tfs_.mode == model::TfsMode::kOnDemand) send_at_ = now + tfs_.init_delay;
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
  return slot < bearable_slots_ || pacer_->due_ahead(slot) - now <= tfs_.max_queue_delay;
}

// Slots ahead that certainly come in time at `now`: spares most packets the schedule's arithmetic.
void OutboundTunnel::learn_bearable(Instant now) noexcept {
  bearable_at_ = now;
  const Nanos left = tfs_.max_queue_delay - (pacer_->next_due() - now);
  bearable_slots_ = left <= Nanos(0) ? 0 : static_cast<std::uint64_t>(left / (pacer_->interval() + Nanos(1)));
}

// The sealer may change with a snapshot: the half-sent packet starts anew under the new SA (RFC 9347 §2.2.3).
void OutboundTunnel::use(const TunnelEntry& entry) noexcept {
  if (entry.sealer_id == sealer_id_) return;
  sealer_id_ = entry.sealer_id;
  restart_packet();
  exhausted_reported_ = false;
}

void OutboundTunnel::restart_packet() noexcept {
  if (sender_.head_offset() == 0) return;
  sender_.restart_packet();
  if (forecast_) forecast_->restart(queue_);
}

void OutboundTunnel::emit(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
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
    for (std::size_t i = 0; i < count; ++i) complete(frames[i] = built_.at(i));
    sent = static_cast<std::uint32_t>(context.io.transmit(entry.path.port, std::span(frames).first(count)));
    built_.drop_front(sent);
    for (std::size_t i = 0; i < sent; ++i) built_data_ -= frames[i].reserved;
  }
  counters_.slots.add(due.send + due.skipped);
  counters_.skipped_slots.add(due.skipped + due.send - sent);
  counters_.tx_pkts.add(sent);
  counters_.tx_octets.add(std::uint64_t{sent} * (layout_.headers + wire::esp_octets(layout_.payload_room)));
  if (sent == 0) return;
  counters_.late_slots.add(sent - 1);  // after all but the last one the next slot was due already
  const Instant first_sent = due.skipped == 0 && sent == due.send ? oldest : pacer_->due_of(pacer_->next_slot() - sent);
  counters_.pacing.add(static_cast<std::uint64_t>((context.now - first_sent).count()));
}

void OutboundTunnel::build(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry, Nanos ahead) noexcept {
  use(entry);
  if (queue_changed_) publish_queue();
  blocked_ = !entry.path.resolved || entry.sealer == nullptr;
  if (!entry.path.resolved && context.now - last_wanted_ >= kAskAgain) {
    last_wanted_ = context.now;
    if (entry.path.routed) {
      context.report({model::EventKind::kNeighbourWanted, entry.path.port, entry.id, Spi{}, entry.path.next_hop, 0});
    }
  }
  switch (tfs_.mode) {
    case model::TfsMode::kFixed: {
      std::uint32_t count = 0;
      const std::uint32_t room = static_cast<std::uint32_t>(std::min(built_.capacity() - built_.size(), kBurst));
      while (count < room && pacer_->due_ahead(built_.size() + count) <= context.now + ahead) ++count;
      if (count != 0) build_fixed(context, batch, entry, count);
      return;
    }
    case model::TfsMode::kOnDemand:
      build_on_demand(context, batch, entry);
      return;
    case model::TfsMode::kPlain:
      build_plain(context, batch, entry);
      return;
  }
}

void OutboundTunnel::build_fixed(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry,
                                 std::uint32_t count) noexcept {
  use(entry);
  std::array<Packet, kBurst> fresh;
  const std::size_t wanted = std::min<std::size_t>(count, fresh.size());
  if (entry.sealer == nullptr || !entry.path.resolved) return;
  if (entry.sealer->remaining() < wanted) {
    exhausted(context, entry);
    blocked_ = true;
    if (entry.sealer->remaining() == 0) return;
  }
  const std::size_t possible = std::min<std::uint64_t>(wanted, entry.sealer->remaining());
  if (!context.io.acquire(std::span(fresh).first(possible))) {
    context.count(model::Drop::kNoBuffer);
    blocked_ = true;
    return;
  }
  for (std::size_t i = 0; i < possible; ++i) {
    Packet& frame = fresh[i];
    std::byte* const payload = frame.data + layout_.payload;
    const aggfrag::Filled filled = sender_.fill(queue_, {payload, layout_.payload_room});
    forecast_->filled();
    (void)seal_into(frame, layout_.payload_room, wire::kNextHeaderAggfrag, context, batch, entry);
    account(filled);
    release_consumed(context, filled.consumed);
    frame.reserved = filled.all_pad ? 0 : 1;
    built_data_ += frame.reserved;
    (void)built_.push(frame);
  }
  entry.sealed->packets.add(possible);
  entry.sealed->octets.add(possible * (layout_.headers + wire::esp_octets(layout_.payload_room)));
  context.worked = true;
  publish_queue();
}

void OutboundTunnel::build_on_demand(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  std::array<Packet, kBurst> sealed;
  std::size_t count = 0;
  while (count < kBurst && !queue_.empty()) {
    const bool full = queue_.octets() - sender_.head_offset() >= data_room_;
    if (!full && context.now < send_at_) break;
    if (entry.sealer == nullptr || !entry.path.resolved) break;
    if (entry.sealer->remaining() == 0) {
      exhausted(context, entry);
      break;
    }
    Packet& frame = sealed[count];
    if (!context.io.acquire({&frame, 1})) {
      context.count(model::Drop::kNoBuffer);
      blocked_ = true;
      break;
    }
    const aggfrag::Filled filled = sender_.fill_unpadded(queue_, {frame.data + layout_.payload, layout_.payload_room});
    if (!seal_into(frame, filled.payload_octets, wire::kNextHeaderAggfrag, context, batch, entry)) break;
    account(filled);
    release_consumed(context, filled.consumed);
    ++count;
  }
  if (count == 0) return;
  if (queue_.empty()) send_at_ = kNever;
  send_now(context, batch, entry, std::span(sealed).first(count));
}

// Where no schedule says when.
void OutboundTunnel::send_now(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry,
                              std::span<Packet> sealed) noexcept {
  batch.flush(context);
  std::uint64_t octets = 0;
  for (Packet& frame : sealed) {
    complete(frame);
    octets += frame.length - wire::kEthernetOctets;
    context.send(entry.path.port, frame);
  }
  counters_.tx_octets.add(octets);
  counters_.tx_pkts.add(sealed.size());
  entry.sealed->octets.add(octets);
  entry.sealed->packets.add(sealed.size());
  context.worked = true;
  publish_queue();
}

// Ordinary tunnel mode: the inner packet stays where it is and ESP is laid around it.
void OutboundTunnel::build_plain(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  std::array<Packet, kBurst> sealed;
  std::size_t count = 0;
  while (count < kBurst && !queue_.empty()) {
    if (entry.sealer == nullptr || !entry.path.resolved) break;
    if (entry.sealer->remaining() == 0) {
      exhausted(context, entry);
      break;
    }
    Packet inner = pop(context);
    const std::uint32_t octets = inner.length;
    const bool v4 = (std::to_integer<unsigned>(inner.data[0]) >> 4) == 4;
    if (inner.headroom < layout_.payload ||
        inner.tailroom < wire::esp_octets(octets) - wire::kEspPayloadOffset - octets) {
      counters_.tx_drop_pkts.add(1);
      context.drop(inner, model::Drop::kNoBuffer);
      continue;
    }
    inner.take_headroom(layout_.payload);
    if (!seal_into(inner, octets, v4 ? wire::kProtocolIpv4 : wire::kProtocolIpv6, context, batch, entry)) break;
    counters_.inner_tx_pkts.add(1);
    counters_.inner_tx_octets.add(octets);
    sealed[count++] = inner;
  }
  if (count == 0) return;
  send_now(context, batch, entry, std::span(sealed).first(count));
}

// Numbers and lays out one packet whose payload is in place, and puts its job into the batch.
bool OutboundTunnel::seal_into(Packet& frame, std::uint32_t payload_octets, std::uint8_t next_header,
                               WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  esp::CipherJob& job = batch.next(context);
  if (entry.sealer->prepare(frame.data + layout_.esp, payload_octets, next_header, job) !=
      esp::Sealer::Prepared::kReady) {
    batch.take_back();
    context.recycle(frame);
    return false;
  }
  const std::uint32_t esp_octets = wire::esp_octets(payload_octets);
  frame.set_length(layout_.esp + esp_octets);
  write_headers(frame, esp_octets, entry.path);
  return true;
}

void OutboundTunnel::write_headers(Packet& frame, std::uint32_t esp_octets, const OuterPath& path) noexcept {
  std::memcpy(frame.data, headers_.data(), layout_.esp);
  const bool v4 = local_.family() == IpFamily::kV4;
  wire::write_ethernet(frame.data, path.next_hop_mac, path.own_mac, v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6);
  if (esp_octets == wire::esp_octets(layout_.payload_room)) return;
  std::byte* const ip = frame.data + wire::kEthernetOctets;
  wire::set_total_octets(ip, local_.family(), layout_.headers + esp_octets);
  const std::uint32_t ip_octets = v4 ? wire::kIpv4Octets : wire::kIpv6Octets;
  if (udp_) {
    wire::write_udp(ip + ip_octets, udp_local_port_, udp_remote_port_,
                    static_cast<std::uint16_t>(wire::kUdpOctets + esp_octets));
  }
}

// What can only be written over the encrypted octets.
void OutboundTunnel::complete(Packet& frame) noexcept {
  if (!udp_ || local_.family() == IpFamily::kV4) return;
  const std::uint32_t in_front = static_cast<std::uint32_t>(wire::kEthernetOctets) + wire::kIpv6Octets;
  wire::write_udp_checksum(frame.data + wire::kEthernetOctets, frame.length - in_front);
}

void OutboundTunnel::account(const aggfrag::Filled& filled) noexcept {
  counters_.inner_tx_pkts.add(filled.consumed);
  counters_.inner_tx_octets.add(filled.data_octets);
  if (filled.all_pad && filled.pad_octets != 0) {
    counters_.tx_all_pad_pkts.add(1);
    counters_.tx_all_pad_octets.add(filled.pad_octets);
  } else if (filled.pad_octets != 0) {
    counters_.tx_extra_pad_pkts.add(1);
    counters_.tx_extra_pad_octets.add(filled.pad_octets);
  }
}

void OutboundTunnel::release_consumed(WorkerContext& context, std::uint32_t count) noexcept {
  for (std::uint32_t i = 0; i < count; ++i) context.recycle(pop(context));
}

// Nothing leaves any more (RFC 4303 §3.3.3): what waits is dropped under its name, so that it is not held for ever.
void OutboundTunnel::exhausted(WorkerContext& context, const TunnelEntry& entry) noexcept {
  if (!exhausted_reported_) {
    exhausted_reported_ = true;
    context.report({model::EventKind::kSequenceExhausted, PortId{}, entry.id, entry.sealer->spi(), IpAddress{}, 0});
  }
  if (entry.sealer->remaining() == 0) drop_queue(context, model::Drop::kSequenceExhausted);
}

Instant OutboundTunnel::deadline(Nanos ahead) const noexcept {
  switch (tfs_.mode) {
    case model::TfsMode::kFixed:
      if (blocked_ || built_.full()) return pacer_->next_due();
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
  if (forecast_) forecast_->restart(queue_);
  publish_queue();
}

void OutboundTunnel::publish_queue() noexcept {
  counters_.queue_pkts.set(queue_.size());
  counters_.queue_octets.set(queue_.octets());
  counters_.queue_max_octets.raise_to(most_octets_);
  queue_changed_ = false;
}

}  // namespace levelgate::dataplane
