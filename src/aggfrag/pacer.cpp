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
  if (next_due_ > now) return due;
  // How many slots have come: the largest k with floor(k * numerator / denominator) <= now - start.
  const Wide elapsed = static_cast<std::uint64_t>((now - start_).count());
  const std::uint64_t last = static_cast<std::uint64_t>(((elapsed + 1) * denominator_ - 1) / numerator_);
  const std::uint64_t come = last - next_slot_ + 1;
  due.send = static_cast<std::uint32_t>(std::min<std::uint64_t>(come, std::uint64_t{catch_up_} + 1));
  due.skipped = come - due.send;
  due.late = due.send - 1;
  if (come == 1) {
    step();
    return due;
  }
  next_slot_ = last + 1;
  const Wide product = Wide{next_slot_} * numerator_;
  next_due_ = start_ + Nanos(static_cast<std::int64_t>(product / denominator_));
  carry_ = static_cast<std::uint64_t>(product % denominator_);
  return due;
}

}  // namespace levelgate::aggfrag
