// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of one SA: opened payloads are put in order and turned into inner packets (RFC 9347 §2.2.3).
// Inbound is per SA, because order is per SA. The opener with its replay window belongs to the publisher and outlives a
// rebuild.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/model/plan.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "aggfrag/receiver.h"
#include "aggfrag/reorder_window.h"
#include "dataplane/snapshot.h"
#include "dataplane/tunnel_counters.h"
#include "dataplane/worker_context.h"
#include "esp/opener.h"
#include "wire/ip_marks.h"

namespace levelgate::dataplane {

// An inner packet (IP at data) that came through this tunnel.
struct Delivered {
  Packet packet;
  const TunnelEntry* tunnel = nullptr;
};

// Takes inner packets in order, a burst at a time; owns their buffers from then on.
class InnerSink {
 public:
  virtual ~InnerSink() = default;
  virtual void take(WorkerContext& context, std::span<const Delivered> burst) noexcept = 0;
};

// Collects inner packets, so that the sink is called once for many. What is in it must be flushed within the turn.
class InnerBatch {
 public:
  explicit InnerBatch(InnerSink& sink) : sink_(sink) {}
  void add(WorkerContext& context, const Packet& packet, const TunnelEntry& tunnel) noexcept {
    delivered_[count_++] = {packet, &tunnel};
    if (count_ == delivered_.size()) flush(context);
  }
  void flush(WorkerContext& context) noexcept {
    const std::size_t count = count_;
    count_ = 0;
    if (count != 0) sink_.take(context, std::span<const Delivered>(delivered_).first(count));
  }

 private:
  InnerSink& sink_;
  std::array<Delivered, kBurst> delivered_;
  std::size_t count_ = 0;
};

// Where an SA's numbers begin when it is made: at the plan's first number, or wherever the first packet stands (an SA
// whose running parts were rebuilt while it lived).
enum class FirstNumber : std::uint8_t { kOfPlan, kOfFirstPacket };

// What outlives a rebuild of the running parts.
struct InboundKept {
  esp::Opener& opener;
  SaCounters& sa;
  TunnelCounters& tunnel;
};

// Made by control, lives on one worker. An SA takes over from the next older one of its tunnel as if one more number
// stood in front of its first: what the path has displaced by no more than the window comes in order across a rekey.
class InboundSa {
 public:
  InboundSa(const model::TunnelPlan& plan, const model::EspSa& sa, FirstNumber first, std::uint32_t max_inner_octets,
            const InboundKept& kept);

  [[nodiscard]] esp::Opener& opener() { return kept_.opener; }
  [[nodiscard]] TunnelCounters& counters() { return kept_.tunnel; }

  // An authentic packet, from SPI to ICV, as it stands behind its outer headers: counts it, tells of the first one and
  // of a peer that has moved. accept() follows.
  void arrived(WorkerContext& context, const InboundEntry& entry, const Packet& esp, EspSeq number) noexcept;
  // The same packet: data is the ESP payload. Owns the buffer from here on.
  void accept(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
              std::uint8_t next_header, EspSeq number) noexcept;
  // Gives up gaps and the unfinished packet whose time has passed.
  void expire(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  [[nodiscard]] Instant deadline() const noexcept;
  // Delivers what is held if its tunnel lives on, and gives back the rest.
  void drain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  [[nodiscard]] bool idle() const noexcept { return window_.held() == 0 && !receiver_.partial(); }

  handover::Mark drained;

 private:
  class Assembly;

  void prove(WorkerContext& context, const InboundEntry& entry) noexcept;
  void follow_peer(WorkerContext& context, const TunnelEntry& tunnel, const Packet& esp) noexcept;
  void deliver_plain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, Packet packet) noexcept;
  void accept_aggfrag(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
                      EspSeq number) noexcept;
  [[nodiscard]] aggfrag::Inserted insert(WorkerContext& context, const Packet& payload, EspSeq number) noexcept;
  void release_in_order(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  void surrender(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  void receive(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const Packet& payload,
               EspSeq number) noexcept;
  [[nodiscard]] Nanos lost_after() const noexcept;
  void learn_interval(Instant now) noexcept;

  InboundKept kept_;
  TunnelCounters& counters_;
  bool aggfrag_;
  wire::Ecn outer_ecn_ = wire::Ecn::kNotEct;  // of the packet that arrived() told of
  bool adopt_first_;
  EspSeq first_;
  std::optional<std::uint64_t> taking_over_;  // the number in front of the first, while the older SA may still deliver
  Instant moved_told_ = kNever;               // when control was last told of a moved peer; kNever: never
  std::uint32_t window_size_;
  std::optional<Nanos> lost_packet_timer_;
  Nanos interval_;      // between arrivals, smoothed; starts at the tunnel's own
  Nanos partial_life_;  // how long an unfinished packet waits for its next fragment
  Instant last_arrival_ = kNever;
  aggfrag::ReorderWindow<Packet> window_;
  aggfrag::Receiver receiver_;
  Packet assembling_{};  // the inner packet that the receiver writes into
  bool assembling_open_ = false;
  Instant partial_deadline_ = kNever;
};

}  // namespace levelgate::dataplane
