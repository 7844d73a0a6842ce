// SPDX-License-Identifier: Apache-2.0
//
// The queue of one class: a queue for each flow, served round by round in equal shares of octets, and CoDel for each,
// as RFC 8290 §4 has it. A flow that wants less than its share never waits for those that want more. A single FIFO is
// the case in which all packets are one flow. Bounded in packets; nothing is allocated after birth.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "queueing/fair_queue_settings.h"
#include "queueing/flow_places.h"
#include "queueing/flow_turns.h"
#include "queueing/packet_store.h"
#include "queueing/wait_law.h"

namespace levelgate::queueing {

// Thread: worker.
class FairQueue {
 public:
  explicit FairQueue(const FairQueueSettings& settings) : settings_(settings), law_(settings.wait, settings.ecn) {}

  // The flow of a hash, for the next push.
  [[nodiscard]] std::size_t flow_of(std::uint32_t hash) {
    if (!settings_.fair) return 0;
    const FlowPlaces::Found found =
        places_.find(hash, [this](std::size_t flow) { return turns_[flow].turn != Turn::kNone; });
    if (found.fresh) turns_.renew(found.flow);
    return found.flow;
  }
  // Octets that leave before a packet which joins this flow now, if each flow gets its share and no new one comes.
  [[nodiscard]] std::uint64_t octets_before(std::size_t flow) const {
    return std::min(std::uint64_t{turns_[flow].octets} * waiting_flows_, octets_);
  }
  // A flow may hold only a part of what is free, so that others always find room.
  [[nodiscard]] bool has_room(std::size_t flow) const {
    const std::uint32_t free = settings_.capacity - packets_;
    return free != 0 && turns_[flow].packets < free * kShareOfFree;
  }
  // Only with room here and in the store.
  [[gnu::always_inline]] void push(PacketStore& store, std::size_t flow, const Packet& packet, Instant now) {
    Flow& to = turns_[flow];
    const std::uint32_t place = store.put(packet, now);
    if (to.packets == 0) {
      to.head = place;
      ++waiting_flows_;
    } else {
      store.at(to.tail).next = place;
    }
    to.tail = place;
    if (++to.packets == kAhead + 1) to.ahead = place;
    to.octets += packet.length;
    ++packets_;
    octets_ += packet.length;
    if (to.turn == Turn::kNone) turns_.join(flow, packet.length);
  }

  // The packet that is next at this moment, after what the law takes away in front of it has gone to
  // `lose(packet, loss)`; null: none waits. `open_since`: the tunnel could not send before, which is nobody's fault.
  template <typename Lose>
  [[nodiscard, gnu::always_inline]] Packet* front(PacketStore& store, Instant now, Instant open_since, Lose&& lose) {
    if (packets_ == 0) return nullptr;
    chosen_ = turns_.choose();
    Flow& flow = turns_[chosen_];
    WaitingPacket& head = store.at(flow.head);
    if (!law_.calm(now - std::max(head.since, open_since))) [[unlikely]]
      return judged(store, now, open_since, lose);
    flow.codel.calm();
    return &head.packet;
  }
  // The first packet of any flow that is no longer than `octets`; looks at one packet of each flow, in turn.
  template <typename Lose>
  [[nodiscard]] Packet* fitting(PacketStore& store, std::uint32_t octets, Instant now, Instant open_since,
                                Lose&& lose) {
    Packet* found = nullptr;
    (void)turns_.any([&](std::size_t number) {
      Flow& flow = turns_[number];
      while (found == nullptr && flow.packets != 0 && store.at(flow.head).packet.length <= octets) {
        chosen_ = number;
        found = sound_head(store, flow, now, open_since, lose);
      }
      return found != nullptr;
    });
    return found;
  }
  // Takes the packet away that front() or fitting() has just shown; to be read until the next push.
  [[gnu::always_inline]] const Packet& take(PacketStore& store) {
    Flow& flow = turns_[chosen_];
    const Packet& packet = unlink(store, flow);
    const auto next_octets = [&] { return store.at(flow.head).packet.length; };
    if (turns_.charge(chosen_, packet.length, next_octets)) {
      const std::uint8_t following = turns_.front();
      if (following != kNoFlow && turns_[following].packets != 0) prefetch(store.at(turns_[following].head).packet);
    }
    return packet;
  }
  // What was taken has left to its last octet.
  void count_sent(std::uint32_t octets) {
    ++counts_.sent_pkts;
    counts_.sent_octets += octets;
  }
  // Takes any packet away: for an owner that gives all of them up. Only when not empty.
  const Packet& discard(PacketStore& store) { return unlink(store, turns_[turns_.choose()]); }
  // From now on; what waits is judged by it when it leaves.
  void set_bounds(const WaitBounds& bounds) { law_.set_bounds(bounds); }

  [[nodiscard]] std::uint32_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  [[nodiscard]] std::uint32_t waiting_flows() const { return waiting_flows_; }
  [[nodiscard]] const FairQueueCounts& counts() const { return counts_; }
  [[nodiscard]] bool fair() const { return settings_.fair; }

 private:
  static constexpr std::uint32_t kAhead = 4;        // packets that are prefetched before they are copied
  static constexpr std::uint32_t kShareOfFree = 8;  // packets of one flow for each one that is free

  // Inlined by force: left to itself GCC sees a function without effects and drops the call.
  [[gnu::always_inline]] static void prefetch(const Packet& packet) {
    __builtin_prefetch(packet.data);
    __builtin_prefetch(packet.data + 64);
  }
  // The next packet that the law leaves.
  template <typename Lose>
  [[nodiscard, gnu::noinline]] Packet* judged(PacketStore& store, Instant now, Instant open_since, Lose&& lose) {
    while (packets_ != 0) {
      chosen_ = turns_.choose();
      if (Packet* const head = sound_head(store, turns_[chosen_], now, open_since, lose)) return head;
    }
    return nullptr;
  }
  // The flow's first packet, or null when the law has taken it away.
  template <typename Lose>
  [[nodiscard]] Packet* sound_head(PacketStore& store, Flow& flow, Instant now, Instant open_since, Lose&& lose) {
    WaitingPacket& head = store.at(flow.head);
    const Nanos wait = now - std::max(head.since, open_since);
    if (law_.calm(wait)) {
      flow.codel.calm();
      return &head.packet;
    }
    const Fate fate = law_.judge(flow.codel, head, now, wait, octets_ > settings_.service_octets);
    if (fate == Fate::kSend) return &head.packet;
    if (fate == Fate::kMarked) {
      ++counts_.marked_pkts;
      return &head.packet;
    }
    const Loss loss = fate == Fate::kDrop ? Loss::kAqm : Loss::kLate;
    ++(loss == Loss::kAqm ? counts_.aqm_pkts : counts_.late_pkts);
    lose(unlink(store, flow), loss);
    return nullptr;
  }
  const Packet& unlink(PacketStore& store, Flow& flow) {
    const std::uint32_t place = flow.head;
    const WaitingPacket& waiting = store.at(place);
    flow.head = waiting.next;
    if (flow.ahead != kNoPlace) {
      const WaitingPacket& ahead = store.at(flow.ahead);
      prefetch(ahead.packet);
      flow.ahead = ahead.next;
      if (ahead.next != kNoPlace) __builtin_prefetch(&store.at(ahead.next));
    }
    if (--flow.packets == 0) --waiting_flows_;
    flow.octets -= waiting.packet.length;
    --packets_;
    octets_ -= waiting.packet.length;
    store.give_back(place);
    return waiting.packet;
  }

  FairQueueSettings settings_;
  WaitLaw law_;
  std::uint32_t packets_ = 0;
  std::uint32_t waiting_flows_ = 0;
  std::uint64_t octets_ = 0;
  std::size_t chosen_ = 0;
  FairQueueCounts counts_;
  FlowPlaces places_;
  FlowTurns turns_;
};

}  // namespace levelgate::queueing
