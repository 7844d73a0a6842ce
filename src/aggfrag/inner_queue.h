// SPDX-License-Identifier: Apache-2.0
//
// The inner packets that wait for a tunnel, first in first out, bounded in packets; the owner bounds it in octets or
// time. Holds views, never touches what they point at.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/ring.h>

#include <cstddef>
#include <cstdint>

namespace levelgate::aggfrag {

// Thread: worker.
class InnerQueue {
 public:
  explicit InnerQueue(std::size_t capacity_packets) : packets_(capacity_packets) {}

  // False, and unchanged, when full.
  [[nodiscard]] bool push(const Packet& packet) {
    if (!packets_.push(packet)) return false;
    octets_ += packet.length;
    return true;
  }
  [[nodiscard]] std::size_t size() const { return packets_.size(); }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }  // of all packets in it, in full
  [[nodiscard]] bool empty() const { return packets_.empty(); }
  [[nodiscard]] bool full() const { return packets_.full(); }
  [[nodiscard]] const Packet& front() const { return packets_.front(); }
  [[nodiscard]] const Packet& at(std::size_t from_front) const { return packets_.at(from_front); }
  Packet pop() {
    const Packet packet = packets_.pop();
    octets_ -= packet.length;
    return packet;
  }

 private:
  Ring<Packet> packets_;
  std::uint64_t octets_ = 0;
};

}  // namespace levelgate::aggfrag
