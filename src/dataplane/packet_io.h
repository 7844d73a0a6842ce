// SPDX-License-Identifier: Apache-2.0
//
// Where a worker's packets come from and go to, in bursts. The DPDK shell implements it on mbufs, replay on
// capture files, tests in memory (tests/support/memory_io.h). Packets are whole Ethernet frames.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/packet.h>

#include <cstddef>
#include <span>

namespace levelgate::dataplane {

// Thread: worker; each worker has a PacketIo of its own.
class PacketIo {
 public:
  virtual ~PacketIo() = default;
  // Fills the first n views and returns n; the caller owns their buffers from then on.
  [[nodiscard]] virtual std::size_t receive(PortId port, std::span<Packet> into) noexcept = 0;
  // Takes the first n frames and returns n; the others stay the caller's.
  [[nodiscard]] virtual std::size_t transmit(PortId port, std::span<Packet> frames) noexcept = 0;
  // Hands frames that are not ours to the port's kernel twin; takes the first n and returns n.
  [[nodiscard]] virtual std::size_t punt(PortId port, std::span<Packet> frames) noexcept = 0;
  // Fresh buffers, all or none: length 0, at least kHeadroom octets in front, tailroom for the largest packet.
  [[nodiscard]] virtual bool acquire(std::span<Packet> into) noexcept = 0;
  // Gives buffers back.
  virtual void release(std::span<const Packet> packets) noexcept = 0;

  static constexpr std::size_t kHeadroom = 128;
};

}  // namespace levelgate::dataplane
