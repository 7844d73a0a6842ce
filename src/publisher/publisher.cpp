// SPDX-License-Identifier: Apache-2.0
//
// Make, keep, bury. An SA whose specification did not change keeps its sealer and opener whatever else changes, so that
// no sequence number is ever used twice and no replay window is ever forgotten (RFC 4303 §3.3.3, §3.4.3).
#include "publisher/publisher.h"

#include <algorithm>
#include <cstring>

#include "dataplane/path_settings.h"
#include "publisher/plan_routes.h"

namespace levelgate::publisher {
namespace {

esp::SequenceWidth width_of(const model::EspSa& sa) {
  return sa.esn ? esp::SequenceWidth::k64 : esp::SequenceWidth::k32;
}

// `highest`: the last number that was used.
model::SaStats stats_of(const model::EspSa& sa, const dataplane::SaCounters& counters, std::uint64_t highest) {
  const std::uint64_t last = sa.esn ? ~std::uint64_t{0} : 0xffffffffU;
  return {sa.spi, counters.packets.load(), counters.octets.load(), highest < last ? last - highest : 0};
}

esp::Salt salt_of(const model::EspSa& sa) {
  esp::Salt salt{};
  std::memcpy(salt.data(), sa.key->bytes().data() + key_octets(sa.cipher), salt.size());
  return salt;
}

// An SA that says itself what it carries does not follow the tunnel's mode.
bool same_inbound(const model::TunnelPlan& a, const model::TunnelPlan& b, const model::EspSa& sa) {
  const bool same_payload = sa.payload != model::SaPayload::kAsTunnelSays || a.tfs.mode == b.tfs.mode;
  return a.tfs.receive == b.tfs.receive && same_payload && a.worker == b.worker;
}

// Whether an SA lives in both, so that its numbers must go on.
bool shares_sa(const model::TunnelPlan& a, const model::TunnelPlan& b) {
  if (a.outbound && a.outbound == b.outbound) return true;
  return std::any_of(a.inbound.begin(), a.inbound.end(), [&](const model::EspSa& sa) {
    return std::find(b.inbound.begin(), b.inbound.end(), sa) != b.inbound.end();
  });
}

}  // namespace

Publisher::Publisher(PublisherParts parts) : parts_(std::move(parts)) {}
Publisher::~Publisher() = default;

Result<std::unique_ptr<esp::CipherKey>> Publisher::make_key(const model::EspSa& sa, esp::Purpose purpose,
                                                            WorkerId worker) {
  if (!sa.key || sa.key->size() != key_octets(sa.cipher) + kSaltOctets) {
    return failure(Fault::kBadInput, "key of SPI " + std::to_string(sa.spi.value) + " has the wrong length");
  }
  return parts_.ciphers[worker.value]->prepare(sa.cipher, sa.key->bytes().first(key_octets(sa.cipher)), purpose);
}

// What of `old` can be kept is left empty here; move_kept() brings it over when the whole plan is made.
Result<Publisher::Tunnel> Publisher::make_tunnel(const model::TunnelPlan& plan, const Tunnel* old, Instant start,
                                                 std::uint32_t max_inner_octets) {
  Tunnel made;
  made.plan = plan;
  made.serial = old != nullptr ? old->serial : next_serial_++;
  made.counters = old != nullptr ? old->counters : std::make_shared<dataplane::TunnelCounters>();
  const bool same_worker = old != nullptr && old->plan.worker == plan.worker;
  if (old != nullptr && !same_worker && shares_sa(old->plan, plan)) {
    return failure(Fault::kBadInput, "an SA cannot move to another worker: its numbers live on the old one");
  }
  made.setting = setting_of(plan, old);
  if (same_worker && old->setting == made.setting) {
    made.queue = old->queue;
  } else if (same_worker) {
    const std::uint32_t room = dataplane::OuterFrame(*made.setting).data_room();
    made.queue = std::make_shared<dataplane::OutboundQueue>(*made.setting, room);
  }
  if (!same_worker) made.outbound = std::make_unique<dataplane::OutboundTunnel>(*made.setting, start, *made.counters);
  made.congestion = congestion_of(plan, same_worker ? old : nullptr, start);
  const bool keep_sealer = same_worker && plan.outbound && old->sealer && old->sealer->spec == *plan.outbound;
  if (plan.outbound && !keep_sealer) {
    auto sealer = make_outbound(*plan.outbound, plan.worker);
    if (!sealer) return std::unexpected(sealer.error());
    made.sealer = std::move(*sealer);
  }
  for (const model::EspSa& spec : plan.inbound) {
    auto state = make_inbound(plan, spec, same_worker ? old : nullptr, max_inner_octets, *made.counters);
    if (!state) return std::unexpected(state.error());
    made.inbound.push_back(std::move(*state));
  }
  return made;
}

std::shared_ptr<const dataplane::OutboundSetting> Publisher::setting_of(const model::TunnelPlan& plan,
                                                                        const Tunnel* old) {
  dataplane::OutboundSetting setting(plan, next_setting_, parts_.flow_key);
  if (old != nullptr && old->setting->same_as(setting)) return old->setting;
  ++next_setting_;
  return std::make_shared<const dataplane::OutboundSetting>(std::move(setting));
}

// `old`: the tunnel as it ran on the same worker, or null. What was learnt of the path is kept while it can be.
std::shared_ptr<congestion::PathControl> Publisher::congestion_of(const model::TunnelPlan& plan, const Tunnel* old,
                                                                  Instant start) {
  if (!plan.tfs.sends_reports()) return nullptr;
  const congestion::PathSettings settings = dataplane::path_settings(plan.tfs);
  if (old == nullptr || !old->congestion) return std::make_shared<congestion::PathControl>(settings, start);
  model::TfsSettings before = old->plan.tfs;
  if (before.path_mtu) before.packet_size = plan.tfs.packet_size;  // what it has found itself
  const bool keep = dataplane::path_settings(before) == settings;
  return keep ? old->congestion : std::make_shared<congestion::PathControl>(settings, start);
}

Result<std::unique_ptr<Publisher::OutboundState>> Publisher::make_outbound(const model::EspSa& sa, WorkerId worker) {
  auto key = make_key(sa, esp::Purpose::kSeal, worker);
  if (!key) return std::unexpected(key.error());
  auto state = std::make_unique<OutboundState>();
  state->spec = sa;
  state->id = SaId{next_sa_++};
  state->sealer = std::make_unique<esp::Sealer>(sa.spi, width_of(sa), sa.first_sequence, salt_of(sa), std::move(*key));
  return state;
}

// `old`: the tunnel as it ran on the same worker, or null.
Result<Publisher::InboundState> Publisher::make_inbound(const model::TunnelPlan& plan, const model::EspSa& spec,
                                                        const Tunnel* old, std::uint32_t max_inner_octets,
                                                        dataplane::TunnelCounters& counters) {
  const InboundState* kept = nullptr;
  if (old != nullptr) {
    const auto found = std::find_if(old->inbound.begin(), old->inbound.end(),
                                    [&](const InboundState& state) { return state.spec == spec; });
    if (found != old->inbound.end()) kept = &*found;
  }
  InboundState state;
  state.spec = spec;
  if (kept == nullptr) {
    auto key = make_key(spec, esp::Purpose::kOpen, plan.worker);
    if (!key) return std::unexpected(key.error());
    state.opener = std::make_unique<esp::Opener>(spec.spi, width_of(spec), plan.replay_window.value_or(4096),
                                                 spec.first_sequence, salt_of(spec), std::move(*key));
    state.counters = std::make_unique<dataplane::SaCounters>();
  }
  if (kept == nullptr || !same_inbound(old->plan, plan, spec)) {
    const dataplane::FirstNumber first =
        kept == nullptr ? dataplane::FirstNumber::kOfPlan : dataplane::FirstNumber::kOfFirstPacket;
    const InboundState& numbers = kept != nullptr ? *kept : state;
    state.sa = std::make_unique<dataplane::InboundSa>(
        plan, spec, first, max_inner_octets, dataplane::InboundKept{*numbers.opener, *numbers.counters, counters});
  }
  return state;
}

void Publisher::move_kept(Tunnel& from, Tunnel& to) {
  if (!to.outbound) to.outbound = std::move(from.outbound);
  if (!to.sealer && to.plan.outbound) to.sealer = std::move(from.sealer);
  for (InboundState& state : to.inbound) {
    for (InboundState& old : from.inbound) {
      if (!(old.spec == state.spec) || (state.opener && state.sa)) continue;
      if (!state.opener) {
        state.opener = std::move(old.opener);
        state.counters = std::move(old.counters);
      }
      if (!state.sa) state.sa = std::move(old.sa);
    }
  }
}

Result<void> Publisher::apply(const model::ForwardingPlan& plan, Instant start) {
  if (applied_ && plan == plan_) return {};
  std::vector<Tunnel> made;
  std::map<std::string, Tunnel*> old_by_name;
  for (Tunnel& tunnel : tunnels_) old_by_name[tunnel.plan.name] = &tunnel;
  for (const model::TunnelPlan& wanted : plan.tunnels) {
    const auto old = old_by_name.find(wanted.name);
    auto tunnel = make_tunnel(wanted, old == old_by_name.end() ? nullptr : old->second, start, plan.max_inner_octets);
    if (!tunnel) return failure(tunnel.error().fault, "tunnels." + wanted.name + ": " + tunnel.error().what);
    made.push_back(std::move(*tunnel));
  }
  // From here on nothing can fail.
  for (Tunnel& tunnel : made) {
    const auto old = old_by_name.find(tunnel.plan.name);
    if (old != old_by_name.end()) move_kept(*old->second, tunnel);
  }
  for (Tunnel& old : tunnels_) buried_.push_back({std::move(old), true, 0});
  tunnels_ = std::move(made);
  plan_ = plan;
  applied_ = true;
  publish();
  update_routes();
  return {};
}

void Publisher::publish() {
  std::unique_ptr<dataplane::Snapshot> snapshot = make_snapshot();
  const std::uint64_t version = parts_.snapshots.publish(snapshot.get());
  published_.push_back({std::move(snapshot), version});
}

std::unique_ptr<dataplane::Snapshot> Publisher::make_snapshot() {
  auto snapshot = std::make_unique<dataplane::Snapshot>();
  for (std::size_t i = 0; i < plan_.ports.size(); ++i) {
    const model::PortPlan& port = plan_.ports[i];
    snapshot->ports.push_back({PortId{static_cast<std::uint16_t>(i)}, port.mac, port.mtu, port.side, port.addresses});
    for (const IpPrefix& prefix : port.addresses) {
      if (prefix.address.family() == IpFamily::kV4) {
        snapshot->own_v4.push_back(prefix.address.v4_host_order());
      } else {
        snapshot->own_v6.push_back(prefix.address);
      }
    }
  }
  snapshot->neighbours = dataplane::NeighbourTable(plan_.neighbours);
  add_tunnels(*snapshot);
  add_next_hops(*snapshot);
  return snapshot;
}

void Publisher::add_tunnels(dataplane::Snapshot& snapshot) const {
  std::size_t inbound_count = 0;
  for (const Tunnel& tunnel : tunnels_) inbound_count += tunnel.inbound.size();
  for (const Buried& buried : buried_) inbound_count += buried.parts.inbound.size();
  snapshot.tunnels.reserve(tunnels_.size());  // entries are pointed at: they must not move
  snapshot.closing.reserve(buried_.size());
  snapshot.inbound.reserve(inbound_count);
  for (const Tunnel& tunnel : tunnels_) {
    snapshot.tunnels.push_back(entry_of(tunnel));
    if (!snapshot.own(tunnel.plan.local)) {
      if (tunnel.plan.local.family() == IpFamily::kV4) snapshot.own_v4.push_back(tunnel.plan.local.v4_host_order());
      if (tunnel.plan.local.family() == IpFamily::kV6) snapshot.own_v6.push_back(tunnel.plan.local);
    }
    dataplane::InboundEntry* newer = nullptr;
    for (const InboundState& state : tunnel.inbound) {
      snapshot.inbound.push_back({state.sa.get(), &snapshot.tunnels.back(), tunnel.plan.worker, false, nullptr});
      dataplane::InboundEntry& entry = snapshot.inbound.back();
      if (newer != nullptr) newer->older = &entry;
      newer = &entry;
      snapshot.spis[state.spec.spi.value] = &entry;
    }
  }
  add_closing(snapshot);
}

dataplane::TunnelEntry Publisher::entry_of(const Tunnel& tunnel) const {
  dataplane::TunnelEntry entry;
  entry.id = tunnel.plan.id;
  entry.serial = tunnel.serial;
  entry.worker = tunnel.plan.worker;
  entry.outbound = tunnel.outbound.get();
  entry.setting = tunnel.setting.get();
  entry.setting_serial = tunnel.setting->serial;
  entry.queue = tunnel.queue.get();
  entry.congestion = tunnel.congestion.get();
  entry.breaker_clears = tunnel.plan.breaker_clears;
  if (tunnel.sealer) {
    entry.sealer = tunnel.sealer->sealer.get();
    entry.sealed = &tunnel.sealer->counters;
    entry.sealer_id = tunnel.sealer->id;
  }
  entry.counters = tunnel.counters.get();
  entry.inner_mtu = tunnel.setting->inner_mtu(dataplane::OuterFrame(*tunnel.setting).data_room());
  entry.path = outer_path(plan_, tunnel.plan, parts_.unknown_neighbour_mac);
  entry.in_stream = tunnel.plan.encapsulation == model::Encapsulation::kTcp;
  entry.stream = tunnel.plan.stream;
  entry.udp = tunnel.plan.encapsulation == model::Encapsulation::kUdp;
  entry.remote = tunnel.plan.remote;
  entry.udp_remote_port = tunnel.plan.udp_remote_port;
  entry.selectors = dataplane::SelectorMatch(tunnel.plan.selectors);
  return entry;
}

// Oldest first: what their SAs hold is delivered in that order, where the tunnel lives on.
void Publisher::add_closing(dataplane::Snapshot& snapshot) const {
  for (const Buried& buried : buried_) {
    if (!buried.named_closing) continue;
    const Tunnel& parts = buried.parts;
    const WorkerId worker = parts.plan.worker;
    if (parts.outbound) {
      dataplane::TunnelEntry entry;
      entry.worker = worker;
      entry.outbound = parts.outbound.get();
      entry.counters = parts.counters.get();
      entry.closing = true;
      snapshot.closing.push_back(std::move(entry));
    }
    const auto living = std::find_if(
        snapshot.tunnels.begin(), snapshot.tunnels.end(),
        [&](const dataplane::TunnelEntry& entry) { return entry.serial == parts.serial && entry.worker == worker; });
    const dataplane::TunnelEntry* const tunnel = living == snapshot.tunnels.end() ? nullptr : &*living;
    for (auto state = parts.inbound.rbegin(); state != parts.inbound.rend(); ++state) {
      if (state->sa) snapshot.inbound.push_back({state->sa.get(), tunnel, worker, true, nullptr});
    }
  }
}

// Numbers are stable for what a next hop is, and are not given to another one: a worker that looks up a route while it
// changes finds the old or the new next hop, never a third.
void Publisher::add_next_hops(dataplane::Snapshot& snapshot) {
  for (const auto& [prefix, route] : best_routes(plan_)) {
    const std::string key = hop_key(*route, plan_);
    auto [found, fresh] = hop_numbers_.try_emplace(key, next_hop_number_);
    if (fresh) ++next_hop_number_;
    if (snapshot.next_hops.size() <= found->second) snapshot.next_hops.resize(found->second + 1);
    snapshot.next_hops[found->second] = hop_of(*route);
  }
}

// New ones before old ones go, so that no packet finds nothing in between; then those for which there is room only now.
void Publisher::update_routes() {
  const auto best = best_routes(plan_);
  const auto insert_new = [&] {
    routes_without_room_ = 0;
    for (const auto& [prefix, route] : best) {
      const std::uint64_t number = hop_numbers_[hop_key(*route, plan_)];
      const auto installed = installed_.find(prefix);
      if (installed != installed_.end() && installed->second == number) continue;
      if (parts_.routes.insert(prefix, number)) {
        installed_[prefix] = number;
      } else {
        ++routes_without_room_;
      }
    }
  };
  insert_new();
  for (auto it = installed_.begin(); it != installed_.end();) {
    if (best.contains(it->first)) {
      ++it;
      continue;
    }
    parts_.routes.erase(it->first);
    it = installed_.erase(it);
  }
  if (routes_without_room_ != 0) insert_new();
}

void Publisher::reclaim() {
  bool some_drained = false;
  for (Buried& buried : buried_) {
    if (!buried.named_closing) continue;
    bool drained = !buried.parts.outbound || buried.parts.outbound->drained.is_set();
    for (const InboundState& state : buried.parts.inbound)
      drained = drained && (!state.sa || state.sa->drained.is_set());
    if (!drained) continue;
    buried.named_closing = false;
    some_drained = true;
  }
  if (some_drained) {
    publish();
    for (Buried& buried : buried_) {
      if (!buried.named_closing && buried.gone_since == 0) buried.gone_since = published_.back().version;
    }
  }
  std::erase_if(buried_, [&](const Buried& buried) {
    return buried.gone_since != 0 && parts_.snapshots.passed(buried.gone_since);
  });
  while (published_.size() > 1 && parts_.snapshots.passed(published_[1].version)) published_.pop_front();
}

std::optional<Publisher::Streaming> Publisher::streaming(const dataplane::StreamedBy& by) const {
  const std::size_t place = by.tunnel.value;
  if (place >= tunnels_.size() || tunnels_[place].serial != by.serial) return std::nullopt;
  return Streaming{tunnels_[place].plan.stream, tunnels_[place].counters.get()};
}

std::optional<WorkerId> Publisher::owner_of(Spi spi) const {
  if (published_.empty()) return std::nullopt;
  const auto& spis = published_.back().snapshot->spis;
  const auto found = spis.find(spi.value);
  return found == spis.end() ? std::nullopt : std::optional(found->second->worker);
}

bool Publisher::nothing_buried() const { return buried_.empty(); }

model::Stats Publisher::stats() const {
  model::Stats stats;
  stats.drops = drops_;
  for (const Tunnel& tunnel : tunnels_) {
    model::NamedTunnelStats named;
    named.name = tunnel.plan.name;
    named.counters = tunnel.counters->read();
    named.classes = tunnel.counters->read_classes(tunnel.plan.qos);
    for (const InboundState& state : tunnel.inbound) {
      named.inbound.push_back(stats_of(state.spec, *state.counters, state.counters->highest.load()));
    }
    if (tunnel.sealer) {
      const std::uint64_t before = std::max<std::uint64_t>(tunnel.sealer->spec.first_sequence.value, 1) - 1;
      const dataplane::SaCounters& counters = tunnel.sealer->counters;
      named.outbound = stats_of(tunnel.sealer->spec, counters, before + counters.packets.load());
    }
    stats.tunnels.push_back(std::move(named));
  }
  for (const dataplane::WorkerCounters* const worker : parts_.workers) {
    for (std::size_t i = 0; i < model::kDropCount; ++i) stats.drops[i] += worker->drops[i].load();
    model::WorkerStats values;
    values.turns = worker->turns.load();
    values.busy_turns = worker->busy_turns.load();
    values.longest_turn_ns = worker->longest_turn_ns.load();
    values.events_lost = worker->events_lost.load();
    stats.workers.push_back(values);
  }
  return stats;
}

}  // namespace levelgate::publisher
