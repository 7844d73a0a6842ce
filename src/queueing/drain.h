// SPDX-License-Identifier: Apache-2.0
//
// A tunnel's queue as a source of packets for one moment: what is taken and what is given up goes to the owner, who
// has `sent(packet)` and `lost(packet, loss, class)`.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>

#include "queueing/class_queue.h"
#include "queueing/packet_store.h"

namespace levelgate::queueing {

template <typename Owner>
class Drain {
 public:
  // `now`: when what is filled leaves.
  Drain(ClassQueue& queue, PacketStore& store, Instant now, Owner& owner)
      : queue_(queue), store_(store), now_(now), owner_(owner) {}

  [[nodiscard, gnu::always_inline]] const Packet* front() { return queue_.front(store_, now_, loser()); }
  [[nodiscard]] const Packet* fitting(std::uint32_t octets) { return queue_.fitting(store_, octets, now_, loser()); }
  void begin() { queue_.begin(store_); }
  [[gnu::always_inline]] void pop() { owner_.sent(queue_.pop(store_)); }

 private:
  [[nodiscard]] auto loser() {
    return [this](const Packet& packet, Loss loss, std::size_t number) { owner_.lost(packet, loss, number); };
  }

  ClassQueue& queue_;
  PacketStore& store_;
  Instant now_;
  Owner& owner_;
};

}  // namespace levelgate::queueing
