// SPDX-License-Identifier: Apache-2.0
//
// What bounds the queue of one class, and what it counts.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>

#include "queueing/codel.h"

namespace levelgate::queueing {

// How long a packet may wait, and from when on senders are told.
struct WaitBounds {
  Nanos max_wait = Nanos::max();   // a packet that has waited longer is dropped
  Nanos mark_from = Nanos::max();  // ECN-capable packets that waited longer are marked, whatever CoDel says
  CodelSettings codel = {};
};

struct FairQueueSettings {
  std::uint32_t capacity = 4096;  // packets
  WaitBounds wait = {};
  bool fair = true;  // false: all packets are one flow
  bool ecn = true;   // mark what can be marked; false: drop it
  // What one service takes away at most: a backlog of no more is no standing queue.
  std::uint32_t service_octets = 1500;
};

enum class Loss : std::uint8_t {
  kAqm,   // CoDel, where it could not mark
  kLate,  // waited longer than max_wait
};

struct FairQueueCounts {
  std::uint64_t sent_pkts = 0, sent_octets = 0;
  std::uint64_t marked_pkts = 0;
  std::uint64_t aqm_pkts = 0, late_pkts = 0;  // dropped, by Loss
};

}  // namespace levelgate::queueing
