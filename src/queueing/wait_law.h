// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a packet that is next but has waited: it leaves, leaves with a mark, or is dropped.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <cstdint>

#include "queueing/codel.h"
#include "queueing/fair_queue_settings.h"
#include "queueing/packet_store.h"

namespace levelgate::queueing {

enum class Fate : std::uint8_t { kSend, kMarked, kDrop, kLate };

// Thread: worker.
class WaitLaw {
 public:
  WaitLaw(const WaitBounds& bounds, bool ecn) : bounds_(bounds), calm_(calm_of(bounds)), ecn_(ecn) {}

  // Whether a packet that has waited so long leaves, whatever else holds.
  [[nodiscard]] bool calm(Nanos wait) const { return wait < calm_; }
  // `standing`: more waits than one service takes away.
  [[nodiscard]] Fate judge(Codel& codel, WaitingPacket& head, Instant now, Nanos wait, bool standing);
  void set_bounds(const WaitBounds& bounds) {
    bounds_ = bounds;
    calm_ = calm_of(bounds);
  }

 private:
  static Nanos calm_of(const WaitBounds& bounds) {
    return std::min({bounds.max_wait, bounds.mark_from, bounds.codel.target});
  }

  WaitBounds bounds_;
  Nanos calm_;
  bool ecn_;
};

}  // namespace levelgate::queueing
