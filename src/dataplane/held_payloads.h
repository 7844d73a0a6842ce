// SPDX-License-Identifier: Apache-2.0
//
// Room for the payloads that wait for others, shared by all SAs of a worker: what can be held at all is bounded by the
// packet buffers, so an SA that holds nothing needs none of it. Made once, with all its places.
#pragma once

#include <levelgate/base/packet.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "aggfrag/open_ends.h"

namespace levelgate::dataplane {

struct HeldPayload {
  Packet packet;           // data is null when its buffer went back
  aggfrag::OpenEnds ends;  // of a payload that was delivered before its turn
};

// Thread: worker.
class HeldPayloads {
 public:
  using Place = std::uint32_t;

  explicit HeldPayloads(std::size_t places) : payloads_(places), free_(places) {
    for (std::size_t i = 0; i < places; ++i) free_[i] = static_cast<Place>(places - 1 - i);
    free_count_ = places;
  }
  [[nodiscard]] static constexpr std::size_t octets(std::size_t places) {
    return places * (sizeof(HeldPayload) + sizeof(Place));
  }

  // Empty: no place is left.
  [[nodiscard]] std::optional<Place> take(const Packet& packet) noexcept {
    if (free_count_ == 0) return std::nullopt;
    const Place place = free_[--free_count_];
    payloads_[place].packet = packet;
    payloads_[place].ends = {};
    return place;
  }
  void give_back(Place place) noexcept { free_[free_count_++] = place; }
  [[nodiscard]] HeldPayload& operator[](Place place) noexcept { return payloads_[place]; }
  [[nodiscard]] std::size_t held() const noexcept { return payloads_.size() - free_count_; }

 private:
  std::vector<HeldPayload> payloads_;
  std::vector<Place> free_;
  std::size_t free_count_ = 0;
};

}  // namespace levelgate::dataplane
