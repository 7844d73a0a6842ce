// SPDX-License-Identifier: Apache-2.0
//
// The plan says what is, the configuration what was wished.
#include "control/fragmentation.h"

#include <algorithm>

namespace levelgate::control {

std::string fragmentation_text(const model::TunnelPlan& plan, const View& view) {
  if (plan.tfs.mode == model::TfsMode::kPlain) return "no (plain)";
  if (plan.tfs.fragment) return "yes";
  const auto wished = std::ranges::find(view.config.tunnels, plan.name, &model::TunnelConfig::name);
  const bool configured = wished == view.config.tunnels.end() || !wished->tfs.fragment;
  return configured ? "no (configured)" : "no (peer)";
}

std::string fragmentation_text(const std::string& tunnel, const View& view) {
  const auto plan = std::ranges::find(view.plan.tunnels, tunnel, &model::TunnelPlan::name);
  return plan == view.plan.tunnels.end() ? "yes" : fragmentation_text(*plan, view);
}

}  // namespace levelgate::control
