// SPDX-License-Identifier: Apache-2.0
//
// The classes are the plan's; one that nobody counted yet counts nothing.
#include "management/class_metrics.h"

#include <algorithm>

#include "management/metric_list.h"

namespace levelgate::management {
namespace {

using model::ClassStats;

ClassStats counted(const control::View& view, const std::string& tunnel, const std::string& name) {
  const auto stats = std::ranges::find(view.stats.tunnels, tunnel, &model::NamedTunnelStats::name);
  if (stats == view.stats.tunnels.end()) return {};
  const auto found = std::ranges::find(stats->classes, name, &ClassStats::name);
  return found != stats->classes.end() ? *found : ClassStats{};
}

}  // namespace

void write_class_metrics(const control::View& view, Exposition& out) {
  const auto each = [&](const Metric& metric, std::uint64_t ClassStats::* counter) {
    out.begin(metric);
    for (const model::TunnelPlan& plan : view.plan.tunnels) {
      for (const model::QosClass& one : plan.qos.classes) {
        out.sample({plan.name, one.name}, counted(view, plan.name, one.name).*counter);
      }
    }
  };
  each(metrics::kClassPackets, &ClassStats::sent_pkts);
  each(metrics::kClassBytes, &ClassStats::sent_octets);
  each(metrics::kClassMarked, &ClassStats::marked_pkts);
  each(metrics::kClassAqmDrops, &ClassStats::aqm_pkts);
  each(metrics::kClassRefused, &ClassStats::refused_pkts);
  each(metrics::kClassQueuePackets, &ClassStats::queue_pkts);
  each(metrics::kClassQueueBytes, &ClassStats::queue_octets);
}

}  // namespace levelgate::management
