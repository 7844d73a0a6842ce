// SPDX-License-Identifier: Apache-2.0
//
// Building: from what waits to sealed packets, in each mode.
#include <algorithm>

#include "dataplane/outbound.h"
#include "esp/sealer.h"
#include "queueing/drain.h"
#include "wire/aggfrag_header.h"
#include "wire/esp_header.h"
#include "wire/ip_header.h"

namespace levelgate::dataplane {
namespace {

// Where packets go when they leave the queue.
struct Leaving {
  WorkerContext& context;
  TunnelCounters& counters;
  void sent(const Packet& packet) noexcept { context.recycle(packet); }
  void lost(const Packet& packet, queueing::Loss loss, std::size_t) noexcept {
    counters.tx_drop_pkts.add(1);
    context.drop(packet, loss == queueing::Loss::kAqm ? model::Drop::kTfsAqm : model::Drop::kTfsQueueDelay);
  }
};

constexpr Nanos kAskAgain = std::chrono::milliseconds(250);  // between two requests for an unresolved next hop

}  // namespace

void OutboundTunnel::build(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry, Nanos ahead) noexcept {
  note_open(context, entry);
  follow(context, entry);
  if (!setting_waits_) follow_sa(context, entry);
  if (queue_changed_) publish_queue();
  blocked_ = !way_open(entry) || entry.sealer == nullptr;
  if (!entry.path.resolved && !setting_.in_stream()) ask_for_path(context, entry);
  if (setting_waits_ || stopped_) return;
  switch (setting_.tfs.mode) {
    case model::TfsMode::kFixed: {
      std::uint32_t count = 0;
      const std::uint32_t room = static_cast<std::uint32_t>(std::min(built_.capacity() - built_.size(), kBurst));
      while (count < room && pacer_->due_ahead(built_.size() + count) <= context.now + ahead) ++count;
      if (count != 0) build_fixed(context, batch, entry, count, Departure::kAtSlot);
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

void OutboundTunnel::ask_for_path(WorkerContext& context, const TunnelEntry& entry) noexcept {
  if (context.now - last_wanted_ < kAskAgain) return;
  last_wanted_ = context.now;
  if (!entry.path.routed) return;
  context.report({model::EventKind::kNeighbourWanted, entry.path.port, entry.id, Spi{}, entry.path.next_hop, 0});
}

void OutboundTunnel::build_fixed(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry,
                                 std::uint32_t count, Departure when) noexcept {
  // What a new SA agreed on is part of the setting that comes with it: it carries nothing of the old one's.
  // [9347-6.1.4-c]
  if (entry.sealer_id != sealer_id_ && entry.setting_serial != setting_.serial) return;
  follow_sa(context, entry);
  std::array<Packet, kBurst> fresh;
  const std::size_t wanted = std::min<std::size_t>(count, fresh.size());
  if (entry.sealer == nullptr || !way_open(entry)) return;
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
  Leaving leaving{context, counters_};
  std::uint64_t octets = 0;
  for (std::size_t i = 0; i < possible; ++i) {
    Packet& frame = fresh[i];
    const Instant leaves = when == Departure::kNow ? context.now : pacer_->due_ahead(built_.size());
    const std::uint32_t probe = prepare_slot(entry, leaves);
    const std::uint32_t room = probe == 0 ? frame_.payload_room() : frame_.payload_room_of(probe);
    queueing::Drain drain(queue_.packets(), context.waiting, leaves, leaving);
    const Bytes payload{frame.data + frame_.payload_at(), room};
    const aggfrag::Filled filled = probe == 0 ? sender_.fill(drain, payload) : sender_.fill_padding(payload);
    (void)seal_into(frame, room, wire::kNextHeaderAggfrag, context, batch, entry);
    octets += frame_.counted_octets(frame);
    account(filled);
    frame.reserved = filled.all_pad ? 0 : 1;
    built_data_ += frame.reserved;
    (void)built_.push(frame);
  }
  bearable_at_ = kNever;
  entry.sealed->packets.add(possible);
  entry.sealed->octets.add(octets);
  context.worked = true;
  publish_queue();
}

void OutboundTunnel::build_on_demand(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  std::array<Packet, kBurst> sealed;
  std::size_t count = 0;
  Leaving leaving{context, counters_};
  queueing::Drain drain(queue_.packets(), context.waiting, context.now, leaving);
  while (count < kBurst && !queue_.packets().empty()) {
    const bool full = queue_.packets().octets() - sender_.head_offset() >= frame_.data_room();
    if (!full && context.now < send_at_) break;
    if (entry.sealer == nullptr || !way_open(entry)) break;
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
    sender_.report_nothing();
    const aggfrag::Filled filled =
        sender_.fill_unpadded(drain, {frame.data + frame_.payload_at(), frame_.payload_room()});
    if (!seal_into(frame, filled.payload_octets, wire::kNextHeaderAggfrag, context, batch, entry)) break;
    account(filled);
    ++count;
  }
  if (count == 0) return;
  if (queue_.packets().empty()) send_at_ = kNever;
  send_now(context, batch, entry, std::span(sealed).first(count));
}

// Ordinary tunnel mode: the inner packet stays where it is and ESP is laid around it.
void OutboundTunnel::build_plain(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  std::array<Packet, kBurst> sealed;
  std::size_t count = 0;
  Leaving leaving{context, counters_};
  queueing::Drain drain(queue_.packets(), context.waiting, context.now, leaving);
  while (count < kBurst) {
    if (entry.sealer == nullptr || !way_open(entry)) break;
    if (entry.sealer->remaining() == 0) {
      exhausted(context, entry);
      break;
    }
    if (drain.front() == nullptr) break;
    Packet inner = queue_.packets().pop(context.waiting);
    const std::uint32_t octets = inner.length;
    const bool v4 = (std::to_integer<unsigned>(inner.data[0]) >> 4) == 4;
    if (inner.headroom < frame_.payload_at() ||
        inner.tailroom < wire::esp_octets(octets) - wire::kEspPayloadOffset - octets) {
      counters_.tx_drop_pkts.add(1);
      context.drop(inner, model::Drop::kNoBuffer);
      continue;
    }
    inner.take_headroom(frame_.payload_at());
    if (!seal_into(inner, octets, v4 ? wire::kProtocolIpv4 : wire::kProtocolIpv6, context, batch, entry)) break;
    counters_.inner_tx_pkts.add(1);
    counters_.inner_tx_octets.add(octets);
    sealed[count++] = inner;
  }
  if (count == 0) return;
  send_now(context, batch, entry, std::span(sealed).first(count));
}

// Numbers and lays out one packet whose payload is in place, and puts its job into the batch.
// [9347-2.2.3-e, 9347-2.3-a]
bool OutboundTunnel::seal_into(Packet& frame, std::uint32_t payload_octets, std::uint8_t next_header,
                               WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  esp::CipherJob& job = batch.next(context);
  if (entry.sealer->prepare(frame.data + frame_.esp_at(), payload_octets, next_header, job) !=
      esp::Sealer::Prepared::kReady) {
    batch.take_back();
    context.recycle(frame);
    return false;
  }
  frame_.write_headers(frame, payload_octets, entry.path);
  return true;
}

void OutboundTunnel::account(const aggfrag::Filled& filled) noexcept {
  counters_.inner_tx_pkts.add(filled.consumed);
  counters_.inner_tx_octets.add(filled.data_octets);
  // Where packets are not split everywhere, load decides how much of a payload is of use.
  const bool splits_anywhere = setting_.splits() && setting_.tfs.min_fragment <= aggfrag::kMinFragment;
  if (!splits_anywhere && !queue_.packets().empty() && filled.data_octets != 0) {
    useful_room_ = (useful_room_ * 7 + filled.data_octets) / 8;
  }
  if (filled.all_pad && filled.pad_octets != 0) {
    counters_.tx_all_pad_pkts.add(1);
    counters_.tx_all_pad_octets.add(filled.pad_octets);
  } else if (filled.pad_octets != 0) {
    counters_.tx_extra_pad_pkts.add(1);
    counters_.tx_extra_pad_octets.add(filled.pad_octets);
  }
}

// Nothing leaves any more (RFC 4303 §3.3.3): what waits is dropped under its name, so that it is not held for ever.
void OutboundTunnel::exhausted(WorkerContext& context, const TunnelEntry& entry) noexcept {
  if (!exhausted_reported_) {
    exhausted_reported_ = true;
    context.report({model::EventKind::kSequenceExhausted, PortId{}, entry.id, entry.sealer->spi(), IpAddress{}, 0});
  }
  if (entry.sealer->remaining() == 0) drop_queue(context, model::Drop::kSequenceExhausted);
}

}  // namespace levelgate::dataplane
