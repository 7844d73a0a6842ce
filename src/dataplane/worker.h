// SPDX-License-Identifier: Apache-2.0
//
// One worker: the loop's single turn. It owns the running parts of its tunnels between two snapshots, reads no clock,
// allocates nothing, and is the same code in the daemon, in replay and in tests; only its edges differ.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

#include <memory>
#include <vector>

#include "dataplane/classify.h"
#include "dataplane/forwarder.h"
#include "dataplane/inbound.h"
#include "dataplane/outbound.h"
#include "dataplane/seal_batch.h"
#include "dataplane/snapshot.h"
#include "dataplane/worker_context.h"
#include "handover/snapshot_cell.h"

namespace levelgate::dataplane {

// A packet that arrived on one worker and belongs to a tunnel of another.
struct Handoff {
  enum class Kind : std::uint8_t { kInner, kOuter } kind = Kind::kInner;
  TunnelId tunnel;           // kInner
  std::uint64_t serial = 0;  // kInner: of the tunnel; its id may be another one's when the packet arrives
  Spi spi;                   // kOuter
  Packet packet;             // kInner: IP at data; kOuter: ESP at data
};
using HandoffRing = handover::SpscRing<Handoff>;

// Who takes what is for the gateway itself.
enum class KernelTwin : std::uint8_t { kPresent, kAbsent };

// The edges of a worker; everything named by reference outlives it.
struct WorkerParts {
  PacketIo& io;
  const RouteTable& routes;
  esp::Cipher& cipher;
  handover::SnapshotCell<Snapshot>& snapshots;
  EventRing& events;
  std::vector<PortId> ports;  // polled by this worker
  Nanos build_ahead = std::chrono::microseconds(20);
  KernelTwin twin = KernelTwin::kPresent;
  DestinationMac destination_mac = DestinationMac::kChecked;
  const MacAddress* unknown_neighbour_mac = nullptr;  // replay: instead of waiting for the kernel
  std::vector<HandoffRing*> to{};                     // index: WorkerId; null for itself; empty with one worker
  std::vector<HandoffRing*> from{};
  // Inner packets that may wait for all tunnels together: fewer than there are buffers, or no outer packet could be
  // made to carry them away. Each costs 48 octets, whether it is there or not.
  std::size_t queue_budget = 16'384;
  // Payloads that may wait in the reorder windows of all SAs together.
  std::size_t held_payloads = 4096;
  StreamEdge* streams = nullptr;  // for tunnels whose packets go in TCP; null: those send nothing
};

class Worker final : private InnerSink, private TunnelDoor {
 public:
  Worker(WorkerId id, WorkerParts parts);
  ~Worker() override = default;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Does all that is due at `now`, at most one burst of packets from each port. Thread: the worker's.
  void turn(Instant now) noexcept;
  // How long the last turn was, by the clock of the shell.
  void turn_took(Nanos time) noexcept {
    context_.counters.longest_turn_ns.raise_to(static_cast<std::uint64_t>(time.count()));
  }
  // When the next turn is wanted if no packet comes; kNever when nothing is planned.
  [[nodiscard]] Instant next_deadline() const noexcept { return deadline_; }
  // When the next slot of any of its tunnels is due; kNever without one.
  [[nodiscard]] Instant next_slot() const noexcept { return next_slot_; }
  // The last turn moved something: the next one should follow at once.
  [[nodiscard]] bool busy() const noexcept { return context_.worked; }
  // Something is held or waits: queues, windows, held packets (replay runs until it is false).
  [[nodiscard]] bool holds_packets() const noexcept { return holds_; }

  [[nodiscard]] WorkerCounters& counters() noexcept { return context_.counters; }

 private:
  void emit_due() noexcept;
  void receive() noexcept;
  void receive_port(const PortEntry& port) noexcept;
  void take_streamed() noexcept;
  void take_handoffs() noexcept;
  void build_next() noexcept;
  void expire() noexcept;
  void bury() noexcept;
  void plan_next_turn() noexcept;

  void collect(const Packet& packet, const InboundEntry& entry) noexcept;
  void collect_spi(const Packet& packet, Spi spi) noexcept;
  void open_collected() noexcept;
  void hand_over(const TunnelEntry& tunnel, std::span<const Entering> train) noexcept;
  void admit(const TunnelEntry& tunnel, std::span<const Entering> train) noexcept;
  void admit_cut(const TunnelEntry& tunnel, const Packet& packet) noexcept;
  void admit_whole(const TunnelEntry& tunnel, std::span<const Entering> train) noexcept;
  void admit_handed(const Handoff& handoff) noexcept;
  void take(WorkerContext& context, std::span<const Delivered> burst) noexcept override;
  void take_one(Packet inner, const TunnelEntry& tunnel) noexcept;
  void enter(WorkerContext& context, std::span<const Entering> burst) noexcept override;
  void to_kernel(PortId port, const Packet& frame) noexcept;

  struct Collected {
    Packet packet;
    const InboundEntry* entry;
    EspSeq number;
  };

  WorkerId id_;
  WorkerParts parts_;
  WorkerContext context_;
  Forwarder forwarder_;
  InnerBatch inner_;
  SealBatch batch_;
  std::array<Collected, kBurst> collected_;
  std::array<esp::CipherJob, kBurst> jobs_;
  std::size_t collected_count_ = 0;
  Instant deadline_ = kNever;
  Instant next_slot_ = kNever;
  bool holds_ = false;
};

}  // namespace levelgate::dataplane
