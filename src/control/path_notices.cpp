// SPDX-License-Identifier: Apache-2.0
//
// One line for each trip, each closing and each change of size, and one for loss per minute and tunnel.
#include "control/path_notices.h"

#include <algorithm>
#include <utility>

#include "control/figures.h"
#include "control/notice_ids.h"

namespace levelgate::control {
namespace {

constexpr Nanos kLossAgain = std::chrono::minutes(1);
constexpr std::uint64_t kMute = 5;  // of path-mtu-state: the peer does not report

std::string tripped_text(const model::TunnelStats& stats) {
  const std::string share = decimals(static_cast<double>(stats.breaker_loss_permille) / 10, 1) + " %";
  std::string why = "the peer reports " + share + " of our packets lost";
  if (stats.breaker_cause == 1) why = "the peer sends no reports any more";
  if (stats.breaker_cause == 2) why = share + " of the peer's packets are lost";
  return "the circuit breaker has tripped: " + why + "; " +
         (stats.breaker_state == 2 ? "nothing is sent any more" : "only min-rate is sent");
}

}  // namespace

std::vector<PathNotice> PathNotices::observe(const model::ForwardingPlan& plan, const model::Stats& stats,
                                             Instant now) {
  std::vector<PathNotice> notices;
  for (const model::TunnelPlan& tunnel : plan.tunnels) {
    const auto found = std::ranges::find(stats.tunnels, tunnel.name, &model::NamedTunnelStats::name);
    if (found == stats.tunnels.end()) continue;
    Seen& seen = seen_[tunnel.name];
    look_at_breaker(seen, tunnel, found->counters, notices);
    look_at_size(seen, tunnel, found->counters, notices);
    look_at_loss(seen, tunnel, found->counters, now, notices);
  }
  std::erase_if(seen_, [&](const auto& entry) {
    return std::ranges::find(plan.tunnels, entry.first, &model::TunnelPlan::name) == plan.tunnels.end();
  });
  return notices;
}

void PathNotices::look_at_breaker(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats,
                                  std::vector<PathNotice>& notices) {
  if (stats.breaker_trips < seen.trips) seen.trips = 0;  // the counters began anew
  if (stats.breaker_trips > seen.trips) {
    notices.push_back({model::LogLevel::kError, kBreakerTripped, plan.name, tripped_text(stats)});
  } else if (seen.state != 0 && stats.breaker_state == 0) {
    notices.push_back({model::LogLevel::kInfo, kBreakerClosed, plan.name, "the circuit breaker is closed again"});
  }
  seen.trips = stats.breaker_trips;
  seen.state = stats.breaker_state;
}

void PathNotices::look_at_loss(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats, Instant now,
                               std::vector<PathNotice>& notices) {
  if (stats.rx_missed_pkts < seen.missed) seen.missed = 0;
  const std::uint64_t missed = stats.rx_missed_pkts - seen.missed;
  const bool fixed = plan.tfs.mode == model::TfsMode::kFixed && !plan.tfs.congestion.controlled;
  if (!fixed || missed == 0 || (seen.loss_told && now - *seen.loss_told < kLossAgain)) return;
  seen.missed = stats.rx_missed_pkts;
  seen.loss_told = now;
  std::string text = "packets of the peer that did not arrive, or too late: " + grouped(missed);
  if (stats.path_loss_interval_outbound != 0) {
    text += "; the peer reports one loss event in " + grouped(stats.path_loss_interval_outbound) + " packets of ours";
  }
  notices.push_back({model::LogLevel::kWarn, kPathLoses, plan.name, text});
}

void PathNotices::look_at_size(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats,
                               std::vector<PathNotice>& notices) {
  const std::uint32_t before = std::exchange(seen.size, plan.tfs.path_mtu ? plan.tfs.packet_size : 0);
  if (before != 0 && seen.size != 0 && seen.size != before) {
    const bool fell = seen.size < before;
    notices.push_back({fell ? model::LogLevel::kWarn : model::LogLevel::kInfo, fell ? kPathMtuFell : kPathMtuFound,
                       plan.name,
                       "outer packets have " + grouped(seen.size) + " octets now, not " + grouped(before) +
                           (fell ? ": the peer confirmed none of those" : "")});
  }
  const bool mute = seen.size != 0 && stats.path_mtu_state == kMute;
  if (mute && !seen.mute) {
    notices.push_back({model::LogLevel::kWarn, kPathMtuUnknown, plan.name,
                       "the peer's packets carry no reports: the path MTU cannot be found, outer packets keep " +
                           grouped(seen.size) + " octets"});
  }
  seen.mute = mute;
}

}  // namespace levelgate::control
