// SPDX-License-Identifier: Apache-2.0
//
// Marks are constant wherever a mode hides anything: what would tell of inner packets is refused.
#include "config/mapping.h"

#include <levelgate/model/esp_sizes.h>

#include <algorithm>

#include "config/code_points.h"
#include "config/path_mtu.h"
#include "config/read_values.h"

namespace levelgate::config {
namespace {

std::uint32_t octets_of(const Node* node, std::uint32_t fallback) {
  return node != nullptr ? static_cast<std::uint32_t>(syntax::parse_octets(node->text).value_or(fallback)) : fallback;
}

// What IPv6 hosts send cannot be cut, and they need not send less than 1,280 octets at once.
void judge_ipv6(const Node& tfs, const model::TunnelConfig& config, Complaints& complaints) {
  const bool plain = config.tfs.mode == model::TfsMode::kPlain;
  const bool splits = config.tfs.fragment && !plain;
  const auto sizes = model::outer_sizes(config.remote.family(), config.encapsulation, config.tfs);
  std::uint32_t limit = config.tfs.inner_mtu.value_or(UINT32_MAX);
  if (!splits) limit = std::min(limit, config.tfs.packet_size - std::min(sizes.overhead(), config.tfs.packet_size));
  if (limit >= kLeastIpv6Mtu) return;
  const auto v4 = [](const model::TrafficSelector& one) { return one.first.family() == IpFamily::kV4; };
  const auto only_v4 = [&](const auto& side) { return !side.empty() && std::ranges::all_of(side, v4); };
  if (only_v4(config.selectors.local) || only_v4(config.selectors.remote)) return;
  const Node* const mtu = tfs.find("mtu");
  const bool by_mtu = mtu != nullptr && config.tfs.inner_mtu == limit;
  complaints.warning(
      113, by_mtu ? mtu->mark : tfs.mark,
      "IPv6 packets above " + std::to_string(limit) + " octets do not pass, and IPv6 hosts send up to 1280 at once",
      by_mtu  ? "raise mtu"
      : plain ? "raise packet-size, or let the selectors be IPv4 only"
              : "set fragment: true, raise packet-size, or let the selectors be IPv4 only");
}

}  // namespace

// [9347-2.2.3.1-b, 9347-2.2.5.3-a, 9347-2.2.5.3-c, 9347-2.2.7-a]
void read_mapping(const Node& tunnel, model::TunnelConfig& into, Complaints& complaints) {
  if (const Node* const tfs = tunnel.find("tfs")) {
    into.tfs.min_fragment = octets_of(tfs->find("min-fragment"), into.tfs.min_fragment);
    if (const Node* const mtu = tfs->find("mtu"); mtu != nullptr && !complaints.faulty(mtu)) {
      into.tfs.inner_mtu = octets_of(mtu, 0);
    }
  }
  const Node* const qos = tunnel.find("qos");
  if (qos == nullptr) return;
  into.marks.copies_dscp = text_of(qos->find("inner-dscp")) == "copy";
  into.marks.flow_label = static_cast<std::uint32_t>(integer_of(qos->find("flow-label"), 0));
  const Node* const dscp = qos->find("outer-dscp");
  if (dscp == nullptr || complaints.faulty(dscp)) return;
  const auto value = parse_dscp(dscp->text);
  if (!value) complaints.error(11, *dscp, "\"" + dscp->text + "\" is no DSCP", std::string(kDscpForms));
  into.marks.dscp = value.value_or(0);
}

void judge_mapping(const Node& tunnel, const model::TunnelConfig& config, Complaints& complaints) {
  const Node* const tfs = tunnel.find("tfs");
  if (tfs == nullptr || complaints.faulty(tfs) || complaints.faulty(tfs->find("mode"))) return;
  const bool sizes_known = !complaints.faulty(tfs->find("packet-size")) && !complaints.faulty(tfs->find("mtu"));
  if (sizes_known) judge_ipv6(*tfs, config, complaints);
  const Node* const fragments = find_below(*tfs, {"receive", "fragments"});
  if (fragments != nullptr && config.outbound) {
    complaints.warning(106, fragments->mark, "tfs.receive.fragments has no effect with static keys");
  }
  const Node* const qos = tunnel.find("qos");
  if (qos == nullptr) return;
  const Node* const copy = qos->find("inner-dscp");
  if (config.marks.copies_dscp && config.tfs.mode != model::TfsMode::kPlain) {
    complaints.error(17, *copy, "inner-dscp: copy and mode " + text_of(tfs->find("mode")) + " exclude each other",
                     "one outer packet holds parts of many inner ones: inner-dscp: hide, or mode: plain");
  } else if (config.marks.copies_dscp && qos->find("outer-dscp") != nullptr) {
    complaints.error(17, *qos->find("outer-dscp"), "outer-dscp and inner-dscp: copy exclude each other",
                     "keep one of them");
  }
  const Node* const label = qos->find("flow-label");
  if (label != nullptr && config.remote.family() == IpFamily::kV4) {
    complaints.warning(106, label->mark, "flow-label has no effect with IPv4 addresses");
  }
}

}  // namespace levelgate::config
