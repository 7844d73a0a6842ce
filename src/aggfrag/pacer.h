// SPDX-License-Identifier: Apache-2.0
//
// The schedule of a fixed-mode tunnel: slot k is due at start + floor(k x octets x 8 / rate), exact in integers, so
// there is no drift (RFC 9347 §2.4.1). It knows the clock and nothing else: a schedule that could see traffic would
// leak it.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>

namespace levelgate::aggfrag {

// Thread: worker.
class Pacer {
 public:
  // `octets` on the layer that the rate speaks of, at least 1; `bits_per_second` at least 1. `catch_up`: late slots
  // that are still sent.
  Pacer(Instant start, std::uint64_t octets, std::uint64_t bits_per_second, std::uint32_t catch_up);

  struct Due {
    std::uint32_t send = 0;     // slots to send now
    std::uint64_t skipped = 0;  // older ones that are given up
    std::uint32_t late = 0;     // of those to send, slots after which the next one was due already
  };
  // The slots whose time has come at `now`; the schedule goes on behind them.
  Due take(Instant now);

  [[nodiscard]] std::uint64_t next_slot() const { return next_slot_; }
  [[nodiscard]] Instant next_due() const { return next_due_; }
  [[nodiscard]] Instant due_of(std::uint64_t slot) const;
  // When the slot that is `ahead` slots behind the next one is due; 0 is the next one.
  [[nodiscard]] Instant due_ahead(std::uint64_t ahead) const;
  // One interval, rounded down: for predicted waits.
  [[nodiscard]] Nanos interval() const { return Nanos(static_cast<std::int64_t>(whole_ns_)); }

 private:
  void step();
  std::uint64_t jump_behind(Instant now);

  Instant start_;
  std::uint64_t numerator_ = 0;    // octets * 8e9: nanoseconds of one interval, times denominator_
  std::uint64_t denominator_ = 1;  // bits per second
  std::uint64_t whole_ns_ = 0;     // numerator / denominator
  std::uint64_t rest_ = 0;         // numerator % denominator
  std::uint64_t carry_ = 0;        // (next_slot * numerator) % denominator
  std::uint32_t catch_up_;
  std::uint64_t next_slot_ = 0;
  Instant next_due_;
};

}  // namespace levelgate::aggfrag
