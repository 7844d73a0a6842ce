// SPDX-License-Identifier: Apache-2.0
//
// Differences of two samples.
#include "control/trends.h"

namespace levelgate::control {
namespace {

double per_second(std::uint64_t before, std::uint64_t after, double seconds) {
  return after <= before || seconds <= 0 ? 0 : static_cast<double>(after - before) / seconds;
}

}  // namespace

void Trends::observe(const model::Stats& stats, Instant now) {
  const double seconds = last_ ? static_cast<double>((now - *last_).count()) / 1e9 : 0;
  std::map<std::string, Seen> next;
  for (const model::NamedTunnelStats& named : stats.tunnels) {
    const auto old = tunnels_.find(named.name);
    Seen seen = old == tunnels_.end() ? Seen{} : old->second;
    if (seen.fresh) seen.trend.since = now;
    const model::TunnelStats before = seen.fresh ? named.counters : seen.last;
    const model::TunnelStats& after = named.counters;
    seen.trend.wire_out = per_second(before.tx_octets, after.tx_octets, seconds) * 8;
    seen.trend.wire_in = per_second(before.rx_octets, after.rx_octets, seconds) * 8;
    seen.trend.inner_out = per_second(before.inner_tx_octets, after.inner_tx_octets, seconds) * 8;
    seen.trend.inner_in = per_second(before.inner_rx_octets, after.inner_rx_octets, seconds) * 8;
    seen.trend.outer_pkts_out = per_second(before.tx_pkts, after.tx_pkts, seconds);
    if (after.rx_pkts > (seen.fresh ? 0 : before.rx_pkts)) {
      if (!seen.trend.first_inbound) seen.trend.first_inbound = now;
      seen.trend.last_inbound = now;
    }
    seen.last = after;
    seen.fresh = false;
    next[named.name] = seen;
  }
  tunnels_ = std::move(next);
  for (std::size_t i = 0; i < model::kDropCount; ++i) {
    if (stats.drops[i] > drops_[i]) last_drop_[i] = now;
  }
  drops_ = stats.drops;
  last_ = now;
}

const TunnelTrend* Trends::tunnel(const std::string& name) const {
  const auto found = tunnels_.find(name);
  return found == tunnels_.end() ? nullptr : &found->second.trend;
}

std::optional<Instant> Trends::last_drop(model::Drop reason) const {
  return last_drop_[static_cast<std::size_t>(reason)];
}

}  // namespace levelgate::control
