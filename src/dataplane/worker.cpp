// SPDX-License-Identifier: Apache-2.0
//
// The turn. Emission stands first and a turn is bounded by one burst from each port, so the longest turn bounds the
// pacing jitter.
#include "dataplane/worker.h"

#include <algorithm>
#include <cstring>

#include "dataplane/inner_fragments.h"
#include "esp/opener.h"
#include "esp/sealer.h"
#include "wire/esp_header.h"
#include "wire/ip_header.h"

namespace levelgate::dataplane {

Worker::Worker(WorkerId id, WorkerParts parts)
    : id_(id),
      parts_(std::move(parts)),
      context_(parts_.io, parts_.routes, parts_.cipher, parts_.events, parts_.queue_budget, parts_.held_payloads),
      forwarder_(*this, parts_.unknown_neighbour_mac),
      inner_(*this) {
  context_.streams = parts_.streams;
}

void Worker::turn(Instant now) noexcept {
  context_.now = now;
  context_.worked = false;
  context_.snapshot = parts_.snapshots.load(id_.value);
  if (context_.snapshot == nullptr) {
    parts_.snapshots.quiescent(id_.value);
    deadline_ = kNever;
    return;
  }
  emit_due();
  bury();
  receive();
  take_streamed();
  take_handoffs();
  forwarder_.retry_held(context_);
  build_next();
  expire();
  context_.flush();
  plan_next_turn();
  context_.counters.turns.add(1);
  if (context_.worked) context_.counters.busy_turns.add(1);
  parts_.snapshots.quiescent(id_.value);
}

void Worker::emit_due() noexcept {
  for (const TunnelEntry& tunnel : context_.snapshot->tunnels) {
    if (tunnel.worker == id_) tunnel.outbound->emit(context_, batch_, tunnel);
  }
}

void Worker::receive() noexcept {
  for (const PortId port : parts_.ports) {
    if (port.value < context_.snapshot->ports.size()) receive_port(context_.snapshot->ports[port.value]);
  }
}

void Worker::receive_port(const PortEntry& port) noexcept {
  std::array<Packet, kBurst> frames;
  const std::size_t count = parts_.io.receive(port.id, frames);
  if (count == 0) return;
  context_.worked = true;
  constexpr std::size_t kPrefetchAhead = 4;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kPrefetchAhead < count) __builtin_prefetch(frames[i + kPrefetchAhead].data);
    Packet packet = frames[i];
    const Classified what = classify(*context_.snapshot, port, parts_.destination_mac, packet);
    switch (what.kind) {
      case Kind::kEsp:
        collect_spi(packet, what.spi);
        break;
      case Kind::kClear:
        forwarder_.add(context_, packet, what.family, what.hop_limit, {Origin::Kind::kPort, port.id, port.side});
        break;
      case Kind::kKernel:
        to_kernel(port.id, packet);
        break;
      case Kind::kDrop:
        context_.drop(packet, what.reason);
        break;
    }
  }
  open_collected();
  inner_.flush(context_);
  forwarder_.flush(context_);
}

void Worker::to_kernel(PortId port, const Packet& frame) noexcept {
  if (parts_.twin == KernelTwin::kPresent) {
    context_.punt(port, frame);
  } else {
    context_.drop(frame, model::Drop::kForKernel);
  }
}

void Worker::collect_spi(const Packet& packet, Spi spi) noexcept {
  const auto found = context_.snapshot->spis.find(spi.value);
  if (found == context_.snapshot->spis.end()) {
    context_.drop(packet, model::Drop::kUnknownSpi);
    return;
  }
  const InboundEntry& entry = *found->second;
  if (entry.worker == id_) {
    collect(packet, entry);
  } else if (!parts_.to[entry.worker.value]->push(Handoff{Handoff::Kind::kOuter, TunnelId{}, 0, spi, packet})) {
    context_.drop(packet, model::Drop::kWorkerRingFull);
  }
}

void Worker::collect(const Packet& packet, const InboundEntry& entry) noexcept {
  if (collected_count_ == collected_.size()) open_collected();
  Collected& slot = collected_[collected_count_];
  slot.packet = packet;
  slot.entry = &entry;
  switch (entry.sa->opener().check(slot.packet.bytes(), jobs_[collected_count_], slot.number)) {
    case esp::Opener::Checked::kReady:
      ++collected_count_;
      return;
    case esp::Opener::Checked::kMalformed:
      entry.sa->counters().rx_drop_pkts.add(1);
      context_.drop(packet, model::Drop::kEspMalformed);
      return;
    case esp::Opener::Checked::kReplay:
      entry.sa->counters().rx_drop_pkts.add(1);
      context_.drop(packet, model::Drop::kReplay);
      return;
  }
}

void Worker::open_collected() noexcept {
  if (collected_count_ == 0) return;
  const std::size_t count = collected_count_;
  collected_count_ = 0;
  parts_.cipher.open(std::span(jobs_).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    Collected& slot = collected_[i];
    InboundSa& sa = *slot.entry->sa;
    const auto refuse = [&](model::Drop reason) {
      sa.counters().rx_drop_pkts.add(1);
      context_.drop(slot.packet, reason);
    };
    esp::Opener::Payload payload;
    switch (sa.opener().finish(jobs_[i], slot.number, payload)) {
      case esp::Opener::Opened::kAuthFailed:
        refuse(model::Drop::kAuthFailed);
        continue;
      case esp::Opener::Opened::kReplay:
        refuse(model::Drop::kReplay);
        continue;
      case esp::Opener::Opened::kBadTrailer:
        refuse(model::Drop::kEspMalformed);
        continue;
      case esp::Opener::Opened::kOk:
        break;
    }
    sa.arrived(context_, *slot.entry, slot.packet, slot.number);
    slot.packet.drop_front(static_cast<std::uint32_t>(payload.bytes.data() - slot.packet.data));
    slot.packet.set_length(static_cast<std::uint32_t>(payload.bytes.size()));
    sa.accept(context_, inner_, *slot.entry, slot.packet, payload.next_header, slot.number);
  }
}

void Worker::take(WorkerContext&, std::span<const Delivered> burst) noexcept {
  for (const Delivered& delivered : burst) take_one(delivered.packet, *delivered.tunnel);
}

// An inner packet out of a tunnel: checked like any other, and against the selectors (RFC 4301 §5.2).
void Worker::take_one(Packet inner, const TunnelEntry& tunnel) noexcept {
  const wire::IpView view = wire::read_ip_shallow(inner.bytes());
  if (view.verdict != wire::IpVerdict::kOk) {
    const bool checksum = view.verdict == wire::IpVerdict::kChecksum;
    context_.drop(inner, checksum ? model::Drop::kInnerChecksum : model::Drop::kInnerMalformed);
    return;
  }
  inner.set_length(view.total_octets);
  tunnel.counters->inner_rx_pkts.add(1);
  tunnel.counters->inner_rx_octets.add(view.total_octets);
  if (!tunnel.selectors.matches(inner.bytes(), view.family, Travel::kInbound)) {
    context_.drop(inner, model::Drop::kInnerSelector);
    return;
  }
  const bool ours = view.family == IpFamily::kV4
                        ? context_.snapshot->own_v4_address(wire::IpView::destination_v4(inner.data))
                        : context_.snapshot->own(wire::destination_of(inner.data, view.family));
  if (ours) {
    context_.drop(inner, model::Drop::kForKernel);
    return;
  }
  forwarder_.add(context_, inner, view.family, view.hop_limit,
                 {Origin::Kind::kTunnel, PortId{}, model::PortSide::kProtected});
}

void Worker::enter(WorkerContext&, std::span<const Entering> burst) noexcept {
  while (!burst.empty()) {
    const TunnelEntry& tunnel = *burst.front().tunnel;
    const auto other = std::ranges::find_if(burst, [&](const Entering& one) { return one.tunnel != &tunnel; });
    const auto train = burst.first(static_cast<std::size_t>(other - burst.begin()));
    tunnel.worker == id_ ? admit(tunnel, train) : hand_over(tunnel, train);
    burst = burst.subspan(train.size());
  }
}

void Worker::hand_over(const TunnelEntry& tunnel, std::span<const Entering> train) noexcept {
  HandoffRing& ring = *parts_.to[tunnel.worker.value];
  for (const Entering& one : train) {
    if (ring.push(Handoff{Handoff::Kind::kInner, tunnel.id, tunnel.serial, Spi{}, one.packet})) continue;
    context_.drop(one.packet, model::Drop::kWorkerRingFull);
  }
}

void Worker::admit(const TunnelEntry& tunnel, std::span<const Entering> train) noexcept {
  std::size_t whole = 0;
  for (std::size_t i = 0; tunnel.inner_mtu != 0 && i < train.size(); ++i) {
    if (train[i].packet.length <= tunnel.inner_mtu) continue;
    admit_whole(tunnel, train.subspan(whole, i - whole));
    admit_cut(tunnel, train[i].packet);
    whole = i + 1;
  }
  admit_whole(tunnel, train.subspan(whole));
}

// Only what may be cut comes here longer than the tunnel takes, unless the tunnel has changed on the way.
void Worker::admit_cut(const TunnelEntry& tunnel, const Packet& packet) noexcept {
  FragmentBurst fragments;
  const bool possible = may_be_cut(packet, tunnel);
  const std::size_t count = possible ? cut(context_, packet, tunnel.inner_mtu, fragments) : 0;
  if (count == 0) {
    tunnel.counters->tx_drop_pkts.add(1);
    return context_.drop(packet, possible ? model::Drop::kNoBuffer : model::Drop::kTfsTooBig);
  }
  tunnel.counters->ip_fragmented_pkts.add(1);
  tunnel.counters->ip_fragments_made.add(count);
  for (const Packet& fragment : std::span<const Packet>(fragments).first(count)) {
    const Entering one{&tunnel, fragment};
    admit_whole(tunnel, {&one, 1});
  }
}

void Worker::admit_whole(const TunnelEntry& tunnel, std::span<const Entering> train) noexcept {
  const bool sends = tunnel.sealer != nullptr && tunnel.sealer->remaining() != 0;
  if (sends) return tunnel.outbound->enqueue(context_, train);
  const model::Drop reason = tunnel.sealer == nullptr ? model::Drop::kNoOutboundSa : model::Drop::kSequenceExhausted;
  tunnel.counters->tx_drop_pkts.add(train.size());
  for (const Entering& one : train) context_.drop(one.packet, reason);
}

// The plan may have changed on the way: another tunnel may stand at that place, and its peer must not see the packet.
void Worker::admit_handed(const Handoff& handoff) noexcept {
  const std::vector<TunnelEntry>& tunnels = context_.snapshot->tunnels;
  const std::size_t place = handoff.tunnel.value;
  if (place < tunnels.size() && tunnels[place].serial == handoff.serial && tunnels[place].worker == id_) {
    const Entering one{&tunnels[place], handoff.packet};
    admit(tunnels[place], {&one, 1});
  } else {
    context_.drop(handoff.packet, model::Drop::kTunnelClosing);
  }
}

// Handled like what came by a port, one burst in a turn; take_handoffs() opens what is collected here.
void Worker::take_streamed() noexcept {
  if (parts_.streams == nullptr) return;
  for (std::size_t i = 0; i < kBurst; ++i) {
    const auto record = parts_.streams->inbound.front();
    if (!record) return;
    context_.worked = true;
    Packet packet;
    if (record->octets.size() < wire::kEspHeaderOctets) {
      context_.count(model::Drop::kEspMalformed);
    } else if (!context_.fresh(packet)) {
      context_.count(model::Drop::kNoBuffer);
    } else if (record->octets.size() > packet.capacity()) {
      context_.drop(packet, model::Drop::kInnerTooBig);
    } else {
      std::memcpy(packet.data, record->octets.data(), record->octets.size());
      packet.set_length(static_cast<std::uint32_t>(record->octets.size()));
      mark_streamed(packet, record->head);
      collect_spi(packet, wire::read_esp(packet.data).spi);
    }
    parts_.streams->inbound.pop();
  }
}

void Worker::take_handoffs() noexcept {
  for (HandoffRing* const ring : parts_.from) {
    if (ring == nullptr) continue;
    std::array<Handoff, kBurst> arrived;
    const std::size_t count = ring->pop(arrived);
    if (count != 0) context_.worked = true;
    for (std::size_t i = 0; i < count; ++i) {
      const Handoff& handoff = arrived[i];
      if (handoff.kind == Handoff::Kind::kOuter) {
        collect_spi(handoff.packet, handoff.spi);
      } else {
        admit_handed(handoff);
      }
    }
  }
  open_collected();
  inner_.flush(context_);
  forwarder_.flush(context_);
}

void Worker::build_next() noexcept {
  for (const TunnelEntry& tunnel : context_.snapshot->tunnels) {
    if (tunnel.worker == id_) tunnel.outbound->build(context_, batch_, tunnel, parts_.build_ahead);
  }
  batch_.flush(context_);
}

void Worker::expire() noexcept {
  for (const InboundEntry& entry : context_.snapshot->inbound) {
    if (entry.worker == id_ && !entry.closing && entry.sa->deadline() <= context_.now) {
      context_.worked = true;
      entry.sa->expire(context_, inner_, entry);
    }
  }
  inner_.flush(context_);
  forwarder_.flush(context_);
}

// What is on its way out gives back what it holds (architecture §6.3). It stands in front of receiving: what an SA held
// must not come behind what arrives under its successor.
void Worker::bury() noexcept {
  for (const TunnelEntry& tunnel : context_.snapshot->closing) {
    if (tunnel.worker == id_ && !tunnel.outbound->drained.is_set()) tunnel.outbound->drain(context_);
  }
  for (const InboundEntry& entry : context_.snapshot->inbound) {
    if (entry.worker == id_ && entry.closing && !entry.sa->drained.is_set()) entry.sa->drain(context_, inner_, entry);
  }
  inner_.flush(context_);
  forwarder_.flush(context_);
}

void Worker::plan_next_turn() noexcept {
  Instant next = forwarder_.deadline();
  Instant slot = kNever;
  bool holds = forwarder_.holds();
  for (const TunnelEntry& tunnel : context_.snapshot->tunnels) {
    if (tunnel.worker != id_) continue;
    next = std::min(next, tunnel.outbound->deadline(parts_.build_ahead));
    slot = std::min(slot, tunnel.outbound->next_slot());
    holds = holds || tunnel.outbound->waits();
  }
  for (const InboundEntry& entry : context_.snapshot->inbound) {
    if (entry.worker != id_ || entry.closing) continue;
    next = std::min(next, entry.sa->deadline());
    holds = holds || !entry.sa->idle();
  }
  deadline_ = next;
  next_slot_ = slot;
  holds_ = holds;
}

}  // namespace levelgate::dataplane
