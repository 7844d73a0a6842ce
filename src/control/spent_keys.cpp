// SPDX-License-Identifier: Apache-2.0
//
// One entry for each key that was ever in force; entries are never forgotten, since numbers are not either.
#include "control/spent_keys.h"

#include <cstring>

namespace levelgate::control {
namespace {

template <typename Visit>
void for_each_sa(const model::Config& config, Visit visit) {
  for (const model::TunnelConfig& tunnel : config.tunnels) {
    const std::string path = "tunnels." + tunnel.name + ".static.";
    if (tunnel.outbound && tunnel.outbound->key) visit(path + "outbound", *tunnel.outbound);
    if (tunnel.inbound && tunnel.inbound->key) visit(path + "inbound", *tunnel.inbound);
  }
}

}  // namespace

bool SpentKeys::ByContent::operator()(const Key& a, const Key& b) const {
  const ConstBytes x = a->bytes();
  const ConstBytes y = b->bytes();
  if (x.size() != y.size()) return x.size() < y.size();
  return std::memcmp(x.data(), y.data(), x.size()) < 0;
}

std::optional<SpentKeys::Conflict> SpentKeys::conflict(const model::Config& next) const {
  std::optional<Conflict> found;
  for_each_sa(next, [&](const std::string& path, const model::EspSa& sa) {
    const auto use = uses_.find(sa.key);
    if (found || use == uses_.end()) return;
    const Use& old = use->second;
    if (old.gone || old.path != path || !(old.sa == sa)) found = Conflict{path, old.path};
  });
  return found;
}

void SpentKeys::take(const model::Config& next) {
  for (auto& [key, use] : uses_) use.gone = true;
  for_each_sa(next, [&](const std::string& path, const model::EspSa& sa) {
    uses_.insert_or_assign(sa.key, Use{path, sa, false});
  });
}

}  // namespace levelgate::control
