// SPDX-License-Identifier: Apache-2.0
//
// Sizes are multiples of 4, to which ESP aligns.
#include "control/path_sizes.h"

#include <algorithm>

namespace levelgate::control {
namespace {

constexpr std::uint32_t kUsualMtu = 1500;  // of a port of which nothing is known
constexpr std::uint32_t kAlignment = 4;

}  // namespace

void bound_path_mtu(model::TfsSettings& tfs, const std::vector<model::PortPlan>& ports, PortId outer,
                    const model::TunnelPlan* old) {
  model::PathMtuSettings& mtu = *tfs.path_mtu;
  const std::uint32_t known = outer.value < ports.size() ? ports[outer.value].mtu : 0;
  const std::uint32_t fits = known != 0 ? known : kUsualMtu;
  const std::uint32_t most = mtu.max_size != 0 ? std::min(mtu.max_size, fits) : fits;
  mtu.max_size = std::max(most / kAlignment * kAlignment, mtu.floor);
  mtu.base = std::min(mtu.base, mtu.max_size);
  for (const model::PortPlan& port : ports) {
    mtu.longest_inner = std::max(mtu.longest_inner, port.mtu != 0 ? port.mtu : kLargestInner);
  }
  const std::uint32_t found = old != nullptr && old->tfs.path_mtu ? old->tfs.packet_size : 0;
  tfs.packet_size = found >= mtu.floor && found <= mtu.max_size ? found : mtu.base;
}

std::optional<model::ForwardingPlan> with_size(const model::ForwardingPlan& plan, const model::Event& found) {
  if (found.tunnel.value >= plan.tunnels.size()) return std::nullopt;
  const model::TfsSettings& tfs = plan.tunnels[found.tunnel.value].tfs;
  if (!tfs.path_mtu || found.count < tfs.path_mtu->floor || found.count > tfs.path_mtu->max_size) return std::nullopt;
  if (found.count == tfs.packet_size || found.count % kAlignment != 0) return std::nullopt;
  model::ForwardingPlan resized = plan;
  resized.tunnels[found.tunnel.value].tfs.packet_size = static_cast<std::uint32_t>(found.count);
  return resized;
}

}  // namespace levelgate::control
