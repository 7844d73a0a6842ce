// SPDX-License-Identifier: Apache-2.0
//
// The places of all inner packets that wait on one worker, linked by number, so that a queue costs memory only for what
// is in it: a thousand idle tunnels share one store. Reserved at birth and touched then; nothing is allocated later.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace levelgate::queueing {

inline constexpr std::uint32_t kNoPlace = ~std::uint32_t{0};

struct WaitingPacket {
  Packet packet;
  Instant since;                  // when it joined
  std::uint32_t next = kNoPlace;  // behind it in its flow, or in the list of free places
  bool judged = false;            // the AQM has decided about it
};

// Thread: worker.
class PacketStore {
 public:
  // At most 2^32 - 2 packets.
  explicit PacketStore(std::size_t capacity)
      : capacity_(capacity), places_(std::make_unique<WaitingPacket[]>(capacity)) {
    for (std::size_t i = capacity; i-- != 0;) {
      places_[i].next = free_;
      free_ = static_cast<std::uint32_t>(i);
    }
  }

  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool full() const { return free_ == kNoPlace; }

  // Only when not full. Member by member: a whole one made elsewhere would be read back before it is written.
  [[nodiscard]] std::uint32_t put(const Packet& packet, Instant now) {
    const std::uint32_t place = free_;
    WaitingPacket& waiting = places_[place];
    free_ = waiting.next;
    waiting.packet = packet;
    waiting.since = now;
    waiting.next = kNoPlace;
    waiting.judged = false;
    ++used_;
    return place;
  }
  // The packet can be read until the next put().
  void give_back(std::uint32_t place) {
    places_[place].next = free_;
    free_ = place;
    --used_;
  }
  [[nodiscard]] WaitingPacket& at(std::uint32_t place) { return places_[place]; }

 private:
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::uint32_t free_ = kNoPlace;  // last given back first: its lines are warm
  std::unique_ptr<WaitingPacket[]> places_;
};

}  // namespace levelgate::queueing
