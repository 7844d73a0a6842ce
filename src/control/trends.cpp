// SPDX-License-Identifier: Apache-2.0
//
// Differences of neighbouring samples. Counters that went backwards begin anew.
#include "control/trends.h"

#include <set>

namespace levelgate::control {
namespace {

double per_second(std::uint64_t before, std::uint64_t after, double passed) {
  return after >= before && passed > 0 ? static_cast<double>(after - before) / passed : 0;
}

}  // namespace

void Trends::observe(const model::Stats& stats, Instant now) {
  if (last_ && now <= *last_) return;
  const double passed = last_ ? in_seconds(now - *last_) : 0;
  std::set<std::string> present;
  for (const model::NamedTunnelStats& named : stats.tunnels) {
    present.insert(named.name);
    Seen& seen = tunnels_[named.name];
    TunnelTrend& trend = seen.trend;
    const model::TunnelStats& counters = named.counters;
    if (seen.fresh) trend.since = now;
    seen.sent = seen.sent || named.outbound.has_value();
    const std::uint64_t before = seen.fresh ? 0 : seen.last.rx_pkts;
    if (seen.sent && !named.outbound) {
      trend.first_inbound = trend.last_inbound = std::nullopt;
    } else if (counters.rx_pkts > before) {
      if (!trend.first_inbound) trend.first_inbound = now;
      trend.last_inbound = now;
    }
    if (!seen.fresh) {
      trend.wire_out = 8 * per_second(seen.last.tx_octets, counters.tx_octets, passed);
      trend.wire_in = 8 * per_second(seen.last.rx_octets, counters.rx_octets, passed);
      trend.inner_out = 8 * per_second(seen.last.inner_tx_octets, counters.inner_tx_octets, passed);
      trend.inner_in = 8 * per_second(seen.last.inner_rx_octets, counters.inner_rx_octets, passed);
      trend.outer_pkts_out = per_second(seen.last.tx_pkts, counters.tx_pkts, passed);
    }
    seen.last = counters;
    seen.fresh = false;
  }
  std::erase_if(tunnels_, [&](const auto& entry) { return !present.contains(entry.first); });
  for (std::size_t i = 0; i < model::kDropCount; ++i) {
    if (stats.drops[i] > drops_[i]) last_drop_[i] = now;
  }
  drops_ = stats.drops;
  last_ = now;
}

const TunnelTrend* Trends::tunnel(const std::string& name) const {
  const auto found = tunnels_.find(name);
  return found != tunnels_.end() ? &found->second.trend : nullptr;
}

std::optional<Instant> Trends::last_drop(model::Drop reason) const {
  return last_drop_[static_cast<std::size_t>(reason)];
}

}  // namespace levelgate::control
