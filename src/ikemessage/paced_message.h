// SPDX-License-Identifier: Apache-2.0
//
// When the datagrams of a long message leave: one after the other at a rate, so that no queue on the path overflows.
// Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ikemessage/message_window.h"

namespace levelgate::ikemessage {

class PacedMessage {
 public:
  // The whole message, or what of it is not known to be there.
  void begin(Instant now, std::uint64_t bits_per_second) {
    next_ = 0;
    due_ = now;
    bits_per_second_ = std::max<std::uint64_t>(bits_per_second, 1);
  }
  void stop() { due_ = kNever; }
  // What the receiver has by its own word: it is passed over, but for the first fragment, which asks for the answer.
  void skip(std::vector<bool> there) { there_ = std::move(there); }
  void skip_nothing() { there_.clear(); }
  [[nodiscard]] bool skips_any() const { return !there_.empty(); }

  [[nodiscard]] bool under_way() const { return due_ != kNever; }
  [[nodiscard]] Instant deadline() const { return due_; }

  // `send(datagram)` for each that is due, in bunches so that a timer of a millisecond keeps the pace; true: that was
  // the last one. A late call sends no more than a bunch: what was missed is not made up for in a burst.
  template <typename Sender>
  bool on_time(Instant now, const SentMessage& message, Sender send) {
    if (now < due_) return false;
    std::size_t octets = 0;
    const std::uint64_t bunch = std::max<std::uint64_t>(bits_per_second_ / 8 * kTick.count() / 1'000'000'000, 1);
    while (next_ < message.size() && octets < bunch) {
      if (!is_there(next_)) {
        octets += message[next_].size();
        send(message[next_]);
      }
      ++next_;
    }
    while (next_ < message.size() && is_there(next_)) ++next_;
    if (next_ >= message.size()) {
      stop();
      return true;
    }
    due_ = now + Nanos(static_cast<std::int64_t>(octets * 8'000'000'000 / bits_per_second_));
    return false;
  }

 private:
  static constexpr Nanos kTick = std::chrono::milliseconds(2);

  [[nodiscard]] bool is_there(std::size_t index) const { return index != 0 && index < there_.size() && there_[index]; }

  std::vector<bool> there_;
  std::size_t next_ = 0;
  Instant due_ = kNever;
  std::uint64_t bits_per_second_ = 1;
};

}  // namespace levelgate::ikemessage
