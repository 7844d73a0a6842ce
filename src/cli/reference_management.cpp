// SPDX-License-Identifier: Apache-2.0
//
// What management systems read, as Markdown: the configuration leaves of RFC 9348 with their keys, and the metrics.
#include <levelgate/model/tfs_leaves.h>

#include <array>

#include "cli/reference.h"
#include "management/metric_list.h"

namespace levelgate::cli {
namespace {

using namespace model::tfs_leaf;

struct LeafText {
  model::TfsLeaf leaf;
  std::string_view meaning;
};

constexpr std::array<LeafText, model::kTfsLeaves.size()> kLeafTexts{{
    {kCongestionControl, "`true` in the mode `congestion-controlled`."},
    {kUsePathMtuDiscovery, "`true` with `path-mtu`; the size is the one that was found last, then."},
    {kOuterPacketSize, "Octets of the outer IP packet; of the largest in the mode `on-demand`."},
    {kL2FixedRate, "Bits per second, in the mode `fixed` with `rate-layer: l2`; at most, in `congestion-controlled`."},
    {kL3FixedRate, "Bits per second, in the mode `fixed` with `rate-layer: l3`; at most, in `congestion-controlled`."},
    {kDontFragment, "The opposite of the key."},
    {kMaxAggregationTime, "Milliseconds."},
    {kWindowSize, "Packets."},
    {kSendImmediately, "`true`: whole inner packets are handed on at once."},
    {kLostPacketTimerInterval, "Milliseconds; not there with `auto`, since it then follows the rate."},
}};

}  // namespace

std::string leaves_reference() {
  std::string text = "| Leaf of RFC 9348 | Key below `tunnels.NAME.tfs` | Value |\n|---|---|---|\n";
  for (const LeafText& known : kLeafTexts) {
    text += "| `" + std::string(known.leaf.name) + "` | `" + std::string(known.leaf.key) + "` | " +
            std::string(known.meaning) + " |\n";
  }
  return text;
}

std::string metrics_reference() {
  std::string text = "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n";
  for (const management::Metric& metric : management::metrics::kAll) {
    text += "| `" + std::string(metric.name) + "` | " + std::string(metric.type) + " | " + std::string(metric.labels) +
            " | " + std::string(metric.help) + " |\n";
  }
  return text;
}

}  // namespace levelgate::cli
