// SPDX-License-Identifier: Apache-2.0
//
// The earliest of the limits that run is the stream's deadline.
#include "stream/stream_guard.h"

#include <utility>

namespace levelgate::stream {

void StreamGuard::reading(Instant now, std::size_t under_way, bool completed) {
  if (completed) {
    framed_ = true;
    last_frame_ = now;
  }
  if (under_way == 0) {
    frame_begun_ = kNever;
  } else if (completed || frame_begun_ == kNever) {
    frame_begun_ = now;
  }
  frame_octets_ = under_way;
}

void StreamGuard::writing(Instant now, bool waits, bool moved) {
  if (!waits) {
    waits_since_ = kNever;
  } else if (moved || waits_since_ == kNever) {
    waits_since_ = now;
  }
}

std::optional<StreamEnd> StreamGuard::ended(Instant now) const {
  const auto [when, end] = next();
  return now >= when ? std::optional(end) : std::nullopt;
}

std::pair<Instant, StreamEnd> StreamGuard::next() const {
  std::pair first{kNever, StreamEnd::kIdle};
  const auto limit = [&](Instant when, StreamEnd end) {
    if (when < first.first) first = {when, end};
  };
  if (connecting_) {
    limit(opened_ + patience_.connect, StreamEnd::kUnreachable);
    return first;
  }
  if (waits_since_ != kNever) {
    limit(waits_since_ + (proven_ ? patience_.write : std::min(patience_.write, patience_.between_frames)),
          StreamEnd::kNotReading);
  }
  if (frame_begun_ != kNever) limit(frame_begun_ + time_for(frame_octets_), StreamEnd::kSlow);
  if (proven_) return first;
  limit(opened_ + patience_.unproven, StreamEnd::kUnproven);
  if (!prefix_) {
    limit(opened_ + patience_.prefix, StreamEnd::kPrefixLate);
  } else if (!framed_) {
    limit(opened_ + patience_.first_frame, StreamEnd::kFirstLate);
  } else {
    limit(last_frame_ + patience_.between_frames, StreamEnd::kIdle);
  }
  return first;
}

Nanos StreamGuard::time_for(std::size_t octets) const {
  return patience_.frame + Nanos(static_cast<std::int64_t>(octets) * Nanos(1s).count() /
                                 static_cast<std::int64_t>(patience_.least_octets_per_second));
}

}  // namespace levelgate::stream
