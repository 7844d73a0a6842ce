// SPDX-License-Identifier: Apache-2.0
//
// Exact schedule arithmetic. Stepping keeps the remainder of the division, so it equals the closed form for every slot;
// long jumps use the closed form itself in 128 bits.
#include "aggfrag/pacer.h"

#include <algorithm>

namespace levelgate::aggfrag {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kNanosecondBits = 8'000'000'000ULL;  // bits of an octet times nanoseconds of a second

}  // namespace

Pacer::Pacer(Instant start, std::uint64_t octets, std::uint64_t bits_per_second, std::uint32_t catch_up)
    : start_(start),
      numerator_(octets * kNanosecondBits),
      denominator_(bits_per_second),
      whole_ns_(numerator_ / denominator_),
      rest_(numerator_ % denominator_),
      catch_up_(catch_up),
      next_due_(start) {}

Instant Pacer::due_of(std::uint64_t slot) const {
  const Wide elapsed = Wide{slot} * numerator_ / denominator_;
  return start_ + Nanos(static_cast<std::int64_t>(elapsed));
}

Instant Pacer::due_ahead(std::uint64_t ahead) const {
  // Both factors are small in every real schedule; then one narrow division is enough, and usually the sum is zero.
  constexpr std::uint64_t kFewSlots = std::uint64_t{1} << 20;
  constexpr std::uint64_t kLowRate = std::uint64_t{1} << 43;
  if (ahead >= kFewSlots || denominator_ >= kLowRate) return due_of(next_slot_ + ahead);
  const std::uint64_t rest = carry_ + ahead * rest_;
  const std::uint64_t more = rest < denominator_ ? 0 : rest / denominator_;
  return next_due_ + Nanos(static_cast<std::int64_t>(ahead * whole_ns_ + more));
}

void Pacer::step() {
  ++next_slot_;
  next_due_ += Nanos(static_cast<std::int64_t>(whole_ns_));
  carry_ += rest_;
  if (carry_ >= denominator_) {
    carry_ -= denominator_;
    next_due_ += Nanos(1);
  }
}

Pacer::Due Pacer::take(Instant now) {
  Due due;
  while (next_due_ <= now) {
    if (due.send > catch_up_) {
      due.skipped = jump_behind(now);
      break;
    }
    step();
    ++due.send;
  }
  due.late = due.send == 0 ? 0 : due.send - 1;
  return due;
}

// Far behind: moves to the first slot after `now` in one go and returns how many slots that was. Slot k has come when
// k * numerator < (elapsed + 1) * denominator.
std::uint64_t Pacer::jump_behind(Instant now) {
  const Wide elapsed = static_cast<std::uint64_t>((now - start_).count());
  const std::uint64_t behind = static_cast<std::uint64_t>(((elapsed + 1) * denominator_ - 1) / numerator_) + 1;
  const std::uint64_t passed = behind - next_slot_;
  const Wide product = Wide{behind} * numerator_;
  next_slot_ = behind;
  next_due_ = start_ + Nanos(static_cast<std::int64_t>(product / denominator_));
  carry_ = static_cast<std::uint64_t>(product % denominator_);
  return passed;
}

}  // namespace levelgate::aggfrag
