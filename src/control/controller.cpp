// SPDX-License-Identifier: Apache-2.0
//
// Inputs to effects. The old state stands until the data plane has taken the new plan.
#include "control/controller.h"

#include <algorithm>

#include "control/changes.h"

namespace levelgate::control {
namespace {

constexpr Nanos kAskAgain = std::chrono::seconds(1);    // an unresolved next hop
constexpr Nanos kKeepFresh = std::chrono::seconds(10);  // a resolved one that a tunnel uses
constexpr Nanos kComplainAfter = std::chrono::seconds(3);
constexpr Nanos kSilentAfter = std::chrono::seconds(3);  // a peer that sends nothing
constexpr Nanos kTellSkippedEvery = std::chrono::seconds(60);

}  // namespace

Effects Controller::refuse(std::string_view event, std::string why) {
  Effects effects;
  effects.push_back(Notice{model::LogLevel::kError, "config", event, why, {}, {}});
  ReloadOutcome outcome;
  outcome.lines.push_back(std::move(why));
  effects.push_back(std::move(outcome));
  return effects;
}

Effects Controller::propose(Proposal proposal) {
  Effects effects;
  effects.push_back(ApplyPlan{proposal.plan});
  proposal_ = std::move(proposal);
  return effects;
}

Effects Controller::reload(model::Config config, Instant) {
  std::vector<std::string> lines;
  for (const Change& change : changes_between(config_, config)) {
    if (booted_ && change.cost == Cost::kDaemonRestart) {
      return refuse("LG-APP-002",
                    "reload refused: " + change_text(change) + " needs a restart of levelgated; the old state stands");
    }
    lines.push_back(change_text(change));
  }
  if (const auto path = spent_keys_.conflict(config)) {
    return refuse("LG-APP-003", "reload refused: the key of " + *path +
                                    " was used by another SA, or by this one with other numbers; take a new key");
  }
  auto plan = make_plan(config, surroundings_, workers_);
  if (!plan) return refuse("LG-APP-004", plan.error().what);
  Proposal proposal;
  proposal.changes = std::move(lines);
  proposal.plan = std::move(*plan);
  proposal.config = std::move(config);
  return propose(std::move(proposal));
}

Effects Controller::reload_refused(std::vector<std::string> findings) {
  Effects effects;
  effects.push_back(Notice{model::LogLevel::kError,
                           "config",
                           "LG-APP-001",
                           "reload refused: the file has errors; the old state stands",
                           {},
                           {}});
  for (const std::string& line : findings) {
    effects.push_back(Notice{model::LogLevel::kError, "config", "LG-APP-001", line, {}, {}});
  }
  ReloadOutcome outcome;
  outcome.lines = std::move(findings);
  effects.push_back(std::move(outcome));
  return effects;
}

Effects Controller::applied(const Result<void>& outcome, Instant now) {
  Effects effects;
  if (!proposal_) return effects;
  Proposal proposal = std::move(*proposal_);
  proposal_.reset();
  if (!outcome)
    return refuse("LG-APP-004", "the data plane refused the plan: " + outcome.error().what + "; the old state stands");
  plan_ = std::move(proposal.plan);
  if (proposal.config) {
    const model::Config before = std::move(config_);
    config_ = std::move(*proposal.config);
    spent_keys_.take(config_);
    twins(before, config_, effects);
    effects.push_back(SetLog{config_.management.log_level, config_.management.log_format});
    effects.push_back(Notice{model::LogLevel::kInfo,
                             "config",
                             "",
                             std::string(booted_ ? "reloaded: " : "loaded: ") + std::to_string(config_.ports.size()) +
                                 " ports, " + std::to_string(config_.tunnels.size()) + " tunnels, " +
                                 std::to_string(config_.routes.size()) + " routes",
                             {},
                             {}});
    ReloadOutcome told;
    told.done = true;
    told.lines = std::move(proposal.changes);
    if (told.lines.empty()) told.lines.push_back("nothing changed");
    effects.push_back(std::move(told));
    booted_ = true;
  }
  resolve_needed(now, effects);
  return effects;
}

Effects Controller::surroundings(Surroundings now_seen, Instant) {
  if (now_seen == surroundings_) return {};
  surroundings_ = std::move(now_seen);
  if (!booted_) return {};
  auto plan = make_plan(config_, surroundings_, workers_);
  if (!plan || *plan == plan_) return {};
  Proposal proposal;
  proposal.plan = std::move(*plan);
  return propose(std::move(proposal));
}

void Controller::twins(const model::Config& before, const model::Config& after, Effects& effects) const {
  const auto on_port = [](const model::Config& config, const std::string& port) {
    SetTwin twin;
    twin.port = port;
    for (const model::InterfaceConfig& interface : config.interfaces) {
      if (interface.port != port) continue;
      twin.addresses.insert(twin.addresses.end(), interface.addresses.begin(), interface.addresses.end());
      twin.gateways.insert(twin.gateways.end(), interface.gateways.begin(), interface.gateways.end());
    }
    return twin;
  };
  for (const model::PortConfig& port : after.ports) {
    SetTwin wanted = on_port(after, port.name);
    const SetTwin had = on_port(before, port.name);
    if (!booted_ || had.addresses != wanted.addresses || had.gateways != wanted.gateways)
      effects.push_back(std::move(wanted));
  }
}

bool Controller::known(const Hop& hop) const {
  const auto matches = [&](const auto& n) { return n.port == hop.first && n.address == hop.second; };
  return std::any_of(surroundings_.neighbours.begin(), surroundings_.neighbours.end(), matches) ||
         std::any_of(config_.neighbours.begin(), config_.neighbours.end(), matches);
}

void Controller::ask(const Hop& hop, Instant now, Effects& effects) {
  Resolution& resolution = resolutions_[hop];
  if (resolution.wanted_since == Instant{}) resolution.wanted_since = now;
  const bool fresh = known(hop);
  if (resolution.asked != Instant{} && now - resolution.asked < (fresh ? kKeepFresh : kAskAgain)) return;
  resolution.asked = now;
  effects.push_back(ResolveNeighbour{hop.first, hop.second});
}

// The next hops of tunnels are kept resolved whether or not anybody talks.
void Controller::resolve_needed(Instant now, Effects& effects) {
  for (const model::TunnelPlan& tunnel : plan_.tunnels) {
    const model::Route* best = nullptr;
    for (const model::Route& route : plan_.routes) {
      const bool usable = std::holds_alternative<model::ToNextHop>(route.target) ||
                          std::holds_alternative<model::ToConnected>(route.target);
      if (!usable || !route.prefix.contains(tunnel.remote)) continue;
      if (best == nullptr || route.prefix.length > best->prefix.length) best = &route;
    }
    if (best == nullptr) continue;
    if (const auto* const hop = std::get_if<model::ToNextHop>(&best->target)) {
      ask({plan_.ports[hop->port.value].name, hop->next_hop}, now, effects);
    } else {
      ask({plan_.ports[std::get<model::ToConnected>(best->target).port.value].name, tunnel.remote}, now, effects);
    }
  }
}

void Controller::complain(Instant now, Effects& effects) {
  for (auto it = resolutions_.begin(); it != resolutions_.end();) {
    auto& [hop, resolution] = *it;
    if (known(hop)) {
      resolution.wanted_since = now;
      resolution.complained = false;
    } else if (!resolution.complained && now - resolution.wanted_since >= kComplainAfter) {
      resolution.complained = true;
      effects.push_back(Notice{model::LogLevel::kWarn,
                               "neighbour",
                               "LG-DP-001",
                               "next hop " + hop.second.text() + " on port " + hop.first + " does not answer",
                               {},
                               {}});
    }
    // What nobody asked for lately is forgotten: the table cannot grow with traffic.
    it = now - resolution.asked > std::chrono::minutes(1) ? resolutions_.erase(it) : std::next(it);
  }
}

std::string Controller::tunnel_name(TunnelId id) const {
  return id.value < plan_.tunnels.size() ? plan_.tunnels[id.value].name : "";
}

Effects Controller::event(const model::Event& event, Instant now) {
  Effects effects;
  switch (event.kind) {
    case model::EventKind::kNeighbourWanted: {
      constexpr std::size_t kMostResolutions = 4096;
      if (event.port.value >= plan_.ports.size() || resolutions_.size() >= kMostResolutions) break;
      ask({plan_.ports[event.port.value].name, event.address}, now, effects);
      break;
    }
    case model::EventKind::kSequenceExhausted: {
      bool& told = exhausted_[{tunnel_name(event.tunnel), event.spi}];
      if (!told) {
        effects.push_back(
            Notice{model::LogLevel::kError,
                   "esp",
                   "LG-DP-002",
                   "sequence numbers are used up: nothing leaves this tunnel any more; set esn: true or take new keys",
                   tunnel_name(event.tunnel),
                   {}});
      }
      told = true;
      break;
    }
    case model::EventKind::kSequenceNearLimit:
    case model::EventKind::kSlotsSkipped:
      break;
  }
  return effects;
}

Effects Controller::tick(const model::Stats& stats, Instant now) {
  Effects effects;
  trends_.observe(stats, now);
  resolve_needed(now, effects);
  complain(now, effects);
  tell_tunnels(stats, now, effects);
  return effects;
}

void Controller::tell_tunnels(const model::Stats& stats, Instant now, Effects& effects) {
  for (const model::NamedTunnelStats& tunnel : stats.tunnels) {
    const TunnelTrend* const trend = trends_.tunnel(tunnel.name);
    const bool hears = trend != nullptr && trend->last_inbound && now - *trend->last_inbound < kSilentAfter;
    auto [heard, first] = heard_.try_emplace(tunnel.name, false);
    if (hears != heard->second) {
      heard->second = hears;
      const std::string what = hears ? "up: authentic packets from the peer" : "no packets from the peer any more";
      effects.push_back(Notice{hears ? model::LogLevel::kInfo : model::LogLevel::kWarn,
                               "tfs",
                               hears ? "LG-TFS-001" : "LG-TFS-002",
                               what,
                               tunnel.name,
                               {}});
    }
    SkippedSlots& skipped = skipped_[tunnel.name];
    const std::uint64_t more = tunnel.counters.skipped_slots - std::min(skipped.count, tunnel.counters.skipped_slots);
    if (more != 0 && (!skipped.ever || now - skipped.told >= kTellSkippedEvery)) {
      effects.push_back(Notice{model::LogLevel::kWarn,
                               "tfs",
                               "LG-TFS-003",
                               "slots were skipped: the worker was held up, or the next hop is not resolved",
                               tunnel.name,
                               {{"slots", std::to_string(more)}}});
      skipped = {tunnel.counters.skipped_slots, now, true};
    }
  }
}

}  // namespace levelgate::control
