// SPDX-License-Identifier: Apache-2.0
//
// Enqueue, emit, and how a new setting or a new SA takes over. Sizes and headers of outer packets are a pure function
// of configuration, and in fixed mode their times of the clock; an observer learns nothing from either (RFC 9347
// §2.4.1).
#include "dataplane/outbound.h"

#include <algorithm>

#include "dataplane/path_settings.h"
#include "esp/sealer.h"

namespace levelgate::dataplane {
namespace {

constexpr std::size_t kBuiltPackets = 64;  // more than a turn's build-ahead at any rate one core reaches

aggfrag::Fragmentation fragmentation_of(const OutboundSetting& setting) {
  return setting.tfs.fragment ? aggfrag::Fragmentation::kAllowed : aggfrag::Fragmentation::kForbidden;
}

bool same_intervals(const OutboundSetting& a, const OutboundSetting& b) {
  return a.tfs.mode == b.tfs.mode && a.tfs.slot_octets() == b.tfs.slot_octets() &&
         a.tfs.catch_up_slots == b.tfs.catch_up_slots;
}

}  // namespace

OutboundTunnel::OutboundTunnel(const OutboundSetting& setting, Instant start, TunnelCounters& counters)
    : counters_(counters),
      setting_(setting),
      frame_(setting),
      rate_(first_rate(setting.tfs)),
      next_rate_(rate_),
      queue_(setting, frame_.data_room()),
      sender_(fragmentation_of(setting), setting.tfs.min_fragment),
      useful_room_(frame_.data_room()),
      built_(kBuiltPackets) {
  bearable_.fill(SIZE_MAX);
  if (setting_.tfs.mode != model::TfsMode::kFixed) return;
  pacer_.emplace(start, setting_.tfs.slot_octets(), rate_, setting_.tfs.catch_up_slots);
  queue_.bound_waits(pacer_->interval());
}

void OutboundTunnel::enqueue(WorkerContext& context, std::span<const Entering> burst) noexcept {
  const Instant now = context.now;
  if (pacer_ && bearable_at_ != now) learn_bearable(now);
  const std::uint32_t longest = setting_.splits() ? UINT32_MAX : frame_.data_room();
  const bool first = queue_.packets().empty();
  std::array<std::uint32_t, kBurst> hashes;
  queue_.hash(burst, hashes);
  for (std::size_t i = 0; i < burst.size(); ++i) {
    const Packet& packet = burst[i].packet;
    if (stopped_) {
      refuse(context, packet, model::Drop::kTfsBreakerOpen);
    } else if (packet.length > longest) {
      refuse(context, packet, model::Drop::kTfsTooBig);
    } else {
      const queueing::Joined joined = queue_.push(context.waiting, packet, hashes[i], now, bearable_);
      if (joined == queueing::Joined::kTaken) continue;
      refuse(context, packet,
             joined == queueing::Joined::kLate ? model::Drop::kTfsQueueDelay : model::Drop::kTfsQueueFull);
    }
  }
  queue_changed_ = true;
  if (!first || queue_.packets().empty()) return;
  if (setting_.tfs.mode == model::TfsMode::kOnDemand) send_at_ = now + setting_.tfs.init_delay;
}

void OutboundTunnel::refuse(WorkerContext& context, const Packet& packet, model::Drop reason) noexcept {
  counters_.tx_drop_pkts.add(1);
  context.drop(packet, reason);
}

// At constant rate the wait is known: the slots that come in time, and what their payloads hold.
void OutboundTunnel::learn_bearable(Instant now) noexcept {
  bearable_at_ = now;
  const Instant next = pacer_->next_due();
  const std::uint64_t rest =
      !queue_.packets().begun() ? 0 : queue_.packets().begun_packet().length - sender_.head_offset();
  for (std::size_t i = 0; i < queue_.packets().classes(); ++i) {
    const Instant last = now + queue_.max_delay(i);
    std::uint64_t slots = 0;
    if (next <= last) {
      slots = static_cast<std::uint64_t>((last - next) / (pacer_->interval() + Nanos(1))) + 1;
      while (pacer_->due_ahead(slots) <= last) ++slots;
    }
    const std::uint64_t octets = slots > built_.size() ? (slots - built_.size()) * useful_room_ : 0;
    bearable_[i] = octets > rest ? octets - rest : 0;
  }
}

// What waited while nothing could be sent is not late for that.
void OutboundTunnel::note_open(WorkerContext& context, const TunnelEntry& entry) noexcept {
  const bool open = way_open(entry) && entry.sealer != nullptr;
  if (open && !open_) queue_.packets().open(context.now);
  open_ = open;
}

// A new setting waits until what is built under the old one has left: then the next slot is the first of the new one,
// due when the old schedule says (RFC 9347 §2.4.1: nobody but the operator moves it).
void OutboundTunnel::follow(WorkerContext& context, const TunnelEntry& entry) noexcept {
  const bool newer = entry.setting_serial != setting_.serial && !keeps_size(entry, context.now);
  if (!newer && next_rate_ == rate_) return;
  setting_waits_ = !built_.empty();
  if (setting_waits_) return;
  newer ? take_setting(context, entry) : take_rate(context);
}

void OutboundTunnel::take_setting(WorkerContext& context, const TunnelEntry& entry) noexcept {
  const OutboundSetting before = setting_;
  setting_ = *entry.setting;
  frame_ = OuterFrame(setting_);
  sender_.set_fragmentation(fragmentation_of(setting_), setting_.tfs.min_fragment);
  sender_.set_horizon(UINT64_MAX);
  if (!setting_.tfs.path_mtu) counters_.path_mtu_state.set(0);
  if (setting_.tfs.mode == model::TfsMode::kPlain) begin_anew(context);
  change_queue(context, *entry.queue);
  bearable_at_ = kNever;
  useful_room_ = frame_.data_room();
  if (setting_.tfs.mode == model::TfsMode::kFixed) {
    if (!pacer_) pacer_.emplace(context.now, setting_.tfs.slot_octets(), first_rate(setting_.tfs), 0);
    next_rate_ = first_rate(setting_.tfs);
    if (entry.congestion != nullptr) {
      entry.congestion->resize(path_settings(setting_.tfs).limits, floor_rate(setting_.tfs));
      next_rate_ = entry.congestion->bits_per_second();
    }
    if (next_rate_ != rate_ || !same_intervals(before, setting_)) take_rate(context);
    queue_.bound_waits(pacer_->interval());
  } else {
    stopped_ = false;
    pacer_.reset();
    bearable_.fill(SIZE_MAX);
  }
  send_at_ = queue_.packets().empty() ? kNever : context.now;
}

// All that waits goes over, but what cannot leave under the new setting.
void OutboundTunnel::change_queue(WorkerContext& context, OutboundQueue& fresh) noexcept {
  publish_queue();
  std::swap(queue_, fresh);
  const std::uint32_t longest = setting_.splits() ? UINT32_MAX : frame_.data_room();
  queue_.take_over(fresh, longest, context.waiting, context.now, [&](const Packet& packet) {
    refuse(context, packet, packet.length > longest ? model::Drop::kTfsTooBig : model::Drop::kTfsQueueFull);
  });
  publish_queue();
}

// The sealer may change with a snapshot: the half-sent packet starts anew under the new SA (RFC 9347 §2.2.3).
// [9347-2.2.3-g]
void OutboundTunnel::follow_sa(WorkerContext& context, const TunnelEntry& entry) noexcept {
  if (entry.sealer_id == sealer_id_) return;
  sealer_id_ = entry.sealer_id;
  begin_anew(context);
  bearable_at_ = kNever;
  exhausted_reported_ = false;
}

// Where nothing is split any more, a half-sent packet may fit no payload: it would stand in front for ever.
// [9347-6.1.4-c]
void OutboundTunnel::begin_anew(WorkerContext& context) noexcept {
  sender_.restart_packet();
  queueing::ClassQueue& packets = queue_.packets();
  if (setting_.splits() || !packets.begun() || packets.begun_packet().length <= frame_.data_room()) return;
  counters_.tx_drop_pkts.add(1);
  context.drop(packets.discard(context.waiting), model::Drop::kTfsTooBig);
  queue_changed_ = true;
}

void OutboundTunnel::emit(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept {
  note_open(context, entry);
  if (queue_changed_) publish_queue();  // the most that ever waited is seen before anything leaves
  if (built_.empty()) follow(context, entry);
  if (!pacer_ || pacer_->next_due() > context.now) return;
  context.worked = true;
  bearable_at_ = kNever;
  const Instant oldest = pacer_->next_due();
  const aggfrag::Pacer::Due due = pacer_->take(context.now);
  if (stopped_) return follow_path(context, entry);
  if (built_.size() < due.send) {
    build_fixed(context, batch, entry, due.send - static_cast<std::uint32_t>(built_.size()), Departure::kNow);
    batch.flush(context);
  }
  follow_path(context, entry);
  if (entry.sealer == nullptr && built_.empty()) return;  // without an SA there is no schedule that could be missed
  std::uint32_t sent = 0;
  std::uint64_t octets = 0;
  if (way_open(entry)) {
    std::array<Packet, kBurst> frames;
    const std::size_t count = std::min({built_.size(), std::size_t{due.send}, frames.size()});
    for (std::size_t i = 0; i < count; ++i) frame_.complete(frames[i] = built_.at(i));
    const Departed departed = depart(context, entry, std::span(frames).first(count));
    sent = static_cast<std::uint32_t>(departed.sent);
    built_.drop_front(departed.gone);
    for (std::size_t i = 0; i < departed.gone; ++i) built_data_ -= frames[i].reserved;
    for (std::size_t i = 0; i < sent; ++i) octets += frame_.counted_octets(frames[i]);
  }
  counters_.slots.add(due.send + due.skipped);
  counters_.skipped_slots.add(due.skipped + due.send - sent);
  counters_.tx_pkts.add(sent);
  counters_.tx_octets.add(octets);
  if (sent == 0) return;
  counters_.late_slots.add(sent - 1);  // after all but the last one the next slot was due already
  const Instant first_sent = due.skipped == 0 && sent == due.send ? oldest : pacer_->due_of(pacer_->next_slot() - sent);
  counters_.pacing.add(static_cast<std::uint64_t>((context.now - first_sent).count()));
}

Instant OutboundTunnel::deadline(Nanos ahead) const noexcept {
  switch (setting_.tfs.mode) {
    case model::TfsMode::kFixed:
      if (blocked_ || stopped_ || setting_waits_ || built_.full()) return pacer_->next_due();
      return std::min(pacer_->next_due(), pacer_->due_ahead(built_.size()) - ahead);
    case model::TfsMode::kOnDemand:
      return queue_.packets().empty() || blocked_ ? kNever : send_at_;
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
  while (!queue_.packets().empty()) refuse(context, queue_.packets().discard(context.waiting), reason);
  sender_.restart_packet();
  bearable_at_ = kNever;
  publish_queue();
}

void OutboundTunnel::publish_queue() noexcept {
  counters_.queue_pkts.set(queue_.packets().size());
  counters_.queue_octets.set(queue_.packets().octets());
  counters_.queue_max_octets.raise_to(queue_.packets().octets());
  queue_.publish(counters_);
  queue_changed_ = false;
}

}  // namespace levelgate::dataplane
