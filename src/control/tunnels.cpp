// SPDX-License-Identifier: Apache-2.0
//
// Wanting, trying again, and the Child SAs that the data plane gets.
#include "control/tunnels.h"

#include <algorithm>
#include <utility>

#include "ikestate/report_ids.h"

namespace levelgate::control {
namespace {

using std::chrono::seconds;

constexpr Nanos kFirstPause = seconds(1);  // after a failed attempt; doubles
constexpr Nanos kLongestPause = seconds(60);
constexpr Nanos kLinger = seconds(5);              // of a replaced inbound SA: longer than any reordering of a path
constexpr std::size_t kHappenings = 2000;          // that are remembered over all tunnels
constexpr std::uint64_t kLowNumbers = 1ULL << 30;  // sequence numbers left from which on a rekey is due

// Differences that SAs do not survive; the rest counts from the next negotiation on.
bool begins_anew(const model::TunnelConfig& a, const model::TunnelConfig& b) {
  if (!a.ike || !b.ike) return true;
  const bool same_ends = a.local == b.local && a.remote == b.remote && a.selectors == b.selectors;
  const bool same_names = a.ike->local_id == b.ike->local_id && a.ike->remote_id == b.ike->remote_id;
  const bool same_proof =
      a.ike->psk == b.ike->psk && a.ike->identity == b.ike->identity && a.ike->authorities == b.ike->authorities;
  const bool same_kind = (a.tfs.mode == model::TfsMode::kPlain) == (b.tfs.mode == model::TfsMode::kPlain) &&
                         a.tfs.wants_reports() == b.tfs.wants_reports() &&
                         a.ike->aggfrag_required == b.ike->aggfrag_required &&
                         a.ike->encapsulation == b.ike->encapsulation && a.ike->esp_in_tcp == b.ike->esp_in_tcp &&
                         a.ike->ike.transport == b.ike->ike.transport && a.ike->ike.tcp_port == b.ike->ike.tcp_port;
  // What was made without a PPK does not outlive the demand for one.
  const bool same_demand = a.ike->ppk.required == b.ike->ppk.required;
  // Announced in IKE_SA_INIT; how fast a key leaves is no matter of that.
  const auto announced = [](const model::TunnelIke& one) {
    return one.large_keys ? std::pair(one.large_keys->method, one.large_keys->when)
                          : std::pair(std::string(), model::LargeKeyTime::kAfterAuth);
  };
  return !(same_ends && same_names && same_proof && same_kind && same_demand && announced(*a.ike) == announced(*b.ike));
}

const model::TunnelConfig* tunnel_named(const model::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.tunnels, name, &model::TunnelConfig::name);
  return found == config.tunnels.end() ? nullptr : &*found;
}

std::unexpected<Error> no_such(const std::string& tunnel) {
  return failure(Fault::kNotFound, "no tunnel \"" + tunnel + "\" is kept by IKE");
}

ike::AdmissionSettings admission_of(const model::IkeConfig& config) {
  const model::AdmissionConfig& asked = config.admission;
  return {.tiers = {.cookie_at = config.cookie_threshold,
                    .puzzle_at = asked.puzzle_threshold,
                    .of_source = asked.half_open_per_address,
                    .of_network = asked.half_open_per_network},
          .difficulty = static_cast<std::uint8_t>(asked.puzzle_difficulty),
          .auth_difficulty = static_cast<std::uint8_t>(asked.puzzle_auth_difficulty),
          .most_difficulty = static_cast<std::uint8_t>(asked.puzzle_most_difficulty)};
}

}  // namespace

Result<Tunnels::Policies> Tunnels::prepare(const model::Config& config) {
  Policies policies;
  authentication::CredentialCache cache;
  for (const model::TunnelConfig& tunnel : config.tunnels) {
    if (!tunnel.ike) continue;
    auto credentials = authentication::make_credentials(config.ike, *tunnel.ike, cache);
    if (!credentials) {
      return failure(credentials.error().fault, "tunnels." + tunnel.name + ": " + credentials.error().what);
    }
    auto policy = ikestate::make_policy(tunnel, std::move(*credentials));
    if (!policy) return std::unexpected(policy.error());
    policies.push_back(std::move(*policy));
  }
  return policies;
}

TunnelWork Tunnels::configure(const ikestate::Moment& moment, const model::Config& before, const model::Config& after,
                              Policies policies) {
  TunnelWork work;
  for (const model::TunnelConfig& old : before.tunnels) {
    const model::TunnelConfig* const now = tunnel_named(after, old.name);
    if (!old.ike || (now != nullptr && !begins_anew(old, *now))) continue;
    take(moment, engine_.terminate(moment, old.name), work);
    if (now == nullptr || !now->ike) {
      lives_.erase(old.name);
      negotiated_.erase(old.name);
      settings_.erase(old.name);
      work.plan_changed = true;
    } else {
      lives_[old.name].try_at = kNever;
      settings_.erase(old.name);  // as if it were new
    }
  }
  policies_ = std::move(policies);
  engine_.configure(policies_);
  engine_.admit_by(admission_of(after.ike));
  for (const model::TunnelConfig& tunnel : after.tunnels) {
    if (!tunnel.ike) continue;
    const bool fresh = !settings_.contains(tunnel.name);
    settings_[tunnel.name] = *tunnel.ike;
    Life& life = lives_[tunnel.name];
    const auto& large = tunnel.ike->large_keys;
    const bool awaits = large && large->traffic == model::LargeKeyTraffic::kWaits;
    if (std::exchange(life.awaits_large_key, awaits) != awaits) {
      refresh(tunnel.name);
      work.plan_changed = true;
    }
    if (!fresh) continue;
    life.wanted = tunnel.ike->start == model::StartMode::kAlways;
    life.try_at = life.wanted ? moment.now : kNever;
  }
  try_due(moment, work);
  return work;
}

TunnelWork Tunnels::datagram(const ikestate::Moment& moment, const ikestate::Path& path, ConstBytes octets) {
  TunnelWork work;
  take(moment, engine_.datagram(moment, path, octets), work);
  return work;
}

TunnelWork Tunnels::stream_up(const ikestate::Moment& moment, const ikestate::Path& path) {
  TunnelWork work;
  take(moment, engine_.stream_up(moment, path), work);
  return work;
}

TunnelWork Tunnels::stream_ended(const ikestate::Moment& moment, StreamId stream) {
  TunnelWork work;
  take(moment, engine_.stream_ended(moment, stream), work);
  return work;
}

TunnelWork Tunnels::job_done(const ikestate::Moment& moment, ikestate::JobId id, ikestate::JobValue value) {
  TunnelWork work;
  take(moment, engine_.job_done(moment, id, std::move(value)), work);
  return work;
}

TunnelWork Tunnels::on_time(const ikestate::Moment& moment) {
  TunnelWork work;
  take(moment, engine_.on_time(moment), work);
  return work;
}

Nanos Tunnels::pause(std::uint32_t failures) {
  return std::min(kFirstPause * (1 << std::min<std::uint32_t>(failures, 10)), kLongestPause);
}

void Tunnels::try_due(const ikestate::Moment& moment, TunnelWork& work) {
  for (auto& [name, life] : lives_) {
    if (life.try_at > moment.now) continue;
    life.try_at = kNever;
    if (life.up.empty()) {
      if (life.trying) continue;
      life.trying = true;
      life.absence_told = false;
      life.tried_at = moment.now;
      const bool refused =
          life.failure && (life.failure->id == ikestate::kPeerRefusedUs || life.failure->id == ikestate::kWrongPsk);
      take(moment,
           engine_.initiate(moment, name, refused ? ike::Engine::Asking::kWithout : ike::Engine::Asking::kByName),
           work);
    } else if (life.children.empty()) {
      life.try_at = moment.now + pause(++life.failures);
      take(moment, engine_.create_child(moment, name), work);
    }
  }
}

// --- what the engine wants ---

void Tunnels::take(const ikestate::Moment& moment, ikestate::Effects effects, TunnelWork& work) {
  for (ikestate::Effect& effect : effects) {
    std::visit(
        [&](auto& one) {
          using Kind = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<Kind, ikestate::Send> || std::is_same_v<Kind, ikestate::SendKeepalive> ||
                        std::is_same_v<Kind, ikestate::Connect> || std::is_same_v<Kind, ikestate::ProveStream> ||
                        std::is_same_v<Kind, ikestate::CloseStream> || std::is_same_v<Kind, ikestate::RunJob>) {
            work.rest.push_back(std::move(effect));
          } else if constexpr (std::is_same_v<Kind, ikestate::IkeUp> || std::is_same_v<Kind, ikestate::IkeDown>) {
            take(moment, one);
          } else {
            take(moment, one, work);
          }
        },
        effect);
  }
}

void Tunnels::take(const ikestate::Moment& moment, ikestate::ChildUp& effect, TunnelWork& work) {
  const auto found = lives_.find(effect.tunnel);
  if (found == lives_.end()) return;
  Life& life = found->second;
  const std::string name = effect.tunnel;
  const ikestate::ChildId id = effect.id;
  const auto sending = life.children.find(life.sends_by);
  const bool better = sending == life.children.end() || !life.may_use(sending->second) || effect.large_key;
  const bool now =
      life.children.empty() || (effect.use == ikestate::OutboundUse::kNow && (better || !life.awaits_large_key));
  effect.inbound.payload = effect.aggfrag ? model::SaPayload::kAggfrag : model::SaPayload::kIp;
  life.children[id] = {std::move(effect), moment.now};
  life.failures = 0;
  life.try_at = kNever;
  life.failure.reset();
  life.failed_attempts = 0;
  life.failing_since = kNever;
  if (now) life.sends_by = id;
  refresh(name);
  work.plan_changed = true;
}

void Tunnels::use(const std::string& name, Life& life, ikestate::ChildId child, TunnelWork& work) {
  if (life.sends_by == child || !life.children.contains(child)) return;
  life.sends_by = child;
  refresh(name);
  work.plan_changed = true;
}

void Tunnels::take(const ikestate::Moment&, const ikestate::ChildUse& effect, TunnelWork& work) {
  if (const auto found = lives_.find(effect.tunnel); found != lives_.end()) {
    use(effect.tunnel, found->second, effect.id, work);
  }
}

void Tunnels::take(const ikestate::Moment& moment, const ikestate::ChildDown& effect, TunnelWork& work) {
  const auto found = lives_.find(effect.tunnel);
  if (found == lives_.end()) return;
  Life& life = found->second;
  const auto child = life.children.find(effect.id);
  if (child == life.children.end()) return;
  if (life.may_use(child->second)) {
    life.lingering.insert(life.lingering.begin(), {child->second.up.inbound, moment.now + kLinger});
  }
  life.children.erase(child);
  if (life.sends_by == effect.id)
    life.sends_by = life.children.empty() ? ikestate::ChildId{} : life.children.rbegin()->first;
  if (life.children.empty() && life.wanted && life.try_at == kNever) {
    life.try_at = moment.now + kFirstPause;
  }
  refresh(effect.tunnel);
  work.plan_changed = true;
}

void Tunnels::take(const ikestate::Moment&, const ikestate::PathMoved& effect, TunnelWork& work) {
  const auto found = lives_.find(effect.tunnel);
  if (found == lives_.end()) return;
  for (const ikestate::ChildId id : effect.children) {
    if (const auto child = found->second.children.find(id); child != found->second.children.end()) {
      child->second.up.path = effect.path;
    }
  }
  refresh(effect.tunnel);
  work.plan_changed = true;
}

void Tunnels::take(const ikestate::Moment& moment, const ikestate::IkeUp& effect) {
  const auto found = lives_.find(effect.tunnel);
  if (found == lives_.end()) return;
  Life& life = found->second;
  life.up.insert(effect.own_spi);
  life.trying = false;
  // Whatever becomes of the Child SA: it is asked for again if it does not come.
  life.try_at = life.wanted && life.children.empty() ? moment.now + pause(life.failures) : kNever;
}

void Tunnels::take(const ikestate::Moment& moment, const ikestate::IkeDown& effect) {
  const auto found = lives_.find(effect.tunnel);
  if (found == lives_.end()) return;
  Life& life = found->second;
  life.up.erase(effect.own_spi);
  if (!effect.was_up) {
    life.trying = false;
    if (!effect.again) ++life.failures;
    ++life.failed_attempts;
    if (life.failing_since == kNever) life.failing_since = moment.now;
  }
  if ((life.wanted || effect.again) && life.up.empty() && !life.trying) {
    const Nanos wait = effect.was_up ? kFirstPause : pause(life.failures);
    life.try_at = effect.again ? moment.now : moment.now + wait;
  }
}

void Tunnels::take(const ikestate::Moment& moment, ikestate::Report& effect, TunnelWork& work) {
  Happening happening{0, moment.now, std::move(effect.tunnel), effect.severity, effect.id, std::move(effect.text)};
  tell(moment, std::move(happening), work);
}

void Tunnels::tell(const ikestate::Moment& moment, Happening happening, TunnelWork& work) {
  happening.number = ++last_happening_;
  const bool bad = happening.severity == ikestate::Severity::kWarn || happening.severity == ikestate::Severity::kError;
  if (const auto life = lives_.find(happening.tunnel); bad && life != lives_.end()) {
    // Silence says less than what the peer or the network has said in the same attempt.
    const auto& before = life->second.failure;
    const bool said_more = before && before->at >= life->second.tried_at && before->id != ikestate::kPeerUnreachable;
    if (!said_more || happening.id != ikestate::kPeerUnreachable) life->second.failure = happening;
    if (life->second.failing_since == kNever) life->second.failing_since = moment.now;
  }
  happenings_.push_back(happening);
  if (happenings_.size() > kHappenings) happenings_.pop_front();
  work.happenings.push_back(std::move(happening));
}

// What the plan shall have of this tunnel: nothing of a Child SA that may not be used, as if it were not there.
void Tunnels::refresh(const std::string& name) {
  const auto found = lives_.find(name);
  if (found == lives_.end() || found->second.holds_back() ||
      (found->second.children.empty() && found->second.lingering.empty())) {
    negotiated_.erase(name);
    return;
  }
  const Life& life = found->second;
  Negotiated& agreed = negotiated_[name];
  agreed.inbound.clear();
  agreed.outbound.reset();
  for (auto child = life.children.rbegin(); child != life.children.rend(); ++child) {
    if (life.may_use(child->second)) agreed.inbound.push_back(child->second.up.inbound);
  }
  for (const Life::Lingering& old : life.lingering) agreed.inbound.push_back(old.sa);
  const auto sending = life.children.find(life.sends_by);
  if (sending == life.children.end() || !life.may_use(sending->second)) return;
  const ikestate::ChildUp& up = sending->second.up;
  agreed.outbound = up.outbound;
  agreed.selectors = up.selectors;
  agreed.encapsulation = up.encapsulation;
  agreed.udp_local_port = ikestate::kNatPort;
  agreed.udp_remote_port = up.path.remote.port == ikestate::kIkePort ? ikestate::kNatPort : up.path.remote.port;
  agreed.remote = up.path.remote.address;
  agreed.stream = up.path.stream;
  agreed.aggfrag = up.aggfrag;
  agreed.peer_takes_fragments = up.peer_takes_fragments;
  agreed.peer_wants_reports = up.peer_wants_reports;
}

// --- what the data plane tells ---

TunnelWork Tunnels::tick(const ikestate::Moment& moment, const model::Stats& stats) {
  TunnelWork work;
  for (const model::NamedTunnelStats& named : stats.tunnels) {
    const auto found = lives_.find(named.name);
    if (found == lives_.end()) continue;
    Life& life = found->second;
    look_at_sas(moment, named.name, life, named, work);
    const std::uint64_t refused = named.counters.tx_drop_pkts;
    const bool asked_for = refused > std::exchange(life.refused_packets, refused) && life.children.empty();
    const bool on_traffic = settings_[named.name].start == model::StartMode::kOnTraffic;
    if (asked_for && on_traffic && !life.trying && life.try_at == kNever) life.try_at = moment.now;
  }
  for (auto& [name, life] : lives_) {
    if (std::erase_if(life.lingering, [&](const auto& old) { return old.until <= moment.now; }) == 0) continue;
    work.plan_changed = true;
    refresh(name);
  }
  try_due(moment, work);
  return work;
}

void Tunnels::look_at_sas(const ikestate::Moment& moment, const std::string& name, Life& life,
                          const model::NamedTunnelStats& stats, TunnelWork& work) {
  std::vector<ikestate::ChildId> worn;
  for (auto& [id, child] : life.children) {
    for (const model::SaStats& sa : stats.inbound) {
      if (sa.spi != child.up.inbound.spi || sa.packets == child.seen_packets) continue;
      child.seen_packets = sa.packets;
      engine_.heard(moment, id);
      if (std::exchange(child.proven, true)) continue;
      if (child.up.use == ikestate::OutboundUse::kOnProof) use(name, life, id, work);
    }
    const std::uint64_t limit = settings_[name].esp.rekey_octets;
    const bool sends = stats.outbound && stats.outbound->spi == child.up.outbound.spi;
    const bool is_worn =
        sends && ((limit != 0 && stats.outbound->octets >= limit) || stats.outbound->remaining < kLowNumbers);
    if (is_worn && !std::exchange(child.rekey_asked, true)) worn.push_back(id);
  }
  for (const ikestate::ChildId id : worn) take(moment, engine_.rekey_child(moment, id), work);
}

TunnelWork Tunnels::event(const ikestate::Moment& moment, const std::string& tunnel, const model::Event& event) {
  TunnelWork work;
  const auto found = lives_.find(tunnel);
  if (found == lives_.end()) return work;
  Life& life = found->second;
  ikestate::ChildId streamed;
  for (auto& [id, child] : life.children) {
    if (child.up.inbound.spi != event.spi) continue;
    if (event.kind == model::EventKind::kInboundProven) {
      child.proven = true;
      engine_.heard(moment, id);
      if (child.up.use == ikestate::OutboundUse::kOnProof) use(tunnel, life, id, work);
    } else if (event.kind == model::EventKind::kPeerMoved && child.up.encapsulation == model::Encapsulation::kUdp) {
      child.up.path.remote = {event.address, event.udp_port};
      refresh(tunnel);
      work.plan_changed = true;
    } else if (event.kind == model::EventKind::kStreamMoved && child.up.encapsulation == model::Encapsulation::kTcp) {
      streamed = id;
    }
  }
  if (streamed != ikestate::ChildId{}) take(moment, engine_.esp_arrived(moment, streamed, StreamId{event.count}), work);
  return work;
}

TunnelWork Tunnels::nobody_at(const ikestate::Moment& moment, const ikestate::Path& path, bool at_port) {
  TunnelWork work;
  for (const ikestate::PolicyPtr& policy : policies_) {
    if (policy->local != path.local.address || policy->remote != path.remote.address) continue;
    Life& life = lives_[policy->name];
    if (!life.trying || std::exchange(life.absence_told, true)) continue;
    const std::string text = at_port ? "the host is there, but nobody listens at " + path.remote.text()
                                     : "the network knows no way to " + path.remote.address.text();
    tell(moment,
         {0, moment.now, policy->name, ikestate::Severity::kWarn,
          at_port ? ikestate::kNobodyListens : ikestate::kPeerUnreachable, text},
         work);
  }
  return work;
}

// --- commands ---

Result<TunnelWork> Tunnels::bring_up(const ikestate::Moment& moment, const std::string& tunnel) {
  const auto found = lives_.find(tunnel);
  if (found == lives_.end()) return no_such(tunnel);
  TunnelWork work;
  Life& life = found->second;
  life.wanted = true;
  if (life.children.empty() && !life.trying) {
    life.failures = 0;
    life.try_at = moment.now;
  }
  try_due(moment, work);
  return work;
}

Result<TunnelWork> Tunnels::take_down(const ikestate::Moment& moment, const std::string& tunnel, Extent extent) {
  const auto found = lives_.find(tunnel);
  if (found == lives_.end()) return no_such(tunnel);
  TunnelWork work;
  found->second.wanted = false;
  found->second.try_at = kNever;
  take(moment, extent == Extent::kWhole ? engine_.terminate(moment, tunnel) : engine_.delete_children(moment, tunnel),
       work);
  return work;
}

Result<TunnelWork> Tunnels::rekey(const ikestate::Moment& moment, const std::string& tunnel, ike::RekeyTarget what) {
  const auto found = lives_.find(tunnel);
  if (found == lives_.end()) return no_such(tunnel);
  if (found->second.up.empty()) return failure(Fault::kUnreachable, "tunnel \"" + tunnel + "\" is not up");
  TunnelWork work;
  take(moment, engine_.rekey(moment, tunnel, what), work);
  return work;
}

TunnelWork Tunnels::say_farewell(const ikestate::Moment& moment) {
  TunnelWork work;
  for (auto& [name, life] : lives_) {
    life.wanted = false;
    life.try_at = kNever;
    take(moment, engine_.terminate(moment, name), work);
  }
  return work;
}

}  // namespace levelgate::control
