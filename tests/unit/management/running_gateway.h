// SPDX-License-Identifier: Apache-2.0
//
// A view of the gateway of the operator's contract, each counter with a number of its own.
#pragma once

#include <levelgate/model/stats.h>

#include <string>

#include "control/admin.h"
#include "unit/control/gateway_configs.h"

namespace levelgate::tests {

struct RunningGateway {
  RunningGateway() {
    plan = *control::make_plan(config, seen_around(), 1);
    stats.tunnels.push_back({"berlin", {}});
    stats.workers.resize(1);
    trends.observe(stats, at_second(1));
    std::uint64_t next = 1'000'000'001;
    model::for_each_counter(counters(),
                            [&](std::string_view, std::string_view, std::uint64_t& value) { value = next++; });
    trends.observe(stats, at_second(2));
  }
  [[nodiscard]] model::TunnelStats& counters() { return stats.tunnels[0].counters; }
  [[nodiscard]] control::View view() const {
    return {.config = config,
            .plan = plan,
            .stats = stats,
            .ports = ports,
            .trends = trends,
            .now = at_second(6),
            .unix_seconds = 1'800'000'000,
            .streams = streams};
  }

  model::Config config = paris();
  model::ForwardingPlan plan;
  model::Stats stats;
  std::map<std::string, control::PortState> ports{{"wan", {true, "net_null", {.rx_pkts = 77}}}};
  control::Trends trends;
  model::StreamCounts streams{
      .open = 3, .unproven = 1, .accepted = 9, .refused = 2, .ends = {{"reset", 4}, {"idle", 0}}};
};

}  // namespace levelgate::tests
