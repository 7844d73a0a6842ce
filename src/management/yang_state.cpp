// SPDX-License-Identifier: Apache-2.0
//
// Counters are the tunnel's: they go on when an SA is rekeyed, as a management system wants them to.
#include "management/yang_state.h"

#include <algorithm>
#include <limits>

#include "control/tfs_values.h"
#include "control/tunnels.h"
#include "management/yang_policy.h"

namespace levelgate::management {
namespace {

template <typename Named>
const Named* named(const std::vector<Named>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &Named::name);
  return found == all.end() ? nullptr : &*found;
}

bool shown(std::string_view counter, Directions directions) {
  return directions == Directions::kBoth || counter.starts_with(directions == Directions::kOutbound ? "tx-" : "rx-");
}

}  // namespace

Value::Map yang_sa_state(const std::string& tunnel, const control::View& view, Directions directions) {
  const auto* const plan = named(view.plan.tunnels, tunnel);
  if (plan == nullptr) return {};
  Value::Map map;
  const bool aggfrag = carries_aggfrag(plan->tfs);
  if (aggfrag) map.push_back({kTfsContainer, Value{control::tfs_value(plan->tfs)}});
  const auto* const counted = named(view.stats.tunnels, tunnel);
  const model::TunnelStats counters = counted != nullptr ? counted->counters : model::TunnelStats{};
  model::for_each_counter(counters, [&](std::string_view group, std::string_view name, std::uint64_t count) {
    if (group.empty() || (!aggfrag && group != "ipsec-stats")) return;
    const std::string container = "ietf-ipsec-iptfs:" + std::string(group);
    if (map.empty() || map.back().name != container) map.push_back({container, Value{Value::Map{}}});
    std::get<Value::Map>(map.back().value.is)
        .push_back({std::string(name), Value{std::to_string(shown(name, directions) ? count : 0)}});
  });
  return map;
}

const ikestate::SaState* ike_sa_of(const std::string& tunnel, const control::View& view) {
  const ikestate::SaState* best = nullptr;
  if (view.tunnels == nullptr) return best;
  view.tunnels->engine().each([&](const ike::IkeSa& sa) {
    const ikestate::SaState& state = sa.state();
    if (state.phase != ikestate::Phase::kEstablished || state.tunnel() != tunnel) return;
    if (best == nullptr || state.established_at > best->established_at) best = &state;
  });
  return best;
}

Value::Map yang_ike_state(const ikestate::SaState& sa, Instant now) {
  Value::Map map{{"initiator", Value{sa.role == ikewire::IkeRole::kInitiator}},
                 {"initiator-ikesa-spi", Value{std::to_string(sa.spis.initiator.value)}},
                 {"responder-ikesa-spi", Value{std::to_string(sa.spis.responder.value)}},
                 {"nat-local", Value{sa.nat.own}},
                 {"nat-remote", Value{sa.nat.peer}}};
  if (sa.established_at != kNever)
    map.push_back({"established", Value{std::to_string(whole_seconds(now - sa.established_at))}});
  if (sa.rekey_at != kNever)
    map.push_back({"current-rekey-time", Value{std::to_string(whole_seconds(sa.rekey_at - now))}});
  return map;
}

Value::Map yang_ike_counts(const control::View& view) {
  const auto& engine = view.tunnels->engine();
  return {{"total", Value{std::to_string(engine.size())}}, {"half-open", Value{std::to_string(engine.half_open())}}};
}

Value::Map yang_static_sa_state(const std::string& tunnel, const control::View& view, Directions directions) {
  const auto* const counted = named(view.stats.tunnels, tunnel);
  if (counted == nullptr) return {};
  const model::SaStats* sa = nullptr;
  if (directions == Directions::kOutbound) sa = counted->outbound ? &*counted->outbound : nullptr;
  if (directions == Directions::kInbound) sa = counted->inbound.empty() ? nullptr : &counted->inbound.front();
  if (sa == nullptr) return {};
  // The module gives packets 32 bits.
  const auto packets = std::min<std::uint64_t>(sa->packets, std::numeric_limits<std::uint32_t>::max());
  return {{"sa-lifetime-current",
           Value{Value::Map{{"bytes", Value{std::to_string(sa->octets)}}, {"packets", Value{packets}}}}}};
}

}  // namespace levelgate::management
