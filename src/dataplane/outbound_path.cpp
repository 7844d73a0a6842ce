// SPDX-License-Identifier: Apache-2.0
//
// How a tunnel's rate follows its path: asked at each slot and nowhere else, so that what waits inside cannot move it
// (RFC 9347 §2.4.2).
#include <cmath>

#include "dataplane/outbound.h"
#include "dataplane/path_settings.h"

namespace levelgate::dataplane {

void OutboundTunnel::follow_path(WorkerContext& context, const TunnelEntry& entry) noexcept {
  congestion::PathControl* const path = entry.congestion;
  if (path == nullptr || entry.setting_serial != setting_.serial) return;
  if (entry.sealer == nullptr || !entry.path.resolved) path->rest(context.now);
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

// What the payload that leaves at `slot` says of the path.
// [9347-2.4.2-b, 9347-2.4.2-c, 9347-2.4.2-d, 9347-6.1.4-b]
void OutboundTunnel::report_at(const TunnelEntry& entry, Instant slot) noexcept {
  if (!setting_.tfs.sends_reports()) return sender_.report_nothing();
  sender_.report(entry.congestion != nullptr ? entry.congestion->header_at(slot) : wire::CongestionHeader{});
}

}  // namespace levelgate::dataplane
