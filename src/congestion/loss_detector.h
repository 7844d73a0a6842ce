// SPDX-License-Identifier: Apache-2.0
//
// Which packets the path has lost, and when they would have come (RFC 5348 §5.1): a number is lost when so many higher
// ones have arrived that reordering does not explain it. Positions are the tunnel's own count of packets and go on
// across a rekey.
#pragma once

#include <levelgate/base/time.h>

#include <bit>
#include <cstdint>
#include <memory>

namespace levelgate::congestion {

enum class Place : std::uint8_t { kNewest, kBetween, kOld };  // kOld: a duplicate, or given up already

// Consecutive lost packets; the i-th would have come at `at + i * (span / count)`.
struct LostRun {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  Instant at{};
  Nanos span{0};
};

// Thread: worker. Work per arrival is bounded by the window; memory is taken at birth.
class LossDetector {
 public:
  // `displaced`: later packets that must arrive before a missing one is lost; held between 3 (NDUPACK) and 128.
  explicit LossDetector(std::uint32_t displaced)
      : displaced_(displaced < kFewest ? kFewest
                   : displaced > kMost ? kMost
                                       : displaced),
        width_(std::bit_ceil(std::uint64_t{displaced_} * 4 + 48)),
        slots_(std::make_unique<Slot[]>(width_)) {}

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] std::uint64_t highest() const { return highest_; }

  // Calls lost(LostRun) in rising order. `probing`: the packet says that its sender probes for the path MTU; then a
  // single missing packet right in front of it was the probe, and is not lost (RFC 9347 §6.1.2).
  template <typename Lost>
  Place arrived(std::uint64_t position, Instant now, bool probing, Lost&& lost) {
    if (!started_) {
      started_ = true;
      highest_ = position;
      oldest_ = position + 1;
      newest_at_ = now;
      return Place::kNewest;
    }
    if (position < oldest_) return Place::kOld;
    if (position <= highest_) {
      Slot& slot = slot_of(position);
      if (slot.state != State::kMissing) return Place::kOld;
      slot.state = State::kArrived;
      ++arrived_above_;
      settle(lost);
      return Place::kBetween;
    }
    make_room(position, now, lost);
    lay_gap(position, now, probing);
    slot_of(position) = {now, State::kArrived};
    ++arrived_above_;
    highest_ = position;
    newest_at_ = now;
    settle(lost);
    return Place::kNewest;
  }

 private:
  static constexpr std::uint32_t kFewest = 3;  // NDUPACK
  static constexpr std::uint32_t kMost = 128;  // 16 KiB; longer waits make a report too old to be of use

  enum class State : std::uint8_t { kMissing, kArrived, kProbe };
  struct Slot {
    Instant at{};  // of a missing packet: its nominal time
    State state = State::kMissing;
  };

  [[nodiscard]] Slot& slot_of(std::uint64_t position) { return slots_[position & (width_ - 1)]; }

  // Where the packet lies on the line from the newest arrival to this one (T_loss).
  [[nodiscard]] Instant between(std::uint64_t position, std::uint64_t next, Instant now) const {
    const double part = static_cast<double>(position - highest_) / static_cast<double>(next - highest_);
    return newest_at_ + Nanos(static_cast<std::int64_t>(part * static_cast<double>((now - newest_at_).count())));
  }

  // What the window cannot hold beside `position` is given up at once.
  template <typename Lost>
  void make_room(std::uint64_t position, Instant now, Lost& lost) {
    const std::uint64_t keep_from = position < width_ ? 0 : position - width_ + 1;
    while (oldest_ < keep_from && oldest_ <= highest_) give_up_oldest(lost);
    if (oldest_ >= keep_from) return;
    const Instant at = between(oldest_, position, now);
    lost(LostRun{oldest_, keep_from - oldest_, at, between(keep_from, position, now) - at});
    oldest_ = keep_from;
  }

  void lay_gap(std::uint64_t position, Instant now, bool probing) {
    const bool probe = probing && position - highest_ == 2;
    const std::uint64_t from = oldest_ > highest_ ? oldest_ : highest_ + 1;
    for (std::uint64_t missing = from; missing < position; ++missing) {
      slot_of(missing) = {between(missing, position, now), probe ? State::kProbe : State::kMissing};
    }
  }

  template <typename Lost>
  void settle(Lost& lost) {
    while (oldest_ <= highest_) {
      if (slot_of(oldest_).state == State::kMissing && arrived_above_ < displaced_) return;
      give_up_oldest(lost);
    }
  }

  template <typename Lost>
  void give_up_oldest(Lost& lost) {
    const Slot& slot = slot_of(oldest_);
    if (slot.state == State::kArrived) --arrived_above_;
    if (slot.state == State::kMissing) lost(LostRun{oldest_, 1, slot.at, Nanos(0)});
    ++oldest_;
  }

  std::uint32_t displaced_;
  std::uint64_t width_;
  std::unique_ptr<Slot[]> slots_;
  bool started_ = false;
  std::uint64_t highest_ = 0;
  std::uint64_t oldest_ = 0;         // everything below is settled
  std::uint64_t arrived_above_ = 0;  // arrivals from oldest_ on
  Instant newest_at_{};              // when highest_ arrived
};

}  // namespace levelgate::congestion
