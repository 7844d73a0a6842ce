// SPDX-License-Identifier: Apache-2.0
//
// Two lines and the frame under way.
#include "stream/write_queue.h"

#include <algorithm>
#include <utility>

namespace levelgate::stream {

bool WriteQueue::put(FrameKind kind, std::vector<std::byte> octets) {
  const auto head = FrameHead::of(kind, octets);
  if (!head) {
    ++counts_.impossible;
    return false;
  }
  Waiting waiting{*head, std::move(octets)};
  const bool esp = kind == FrameKind::kEsp;
  if (!make_room(kind, waiting.size())) {
    ++(esp ? counts_.esp_dropped : counts_.ike_refused);
    return false;
  }
  octets_ += waiting.size();
  if (esp) esp_octets_ += waiting.size();
  ++(esp ? counts_.esp : counts_.ike);
  (esp ? esp_ : ike_).push_back(std::move(waiting));
  return true;
}

// The oldest ESP goes first: it has waited longest already.
bool WriteQueue::make_room(FrameKind kind, std::size_t octets) {
  if (kind == FrameKind::kEsp) {
    return octets_ + octets <= bounds_.octets && esp_octets_ + octets <= bounds_.esp_octets;
  }
  const std::size_t begun_esp = begun_ && begun_kind_ == FrameKind::kEsp ? begun_->size() - begun_at_ : 0;
  if (octets_ - (esp_octets_ - begun_esp) + octets > bounds_.octets) return false;
  while (octets_ + octets > bounds_.octets) {
    octets_ -= esp_.front().size();
    esp_octets_ -= esp_.front().size();
    esp_.pop_front();
    ++counts_.esp_dropped;
  }
  return true;
}

std::array<ConstBytes, 2> WriteQueue::front() {
  if (!begun_) {
    std::deque<Waiting>& line = ike_.empty() ? esp_ : ike_;
    if (line.empty()) return {};
    begun_kind_ = ike_.empty() ? FrameKind::kEsp : FrameKind::kIke;
    begun_ = std::move(line.front());
    begun_at_ = 0;
    line.pop_front();
  }
  const ConstBytes head = begun_->head.octets();
  const ConstBytes octets = begun_->octets;
  const std::size_t of_head = std::min(begun_at_, head.size());
  return {head.subspan(of_head), octets.subspan(begun_at_ - of_head)};
}

void WriteQueue::written(std::size_t octets) {
  if (!begun_) return;
  octets = std::min(octets, begun_->size() - begun_at_);
  begun_at_ += octets;
  octets_ -= octets;
  if (begun_kind_ == FrameKind::kEsp) esp_octets_ -= octets;
  if (begun_at_ == begun_->size()) begun_.reset();
}

}  // namespace levelgate::stream
