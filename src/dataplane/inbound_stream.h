// SPDX-License-Identifier: Apache-2.0
//
// The AGGFRAG payloads of one SA on their way to inner packets (RFC 9347 §2.2.3, §2.5): in the order of their numbers,
// or at once, where only the fragments wait for each other. Both ways the same packets are lost to the same gaps, and
// each thing is counted once.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/model/plan.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "aggfrag/early_receiver.h"
#include "aggfrag/lost_timer.h"
#include "aggfrag/receiver.h"
#include "aggfrag/reorder_window.h"
#include "aggfrag/window_width.h"
#include "dataplane/held_payloads.h"
#include "dataplane/inner_assembly.h"
#include "dataplane/snapshot.h"
#include "dataplane/tunnel_counters.h"
#include "dataplane/worker_context.h"

namespace levelgate::dataplane {

// Where an SA's numbers begin when it is made: at the plan's first number, or wherever the first packet stands (an SA
// whose running parts were rebuilt while it lived).
enum class FirstNumber : std::uint8_t { kOfPlan, kOfFirstPacket };

// Something else than AGGFRAG under an AGGFRAG SA (RFC 9347 §2.3): it uses up its number.
enum class PlaceKind : std::uint8_t {
  kDummy,    // RFC 4303 §2.6: like padding
  kForeign,  // breaks a packet that is half there
};

// Thread: made by control, lives on one worker.
class InboundStream {
 public:
  InboundStream(const model::TfsSettings& tfs, EspSeq first, FirstNumber first_number, std::uint32_t max_inner_octets,
                TunnelCounters& counters);

  // The peer has begun to use this SA while the older one may still deliver.
  void take_over_from(const InboundStream& older) noexcept;
  // An ESP payload; owns the buffer from here on.
  void accept(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
              EspSeq number) noexcept;
  // Its number and nothing else; gives the buffer back. It is counted already.
  void accept_place(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
                    PlaceKind kind, EspSeq number) noexcept;
  // Gives up gaps and the unfinished packet whose time has passed.
  void expire(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  [[nodiscard]] Instant deadline() const noexcept { return std::min(window_.deadline(), partial_deadline_); }
  // Delivers what is held, gaps or not: from here on a newer SA delivers, or this one goes.
  void surrender(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  // Gives back what is held.
  void drain(WorkerContext& context) noexcept;
  [[nodiscard]] bool idle() const noexcept { return window_.held() == 0 && !receiver_.partial(); }

 private:
  using Place = HeldPayloads::Place;

  void learn(Instant now, EspSeq number) noexcept;
  void hold(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
            aggfrag::OpenEnds::Kind kind, EspSeq number) noexcept;
  [[nodiscard]] aggfrag::Inserted insert(WorkerContext& context, Place place, EspSeq number) noexcept;
  void deliver_early(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, Place place,
                     EspSeq number) noexcept;
  void come_late(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const Packet& payload) noexcept;
  void release_in_order(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept;
  void take_turn(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, Place place,
                 EspSeq number) noexcept;
  void take_ends(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const aggfrag::OpenEnds& ends,
                 EspSeq number) noexcept;
  void receive(WorkerContext& context, InnerBatch& inner, const TunnelEntry& tunnel, const Packet& payload,
               EspSeq number) noexcept;
  void count(WorkerContext& context, const aggfrag::AcceptResult& result) noexcept;
  void set_partial_deadline(Instant now) noexcept;
  [[nodiscard]] Nanos lost_after() const noexcept { return timer_.after(window_.window()); }

  TunnelCounters& counters_;
  bool immediate_;
  bool adaptive_;
  bool adopt_first_;
  EspSeq first_;
  std::optional<std::uint64_t> taking_over_;  // the number in front of the first, while the older SA may still deliver
  aggfrag::LostTimer timer_;
  Nanos partial_life_;  // how long an unfinished packet waits for its next fragment
  aggfrag::WindowWidth width_;
  std::uint32_t told_window_ = ~0u;  // what the counters say of it
  aggfrag::ReorderWindow<Place> window_;
  aggfrag::Receiver receiver_;
  aggfrag::EarlyReceiver early_;
  OpenInner open_;  // the inner packet that the receiver writes into
  Instant partial_deadline_ = kNever;
};

}  // namespace levelgate::dataplane
