// SPDX-License-Identifier: Apache-2.0
//
// The receiving half of an end: puts segments in order and says what is to be acknowledged when. Every second segment
// is acknowledged, and what stands alone after 40 ms; what lies behind a gap, fills one or came before, at once
// (RFC 5681 §4.2). Whoever owns it reads at once: the window never shrinks.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "tcpmodel/segment.h"

namespace levelgate::tcpmodel {

inline constexpr Nanos kDelayedAck = std::chrono::milliseconds(40);

class Receiving {
 public:
  explicit Receiving(Offset window) : window_(window) {}

  void take(Instant now, const Segment& segment);
  // From now on; a smaller one changes nothing.
  void widen(Offset window) { window_ = std::max(window_, window); }
  // Written into a segment that leaves: all that was to be acknowledged is then.
  void acknowledge(Segment& segment);

  // When an acknowledgement is due, at the latest; kNever: nothing is to be acknowledged.
  [[nodiscard]] Instant ack_at() const { return ack_at_; }
  // What came in order since the last call.
  [[nodiscard]] std::vector<std::byte> received() { return std::exchange(received_, {}); }
  // That is held behind gaps.
  [[nodiscard]] std::size_t held_octets() const { return held_octets_; }
  // The other end said that no more comes, and all before it came.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct Held {
    std::vector<std::byte> octets;
    bool last = false;
  };
  void deliver(const std::vector<std::byte>& octets, bool last);
  void note_range(Offset from, Offset to);

  Offset window_;
  Offset next_ = 0;
  Offset told_limit_ = 0;
  std::map<Offset, Held> held_;
  std::map<Offset, Offset> ranges_;  // of what is held: from -> to
  std::deque<Offset> newest_;        // of what is held, as it came
  std::vector<std::byte> received_;
  std::size_t held_octets_ = 0;
  std::uint32_t unacknowledged_ = 0;  // segments
  bool came_before_ = false;
  bool finished_ = false;
  Instant ack_at_ = kNever;
};

}  // namespace levelgate::tcpmodel
