// SPDX-License-Identifier: Apache-2.0
//
// What happens only where a tunnel has several classes, or ends.
#include "queueing/class_queue.h"

#include <algorithm>
#include <limits>

namespace levelgate::queueing {

ClassQueue::ClassQueue(std::span<const ClassSettings> classes) : several_(classes.size() > 1) {
  classes_.reserve(classes.size());
  for (const ClassSettings& settings : classes) {
    Class& one = classes_.emplace_back(settings);
    one.quantum = std::max<std::int64_t>(one.quantum, 1);
    one.credit = one.quantum;
  }
  chosen_ = classes_.data();
}

// While this class sends what is its own, another one sends at most what its share is of that.
std::uint64_t ClassQueue::octets_of_others(std::size_t number, std::uint64_t own) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    if (i == number) continue;
    const std::uint64_t share = own * classes_[i].share / classes_[number].share;
    sum += std::min<std::uint64_t>(classes_[i].queue.octets(), share);
  }
  return sum;
}

// The first class with packets and credit; when none has any, as many new rounds as give it to one.
ClassQueue::Class* ClassQueue::choose_of_many() {
  for (;;) {
    std::int64_t rounds = std::numeric_limits<std::int64_t>::max();
    for (Class& one : classes_) {
      if (one.queue.packets() == 0) continue;
      if (one.credit > 0) return &one;
      rounds = std::min(rounds, 1 - one.credit / one.quantum);
    }
    if (rounds == std::numeric_limits<std::int64_t>::max()) return classes_.data();
    for (Class& one : classes_) one.credit = std::min(one.quantum, one.credit + rounds * one.quantum);
  }
}

const Packet& ClassQueue::discard(PacketStore& store) {
  if (begun_) {
    begun_ = false;
    return begun_packet_;
  }
  const auto holds = [](const Class& one) { return one.queue.packets() != 0; };
  return std::find_if(classes_.begin(), classes_.end(), holds)->queue.discard(store);
}

}  // namespace levelgate::queueing
