// SPDX-License-Identifier: Apache-2.0
//
// Counting and demanding.
#include "admission/tiers.h"

#include <algorithm>

#include "admission/source_key.h"

namespace levelgate::admission {
namespace {

// What one operator gives out at a place (RFC 8019 §4.2).
IpAddress network_key(const IpAddress& source) {
  const bool v4 = source.family() == IpFamily::kV4;
  return IpPrefix{source, static_cast<std::uint8_t>(v4 ? 24 : 48)}.network().address;
}

}  // namespace

Tiers::Demand Tiers::demand_of_all(Instant now) {
  if (total_ >= settings_.cookie_at) cookies_until_ = now + limits::kCookieHold;
  if (puzzles() && total_ >= settings_.puzzle_at) puzzles_until_ = cookies_until_ = now + limits::kCookieHold;
  if (now < puzzles_until_) return Demand::kWork;
  return now < cookies_until_ ? Demand::kAddress : Demand::kNothing;
}

// The soft limits: they reach nobody beyond the source and its network (RFC 8019 §4.2).
Tiers::Demand Tiers::demand_of(Instant now, Counted* source, Counted* network) const {
  if (source != nullptr && source->half_open >= limits::kCookieAtHalfOpenOfSource) {
    source->cookies_until = now + limits::kCookieHold;
  }
  if (source != nullptr && source->half_open >= limits::kPuzzleAtHalfOpenOfSource) {
    source->puzzles_until = now + limits::kCookieHold;
  }
  if (network != nullptr && network->half_open >= settings_.of_network / 4) {
    network->puzzles_until = now + limits::kCookieHold;
  }
  const bool work =
      (source != nullptr && now < source->puzzles_until) || (network != nullptr && now < network->puzzles_until);
  if (work) return puzzles() ? Demand::kWork : Demand::kAddress;
  return source != nullptr && now < source->cookies_until ? Demand::kAddress : Demand::kNothing;
}

// At best one of four, and nobody when all is taken.
bool Tiers::lucky(std::uint16_t draw) const {
  const std::size_t free = limits::kHalfOpen - std::min(total_, limits::kHalfOpen);
  const std::size_t chance =
      (std::size_t{1} << 14) * free / (limits::kHalfOpen - std::min(settings_.puzzle_at, limits::kHalfOpen - 1));
  return draw < std::min(chance, std::size_t{1} << 14);
}

Verdict Tiers::judge(Instant now, const IpAddress& source, Shown shown, std::uint16_t draw) {
  forget_idle(now);
  const auto find = [](Counts& counts, const IpAddress& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? nullptr : &found->second;
  };
  Counted* const of_source = find(sources_, source_key(source));
  Counted* const of_network = find(networks_, network_key(source));
  const bool known = knows(now, source);
  if (total_ >= (known ? limits::kHalfOpen : limits::kHalfOpen - limits::kHalfOpen / 8)) return Verdict::kDrop;
  if (of_source != nullptr && of_source->half_open >= settings_.of_source) return Verdict::kDrop;
  if (of_network != nullptr && of_network->half_open >= settings_.of_network) return Verdict::kDrop;
  if (of_source == nullptr && !known && sources_.size() >= limits::kSources) return Verdict::kDrop;

  Demand all = demand_of_all(now);
  if (known && all == Demand::kWork) all = Demand::kAddress;
  switch (std::max(all, demand_of(now, of_source, of_network))) {
    case Demand::kNothing:
      return Verdict::kServe;
    case Demand::kAddress:
      return shown == Shown::kNothing ? Verdict::kAskCookie : Verdict::kServe;
    case Demand::kWork:
      break;
  }
  // Only who has a puzzle, and is where it says, takes part in the lottery [8019-7.1-b, 8019-7.1-c].
  const bool served = shown == Shown::kSolved || (shown == Shown::kUnsolved && lucky(draw));
  return served ? Verdict::kServe : Verdict::kAskPuzzle;
}

void Tiers::opened(const IpAddress& source) {
  ++total_;
  ++sources_[source_key(source)].half_open;
  ++networks_[network_key(source)].half_open;
}

void Tiers::closed(const IpAddress& source) {
  const auto found = sources_.find(source_key(source));
  const auto network = networks_.find(network_key(source));
  if (found == sources_.end() || found->second.half_open == 0 || network == networks_.end()) return;
  --total_;
  --found->second.half_open;
  --network->second.half_open;
  if (found->second.idle(Instant() + Nanos(1))) sources_.erase(found);
  if (network->second.idle(Instant() + Nanos(1))) networks_.erase(network);
}

// In turns as long as a demand is held, so that the cost for one request is small.
void Tiers::forget_idle(Instant now) {
  if (now < forget_at_) return;
  forget_at_ = now + limits::kCookieHold;
  const auto idle = [&](const auto& entry) { return entry.second.idle(now); };
  std::erase_if(sources_, idle);
  std::erase_if(networks_, idle);
}

}  // namespace levelgate::admission
