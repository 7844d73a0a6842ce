// SPDX-License-Identifier: Apache-2.0
//
// A path with a largest packet, a sender that searches for it and a peer that reports, slot by slot in virtual time.
#pragma once

#include <map>
#include <random>
#include <utility>
#include <vector>

#include "congestion/path_mtu_search.h"
#include "congestion/round_trip.h"

namespace levelgate::testing {

class SearchedPath {
 public:
  explicit SearchedPath(const congestion::PathMtuLimits& limits, unsigned seed = 1)
      : search(limits), size(limits.base), random_(seed) {}

  // Of the path and of both ends; they may change between two runs.
  std::uint32_t mtu = 1500;
  Nanos interval = std::chrono::milliseconds(1);
  Nanos peer_interval = std::chrono::milliseconds(1);
  Nanos delay = std::chrono::milliseconds(10);
  unsigned lost_of_1000 = 0;  // in each direction
  bool reports = true;        // the peer's packets do
  bool peer_sends = true;
  bool sends = true;  // else nothing can be sent

  congestion::PathMtuSearch search;
  std::uint32_t size;  // of ordinary packets
  Instant now{};
  std::vector<std::pair<Instant, std::uint32_t>> changes;      // of that size
  std::vector<std::pair<Instant, congestion::SlotUse>> slots;  // what each was for
  std::vector<std::uint32_t> probes;                           // sizes, in their order
  bool keeps_slots = false;

  void run(Nanos span) {
    const Instant end = now + span;
    for (;;) {
      Instant next = std::min(next_slot_, next_report_);
      if (!to_peer_.empty()) next = std::min(next, to_peer_.begin()->first);
      if (!to_us_.empty()) next = std::min(next, to_us_.begin()->first);
      if (next >= end) break;
      now = next;
      arrivals();
      if (next_report_ <= now) report();
      if (next_slot_ <= now) slot();
    }
    now = end;
  }

 private:
  [[nodiscard]] bool passes(std::uint32_t octets) { return octets <= mtu && random_() % 1000 >= lost_of_1000; }

  void arrivals() {
    while (!to_peer_.empty() && to_peer_.begin()->first <= now) {
      if (to_peer_.begin()->second != 0) recorded_ = to_peer_.begin()->second;
      to_peer_.erase(to_peer_.begin());
    }
    while (!to_us_.empty() && to_us_.begin()->first <= now) {
      const auto [reported, echo] = to_us_.begin()->second;
      to_us_.erase(to_us_.begin());
      search.arrived(now, reported, reported ? peer_interval : Nanos(0));
      if (!reported || echo == 0 || echo == echoed_) continue;
      echoed_ = echo;
      search.echoed(echo, now);
    }
  }
  void report() {
    next_report_ += peer_interval;
    if (peer_sends && passes(0)) to_us_.emplace(now + delay, std::pair(reports, recorded_));
  }
  void slot() {
    next_slot_ += interval;
    if (!sends) return search.rest(now);
    if (search.size() != size && now >= search.holds_from()) {
      size = search.size();
      changes.emplace_back(now, size);
    }
    search.turn(now, 2 * delay + interval + peer_interval);
    const std::uint32_t stamp = congestion::RoundTrip::stamp(now);
    const congestion::SlotUse use = search.slot(now, stamp, size);
    if (use.probe != 0) probes.push_back(use.probe);
    if (keeps_slots) slots.emplace_back(now, use);
    if (passes(use.probe != 0 ? use.probe : size)) to_peer_.emplace(now + delay, use.reports ? stamp : 0);
  }

  std::mt19937 random_;
  std::multimap<Instant, std::uint32_t> to_peer_;
  std::multimap<Instant, std::pair<bool, std::uint32_t>> to_us_;
  Instant next_slot_ = at_ns(1'000'000);
  Instant next_report_ = at_ns(1'300'000);
  std::uint32_t recorded_ = 0;
  std::uint32_t echoed_ = 0;
};

}  // namespace levelgate::testing
