// SPDX-License-Identifier: Apache-2.0
//
// dataplane::PacketIo on mbufs: one for each worker, on the queue pair of its number. Packets have one segment each.
#pragma once

#include <vector>

#include "dataplane/packet_io.h"
#include "dpdk/port.h"

namespace levelgate::dpdk {

// Thread: one worker.
class PortIo final : public dataplane::PacketIo {
 public:
  // Ports by their PortId; they and the pool outlive this.
  PortIo(std::vector<Port*> ports, BufferPool& pool, std::uint16_t queue);

  [[nodiscard]] std::size_t receive(PortId port, std::span<Packet> into) noexcept override;
  [[nodiscard]] std::size_t transmit(PortId port, std::span<Packet> frames) noexcept override;
  [[nodiscard]] std::size_t punt(PortId port, std::span<Packet> frames) noexcept override;
  [[nodiscard]] bool acquire(std::span<Packet> into) noexcept override;
  void release(std::span<const Packet> packets) noexcept override;

  // What the kernel sent on the twins leaves by the ports as it is; one burst of each queue, since the kernel spreads
  // its flows over all of them. One worker only. True: there was something.
  bool relay_twins() noexcept;

 private:
  struct Devices {
    std::uint16_t device;
    std::uint16_t twin;
    bool has_twin;
    std::uint16_t twin_queues;
  };
  bool relay(const Devices& port, std::uint16_t twin_queue) noexcept;
  std::size_t send(std::uint16_t device, std::span<Packet> frames) noexcept;

  std::vector<Devices> devices_;
  rte_mempool* pool_;
  std::uint16_t queue_;
};

}  // namespace levelgate::dpdk
