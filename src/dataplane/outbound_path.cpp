// SPDX-License-Identifier: Apache-2.0
//
// How a tunnel's rate follows its path: asked at each slot and nowhere else, so that what waits inside cannot move it
// (RFC 9347 §2.4.2).
#include <cmath>

#include "dataplane/outbound.h"
#include "dataplane/path_settings.h"

namespace levelgate::dataplane {
namespace {

constexpr Nanos kTellSizeAgain = std::chrono::milliseconds(250);

}  // namespace

void OutboundTunnel::follow_path(WorkerContext& context, const TunnelEntry& entry) noexcept {
  congestion::PathControl* const path = entry.congestion;
  if (entry.setting_serial == setting_.serial && path_ != path) {
    path_ = path;
    probes_told_ = {};
  }
  if (path == nullptr || path != path_) return;
  if (entry.sealer == nullptr || !way_open(entry)) path->rest(context.now);
  if (entry.breaker_clears != breaker_clears_) {
    breaker_clears_ = entry.breaker_clears;
    path->clear_breaker(context.now);
  }
  if (path->turn(context.now)) counters_.breaker_trips.add(1);
  next_rate_ = path->bits_per_second();
  counters_.path_rate.set(next_rate_);
  counters_.path_rtt_us.set(wire::microseconds_of(path->rate().round_trip()));
  counters_.path_loss_outbound.set(path->rate().loss_event_rate());
  counters_.path_loss_inbound.set(path->reporter().loss_event_rate());
  if (path->mtu()) tell_size(context, entry);
  if (!path->breaker()) return;
  counters_.breaker_state.set(static_cast<std::uint64_t>(path->breaker_state()));
  counters_.breaker_cause.set(static_cast<std::uint64_t>(path->breaker()->cause()));
  counters_.breaker_loss_permille.set(static_cast<std::uint64_t>(std::lround(path->breaker()->loss() * 1000)));
}

// Only where nothing is built: the next slot stands, and the ones behind it follow the new rate.
void OutboundTunnel::take_rate(WorkerContext& context) noexcept {
  const Instant next = pacer_->next_due();
  rate_ = next_rate_;
  stopped_ = rate_ == 0;
  // A stopped schedule goes on counting at the floor, unsent: something must say when the breaker is asked again.
  pacer_.emplace(next, setting_.tfs.slot_octets(), stopped_ ? floor_rate(setting_.tfs) : rate_,
                 setting_.tfs.catch_up_slots);
  queue_.bound_waits(pacer_->interval());
  bearable_at_ = kNever;
  if (stopped_) drop_queue(context, model::Drop::kTfsBreakerOpen);
}

// What the packet that leaves at `slot` says of the path, and what it may carry. Its octets if it is a probe, else 0.
// [9347-2.4.2-b, 9347-2.4.2-c, 9347-2.4.2-d, 9347-6.1.4-b]
std::uint32_t OutboundTunnel::prepare_slot(const TunnelEntry& entry, Instant slot) noexcept {
  if (!setting_.tfs.sends_reports()) {
    sender_.report_nothing();
    return 0;
  }
  congestion::SlotUse use;
  if (entry.congestion != nullptr) use = entry.congestion->use_of(slot, setting_.tfs.packet_size);
  if (!use.reports) {
    sender_.report_nothing();
  } else {
    sender_.report(entry.congestion != nullptr ? entry.congestion->header_at(slot) : wire::CongestionHeader{});
  }
  const bool near = use.until_probe != 0;
  sender_.set_horizon(near ? std::uint64_t{use.until_probe - 1} * frame_.data_room() : UINT64_MAX);
  return use.probe;
}

// A size that was found counts from a moment that the search names, and not from when control has prepared it.
bool OutboundTunnel::keeps_size(const TunnelEntry& entry, Instant now) const noexcept {
  if (entry.congestion == nullptr || entry.congestion != path_ || !path_->mtu() || !entry.setting->tfs.path_mtu) {
    return false;
  }
  return entry.setting->tfs.packet_size != setting_.tfs.packet_size && now < path_->mtu()->holds_from();
}

// Control makes the setting of that size; an event may be lost, so it is told again until it has.
void OutboundTunnel::tell_size(WorkerContext& context, const TunnelEntry& entry) noexcept {
  const congestion::PathMtuSearch& mtu = *entry.congestion->mtu();
  counters_.path_mtu_state.set(static_cast<std::uint64_t>(mtu.state()) + 1);
  const congestion::ProbeCounts& probes = mtu.probes();
  counters_.path_mtu_probes_sent.add(probes.sent - probes_told_.sent);
  counters_.path_mtu_probes_confirmed.add(probes.confirmed - probes_told_.confirmed);
  counters_.path_mtu_probes_lost.add(probes.lost - probes_told_.lost);
  probes_told_ = probes;
  if (mtu.size() == entry.setting->tfs.packet_size) return;
  if (size_told_ != kNever && context.now - size_told_ < kTellSizeAgain) return;
  size_told_ = context.now;
  context.report({model::EventKind::kPathMtu, PortId{}, entry.id, Spi{}, IpAddress{}, mtu.size(), 0});
}

}  // namespace levelgate::dataplane
