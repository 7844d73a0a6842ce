// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of one SA: opened payloads are put in order and turned into inner packets (RFC 9347 §2.2.3).
// Inbound is per SA, because order is per SA. The opener with its replay window belongs to the publisher and outlives a
// rebuild.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/model/plan.h>

#include <cstdint>
#include <optional>

#include "dataplane/inbound_stream.h"
#include "dataplane/inner_batch.h"
#include "dataplane/snapshot.h"
#include "dataplane/tunnel_counters.h"
#include "dataplane/worker_context.h"
#include "esp/opener.h"
#include "wire/ip_marks.h"

namespace levelgate::dataplane {

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

  // An authentic packet, from SPI to ICV, as it stands behind its outer headers or came out of a stream: counts it,
  // tells of the first one and of a peer that has moved. accept() follows.
  void arrived(WorkerContext& context, const InboundEntry& entry, const Packet& esp, EspSeq number) noexcept;
  // The same packet: data is the ESP payload. Owns the buffer from here on.
  void accept(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
              std::uint8_t next_header, EspSeq number) noexcept;
  // Gives up gaps and the unfinished packet whose time has passed.
  void expire(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  [[nodiscard]] Instant deadline() const noexcept { return stream_.deadline(); }
  // Delivers what is held, the oldest SA's first: from here on a newer SA delivers, or this one goes.
  void surrender(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  // Delivers what is held if its tunnel lives on, and gives back the rest.
  void drain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  [[nodiscard]] bool idle() const noexcept { return stream_.idle(); }

  handover::Mark drained;

 private:
  void deliver_plain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, Packet packet) noexcept;
  void prove(WorkerContext& context, const InboundEntry& entry) noexcept;
  void tell_path(WorkerContext& context, const TunnelEntry& tunnel, const Packet& payload, std::uint8_t next_header,
                 EspSeq number) noexcept;
  [[nodiscard]] bool may_tell_of_move(Instant now) noexcept;
  void follow_stream(WorkerContext& context, const TunnelEntry& tunnel, StreamId stream) noexcept;
  void follow_peer(WorkerContext& context, const TunnelEntry& tunnel, const Packet& esp) noexcept;

  InboundKept kept_;
  TunnelCounters& counters_;
  bool aggfrag_;
  EspSeq first_;                              // number of the first packet
  std::optional<std::uint64_t> position_;     // of number 0 in the tunnel's count of packets, for congestion control
  wire::Ecn outer_ecn_ = wire::Ecn::kNotEct;  // of the packet that arrived() told of
  Instant moved_told_ = kNever;               // when control was last told of a moved peer; kNever: never
  InboundStream stream_;
};

}  // namespace levelgate::dataplane
