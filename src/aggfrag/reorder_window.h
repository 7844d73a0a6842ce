// SPDX-License-Identifier: Apache-2.0
//
// Puts numbered things back in order, within a window and a time (RFC 9347 §2.2.3). Generic over what it holds; time is
// an argument. Numbers come out strictly rising, each either present or lost; a gap is never held longer than the time
// given when it opened, and a jump of the number costs no more than the window.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

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
        slots_(std::make_unique<Slot[]>(std::size_t{window} + 1)),
        awaited_(first.value),
        give_way_to_(first.value) {}

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
    if (slot.filled && slot.number == number.value) return Inserted::kDuplicate;
    if (latest_deadline_ < now + lost_after) latest_deadline_ = now + lost_after;
    open_gaps_below(number.value, latest_deadline_);
    slot.value = std::move(value);
    slot.number = number.value;
    slot.filled = true;
    ++held_;
    return Inserted::kHeld;
  }

  // What comes next at `now`. kPresent: *out is the thing with number *number. kLost: *count numbers from *number on
  // will never come. Call until kWait.
  [[nodiscard]] Next next(Instant now, T* out, std::uint64_t* number, std::uint64_t* count) {
    *number = awaited_;
    if (held_ != 0 && filled(awaited_)) {
      Slot& slot = slot_of(awaited_);
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
    if (held_ == 0 || filled(awaited_)) return kNever;
    return slot_of(awaited_).deadline;
  }

  // Hands out everything held, in order, without regard to gaps: for burial.
  template <typename Take>
  void drain(Take&& take) {
    for (std::uint64_t n = awaited_; held_ != 0; ++n) {
      if (!filled(n)) continue;
      slot_of(n).filled = false;
      --held_;
      take(slot_of(n).value);
    }
  }

 private:
  struct Slot {
    T value{};
    std::uint64_t number = 0;
    Instant deadline = kNever;     // of the gap, while the number is missing
    std::uint64_t gap_number = 0;  // the number that the deadline speaks of; 0: none
    bool filled = false;
  };

  [[nodiscard]] Slot& slot_of(std::uint64_t number) { return slots_[number % (std::uint64_t{window_} + 1)]; }
  [[nodiscard]] const Slot& slot_of(std::uint64_t number) const {
    return slots_[number % (std::uint64_t{window_} + 1)];
  }
  [[nodiscard]] bool filled(std::uint64_t number) const {
    const Slot& slot = slot_of(number);
    return slot.filled && slot.number == number;
  }

  void advance(std::uint64_t count) {
    awaited_ += count;
    if (highest_stamped_ < awaited_) highest_stamped_ = awaited_;
    if (give_way_to_ < awaited_) give_way_to_ = awaited_;
  }

  // Stamps every missing number below `number` that no earlier arrival has stamped: the gap opens now.
  void open_gaps_below(std::uint64_t number, Instant deadline) {
    for (std::uint64_t n = highest_stamped_ > awaited_ ? highest_stamped_ : awaited_; n < number; ++n) {
      if (!filled(n)) {
        slot_of(n).deadline = deadline;
        slot_of(n).gap_number = n;
      }
    }
    if (highest_stamped_ < number) highest_stamped_ = number;
  }

  // Consecutive missing numbers from the awaited one that are given up at `now`.
  [[nodiscard]] std::uint64_t lost_now(Instant now) const {
    if (held_ == 0) return give_way_to_ > awaited_ ? give_way_to_ - awaited_ : 0;
    std::uint64_t lost = 0;
    for (std::uint64_t n = awaited_; !filled(n); ++n, ++lost) {
      const bool gives_way = n < give_way_to_;
      const bool expired = slot_of(n).gap_number == n && slot_of(n).deadline <= now;
      if (!gives_way && !expired) break;
    }
    return lost;
  }

  std::uint32_t window_;
  std::unique_ptr<Slot[]> slots_;
  std::size_t held_ = 0;
  std::uint64_t awaited_;
  std::uint64_t give_way_to_;          // everything below is given up, whatever its deadline
  Instant latest_deadline_{};          // deadlines never decrease with the number, also when the timer is shortened
  std::uint64_t highest_stamped_ = 0;  // below it every missing number has its deadline
};

}  // namespace levelgate::aggfrag
