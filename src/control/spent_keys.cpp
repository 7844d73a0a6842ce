// SPDX-License-Identifier: Apache-2.0
//
// A key belongs to the first SA that used it, for the life of the process.
#include "control/spent_keys.h"

namespace levelgate::control {
namespace {

template <typename Call>
void each_sa(const model::Config& config, Call call) {
  for (const model::TunnelConfig& tunnel : config.tunnels) {
    const std::string path = "tunnels." + tunnel.name + ".static.";
    if (tunnel.outbound) call(path + "outbound", *tunnel.outbound);
    if (tunnel.inbound) call(path + "inbound", *tunnel.inbound);
  }
}

bool same_key(const model::EspSa& a, const model::EspSa& b) { return a.key && b.key && a.key->equals(*b.key); }

}  // namespace

std::optional<std::string> SpentKeys::conflict(const model::Config& next) const {
  std::optional<std::string> found;
  each_sa(next, [&](const std::string& path, const model::EspSa& sa) {
    for (const Use& use : uses_) {
      if (found || !same_key(use.sa, sa)) continue;
      if (use.gone || use.path != path || !(use.sa == sa)) found = path;
    }
  });
  return found;
}

void SpentKeys::take(const model::Config& next) {
  for (Use& use : uses_) {
    bool there = false;
    each_sa(next, [&](const std::string& path, const model::EspSa& sa) {
      there = there || (path == use.path && sa == use.sa);
    });
    use.gone = use.gone || !there;
  }
  each_sa(next, [&](const std::string& path, const model::EspSa& sa) {
    for (const Use& use : uses_) {
      if (same_key(use.sa, sa)) return;
    }
    uses_.push_back({path, sa, false});
  });
}

}  // namespace levelgate::control
