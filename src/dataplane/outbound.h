// SPDX-License-Identifier: Apache-2.0
//
// The sending side of one tunnel: the queue of inner packets, the schedule, and the packets that are built ahead of
// their slot. The tunnel owns the schedule; the SA (esp::Sealer) only numbers and keys, and may change under it, and so
// may the setting: rate, size, mode and addresses change between two slots, without a gap and without a burst.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/ring.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "aggfrag/pacer.h"
#include "aggfrag/sender.h"
#include "congestion/path_mtu_search.h"
#include "dataplane/entering.h"
#include "dataplane/outbound_queue.h"
#include "dataplane/outbound_setting.h"
#include "dataplane/outer_frame.h"
#include "dataplane/seal_batch.h"
#include "dataplane/snapshot.h"
#include "dataplane/tunnel_counters.h"
#include "dataplane/worker_context.h"

namespace levelgate::dataplane {

// Made by control, lives on one worker.
class OutboundTunnel {
 public:
  // Slot 0 of fixed mode is due at `start`. The counters outlive the tunnel.
  OutboundTunnel(const OutboundSetting& setting, Instant start, TunnelCounters& counters);

  // Takes a burst of inner packets (IP at data), at most kBurst. What is too big for the tunnel without fragmentation,
  // would leave too late or finds no room is dropped under its name.
  void enqueue(WorkerContext& context, std::span<const Entering> burst) noexcept;

  // Sends what is due (fixed mode).
  void emit(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept;
  // Builds and seals what is due within `ahead`; in the other modes sends what is waiting.
  void build(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry, Nanos ahead) noexcept;
  // When the next slot is due; kNever where there is no schedule.
  [[nodiscard]] Instant next_slot() const noexcept { return pacer_ ? pacer_->next_due() : kNever; }
  // When emit or build wants to be called next, if nothing arrives.
  [[nodiscard]] Instant deadline(Nanos ahead) const noexcept;
  // Gives back everything that is held.
  void drain(WorkerContext& context) noexcept;
  // Inner packets wait, or have not wholly left.
  [[nodiscard]] bool waits() const noexcept { return !queue_.packets().empty() || built_data_ != 0; }

  handover::Mark drained;

 private:
  void follow(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void take_setting(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void follow_path(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void take_rate(WorkerContext& context) noexcept;
  [[nodiscard]] std::uint32_t prepare_slot(const TunnelEntry& entry, Instant slot) noexcept;
  [[nodiscard]] bool keeps_size(const TunnelEntry& entry, Instant now) const noexcept;
  void tell_size(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void follow_sa(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void begin_anew(WorkerContext& context) noexcept;
  void refuse(WorkerContext& context, const Packet& packet, model::Drop reason) noexcept;
  void drop_queue(WorkerContext& context, model::Drop reason) noexcept;
  void change_queue(WorkerContext& context, OutboundQueue& fresh) noexcept;
  [[nodiscard]] bool way_open(const TunnelEntry& entry) const noexcept;
  struct Departed {
    std::size_t sent = 0;
    std::size_t gone = 0;  // of the frames, the first: ours no more
  };
  [[nodiscard]] Departed depart(WorkerContext& context, const TunnelEntry& entry, std::span<Packet> frames) noexcept;
  [[nodiscard]] ConstBytes esp_of(const Packet& frame) const { return frame.bytes().subspan(frame_.esp_at()); }
  void note_open(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void learn_bearable(Instant now) noexcept;
  void ask_for_path(WorkerContext& context, const TunnelEntry& entry) noexcept;
  enum class Departure : std::uint8_t { kNow, kAtSlot };
  void build_fixed(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry, std::uint32_t count,
                   Departure when) noexcept;
  void build_on_demand(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept;
  void build_plain(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry) noexcept;
  void send_now(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry, std::span<Packet> sealed) noexcept;
  bool seal_into(Packet& frame, std::uint32_t payload_octets, std::uint8_t next_header, WorkerContext& context,
                 SealBatch& batch, const TunnelEntry& entry) noexcept;
  void account(const aggfrag::Filled& filled) noexcept;
  void exhausted(WorkerContext& context, const TunnelEntry& entry) noexcept;
  void publish_queue() noexcept;

  TunnelCounters& counters_;
  OutboundSetting setting_;  // in force
  OuterFrame frame_;
  bool setting_waits_ = false;        // a newer one or another rate is there: nothing more is built under this one
  std::uint64_t rate_;                // bits per second, in force; 0: the breaker is open
  std::uint64_t next_rate_;           // what the path bears, as of the last slot
  bool stopped_ = false;              // the breaker is open: slots pass unsent
  std::uint32_t breaker_clears_ = 0;  // of the entry, as last seen
  const congestion::PathControl* path_ = nullptr;  // of the setting in force; to compare
  congestion::ProbeCounts probes_told_;            // of path_, that are in the counters
  Instant size_told_ = kNever;                     // when control was last told of another size
  OutboundQueue queue_;
  aggfrag::Sender sender_;
  bool queue_changed_ = false;           // since it was last published
  std::optional<aggfrag::Pacer> pacer_;  // fixed mode
  Instant bearable_at_ = kNever;         // the moment that bearable_ speaks of
  // Inner octets that leave in time, by class; in modes without a schedule any number.
  std::array<std::uint64_t, queueing::kMaxClasses> bearable_{};
  std::uint32_t useful_room_;   // inner octets in a payload under load
  bool open_ = false;           // there are an SA and a path
  Ring<Packet> built_;          // sealed, in the order of their numbers; reserved: 1 when it carries data
  std::size_t built_data_ = 0;  // of those, how many carry data
  SaId sealer_id_;              // the SA that the half-sent packet belongs to
  Instant send_at_ = kNever;    // on-demand: when the timer fires
  Instant last_wanted_{};       // when the next hop was last asked for
  bool exhausted_reported_ = false;
  bool blocked_ = false;  // nothing can be built before something else changes
};

}  // namespace levelgate::dataplane
