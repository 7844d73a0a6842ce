// SPDX-License-Identifier: Apache-2.0
//
// The search begins at a size that nearly every path carries, so that a tunnel carries traffic from the first packet.
#include "config/path_mtu.h"

#include "config/read_values.h"

namespace levelgate::config {
namespace {

constexpr std::string_view kWord = "path-mtu";

}  // namespace

void read_path_mtu(const Node& tfs, model::TunnelConfig& into, Complaints& complaints) {
  const Node* const ours = tfs.find(kWord);
  if (text_of(tfs.find("packet-size")) != kWord) {
    if (ours != nullptr) complaints.warning(106, ours->mark, "path-mtu has no effect without packet-size: path-mtu");
    return;
  }
  model::PathMtuSettings mtu;
  if (into.remote.family() == IpFamily::kV6) mtu.floor = mtu.base = kLeastIpv6Mtu;
  if (ours != nullptr && ours->kind == Node::Kind::kMap) {
    if (const Node* const most = ours->find("max-size")) {
      mtu.max_size = static_cast<std::uint32_t>(syntax::parse_octets(most->text).value_or(0));
    }
    mtu.probe_interval = duration_of(ours->find("probe-interval"), mtu.probe_interval);
  }
  into.tfs.packet_size = mtu.base;
  into.tfs.path_mtu = mtu;
}

void judge_path_mtu(const Node& tfs, const model::TunnelConfig& config, Complaints& complaints) {
  if (!config.tfs.path_mtu) return;
  if (config.tfs.mode != model::TfsMode::kFixed) {
    complaints.error(64, *tfs.find("packet-size"), "path-mtu needs mode fixed or congestion-controlled",
                     "only there the peer's reports say what has arrived; elsewhere packet-size: 1400B, for example");
    return;
  }
  const Node* const ours = tfs.find(kWord);
  const Node* const most = ours != nullptr && ours->kind == Node::Kind::kMap ? ours->find("max-size") : nullptr;
  if (most == nullptr || complaints.faulty(most) || config.tfs.path_mtu->max_size >= config.tfs.packet_size) return;
  complaints.error(65, *most, "max-size " + most->text + " is below the size that the search begins with",
                   std::to_string(config.tfs.packet_size) + "B at least; or packet-size: " + most->text);
}

}  // namespace levelgate::config
