// SPDX-License-Identifier: Apache-2.0
//
// What immediate delivery has to yield (RFC 9347 §2.5), said without regard to cost: every payload that came in its
// time is kept for ever, and after each one all of them are looked through anew for inner packets whose payloads are
// all there. Compared with aggfrag::EarlyReceiver beside aggfrag::Receiver.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "support/aggfrag_stream.h"
#include "support/naive_receiver.h"

namespace levelgate::testing {

class NaiveImmediate {
 public:
  explicit NaiveImmediate(std::uint32_t max_inner_octets) : max_(max_inner_octets) {}

  std::vector<Octets> delivered;
  std::size_t begun = 0;   // packets that began in one payload and were to go on in another
  std::size_t joined = 0;  // of those

  // A payload that came before its number was given up.
  void take(std::uint64_t number, const Octets& payload) {
    payloads_[number] = payload;
    begun += alone(payload).unfinished() ? 1 : 0;
    for (const auto& [start, octets] : payloads_) look(start, octets);
  }
  void take_late(const Octets& payload) {
    const NaiveReceiver receiver = alone(payload);
    delivered.insert(delivered.end(), receiver.delivered.begin(), receiver.delivered.end());
    begun += receiver.unfinished() ? 1 : 0;
  }

 private:
  NaiveReceiver alone(const Octets& payload) const {
    NaiveReceiver receiver(max_);
    (void)receiver.accept(0, payload);
    return receiver;
  }
  void look(std::uint64_t start, const Octets& payload) {
    NaiveReceiver receiver = alone(payload);
    for (std::size_t i = 0; i < receiver.delivered.size(); ++i) yield(start, i, receiver.delivered[i]);
    const std::size_t whole = receiver.delivered.size();
    for (std::uint64_t ahead = 1; receiver.unfinished(); ++ahead) {
      const auto next = payloads_.find(start + ahead);
      if (next == payloads_.end()) return;
      (void)receiver.accept(ahead, next->second);
      if (receiver.lost != 0) return;  // they contradict each other
      if (receiver.delivered.size() == whole) continue;
      joined += yield(start, whole, receiver.delivered[whole]) ? 1 : 0;
      return;
    }
  }
  bool yield(std::uint64_t start, std::size_t place, const Octets& packet) {
    if (!yielded_.emplace(start, place).second) return false;
    delivered.push_back(packet);
    return true;
  }

  std::uint32_t max_;
  std::map<std::uint64_t, Octets> payloads_;
  std::set<std::pair<std::uint64_t, std::size_t>> yielded_;
};

}  // namespace levelgate::testing
