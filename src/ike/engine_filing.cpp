// SPDX-License-Identifier: Apache-2.0
//
// What the engine does when the call of an SA is over: timers, the names and children under which SAs are found, SAs
// that are gone, and two lines of SAs with one peer, of which one gives way (RFC 7296 §2.4, §2.8.2).
#include <algorithm>
#include <utility>

#include "ike/engine.h"

namespace levelgate::ike {

using ikeexchange::Means;
using ikestate::ChildId;
using ikestate::CloseStream;
using ikestate::kPeerRestarted;
using ikestate::Path;
using ikestate::PathMoved;
using ikestate::Phase;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::Want;
using ikewire::IkeRole;

void Engine::settle(Means& means, std::uint64_t own_spi) {
  touched_.insert(own_spi);
  settle_touched(means);
}

void Engine::settle_touched(Means& means) {
  while (!touched_.empty() || !authenticated_.empty() || !adopted_to_delete_.empty()) {
    const auto fresh = std::exchange(authenticated_, {});
    for (const auto& [spi, initial_contact] : fresh) close_duplicates(means, spi, initial_contact);
    for (const std::uint64_t spi : std::exchange(adopted_to_delete_, {})) {
      sas_.at(spi).sa->want(means, Want::kDeleteIke);
      touched_.insert(spi);
    }
    const auto touched = std::exchange(touched_, {});
    for (const std::uint64_t spi : touched) settle_one(means, spi);
  }
}

void Engine::settle_one(Means& means, std::uint64_t own_spi) {
  const auto found = sas_.find(own_spi);
  if (found == sas_.end()) return;
  Entry& entry = found->second;
  const bool handshake = entry.sa->state().established_at == kNever;
  if (entry.half_open && (!handshake || entry.sa->gone())) {
    tiers_.closed(entry.half_open->source);
    entry.half_open.reset();
  }
  const Instant next = entry.sa->deadline();
  if (next != entry.timer || entry.sa->gone()) {
    if (entry.timer != kNever) timers_.erase({entry.timer, own_spi});
    entry.timer = next;
    if (next != kNever) timers_.insert({next, own_spi});
  }
  file_children(entry, own_spi);
  tell_stream(means, *entry.sa);
  note_attempt(entry, means.moment.now);
  file_stream(means, entry, own_spi, entry.sa->gone() ? StreamId{} : entry.sa->state().path.stream);
  if (!entry.sa->gone()) return file_under(entry, own_spi, entry.sa->state().tunnel());
  if (entry.init) inits_.erase(*entry.init);
  unfile(entry, own_spi);
  sas_.erase(found);
}

// Once for each attempt of ours: what it says of the path.
void Engine::note_attempt(Entry& entry, Instant now) {
  const SaState& state = entry.sa->state();
  const bool up = state.established_at != kNever;
  if (!entry.attempt || (!up && !entry.sa->gone())) return;
  entry.attempt = false;
  const negotiation::AttemptEnd end = up ? negotiation::AttemptEnd::kUp : state.attempt_end();
  negotiation::TransportMemory& memory = transports_[state.tunnel()];
  memory = negotiation::after(memory, {state.attempt.opening, end, state.attempt.repeats}, now);
}

// A responder learns late whose SA it is.
void Engine::file_under(Entry& entry, std::uint64_t own_spi, const std::string& tunnel) {
  if (entry.tunnel != tunnel) unfile(entry, own_spi);
  entry.tunnel = tunnel;
  of_tunnel_[tunnel].insert(own_spi);
}

void Engine::unfile(Entry& entry, std::uint64_t own_spi) {
  const auto filed = of_tunnel_.find(entry.tunnel);
  if (filed == of_tunnel_.end()) return;
  filed->second.erase(own_spi);
  if (filed->second.empty()) of_tunnel_.erase(filed);
}

// Who leaves a stream last closes it, at its end or for a newer one [9329-6.1-d, 9329-6.1-e, 9329-6.1-s].
void Engine::file_stream(Means& means, Entry& entry, std::uint64_t own_spi, StreamId stream) {
  if (entry.stream == stream) return;
  if (const auto users = of_stream_.find(entry.stream); users != of_stream_.end()) {
    users->second.erase(own_spi);
    if (users->second.empty()) {
      of_stream_.erase(users);
      means.effects.push_back(CloseStream{entry.stream});
    }
  }
  entry.stream = stream;
  if (stream != StreamId{}) of_stream_[stream].insert(own_spi);
}

// Children come, go, and move to the SA that replaces theirs.
void Engine::file_children(Entry& entry, std::uint64_t own_spi) {
  const auto& children = entry.sa->state().children;
  for (const ChildId id : entry.children) {
    const auto owner = owners_.find(id.value);
    if (!children.contains(id) && owner != owners_.end() && owner->second == own_spi) owners_.erase(owner);
  }
  entry.children.clear();
  for (const auto& [id, child] : children) {
    entry.children.push_back(id);
    owners_[id.value] = own_spi;
  }
}

// Whatever made the stream another one, or the children those of another SA: they go where the SA goes [9329-6.1-q].
void Engine::tell_stream(Means& means, IkeSa& sa) {
  SaState& state = sa.state();
  if (sa.gone() || !state.esp_in_stream()) return;
  const Path path = state.esp_path();
  std::vector<ChildId> moved;
  for (auto& [id, child] : state.children) {
    if (std::exchange(child.stream, path.stream) != path.stream) moved.push_back(id);
  }
  if (!moved.empty()) means.effects.push_back(PathMoved{state.tunnel(), std::move(moved), path});
}

// The peer has one SA with us at the end: it says so, or both began at once and the same one gives way at both sides.
// Only an SA of the same identity ends by it [7296-2.4-d].
void Engine::close_duplicates(Means& means, std::uint64_t own_spi, bool initial_contact) {
  const auto fresh = sas_.find(own_spi);
  if (fresh == sas_.end()) return;
  const SaState& state = fresh->second.sa->state();
  for (const std::uint64_t spi : sas_of(state.tunnel())) {
    if (spi == own_spi) continue;
    IkeSa& older = *sas_.at(spi).sa;
    if (older.state().phase != Phase::kEstablished || older.state().peer_id != state.peer_id) continue;
    touched_.insert(spi);
    const bool at_once = means.moment.now - older.state().established_at < limits::kSimultaneous;
    if (initial_contact && !at_once) {
      older.close_now(means, {kPeerRestarted, "the peer came back without its old SAs", Severity::kInfo});
      continue;
    }
    const bool older_loses = older.state().birth_nonce < state.birth_nonce;
    // As in a collision of rekeys, the lowest nonce gives way (RFC 7296 §2.8.2).
    IkeSa& loser = older_loses ? older : *fresh->second.sa;
    if (loser.state().birth_role == IkeRole::kInitiator) loser.want(means, Want::kDeleteIke);
    touched_.insert(own_spi);
  }
}

}  // namespace levelgate::ike
