// SPDX-License-Identifier: Apache-2.0
//
// Reload: refuse, or propose, then wait for the data plane's word. What is done again and again - neighbours, notices -
// is bounded in time and in number.
#include "control/controller.h"

#include <algorithm>

#include "control/changes.h"
#include "control/notice_ids.h"
#include "control/path_sizes.h"

namespace levelgate::control {
namespace {

using std::chrono::seconds;

constexpr Nanos kAskAgain = seconds(1);       // for a neighbour that does not answer
constexpr Nanos kKeepFresh = seconds(10);     // for one that does: the kernel confirms it in time
constexpr Nanos kPatience = seconds(5);       // until a next hop that is needed is complained about
constexpr Nanos kForget = seconds(60);        // a neighbour that nobody asks for any more
constexpr Nanos kSkippedAgain = seconds(10);  // between two lines about skipped slots of one tunnel
constexpr std::size_t kMostFindingsLogged = 20;
constexpr std::size_t kMostResolutions = 4096;  // asked for at the same time

std::string plural(std::size_t count, const char* word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

struct TwinContent {
  std::vector<IpPrefix> addresses;
  std::vector<IpAddress> gateways;
  bool operator==(const TwinContent&) const = default;
};

TwinContent twin_content(const model::Config& config, const std::string& port) {
  TwinContent content;
  for (const model::InterfaceConfig& interface : config.interfaces) {
    if (interface.port != port) continue;
    content.addresses.insert(content.addresses.end(), interface.addresses.begin(), interface.addresses.end());
    content.gateways.insert(content.gateways.end(), interface.gateways.begin(), interface.gateways.end());
  }
  return content;
}

}  // namespace

Effects Controller::refuse(std::string_view event, std::vector<std::string> why) const {
  Notice notice{model::LogLevel::kError, "config", event,
                "the new configuration is refused, the old one stays: " + joined_lines(why)};
  return {std::move(notice), ReloadOutcome{false, std::move(why)}};
}

Effects Controller::propose(Proposal proposal) {
  proposal_ = std::move(proposal);
  return {ApplyPlan{proposal_->plan}};
}

Effects Controller::reload(model::Config config, const ikestate::Moment&) {
  Proposal proposal;
  if (booted_) {
    std::vector<std::string> impossible;
    for (const Change& change : changes_between(config_, config)) {
      if (change.cost == Cost::kDaemonRestart) impossible.push_back(change_text(change));
      proposal.changes.push_back(change_text(change));
    }
    if (!impossible.empty()) return refuse(kConfigNeedsRestart, std::move(impossible));
    if (const auto conflict = spent_keys_.conflict(config)) {
      return refuse(kKeySpent, {conflict->path + ": its key was used by " + conflict->used +
                                " since the daemon started; take a new one at both ends"});
    }
  }
  auto policies = Tunnels::prepare(config);
  if (!policies) return refuse(kConfigFaulty, {policies.error().what});
  proposal.policies = std::move(*policies);
  auto plan = plan_for(config);
  if (!plan) return refuse(kPlanRefused, {plan.error().what});
  proposal.config = std::move(config);
  proposal.plan = std::move(*plan);
  return propose(std::move(proposal));
}

Effects Controller::reload_refused(std::vector<std::string> findings) {
  Effects effects;
  effects.push_back(Notice{model::LogLevel::kError, "config", kConfigFaulty,
                           "the new configuration has " + plural(findings.size(), "fault") + "; the old one stays"});
  for (std::size_t i = 0; i < std::min(findings.size(), kMostFindingsLogged); ++i) {
    effects.push_back(Notice{model::LogLevel::kError, "config", kConfigFaulty, findings[i]});
  }
  effects.push_back(ReloadOutcome{false, std::move(findings)});
  return effects;
}

Effects Controller::applied(const Result<void>& outcome, const ikestate::Moment& moment) {
  if (!proposal_) return {};
  Proposal proposal = std::move(*proposal_);
  proposal_.reset();
  if (!outcome) {
    if (proposal.config) return refuse(kPlanRefused, {outcome.error().what});
    const bool known_already = std::exchange(stale_, true);  // tick() tries again
    if (known_already) return {};
    return {Notice{model::LogLevel::kError, "config", kPlanRefused,
                   "what changed around the gateway cannot be followed: " + outcome.error().what}};
  }
  stale_ = false;
  plan_ = std::move(proposal.plan);
  Effects effects;
  TunnelWork began;
  if (proposal.config) {
    set_twins(*proposal.config, effects);
    const auto& before = config_.management;
    const auto& after = proposal.config->management;
    if (!booted_ || before.log_level != after.log_level || before.log_format != after.log_format) {
      effects.push_back(SetLog{after.log_level, after.log_format});
    }
    const model::Config before_it = std::exchange(config_, std::move(*proposal.config));
    spent_keys_.take(config_);
    began = tunnels_.configure(moment, before_it, config_, std::move(proposal.policies));
    const std::string message = booted_ ? "configuration in force: " + plural(proposal.changes.size(), "change")
                                        : "configuration in force: " + plural(config_.ports.size(), "port") + ", " +
                                              plural(config_.tunnels.size(), "tunnel") + ", " +
                                              plural(config_.routes.size(), "route");
    booted_ = true;
    effects.push_back(Notice{model::LogLevel::kInfo, "config", kConfigApplied, message});
    if (proposal.changes.empty()) proposal.changes.push_back("nothing changed");
    effects.push_back(ReloadOutcome{true, std::move(proposal.changes)});
  }
  find_needed_hops();
  resolve_needed(moment.now, effects);
  follow(std::move(began), effects);
  return effects;
}

Result<model::ForwardingPlan> Controller::plan_for(const model::Config& config) const {
  return make_plan(config, surroundings_, workers_, booted_ ? &plan_ : nullptr, tunnels_.negotiated());
}

// The plan comes before what is sent: the peer may use a new SA as soon as it knows of it.
void Controller::follow(TunnelWork work, Effects& effects) {
  for (Happening& happening : work.happenings) {
    if (happening.severity == ikestate::Severity::kDebug && config_.management.log_level != model::LogLevel::kDebug)
      continue;
    const model::LogLevel level = happening.severity == ikestate::Severity::kError  ? model::LogLevel::kError
                                  : happening.severity == ikestate::Severity::kWarn ? model::LogLevel::kWarn
                                  : happening.severity == ikestate::Severity::kInfo ? model::LogLevel::kInfo
                                                                                    : model::LogLevel::kDebug;
    effects.push_back(Notice{level, "ike", happening.id, std::move(happening.text), std::move(happening.tunnel)});
  }
  if (work.plan_changed && booted_) {
    auto plan = plan_for(config_);
    if (!plan) {
      effects.push_back(Notice{model::LogLevel::kError, "ike", kPlanRefused, plan.error().what});
    } else if (*plan != plan_) {
      for (Effect& effect : propose({std::nullopt, std::move(*plan), {}, {}})) effects.push_back(std::move(effect));
    }
  }
  for (ikestate::Effect& effect : work.rest) {
    effects.push_back(IkeWork{std::make_shared<ikestate::Effect>(std::move(effect))});
  }
}

Effects Controller::followed(TunnelWork work) {
  Effects effects;
  follow(std::move(work), effects);
  return effects;
}

Result<Effects> Controller::followed(Result<TunnelWork> work) {
  if (!work) return std::unexpected(work.error());
  return followed(std::move(*work));
}

Effects Controller::datagram(const ikestate::Moment& moment, const ikestate::Path& path, ConstBytes octets) {
  return followed(tunnels_.datagram(moment, path, octets));
}

Effects Controller::stream_up(const ikestate::Moment& moment, const ikestate::Path& path) {
  return followed(tunnels_.stream_up(moment, path));
}
Effects Controller::stream_ended(const ikestate::Moment& moment, StreamId stream) {
  return followed(tunnels_.stream_ended(moment, stream));
}
Effects Controller::job_done(const ikestate::Moment& moment, ikestate::JobId id, ikestate::JobValue value) {
  return followed(tunnels_.job_done(moment, id, std::move(value)));
}

Effects Controller::ike_time(const ikestate::Moment& moment) { return followed(tunnels_.on_time(moment)); }

Effects Controller::nobody_at(const ikestate::Moment& moment, const ikestate::Path& path, bool at_port) {
  return followed(tunnels_.nobody_at(moment, path, at_port));
}

Result<Effects> Controller::bring_up(const ikestate::Moment& moment, const std::string& tunnel) {
  return followed(tunnels_.bring_up(moment, tunnel));
}

Result<Effects> Controller::take_down(const ikestate::Moment& moment, const std::string& tunnel,
                                      Tunnels::Extent extent) {
  return followed(tunnels_.take_down(moment, tunnel, extent));
}

Result<Effects> Controller::rekey(const ikestate::Moment& moment, const std::string& tunnel, ike::RekeyTarget what) {
  return followed(tunnels_.rekey(moment, tunnel, what));
}

Result<Effects> Controller::clear_breaker(const std::string& tunnel) {
  model::ForwardingPlan plan = plan_;
  const auto found = std::ranges::find(plan.tunnels, tunnel, &model::TunnelPlan::name);
  if (found == plan.tunnels.end()) return failure(Fault::kNotFound, "there is no tunnel \"" + tunnel + "\"");
  if (!found->tfs.congestion.breaker) {
    return failure(Fault::kBadInput, "tunnel \"" + tunnel + "\" has no circuit breaker");
  }
  ++found->breaker_clears;
  return propose({std::nullopt, std::move(plan), {}, {}});
}

Effects Controller::stop(const ikestate::Moment& moment) { return followed(tunnels_.say_farewell(moment)); }

void Controller::set_twins(const model::Config& next, Effects& effects) const {
  for (const model::PortConfig& port : next.ports) {
    TwinContent content = twin_content(next, port.name);
    if (booted_ && content == twin_content(config_, port.name)) continue;
    effects.push_back(SetTwin{port.name, std::move(content.addresses), std::move(content.gateways)});
  }
}

Effects Controller::surroundings(Surroundings now_seen, Instant now) {
  surroundings_ = std::move(now_seen);
  const std::set<Hop> answered_before = std::exchange(answered_, {});
  for (const LearntNeighbour& neighbour : surroundings_.neighbours) {
    answered_.insert({neighbour.port, neighbour.address});
  }
  for (const Hop& hop :
       answered_before) {  // one that was forgotten is asked for anew, however short ago it was asked for
    const auto found = resolutions_.find(hop);
    if (found != resolutions_.end() && !answered_.contains(hop)) found->second.asked.reset();
  }
  if (!booted_) return {};
  auto plan = plan_for(config_);
  if (plan && *plan != plan_) return propose({std::nullopt, std::move(*plan), {}, {}});
  if (plan) stale_ = false;  // what could not be followed has passed: the next refusal is news
  Effects effects;
  resolve_needed(now, effects);
  return effects;
}

Effects Controller::event(const model::Event& event, const ikestate::Moment& moment) {
  Effects effects;
  const std::string tunnel = event.tunnel.value < plan_.tunnels.size() ? plan_.tunnels[event.tunnel.value].name : "";
  switch (event.kind) {
    case model::EventKind::kNeighbourWanted:
      if (event.port.value >= plan_.ports.size()) break;
      ask({plan_.ports[event.port.value].name, event.address}, kAskAgain, moment.now, effects);
      break;
    case model::EventKind::kSequenceExhausted:
      if (tunnel.empty() || !exhausted_.insert({tunnel, event.spi}).second) break;
      effects.push_back(Notice{model::LogLevel::kError, "esp", kSequenceExhausted,
                               "sequence numbers are used up: nothing leaves any more", tunnel});
      break;
    case model::EventKind::kSequenceNearLimit:
      if (tunnel.empty() || tunnels_.lives().contains(tunnel)) break;  // IKE rekeys in time
      if (!near_limit_.insert({tunnel, event.spi}).second) break;
      effects.push_back(
          Notice{model::LogLevel::kWarn, "esp", kSequenceNearLimit, "sequence numbers are nearly used up", tunnel});
      break;
    case model::EventKind::kSlotsSkipped:  // tick() tells it from the counter, which no lost event can falsify
      break;
    case model::EventKind::kPathMtu:
      if (auto resized = with_size(plan_, event)) return propose({std::nullopt, std::move(*resized), {}, {}});
      break;
    case model::EventKind::kInboundProven:
    case model::EventKind::kPeerMoved:
    case model::EventKind::kStreamMoved:
      follow(tunnels_.event(moment, tunnel, event), effects);
      break;
  }
  return effects;
}

Effects Controller::tick(const model::Stats& stats, const ikestate::Moment& moment) {
  Effects effects;
  const Instant now = moment.now;
  trends_.observe(stats, now);
  if (!booted_) return effects;
  tell_skipped(stats, now, effects);
  tell_peers(now, effects);
  tell_paths(stats, now, effects);
  std::erase_if(resolutions_, [&](const auto& entry) {
    return now - entry.second.asked.value_or(entry.second.wanted_since) > kForget;
  });
  resolve_needed(now, effects);
  TunnelWork work = tunnels_.tick(moment, stats);
  work.plan_changed = work.plan_changed || stale_;
  follow(std::move(work), effects);
  return effects;
}

void Controller::find_needed_hops() {
  needed_.clear();
  fixed_.clear();
  for (const model::TunnelPlan& tunnel : plan_.tunnels) {
    const model::Route* const route = outer_route(plan_, tunnel.remote);
    if (route == nullptr) continue;
    if (const auto* const to = std::get_if<model::ToNextHop>(&route->target)) {
      needed_.insert({plan_.ports[to->port.value].name, to->next_hop});
    } else if (const auto* const near = std::get_if<model::ToConnected>(&route->target)) {
      needed_.insert({plan_.ports[near->port.value].name, tunnel.remote});
    }
  }
  for (const model::RouteConfig& route : config_.routes) {
    if (!route.gateway) continue;
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      if (interface.name == route.interface) needed_.insert({interface.port, *route.gateway});
    }
  }
  for (const model::NeighbourConfig& neighbour : config_.neighbours) fixed_.insert({neighbour.port, neighbour.address});
}

void Controller::ask(const Hop& hop, Nanos not_again_within, Instant now, Effects& effects) {
  if (fixed_.contains(hop)) return;
  auto found = resolutions_.find(hop);
  if (found == resolutions_.end()) {
    if (resolutions_.size() >= kMostResolutions) return;
    found = resolutions_.emplace(hop, Resolution{std::nullopt, now, false}).first;
  }
  Resolution& resolution = found->second;
  if (resolution.asked && now - *resolution.asked < not_again_within) return;
  resolution.asked = now;
  effects.push_back(ResolveNeighbour{hop.first, hop.second});
}

void Controller::resolve_needed(Instant now, Effects& effects) {
  for (const Hop& hop : needed_) {
    const bool there = answered_.contains(hop);
    ask(hop, there ? kKeepFresh : kAskAgain, now, effects);
    const auto found = resolutions_.find(hop);
    if (found == resolutions_.end()) continue;
    Resolution& resolution = found->second;
    const std::string what = hop.second.text() + " on port " + hop.first;
    if (there) {
      resolution.wanted_since = now;
      if (!std::exchange(resolution.complained, false)) continue;
      effects.push_back(
          Notice{model::LogLevel::kInfo, "neighbour", kNextHopFound, "next hop " + what + " answers now"});
    } else if (now - resolution.wanted_since >= kPatience && !std::exchange(resolution.complained, true)) {
      effects.push_back(
          Notice{model::LogLevel::kWarn, "neighbour", kNextHopSilent, "next hop " + what + " does not answer"});
    }
  }
}

void Controller::tell_skipped(const model::Stats& stats, Instant now, Effects& effects) {
  for (const model::NamedTunnelStats& named : stats.tunnels) {
    Skipped& skipped = skipped_[named.name];
    const std::uint64_t count = named.counters.skipped_slots;
    if (count < skipped.told) skipped = {};  // the counter began anew
    skipped.seen = count;
    if (skipped.seen == skipped.told || (skipped.when && now - *skipped.when < kSkippedAgain)) continue;
    const std::uint64_t fresh = skipped.seen - skipped.told;
    skipped.told = skipped.seen;
    skipped.when = now;
    effects.push_back(Notice{model::LogLevel::kWarn,
                             "tfs",
                             kSlotsSkipped,
                             plural(fresh, "slot") + (fresh == 1 ? " was" : " were") + " skipped",
                             named.name,
                             {{"count", std::to_string(fresh)}}});
  }
  std::erase_if(skipped_, [&](const auto& entry) { return trends_.tunnel(entry.first) == nullptr; });
}

void Controller::tell_paths(const model::Stats& stats, Instant now, Effects& effects) {
  for (PathNotice& notice : path_notices_.observe(plan_, stats, now)) {
    effects.push_back(Notice{notice.level, "tfs", notice.id, std::move(notice.text), std::move(notice.tunnel)});
  }
}

void Controller::tell_peers(Instant now, Effects& effects) {
  for (const model::TunnelPlan& tunnel : plan_.tunnels) {
    const TunnelTrend* const trend = trends_.tunnel(tunnel.name);
    if (trend == nullptr || !trend->last_inbound) {
      heard_.erase(tunnel.name);
      continue;
    }
    const bool silent = tunnel.tfs.mode == model::TfsMode::kFixed && now - *trend->last_inbound >= kSilence;
    const auto [state, fresh] = heard_.try_emplace(tunnel.name, false);
    if (state->second != silent) continue;
    state->second = !silent;
    if (silent) {
      effects.push_back(Notice{model::LogLevel::kWarn,
                               "tfs",
                               kPeerSilent,
                               "no packet of the peer for " + std::to_string(kSilence / seconds(1)) + " s",
                               tunnel.name,
                               {{"peer", tunnel.remote.text()}}});
    } else {
      effects.push_back(Notice{model::LogLevel::kInfo,
                               "tfs",
                               kPeerHeard,
                               fresh ? "the peer's first packet arrived" : "the peer is heard again",
                               tunnel.name,
                               {{"peer", tunnel.remote.text()}}});
    }
  }
  std::erase_if(heard_, [&](const auto& entry) { return trends_.tunnel(entry.first) == nullptr; });
}

}  // namespace levelgate::control
