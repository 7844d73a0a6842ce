// SPDX-License-Identifier: Apache-2.0
//
// Puts numbered things back in order, within a window and a time (RFC 9347 §2.2.3). Generic over what it holds; time is
// an argument. Numbers come out strictly rising, each either present or lost; a gap is never held longer than the time
// given when it opened, and a jump of the number costs no more than the window.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace levelgate::aggfrag {

enum class Inserted : std::uint8_t {
  kHeld,       // stored, or the awaited one: call next() until kWait
  kLate,       // behind the awaited number: stays the caller's
  kDuplicate,  // its place is taken: stays the caller's
  kMakeRoom,   // beyond the window: the window now gives way; call next() until kWait, then insert again
};

enum class Next : std::uint8_t { kPresent, kLost, kWait };

// Thread: worker.
template <typename T>
class ReorderWindow {
 public:
  // `window`: numbers beyond the awaited one that are held, 0 to 65,535. `first`: the awaited number at birth.
  ReorderWindow(std::uint32_t window, EspSeq first)
      : window_(window),
        mask_(std::bit_ceil(std::uint64_t{window} + 1) - 1),
        slots_(std::make_unique<Slot[]>(mask_ + 1)),
        awaited_(first.value),
        give_way_to_(first.value),
        accounted_below_(first.value) {}

  // Awaits `first` from now on, as if newly born. Only while nothing is held.
  void reset(EspSeq first) { awaited_ = give_way_to_ = accounted_below_ = first.value; }

  [[nodiscard]] EspSeq awaited() const { return EspSeq{awaited_}; }
  [[nodiscard]] std::size_t held() const { return held_; }

  // The common case: nothing is held and this is the awaited number. True: the caller goes on with it at once.
  [[nodiscard]] bool pass(EspSeq number) {
    if (held_ != 0 || number.value != awaited_ || give_way_to_ > awaited_) return false;
    advance(1);
    return true;
  }

  [[nodiscard]] Inserted insert(EspSeq number, T value, Instant now, Nanos lost_after) {
    if (number.value < awaited_) return Inserted::kLate;
    if (number.value - awaited_ > window_) {
      give_way_to_ = number.value - window_;
      return Inserted::kMakeRoom;
    }
    Slot& slot = slot_of(number.value);
    if (slot.filled) return Inserted::kDuplicate;
    open_gap_below(number.value, now + lost_after);
    slot.value = std::move(value);
    slot.filled = true;
    ++held_;
    return Inserted::kHeld;
  }

  // What comes next at `now`. kPresent: *out is the thing with number *number. kLost: *count numbers from *number on
  // will never come. Call until kWait.
  [[nodiscard]] Next next(Instant now, T* out, std::uint64_t* number, std::uint64_t* count) {
    *number = awaited_;
    Slot& slot = slot_of(awaited_);
    if (slot.filled) {
      *out = std::move(slot.value);
      slot.filled = false;
      --held_;
      advance(1);
      return Next::kPresent;
    }
    const std::uint64_t lost = lost_now(now);
    if (lost == 0) return Next::kWait;
    *count = lost;
    advance(lost);
    return Next::kLost;
  }

  // When next() may say kLost without a new insert; kNever when no gap is open.
  [[nodiscard]] Instant deadline() const {
    const Slot& slot = slot_of(awaited_);
    return held_ == 0 || slot.filled ? kNever : slot.deadline;
  }

  // Gives up every gap below what is held: call next() until kWait.
  void give_way() {
    if (held_ != 0) give_way_to_ = accounted_below_;
  }

  // Hands out everything held, in order, without regard to gaps: for burial.
  template <typename Take>
  void drain(Take&& take) {
    for (std::uint64_t n = awaited_; held_ != 0; ++n) {
      Slot& slot = slot_of(n);
      if (!slot.filled) continue;
      slot.filled = false;
      --held_;
      take(slot.value);
    }
  }

 private:
  // Only numbers from the awaited one to `window_` beyond it are ever filled or stamped, so each slot speaks of one.
  struct Slot {
    T value{};
    Instant deadline = kNever;  // when the number is given up, while it is missing below a held one
    bool filled = false;
  };

  [[nodiscard]] Slot& slot_of(std::uint64_t number) { return slots_[number & mask_]; }
  [[nodiscard]] const Slot& slot_of(std::uint64_t number) const { return slots_[number & mask_]; }

  void advance(std::uint64_t count) {
    awaited_ += count;
    if (accounted_below_ < awaited_) accounted_below_ = awaited_;
    if (give_way_to_ < awaited_) give_way_to_ = awaited_;
  }

  // The missing numbers below `number` that no earlier arrival has stamped: their gap opens now. Behind an open gap a
  // deadline is at least that gap's, whatever the timer is now.
  void open_gap_below(std::uint64_t number, Instant deadline) {
    if (number < accounted_below_) return;
    if (number > accounted_below_ && (held_ == 0 || latest_deadline_ < deadline)) latest_deadline_ = deadline;
    for (std::uint64_t n = accounted_below_; n < number; ++n) slot_of(n).deadline = latest_deadline_;
    accounted_below_ = number + 1;
  }

  // Consecutive missing numbers from the awaited one that are given up at `now`.
  [[nodiscard]] std::uint64_t lost_now(Instant now) const {
    if (held_ == 0) return give_way_to_ > awaited_ ? give_way_to_ - awaited_ : 0;
    std::uint64_t lost = 0;
    for (std::uint64_t n = awaited_; !slot_of(n).filled; ++n, ++lost) {
      if (n >= give_way_to_ && slot_of(n).deadline > now) break;
    }
    return lost;
  }

  std::uint32_t window_;
  std::uint64_t mask_;
  std::unique_ptr<Slot[]> slots_;
  std::size_t held_ = 0;
  std::uint64_t awaited_;
  std::uint64_t give_way_to_;      // everything below is given up, whatever its deadline
  std::uint64_t accounted_below_;  // every number below it is behind, held, or missing with a deadline
  Instant latest_deadline_{};      // of the gap that opened last; means something while something is held
};

}  // namespace levelgate::aggfrag
