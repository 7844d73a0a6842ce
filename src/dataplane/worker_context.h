// SPDX-License-Identifier: Apache-2.0
//
// What every part of a worker's turn needs at hand: the edges, the counters, and the batches in which packets leave,
// buffers go back and ciphers run. Nothing here decides anything.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>
#include <levelgate/model/drops.h>
#include <levelgate/model/event.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/held_payloads.h"
#include "dataplane/lookup.h"
#include "dataplane/packet_io.h"
#include "dataplane/stream_edge.h"
#include "esp/cipher.h"
#include "handover/counters.h"
#include "handover/spsc_ring.h"
#include "queueing/packet_store.h"

namespace levelgate::dataplane {

inline constexpr std::size_t kBurst = 32;     // packets in one burst; beyond 8 to 32 nothing is gained
inline constexpr std::size_t kMaxPorts = 32;  // ports of one gateway

using EventRing = handover::SpscRing<model::Event>;

struct WorkerCounters {
  std::array<handover::Counter, model::kDropCount> drops;
  handover::Counter turns, busy_turns, events_lost, longest_turn_ns;
};

struct Snapshot;

// Thread: worker.
class WorkerContext {
 public:
  // `most_waiting`: inner packets that may wait for all tunnels together; `held_places`: payloads that may wait for
  // others, of all SAs together.
  WorkerContext(PacketIo& packet_io, const RouteTable& route_table, esp::Cipher& aead, EventRing& events,
                std::size_t most_waiting, std::size_t held_places)
      : io(packet_io), routes(route_table), cipher(aead), held(held_places), waiting(most_waiting), events_(events) {}

  PacketIo& io;
  const RouteTable& routes;
  esp::Cipher& cipher;
  HeldPayloads held;
  WorkerCounters counters;
  Instant now{};
  const Snapshot* snapshot = nullptr;
  StreamEdge* streams = nullptr;  // null: nothing here goes through TCP
  bool worked = false;            // something was done in this turn
  queueing::PacketStore waiting;  // the inner packets that wait for tunnels

  void count(model::Drop reason, std::uint64_t packets = 1) noexcept {
    counters.drops[static_cast<std::size_t>(reason)].add(packets);
  }
  // A fresh buffer out of a small stock, so that the pool is asked once for many. False: none is left.
  [[nodiscard]] bool fresh(Packet& packet) noexcept {
    if (stock_count_ == 0 && !refill()) return false;
    packet = stock_[--stock_count_];
    return true;
  }
  // The packet is ours no more; its buffer goes back at the end of the burst.
  void recycle(const Packet& packet) noexcept {
    used_[used_count_++] = packet;
    if (used_count_ == used_.size()) flush_recycled();
  }
  void drop(const Packet& packet, model::Drop reason) noexcept {
    count(reason);
    recycle(packet);
  }
  // A whole frame for a port; what the port does not take is dropped as port-full.
  void send(PortId port, const Packet& frame) noexcept {
    PortBatch& batch = batches_[port.value];
    batch.frames[batch.count++] = frame;
    if (batch.count == kBurst) flush_port(port.value);
    if (port.value >= ports_used_) ports_used_ = static_cast<std::size_t>(port.value) + 1;
  }
  void punt(PortId port, Packet frame) noexcept {
    if (io.punt(port, {&frame, 1}) == 0) drop(frame, model::Drop::kTwinFull);
  }
  void report(const model::Event& event) noexcept {
    if (!events_.push(event)) counters.events_lost.add(1);
  }
  void flush() noexcept {
    for (std::size_t port = 0; port < ports_used_; ++port) flush_port(port);
    flush_recycled();
    if (stock_count_ != 0) io.release(std::span<const Packet>(stock_).first(stock_count_));
    stock_count_ = 0;
  }

 private:
  struct PortBatch {
    std::size_t count = 0;
    std::array<Packet, kBurst> frames;
  };

  bool refill() noexcept {
    flush_recycled();
    for (const std::size_t count : {stock_.size(), std::size_t{1}}) {
      if (!io.acquire(std::span(stock_).first(count))) continue;
      stock_count_ = count;
      return true;
    }
    return false;
  }
  void flush_port(std::size_t port) noexcept {
    PortBatch& batch = batches_[port];
    if (batch.count == 0) return;
    const std::size_t sent =
        io.transmit(PortId{static_cast<std::uint16_t>(port)}, std::span(batch.frames).first(batch.count));
    for (std::size_t i = sent; i < batch.count; ++i) drop(batch.frames[i], model::Drop::kPortFull);
    batch.count = 0;
  }
  void flush_recycled() noexcept {
    if (used_count_ != 0) io.release(std::span<const Packet>(used_).first(used_count_));
    used_count_ = 0;
  }

  EventRing& events_;
  std::array<PortBatch, kMaxPorts> batches_;
  std::size_t ports_used_ = 0;
  std::array<Packet, 64> used_;
  std::size_t used_count_ = 0;
  std::array<Packet, kBurst> stock_;
  std::size_t stock_count_ = 0;
};

}  // namespace levelgate::dataplane
