// SPDX-License-Identifier: Apache-2.0
//
// Metric by metric, as the format wants it: the samples of one stand together.
#include "management/metrics.h"

#include <algorithm>

#include "authentication/credentials.h"
#include "control/admin_tunnels.h"
#include "control/figures.h"
#include "control/tunnels.h"
#include "ikestate/wording.h"
#include "management/class_metrics.h"
#include "management/metric_list.h"
#include "management/yang_state.h"

namespace levelgate::management {
namespace {

using model::TunnelStats;
using Counter = std::uint64_t TunnelStats::*;

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

class TunnelMetrics {
 public:
  TunnelMetrics(const control::View& view, Exposition& out) : view_(view), out_(out) {
    for (const model::TunnelPlan& plan : view.plan.tunnels) {
      const auto counted = std::ranges::find(view.stats.tunnels, plan.name, &model::NamedTunnelStats::name);
      rows_.push_back({plan, counted != view.stats.tunnels.end() ? counted->counters : TunnelStats{}});
    }
  }

  void write() {
    describe();
    both(metrics::kWireBytes, &TunnelStats::tx_octets, &TunnelStats::rx_octets);
    both(metrics::kWirePackets, &TunnelStats::tx_pkts, &TunnelStats::rx_pkts);
    both(metrics::kInnerBytes, &TunnelStats::inner_tx_octets, &TunnelStats::inner_rx_octets);
    both(metrics::kInnerPackets, &TunnelStats::inner_tx_pkts, &TunnelStats::inner_rx_pkts);
    both(metrics::kTunnelDropped, &TunnelStats::tx_drop_pkts, &TunnelStats::rx_drop_pkts);
    rates();
    both(metrics::kAllPadPackets, &TunnelStats::tx_all_pad_pkts, &TunnelStats::rx_all_pad_pkts);
    both(metrics::kAllPadBytes, &TunnelStats::tx_all_pad_octets, &TunnelStats::rx_all_pad_octets);
    both(metrics::kExtraPadPackets, &TunnelStats::tx_extra_pad_pkts, &TunnelStats::rx_extra_pad_pkts);
    both(metrics::kExtraPadBytes, &TunnelStats::tx_extra_pad_octets, &TunnelStats::rx_extra_pad_octets);
    one(metrics::kIncomplete, &TunnelStats::inner_rx_incomplete_pkts);
    one(metrics::kMissed, &TunnelStats::rx_missed_pkts);
    one(metrics::kErrored, &TunnelStats::rx_errored_pkts);
    one(metrics::kLatePackets, &TunnelStats::late_pkts);
    one(metrics::kEarlyPackets, &TunnelStats::early_pkts);
    one(metrics::kJoinedEarly, &TunnelStats::joined_early_pkts);
    one(metrics::kSkippedFragments, &TunnelStats::skipped_fragment_pkts);
    one(metrics::kContradictions, &TunnelStats::contradiction_pkts);
    one(metrics::kReorderWindow, &TunnelStats::reorder_window_pkts);
    one(metrics::kReorderHeld, &TunnelStats::reorder_held_pkts);
    one(metrics::kIpFragmented, &TunnelStats::ip_fragmented_pkts);
    one(metrics::kIpFragments, &TunnelStats::ip_fragments_made);
    one(metrics::kEcnCe, &TunnelStats::ecn_ce_pkts);
    one(metrics::kEcnUnexpected, &TunnelStats::ecn_unexpected_pkts);
    one(metrics::kTcpTaken, &TunnelStats::tcp_taken_pkts);
    one(metrics::kTcpRefused, &TunnelStats::tcp_refused_pkts);
    one(metrics::kQueueBytes, &TunnelStats::queue_octets);
    one(metrics::kQueuePackets, &TunnelStats::queue_pkts);
    one(metrics::kQueueMaxBytes, &TunnelStats::queue_max_octets);
    path();
    pacing();
    fixed(metrics::kSlots, &TunnelStats::slots);
    fixed(metrics::kSkippedSlots, &TunnelStats::skipped_slots);
    fixed(metrics::kLateSlots, &TunnelStats::late_slots);
  }

 private:
  struct Row {
    const model::TunnelPlan& plan;
    TunnelStats counters;
    [[nodiscard]] bool is_fixed() const { return plan.tfs.mode == model::TfsMode::kFixed; }
  };

  void both(const Metric& metric, Counter out, Counter in) {
    out_.begin(metric);
    for (const Row& row : rows_) {
      out_.sample({row.plan.name, "out"}, row.counters.*out);
      out_.sample({row.plan.name, "in"}, row.counters.*in);
    }
  }
  void one(const Metric& metric, Counter counter) {
    out_.begin(metric);
    for (const Row& row : rows_) out_.sample({row.plan.name}, row.counters.*counter);
  }
  void fixed(const Metric& metric, Counter counter) {
    out_.begin(metric);
    for (const Row& row : rows_) {
      if (row.is_fixed()) out_.sample({row.plan.name}, row.counters.*counter);
    }
  }

  void describe() {
    out_.begin(metrics::kTunnelInfo);
    for (const Row& row : rows_) info(row.plan);
    out_.begin(metrics::kTunnelUp);
    for (const Row& row : rows_) {
      out_.sample({row.plan.name}, std::uint64_t{control::tunnel_is_up(row.plan.name, view_)});
    }
    out_.begin(metrics::kTunnelEstablished);
    for (const Row& row : rows_) {
      const auto* const trend = view_.trends.tunnel(row.plan.name);
      const bool heard = trend != nullptr && trend->first_inbound.has_value();
      const std::int64_t age =
          heard ? std::chrono::duration_cast<std::chrono::seconds>(view_.now - *trend->first_inbound).count() : 0;
      out_.sample({row.plan.name}, heard ? static_cast<std::uint64_t>(view_.unix_seconds - age) : std::uint64_t{0});
    }
  }

  void info(const model::TunnelPlan& plan) {
    const auto config = std::ranges::find(view_.config.tunnels, plan.name, &model::TunnelConfig::name);
    const bool negotiated = config != view_.config.tunnels.end() && config->ike.has_value();
    const ikestate::SaState* const sa = ike_sa_of(plan.name, view_);
    const std::string ike = !negotiated ? "static" : sa != nullptr ? ikestate::suite_text(sa->suite) : "";
    std::string esp;
    if (plan.outbound && !negotiated) esp = control::cipher_word(plan.outbound->cipher);
    if (sa != nullptr && !sa->children.empty()) esp = ikestate::cipher_word(sa->children.rbegin()->second.suite);
    const std::string remote_id = negotiated ? config->ike->remote_id.text : "";
    out_.sample({plan.name, plan.remote.text(), remote_id, control::mode_name(plan.tfs), esp, ike}, std::uint64_t{1});
  }

  void rates() {
    out_.begin(metrics::kConfiguredRate);
    for (const Row& row : rows_) {
      if (row.is_fixed()) out_.sample({row.plan.name}, static_cast<double>(row.plan.tfs.rate_bits_per_second) / 8);
    }
    out_.begin(metrics::kCurrentRate);
    for (const Row& row : rows_) {
      const auto* const trend = view_.trends.tunnel(row.plan.name);
      out_.sample({row.plan.name}, trend != nullptr ? trend->wire_out / 8 : 0.0);
    }
  }

  void path() {
    out_.begin(metrics::kPathRate);
    for (const Row& row : rows_) {
      out_.sample({row.plan.name}, static_cast<double>(row.counters.path_rate_bits_per_second) / 8);
    }
    out_.begin(metrics::kPathRoundTrip);
    for (const Row& row : rows_) out_.sample({row.plan.name}, static_cast<double>(row.counters.path_rtt_us) / 1e6);
    both(metrics::kPathLossInterval, &TunnelStats::path_loss_interval_outbound,
         &TunnelStats::path_loss_interval_inbound);
    one(metrics::kBreakerState, &TunnelStats::breaker_state);
    one(metrics::kBreakerCause, &TunnelStats::breaker_cause);
    out_.begin(metrics::kBreakerLoss);
    for (const Row& row : rows_) {
      out_.sample({row.plan.name}, static_cast<double>(row.counters.breaker_loss_permille) / 1e3);
    }
    one(metrics::kBreakerTrips, &TunnelStats::breaker_trips);
    out_.begin(metrics::kPacketSize);
    for (const Row& row : rows_) out_.sample({row.plan.name}, std::uint64_t{row.plan.tfs.packet_size});
    one(metrics::kPathMtuState, &TunnelStats::path_mtu_state);
    one(metrics::kPathMtuProbes, &TunnelStats::path_mtu_probes_sent);
    one(metrics::kPathMtuConfirmed, &TunnelStats::path_mtu_probes_confirmed);
    one(metrics::kPathMtuLost, &TunnelStats::path_mtu_probes_lost);
  }

  void pacing() {
    out_.begin(metrics::kPacingError);
    for (const Row& row : rows_) {
      if (!row.is_fixed()) continue;
      out_.sample({row.plan.name, "0.5"}, seconds(row.counters.pacing_p50_ns));
      out_.sample({row.plan.name, "0.99"}, seconds(row.counters.pacing_p99_ns));
      out_.sample({row.plan.name, "0.999"}, seconds(row.counters.pacing_p999_ns));
    }
    out_.begin(metrics::kPacingErrorMax);
    for (const Row& row : rows_) {
      if (row.is_fixed()) out_.sample({row.plan.name}, seconds(row.counters.pacing_max_ns));
    }
  }

  const control::View& view_;
  Exposition& out_;
  std::vector<Row> rows_;
};

void write_drops(const control::View& view, Exposition& out) {
  out.begin(metrics::kDrops);
  for (std::size_t i = 0; i < model::kDropCount; ++i) out.sample({model::kDropTexts[i].name}, view.stats.drops[i]);
}

void write_budget(const ike::Engine* engine, Exposition& out) {
  using Account = admission::Budget::Account;
  const auto each = [&](const Metric& metric, std::size_t Account::* figure) {
    out.begin(metric);
    if (engine == nullptr) return;
    for (const admission::Cost cost : admission::kAllCosts) {
      out.sample({name_of(cost)}, engine->budget().account(cost).*figure);
    }
  };
  each(metrics::kIkeBudgetHeld, &Account::held);
  each(metrics::kIkeBudgetPeak, &Account::peak);
  each(metrics::kIkeBudgetMost, &Account::most);
}

void write_streams(const model::StreamCounts& counts, Exposition& out) {
  const auto single = [&](const Metric& metric, std::uint64_t value) {
    out.begin(metric);
    out.sample({}, value);
  };
  single(metrics::kStreamsOpen, counts.open);
  single(metrics::kStreamsUnproven, counts.unproven);
  single(metrics::kStreamsAccepted, counts.accepted);
  single(metrics::kStreamsConnected, counts.connected);
  single(metrics::kStreamsRefused, counts.refused);
  out.begin(metrics::kStreamsEnded);
  for (const auto& [reason, streams] : counts.ends) out.sample({reason}, streams);
  single(metrics::kStreamsEspDropped, counts.esp_dropped);
}

void write_ike(const control::View& view, Exposition& out) {
  const auto* const engine = view.tunnels != nullptr ? &view.tunnels->engine() : nullptr;
  const auto single = [&](const Metric& metric, std::uint64_t value) {
    out.begin(metric);
    out.sample({}, value);
  };
  single(metrics::kIkeHalfOpen, engine != nullptr ? engine->half_open() : 0);
  single(metrics::kIkeCookies, engine != nullptr ? engine->counts().cookies_asked : 0);
  single(metrics::kIkeRefused, engine != nullptr ? engine->counts().refused_load : 0);
  const ike::EngineCounts counts = engine != nullptr ? engine->counts() : ike::EngineCounts{};
  single(metrics::kIkePuzzlesAsked, counts.puzzles_asked);
  single(metrics::kIkePuzzlesSolved, counts.puzzles_solved);
  single(metrics::kIkePuzzlesWrong, counts.puzzles_wrong);
  single(metrics::kIkeRefusedBudget, counts.refused_budget);
  single(metrics::kIkeLinesWithheld, counts.lines_withheld);
  write_budget(engine, out);
  write_streams(view.streams, out);
  out.begin(metrics::kCertificateExpiry);
  if (view.tunnels == nullptr) return;
  std::map<std::string, std::int64_t> ends;  // tunnels may share an identity
  for (const ikestate::PolicyPtr& policy : view.tunnels->policies()) {
    const auto config = std::ranges::find(view.config.tunnels, policy->name, &model::TunnelConfig::name);
    const auto& chain = policy->credentials->own.chain;
    if (chain.empty() || config == view.config.tunnels.end() || !config->ike) continue;
    ends[config->ike->identity] = chain.front().last_second();
  }
  for (const auto& [identity, end] : ends) {
    out.sample({identity}, static_cast<std::uint64_t>(std::max<std::int64_t>(end, 0)));
  }
}

void write_ports(const control::View& view, Exposition& out) {
  const auto each = [&](const Metric& metric, auto value_of) {
    out.begin(metric);
    for (const model::PortPlan& port : view.plan.ports) {
      const auto found = view.ports.find(port.name);
      out.sample({port.name}, value_of(found != view.ports.end() ? found->second : control::PortState{}));
    }
  };
  using control::PortState;
  each(metrics::kPortUp, [](const PortState& port) { return std::uint64_t{port.link}; });
  each(metrics::kPortRxBytes, [](const PortState& port) { return port.counters.rx_octets; });
  each(metrics::kPortRxPackets, [](const PortState& port) { return port.counters.rx_pkts; });
  each(metrics::kPortRxMissed, [](const PortState& port) { return port.counters.rx_missed_pkts; });
  each(metrics::kPortTxBytes, [](const PortState& port) { return port.counters.tx_octets; });
  each(metrics::kPortTxPackets, [](const PortState& port) { return port.counters.tx_pkts; });
}

void write_workers(const control::View& view, Exposition& out) {
  const auto each = [&](const Metric& metric, auto value_of) {
    out.begin(metric);
    for (std::size_t i = 0; i < view.stats.workers.size(); ++i) {
      out.sample({std::to_string(i)}, value_of(view.stats.workers[i]));
    }
  };
  using model::WorkerStats;
  each(metrics::kWorkerTurns, [](const WorkerStats& worker) { return worker.turns; });
  each(metrics::kWorkerBusyTurns, [](const WorkerStats& worker) { return worker.busy_turns; });
  each(metrics::kWorkerLongestTurn, [](const WorkerStats& worker) { return seconds(worker.longest_turn_ns); });
  each(metrics::kWorkerEventsLost, [](const WorkerStats& worker) { return worker.events_lost; });
  each(metrics::kWorkerBuffers, [](const WorkerStats& worker) { return worker.buffers_in_use; });
}

}  // namespace

std::string metrics_text(const control::View& view, const Build& build) {
  Exposition out;
  out.begin(metrics::kBuildInfo);
  out.sample({build.version, build.dpdk, build.crypto}, std::uint64_t{1});
  TunnelMetrics(view, out).write();
  write_class_metrics(view, out);
  write_drops(view, out);
  write_ike(view, out);
  write_ports(view, out);
  write_workers(view, out);
  out.begin(metrics::kKeylogEnabled);
  out.sample({}, std::uint64_t{build.key_log});
  return out.take();
}

}  // namespace levelgate::management
