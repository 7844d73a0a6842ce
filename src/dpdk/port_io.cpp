// SPDX-License-Identifier: Apache-2.0
//
// Views on mbufs, and back. The only place where a packet's handle is an mbuf.
#include "dpdk/port_io.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>

#include "dataplane/worker_context.h"

namespace levelgate::dpdk {
namespace {

constexpr std::size_t kChunk = 64;  // mbufs handled at once on the stack

Packet view_of(rte_mbuf* mbuf) {
  Packet packet;
  packet.data = rte_pktmbuf_mtod(mbuf, std::byte*);
  packet.length = rte_pktmbuf_data_len(mbuf);
  packet.headroom = rte_pktmbuf_headroom(mbuf);
  packet.tailroom = rte_pktmbuf_tailroom(mbuf);
  packet.handle = mbuf;
  return packet;
}

rte_mbuf* mbuf_of(const Packet& packet) { return static_cast<rte_mbuf*>(packet.handle); }

void settle(const Packet& packet) {
  rte_mbuf* const mbuf = mbuf_of(packet);
  mbuf->data_off = static_cast<std::uint16_t>(packet.data - static_cast<std::byte*>(mbuf->buf_addr));
  mbuf->data_len = static_cast<std::uint16_t>(packet.length);
  mbuf->pkt_len = packet.length;
  mbuf->ol_flags = 0;
}

}  // namespace

PortIo::PortIo(std::vector<Port*> ports, BufferPool& pool, std::uint16_t queue) : pool_(pool.pool()), queue_(queue) {
  for (Port* const port : ports) {
    devices_.push_back({port->device(), port->twin_device(), port->has_twin(), port->queues()});
  }
}

std::size_t PortIo::receive(PortId port, std::span<Packet> into) noexcept {
  std::array<rte_mbuf*, kChunk> mbufs;
  const std::uint16_t wanted = static_cast<std::uint16_t>(std::min(into.size(), mbufs.size()));
  const std::uint16_t count = rte_eth_rx_burst(devices_[port.value].device, queue_, mbufs.data(), wanted);
  std::size_t whole = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (mbufs[i]->nb_segs != 1) {  // scattered receive is never asked for
      rte_pktmbuf_free(mbufs[i]);
      continue;
    }
    into[whole++] = view_of(mbufs[i]);
  }
  return whole;
}

std::size_t PortIo::send(std::uint16_t device, std::span<Packet> frames) noexcept {
  std::size_t sent = 0;
  while (sent < frames.size()) {
    std::array<rte_mbuf*, kChunk> mbufs;
    const std::size_t count = std::min(frames.size() - sent, mbufs.size());
    for (std::size_t i = 0; i < count; ++i) {
      settle(frames[sent + i]);
      mbufs[i] = mbuf_of(frames[sent + i]);
    }
    const std::uint16_t taken = rte_eth_tx_burst(device, queue_, mbufs.data(), static_cast<std::uint16_t>(count));
    sent += taken;
    if (taken < count) break;
  }
  return sent;
}

std::size_t PortIo::transmit(PortId port, std::span<Packet> frames) noexcept {
  return send(devices_[port.value].device, frames);
}

std::size_t PortIo::punt(PortId port, std::span<Packet> frames) noexcept {
  return devices_[port.value].has_twin ? send(devices_[port.value].twin, frames) : 0;
}

bool PortIo::acquire(std::span<Packet> into) noexcept {
  std::array<rte_mbuf*, kChunk> mbufs;
  if (into.size() > mbufs.size()) return false;
  if (rte_pktmbuf_alloc_bulk(pool_, mbufs.data(), static_cast<unsigned>(into.size())) != 0) return false;
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = view_of(mbufs[i]);
  return true;
}

void PortIo::release(std::span<const Packet> packets) noexcept {
  std::array<rte_mbuf*, kChunk> mbufs;
  for (std::size_t from = 0; from < packets.size(); from += kChunk) {
    const std::size_t count = std::min(packets.size() - from, kChunk);
    for (std::size_t i = 0; i < count; ++i) mbufs[i] = mbuf_of(packets[from + i]);
    rte_pktmbuf_free_bulk(mbufs.data(), static_cast<unsigned>(count));
  }
}

bool PortIo::relay_twins() noexcept {
  bool some = false;
  for (const Devices& port : devices_) {
    for (std::uint16_t queue = 0; port.has_twin && queue < port.twin_queues; ++queue) some |= relay(port, queue);
  }
  return some;
}

bool PortIo::relay(const Devices& port, std::uint16_t twin_queue) noexcept {
  std::array<rte_mbuf*, dataplane::kBurst> mbufs;
  const std::uint16_t count = rte_eth_rx_burst(port.twin, twin_queue, mbufs.data(), mbufs.size());
  if (count == 0) return false;
  const std::uint16_t sent = rte_eth_tx_burst(port.device, queue_, mbufs.data(), count);
  if (sent < count) rte_pktmbuf_free_bulk(mbufs.data() + sent, static_cast<unsigned>(count - sent));
  return true;
}

}  // namespace levelgate::dpdk
