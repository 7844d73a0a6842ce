// SPDX-License-Identifier: Apache-2.0
//
// The mean with and without the open interval: it counts only where that makes the mean larger.
#include "congestion/loss_intervals.h"

#include <algorithm>

namespace levelgate::congestion {
namespace {

constexpr std::array<double, 8> kWeights{1.0, 1.0, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2};

}  // namespace

void LossIntervals::begin(std::uint64_t position, Instant when, Cause cause, double first_length) {
  const double length = any() ? static_cast<double>(position - std::min(position, open_from_)) : first_length;
  std::shift_right(closed_intervals_.begin(), closed_intervals_.end(), 1);
  closed_intervals_[0] = {std::max(length, 1.0), open_cause_};
  closed_ = std::min(closed_ + 1, kHistory);
  open_from_ = position;
  open_cause_ = cause;
  last_event_ = when;
}

double LossIntervals::mean(std::uint64_t highest) const {
  const double open = static_cast<double>(highest - std::min(highest, open_from_)) + 1.0;
  double with_open = open * kWeights[0];
  double without = 0;
  double weights = 0;
  for (std::size_t i = 0; i < closed_; ++i) {
    without += closed_intervals_[i].length * kWeights[i];
    weights += kWeights[i];
    if (i + 1 < closed_) with_open += closed_intervals_[i].length * kWeights[i + 1];
  }
  return std::max(with_open, without) / weights;
}

bool LossIntervals::marks_counted() const {
  const auto closed_end = closed_intervals_.begin() + static_cast<std::ptrdiff_t>(closed_);
  return open_cause_ == Cause::kMark ||
         std::any_of(closed_intervals_.begin(), closed_end, [](const Interval& i) { return i.cause == Cause::kMark; });
}

}  // namespace levelgate::congestion
