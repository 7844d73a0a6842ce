// SPDX-License-Identifier: Apache-2.0
//
// Puts numbered things back in order, within a window and a time (RFC 9347 §2.2.3). Generic over what it holds, which
// should be small: there is a place for each number of the window, whether anything waits or not. Time is an argument.
// Numbers come out strictly rising, each either present or lost; a gap is never held longer than the time given when it
// opened, and a jump of the number costs no more than the window.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
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
        most_(window),
        values_(std::make_unique<T[]>(std::size_t{window} + 1)),
        deadlines_(std::make_unique<Instant[]>(std::size_t{window} + 1)),
        awaited_(first.value),
        give_way_to_(first.value),
        accounted_below_(first.value) {}

  // What a window of that size has reserved beside itself.
  [[nodiscard]] static constexpr std::size_t octets(std::uint32_t window) {
    return (std::size_t{window} + 1) * (sizeof(T) + sizeof(Instant));
  }

  // Awaits `first` from now on, as if newly born. Only while nothing is held.
  void reset(EspSeq first) { awaited_ = give_way_to_ = accounted_below_ = first.value; }

  [[nodiscard]] EspSeq awaited() const { return EspSeq{awaited_}; }
  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] std::uint32_t window() const { return window_; }
  // From now on that many, at most as many as at birth. What is held beyond is held on.
  void set_window(std::uint32_t window) { window_ = std::min(window, most_); }
  // What is held under that number; null: nothing.
  [[nodiscard]] const T* find(std::uint64_t number) const {
    if (held_ == 0 || number < awaited_ || number - awaited_ > most_) return nullptr;
    const std::size_t place = place_of(number);
    return filled(place) ? &values_[place] : nullptr;
  }

  // The common case: nothing is held and this is the awaited number. True: the caller goes on with it at once.
  [[nodiscard]] bool pass(EspSeq number) {
    if (held_ != 0 || number.value != awaited_ || give_way_to_ > awaited_) return false;
    accounted_below_ = give_way_to_ = ++awaited_;
    return true;
  }

  [[nodiscard]] Inserted insert(EspSeq number, T value, Instant now, Nanos lost_after) {
    if (number.value < awaited_) return Inserted::kLate;
    if (number.value - awaited_ > window_) {
      give_way_to_ = number.value - window_;
      return Inserted::kMakeRoom;
    }
    if (held_ == 0) front_ = 0;  // no place means anything yet
    const std::size_t place = place_of(number.value);
    if (filled(place)) return Inserted::kDuplicate;
    open_gap_below(number.value, now + lost_after);
    values_[place] = std::move(value);
    deadlines_[place] = kFilled;
    ++held_;
    return Inserted::kHeld;
  }

  // What comes next at `now`. kPresent: *out is the thing with number *number. kLost: *count numbers from *number on
  // will never come. Call until kWait.
  [[nodiscard]] Next next(Instant now, T* out, std::uint64_t* number, std::uint64_t* count) {
    *number = awaited_;
    if (held_ != 0 && filled(front_)) {
      *out = std::move(values_[front_]);
      advance(1);
      --held_;
      return Next::kPresent;
    }
    const std::uint64_t lost = lost_now(now);
    if (lost == 0) return Next::kWait;
    *count = lost;
    advance(lost);
    return Next::kLost;
  }

  // When next() may say kLost without a new insert; kNever when no gap is open.
  [[nodiscard]] Instant deadline() const { return held_ == 0 || filled(front_) ? kNever : deadlines_[front_]; }

  // Gives up every gap below what is held: call next() until kWait.
  void give_way() {
    if (held_ != 0) give_way_to_ = accounted_below_;
  }
  // Gives up whatever is missing below that number: call next() until kWait.
  void give_way_to(EspSeq number) { give_way_to_ = std::max(give_way_to_, number.value); }

  // Hands out everything held, in order, without regard to gaps: for burial.
  template <typename Take>
  void drain(Take&& take) {
    for (std::uint64_t n = awaited_; held_ != 0; ++n) {
      const std::size_t place = place_of(n);
      if (!filled(place)) continue;
      deadlines_[place] = kNever;
      --held_;
      take(values_[place]);
    }
  }

 private:
  // Stands for a deadline where a number is held.
  static constexpr Instant kFilled = Instant(Nanos(std::numeric_limits<std::int64_t>::min()));

  // Only numbers from the awaited one to `most_` beyond it are ever filled or stamped, so each place speaks of one.
  [[nodiscard]] std::size_t place_of(std::uint64_t number) const {
    const std::size_t place = front_ + static_cast<std::size_t>(number - awaited_);
    return place > most_ ? place - most_ - 1 : place;
  }
  [[nodiscard]] bool filled(std::size_t place) const { return deadlines_[place] == kFilled; }

  void advance(std::uint64_t count) {
    if (held_ != 0) {  // else places mean nothing, and a jump may be long
      deadlines_[front_] = kNever;
      front_ = place_of(awaited_ + count);
    }
    awaited_ += count;
    if (accounted_below_ < awaited_) accounted_below_ = awaited_;
    if (give_way_to_ < awaited_) give_way_to_ = awaited_;
  }

  // The missing numbers below `number` that no earlier arrival has stamped: their gap opens now. Behind an open gap a
  // deadline is at least that gap's, whatever the timer is now.
  void open_gap_below(std::uint64_t number, Instant deadline) {
    if (number < accounted_below_) return;
    if (number > accounted_below_ && (held_ == 0 || latest_deadline_ < deadline)) latest_deadline_ = deadline;
    for (std::uint64_t n = accounted_below_; n < number; ++n) deadlines_[place_of(n)] = latest_deadline_;
    accounted_below_ = number + 1;
  }

  // Consecutive missing numbers from the awaited one that are given up at `now`.
  [[nodiscard]] std::uint64_t lost_now(Instant now) const {
    if (held_ == 0) return give_way_to_ > awaited_ ? give_way_to_ - awaited_ : 0;
    std::uint64_t lost = 0;
    for (std::uint64_t n = awaited_; !filled(place_of(n)); ++n, ++lost) {
      if (n >= give_way_to_ && deadlines_[place_of(n)] > now) break;
    }
    return lost;
  }

  std::uint32_t window_;
  std::uint32_t most_;
  std::unique_ptr<T[]> values_;
  // kFilled, or when the number is given up, while it is missing below a held one.
  std::unique_ptr<Instant[]> deadlines_;
  std::size_t front_ = 0;  // the place of the awaited number, while anything is held
  std::size_t held_ = 0;
  std::uint64_t awaited_;
  std::uint64_t give_way_to_;      // everything below is given up, whatever its deadline
  std::uint64_t accounted_below_;  // every number below it is behind, held, or missing with a deadline
  Instant latest_deadline_{};      // of the gap that opened last; means something while something is held
};

}  // namespace levelgate::aggfrag
