// SPDX-License-Identifier: Apache-2.0
//
// The simplest source of packets for an aggfrag::Sender: first in, first out.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/ring.h>

#include <cstddef>
#include <cstdint>

namespace levelgate::testing {

class FifoSource {
 public:
  explicit FifoSource(std::size_t capacity) : packets_(capacity) {}

  [[nodiscard]] bool push(const Packet& packet) { return packets_.push(packet); }
  [[nodiscard]] std::size_t size() const { return packets_.size(); }
  [[nodiscard]] bool empty() const { return packets_.empty(); }
  [[nodiscard]] bool full() const { return packets_.full(); }

  [[nodiscard]] const Packet* front() const { return packets_.empty() ? nullptr : &packets_.front(); }
  [[nodiscard]] const Packet* fitting(std::uint32_t) const { return nullptr; }
  void begin() {}
  void pop() { packets_.drop_front(1); }

 private:
  Ring<Packet> packets_;
};

}  // namespace levelgate::testing
