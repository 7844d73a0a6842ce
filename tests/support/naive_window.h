// SPDX-License-Identifier: Apache-2.0
//
// What a reorder window has to hand out, said with maps and one number at a time, and the caller's side of
// aggfrag::ReorderWindow brought to the same shape, so that the two can be compared event by event.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "aggfrag/reorder_window.h"

namespace levelgate::testing {

// `count` numbers from `number` on: one that is there with its value, or some that are lost.
struct WindowEvent {
  std::uint64_t number = 0;
  std::uint64_t count = 0;
  bool present = false;
  int value = 0;
  bool operator==(const WindowEvent&) const = default;
};
using WindowEvents = std::vector<WindowEvent>;

// Lost numbers in a row are one event, however many answers they came in.
inline void add_lost(WindowEvents& events, std::uint64_t number, std::uint64_t count) {
  const bool goes_on =
      !events.empty() && !events.back().present && events.back().number + events.back().count == number;
  if (goes_on) {
    events.back().count += count;
  } else {
    events.push_back({number, count, false, 0});
  }
}

enum class Offered : std::uint8_t { kTaken, kLate, kDuplicate };

class NaiveWindow {
 public:
  NaiveWindow(std::uint64_t window, std::uint64_t first) : window_(window), awaited_(first) {}

  Offered offer(std::uint64_t number, int value, Instant now, Nanos lost_after, WindowEvents& events) {
    if (number < awaited_) return Offered::kLate;
    if (number - awaited_ > window_) {
      give_way(number - window_, events);
      settle(now, events);
    }
    if (held_.contains(number)) return Offered::kDuplicate;
    if (held_.empty()) floor_ = Instant{};
    for (std::uint64_t n = awaited_; n < number; ++n) {
      if (held_.contains(n) || deadlines_.contains(n)) continue;
      floor_ = std::max(floor_, now + lost_after);
      deadlines_[n] = floor_;
    }
    held_[number] = value;
    settle(now, events);
    return Offered::kTaken;
  }
  // Hands out what may go at `now`.
  void settle(Instant now, WindowEvents& events) {
    while (!held_.empty()) {
      if (!held_.contains(awaited_) && deadlines_.at(awaited_) > now) return;
      step(events);
    }
  }
  [[nodiscard]] Instant deadline() const { return held_.empty() ? kNever : deadlines_.at(awaited_); }
  [[nodiscard]] std::uint64_t awaited() const { return awaited_; }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  void give_way(std::uint64_t to, WindowEvents& events) {
    while (awaited_ < to && !held_.empty()) step(events);
    if (awaited_ >= to) return;
    add_lost(events, awaited_, to - awaited_);
    awaited_ = to;
    deadlines_.clear();
  }
  void step(WindowEvents& events) {
    if (held_.contains(awaited_)) {
      events.push_back({awaited_, 1, true, held_[awaited_]});
      held_.erase(awaited_);
    } else {
      add_lost(events, awaited_, 1);
    }
    deadlines_.erase(awaited_++);
  }

  std::uint64_t window_;
  std::uint64_t awaited_;
  std::map<std::uint64_t, int> held_;
  std::map<std::uint64_t, Instant> deadlines_;  // of the missing numbers below a held one
  Instant floor_{};                             // deadlines never decrease with the number
};

// Calls next() until kWait.
inline void settle(aggfrag::ReorderWindow<int>& window, Instant now, WindowEvents& events) {
  int value = 0;
  std::uint64_t number = 0;
  std::uint64_t count = 0;
  for (;;) {
    switch (window.next(now, &value, &number, &count)) {
      case aggfrag::Next::kPresent:
        events.push_back({number, 1, true, value});
        break;
      case aggfrag::Next::kLost:
        add_lost(events, number, count);
        break;
      case aggfrag::Next::kWait:
        return;
    }
  }
}

// One arrival, as a receiver of an SA treats it.
inline Offered offer(aggfrag::ReorderWindow<int>& window, std::uint64_t number, int value, Instant now,
                     Nanos lost_after, WindowEvents& events) {
  if (window.pass(EspSeq{number})) {
    events.push_back({number, 1, true, value});
    return Offered::kTaken;
  }
  aggfrag::Inserted inserted = window.insert(EspSeq{number}, value, now, lost_after);
  if (inserted == aggfrag::Inserted::kMakeRoom) {
    settle(window, now, events);
    inserted = window.insert(EspSeq{number}, value, now, lost_after);
  }
  if (inserted == aggfrag::Inserted::kLate) return Offered::kLate;
  if (inserted != aggfrag::Inserted::kHeld) return Offered::kDuplicate;
  settle(window, now, events);
  return Offered::kTaken;
}

}  // namespace levelgate::testing
