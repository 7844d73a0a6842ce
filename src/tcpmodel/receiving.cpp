// SPDX-License-Identifier: Apache-2.0
//
// A sender repeats segments as it cut them, so that one is either new or known as a whole.
#include "tcpmodel/receiving.h"

#include <algorithm>

namespace levelgate::tcpmodel {

void Receiving::take(Instant now, const Segment& segment) {
  if (!segment.carries()) return;
  const bool known = segment.end() <= next_ || held_.contains(segment.at);
  const bool beyond = segment.at + segment.octets.size() > std::max(told_limit_, next_ + window_);
  const bool in_order = segment.at == next_ && !known && !beyond;
  came_before_ = known;
  if (in_order) {
    const bool fills_gap = !held_.empty();
    deliver(segment.octets, segment.last);
    while (!held_.empty() && held_.begin()->first == next_) {
      auto node = held_.extract(held_.begin());
      held_octets_ -= node.mapped().octets.size();
      deliver(node.mapped().octets, node.mapped().last);
    }
    while (!ranges_.empty() && ranges_.begin()->first < next_) ranges_.erase(ranges_.begin());
    std::erase_if(newest_, [this](Offset at) { return at < next_; });
    ++unacknowledged_;
    ack_at_ = fills_gap || unacknowledged_ >= 2 || finished_ ? now : std::min(ack_at_, now + kDelayedAck);
    return;
  }
  if (!known && !beyond) {
    held_octets_ += segment.octets.size();
    held_.emplace(segment.at, Held{segment.octets, segment.last});
    note_range(segment.at, segment.end());
    newest_.push_front(segment.at);
  }
  ack_at_ = now;
}

void Receiving::deliver(const std::vector<std::byte>& octets, bool last) {
  received_.insert(received_.end(), octets.begin(), octets.end());
  next_ += octets.size() + (last ? 1 : 0);
  finished_ = finished_ || last;
}

void Receiving::note_range(Offset from, Offset to) {
  auto behind = ranges_.upper_bound(from);
  if (behind != ranges_.end() && behind->first == to) {
    to = behind->second;
    behind = ranges_.erase(behind);
  }
  if (behind != ranges_.begin() && std::prev(behind)->second == from) {
    std::prev(behind)->second = to;
  } else {
    ranges_.emplace(from, to);
  }
}

void Receiving::acknowledge(Segment& segment) {
  told_limit_ = next_ + window_;
  segment.next = next_;
  segment.limit = told_limit_;
  segment.came_before = std::exchange(came_before_, false);
  const std::size_t most = kRangesMost - (segment.came_before ? 1 : 0);
  for (const Offset at : newest_) {
    if (segment.held.size() == most) break;
    const auto range = std::prev(ranges_.upper_bound(at));
    const Range found{range->first, range->second};
    if (std::ranges::find(segment.held, found) == segment.held.end()) segment.held.push_back(found);
  }
  unacknowledged_ = 0;
  ack_at_ = kNever;
}

}  // namespace levelgate::tcpmodel
