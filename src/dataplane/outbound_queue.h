// SPDX-License-Identifier: Apache-2.0
//
// The inner packets that wait for one tunnel, by class and flow, with the settings that bound their wait. Made by
// control, lives on one worker; a new setting brings an empty one, which takes over what waits in the old one.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/model/plan.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/class_match.h"
#include "dataplane/entering.h"
#include "dataplane/outbound_setting.h"
#include "dataplane/tunnel_counters.h"
#include "queueing/class_queue.h"
#include "queueing/flow_hash.h"

namespace levelgate::dataplane {

class OutboundQueue {
 public:
  // `data_room`: octets of data blocks in a payload. Any wait is borne until bound_waits().
  OutboundQueue(const OutboundSetting& setting, std::uint32_t data_room);

  // The hashes of packets' flows, for push(): of a whole burst at once, since no one waits for another. Nothing where
  // all classes are FIFOs.
  void hash(std::span<const Entering> burst, std::span<std::uint32_t> hashes) const noexcept {
    if (!fair_) return;
    for (std::size_t i = 0; i < burst.size(); ++i) hashes[i] = hash_(burst[i].packet.bytes());
  }
  // `bearable`: see queueing::ClassQueue::push(); one for each class.
  [[nodiscard]] queueing::Joined push(queueing::PacketStore& store, const Packet& packet, std::uint32_t hash,
                                      Instant now,
                                      const std::array<std::uint64_t, queueing::kMaxClasses>& bearable) noexcept {
    const std::size_t number = match_.of(packet.bytes());
    const queueing::Joined joined = queue_.push(store, number, hash, packet, now, bearable[number]);
    if (joined != queueing::Joined::kTaken) ++refused_[number];
    return joined;
  }
  // Takes over what waits in the other one. What is longer than `longest` or finds no room goes to `lose(packet)`, but
  // not the packet that was begun (RFC 9347 §2.2.3).
  template <typename Lose>
  void take_over(OutboundQueue& from, std::uint32_t longest, queueing::PacketStore& store, Instant now,
                 Lose&& lose) noexcept {
    std::array<std::uint64_t, queueing::kMaxClasses> any{};
    any.fill(SIZE_MAX);
    if (from.queue_.begun()) queue_.adopt(from.queue_.discard(store));
    while (!from.queue_.empty()) {
      const Packet packet = from.queue_.discard(store);
      const bool fits = packet.length <= longest;
      if (!fits || push(store, packet, hash_(packet.bytes()), now, any) != queueing::Joined::kTaken) lose(packet);
    }
  }
  // The schedule has a slot each `slot` from now on: its waits are bounded by that, and by the setting.
  void bound_waits(Nanos slot) noexcept;
  // Adds what was counted since the last time to the tunnel's cells.
  void publish(TunnelCounters& counters) noexcept;

  [[nodiscard]] queueing::ClassQueue& packets() { return queue_; }
  [[nodiscard]] const queueing::ClassQueue& packets() const { return queue_; }
  [[nodiscard]] Nanos max_delay(std::size_t number) const { return max_delay_[number]; }

 private:
  struct Told {
    queueing::FairQueueCounts counts;
    std::uint64_t refused = 0;
  };

  ClassMatch match_;
  queueing::FlowHash hash_;
  bool fair_;  // a class tells flows apart
  queueing::ClassQueue queue_;
  std::array<Nanos, queueing::kMaxClasses> max_delay_{};
  std::array<std::uint64_t, queueing::kMaxClasses> refused_{};
  std::array<Told, queueing::kMaxClasses> told_{};
};

}  // namespace levelgate::dataplane
