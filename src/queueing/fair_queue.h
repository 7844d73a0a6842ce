// SPDX-License-Identifier: Apache-2.0
//
// The queue of one class: a queue for each flow, served round by round in equal shares of octets (deficit round robin),
// and CoDel for each, as RFC 8290 §4 has it. What a flow has not used of its share of a round it may have at once, in
// front of the others: a flow that wants less than its share never waits for those that want more.
// A single FIFO is the case in which all packets are one flow. Bounded in packets; nothing is allocated after birth.
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "queueing/codel.h"
#include "queueing/flow_places.h"
#include "queueing/packet_store.h"
#include "wire/ip_marks.h"

namespace levelgate::queueing {

struct FairQueueSettings {
  std::uint32_t capacity = 4096;   // packets
  Nanos max_wait = Nanos::max();   // a packet that has waited longer is dropped
  Nanos mark_from = Nanos::max();  // ECN-capable packets that waited longer are marked, whatever CoDel says
  CodelSettings codel = {};
  bool fair = true;  // false: all packets are one flow
  bool ecn = true;   // mark what can be marked; false: drop it
  // What one service takes away at most: a backlog of no more is no standing queue.
  std::uint32_t service_octets = 1500;
};

enum class Loss : std::uint8_t {
  kAqm,   // CoDel, where it could not mark
  kLate,  // waited longer than max_wait
};

struct FairQueueCounts {
  std::uint64_t sent_pkts = 0, sent_octets = 0;
  std::uint64_t marked_pkts = 0;
  std::uint64_t aqm_pkts = 0, late_pkts = 0;  // dropped, by Loss
};

// Thread: worker.
class FairQueue {
 public:
  explicit FairQueue(const FairQueueSettings& settings) : settings_(settings) {}

  // The flow of a hash, for the next push.
  [[nodiscard]] std::size_t flow_of(std::uint32_t hash) {
    if (!settings_.fair) return 0;
    const FlowPlaces::Found found =
        places_.find(hash, [this](std::size_t flow) { return flows_[flow].turn != Turn::kNone; });
    if (found.fresh) {
      flows_[found.flow].codel = Codel{};
      flows_[found.flow].deficit = 0;
      flows_[found.flow].round = round_ - 1;
    }
    return found.flow;
  }
  // Octets that leave before a packet which joins this flow now, if each flow gets its share and no new one comes.
  [[nodiscard]] std::uint64_t octets_before(std::size_t flow) const {
    const std::uint64_t share = std::uint64_t{flows_[flow].octets} * waiting_flows_;
    return share < octets_ ? share : octets_;
  }
  // A flow may hold only a part of what is free, so that others always find room.
  [[nodiscard]] bool has_room(std::size_t flow) const {
    const std::uint32_t free = settings_.capacity - packets_;
    return free != 0 && flows_[flow].packets < free * kShareOfFree;
  }
  // Only with room here and in the store.
  void push(PacketStore& store, std::size_t flow, const Packet& packet, Instant now) {
    Flow& to = flows_[flow];
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
    if (to.turn == Turn::kNone) join(store, flow);
  }

  // The packet that is next at this moment, after what the law takes away in front of it has gone to
  // `lose(packet, loss)`; null: none waits. `open_since`: the tunnel could not send before, which is nobody's fault.
  template <typename Lose>
  [[nodiscard]] Packet* front(PacketStore& store, Instant now, Instant open_since, Lose&& lose) {
    while (choose()) {
      if (Packet* const head = sound_head(store, flows_[chosen_], now, open_since, lose)) return head;
    }
    return nullptr;
  }
  // The first packet of any flow that is no longer than `octets`; looks at one packet of each flow, in turn.
  template <typename Lose>
  [[nodiscard]] Packet* fitting(PacketStore& store, std::uint32_t octets, Instant now, Instant open_since,
                                Lose&& lose) {
    for (const FlowList& list : lists_) {
      for (std::uint8_t number = list.head; number != kNoFlow; number = flows_[number].next) {
        Flow& flow = flows_[number];
        while (flow.packets != 0 && store.at(flow.head).packet.length <= octets) {
          chosen_ = number;
          if (Packet* const head = sound_head(store, flow, now, open_since, lose)) return head;
        }
      }
    }
    return nullptr;
  }
  // Takes the packet away that front() or fitting() has just shown.
  Packet take(PacketStore& store) {
    Flow& flow = flows_[chosen_];
    const Packet packet = unlink(store, flow);
    flow.deficit -= static_cast<std::int32_t>(packet.length);
    go_on(store, flow);
    return packet;
  }
  // What was taken has left to its last octet.
  void count_sent(const Packet& packet) {
    ++counts_.sent_pkts;
    counts_.sent_octets += packet.length;
  }
  // Takes any packet away: for an owner that gives all of them up. Only when not empty.
  Packet discard(PacketStore& store) {
    (void)choose();
    return unlink(store, flows_[chosen_]);
  }

  [[nodiscard]] std::uint32_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  [[nodiscard]] std::uint32_t waiting_flows() const { return waiting_flows_; }
  [[nodiscard]] const FairQueueCounts& counts() const { return counts_; }
  [[nodiscard]] const FairQueueSettings& settings() const { return settings_; }

 private:
  static constexpr std::int32_t kQuantum = 1514;    // octets of one turn; RFC 8290 §4.1.1
  static constexpr std::int32_t kLight = 500;       // octets in a round of a flow that goes in front of all others
  static constexpr std::uint32_t kAhead = 4;        // packets that are prefetched before they are copied
  static constexpr std::uint32_t kShareOfFree = 8;  // packets of one flow for each one that is free
  static constexpr std::uint8_t kNoFlow = 0xff;
  static_assert(kFlows < kNoFlow);

  enum class Turn : std::uint8_t {
    kLight,  // has sent little in this round, in small packets
    kNew,    // has some of its quantum left
    kOld,    // has had it; waits for the next one
    kNone,   // has nothing to send
  };
  enum class Fate : std::uint8_t { kSend, kDrop, kLate };

  // One cache line.
  struct alignas(64) Flow {
    std::uint32_t head = kNoPlace;  // holds while packets != 0, as tail
    std::uint32_t tail = kNoPlace;
    std::uint32_t ahead = kNoPlace;  // the one kAhead behind the head, if there are so many
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
    std::int32_t deficit = 0;
    std::uint32_t round = 0;  // for which it has its quantum
    Turn turn = Turn::kNone;
    std::uint8_t next = kNoFlow;
    Codel codel;
  };
  static_assert(sizeof(Flow) == 64);
  struct FlowList {
    std::uint8_t head = kNoFlow, tail = kNoFlow;
  };

  // Inlined by force: left to itself GCC sees a function without effects and drops the call.
  [[gnu::always_inline]] static void prefetch(const Packet& packet) {
    __builtin_prefetch(packet.data);
    __builtin_prefetch(packet.data + 64);
  }
  void append(FlowList& list, std::size_t flow) {
    const auto number = static_cast<std::uint8_t>(flow);
    flows_[flow].next = kNoFlow;
    if (list.head == kNoFlow) {
      list.head = number;
    } else {
      flows_[list.tail].next = number;
    }
    list.tail = number;
  }
  std::size_t behead(FlowList& list) {
    const std::size_t flow = list.head;
    list.head = flows_[flow].next;
    return flow;
  }
  [[nodiscard]] FlowList& list_of(Turn turn) { return lists_[static_cast<std::size_t>(turn)]; }
  [[nodiscard]] FlowList& first_list() {
    if (list_of(Turn::kLight).head != kNoFlow) return list_of(Turn::kLight);
    return list_of(list_of(Turn::kNew).head != kNoFlow ? Turn::kNew : Turn::kOld);
  }
  void seat(Flow& flow, std::size_t number, Turn turn) {
    flow.turn = turn;
    append(list_of(turn), number);
  }
  // What a flow has used of its quantum in this round says how far in front it stands.
  [[nodiscard]] Turn turn_of(PacketStore& store, const Flow& flow) {
    if (flow.deficit <= 0) return Turn::kOld;
    const auto next = static_cast<std::int32_t>(store.at(flow.head).packet.length);
    return flow.deficit - next >= kQuantum - kLight ? Turn::kLight : Turn::kNew;
  }
  // A flow that has something to send again.
  void join(PacketStore& store, std::size_t number) {
    Flow& flow = flows_[number];
    if (flow.round != round_) {
      flow.round = round_;
      flow.deficit = flow.deficit < 0 ? flow.deficit + kQuantum : kQuantum;
    }
    seat(flow, number, turn_of(store, flow));
  }
  // The chosen flow has sent a packet: it may be the others' turn.
  void go_on(PacketStore& store, Flow& flow) {
    FlowList& list = list_of(flow.turn);
    if (list.head != chosen_) return;  // named by fitting() out of turn
    if (flow.packets == 0) {
      (void)behead(list);
      flow.turn = Turn::kNone;
    } else {
      if (flow.deficit > 0 && (flow.turn == Turn::kOld || turn_of(store, flow) == flow.turn)) return;
      (void)behead(list);
      seat(flow, chosen_, turn_of(store, flow));
    }
    const std::uint8_t following = first_list().head;
    if (following != kNoFlow && flows_[following].packets != 0) prefetch(store.at(flows_[following].head).packet);
  }
  // The flow whose turn it is. A round is over when a flow has its second turn in it. False: no packet waits.
  [[nodiscard]] bool choose() {
    if (packets_ == 0) return false;
    for (;;) {
      FlowList& list = first_list();
      const std::size_t number = list.head;
      Flow& flow = flows_[number];
      if (flow.packets != 0 && flow.deficit > 0) {
        chosen_ = number;
        return true;
      }
      if (flow.packets == 0) {
        (void)behead(list);
        flow.turn = Turn::kNone;
        continue;
      }
      if (flow.round == round_) ++round_;
      flow.round = round_;
      flow.deficit += kQuantum;
      if (flow.deficit > 0) continue;
      (void)behead(list);
      seat(flow, number, Turn::kOld);
    }
  }
  // The flow's first packet, or null when the law has taken it away.
  template <typename Lose>
  [[nodiscard]] Packet* sound_head(PacketStore& store, Flow& flow, Instant now, Instant open_since, Lose&& lose) {
    WaitingPacket& head = store.at(flow.head);
    const Fate fate = judge(flow, head, now, now - (head.since < open_since ? open_since : head.since));
    if (fate == Fate::kSend) return &head.packet;
    const Loss loss = fate == Fate::kDrop ? Loss::kAqm : Loss::kLate;
    ++(loss == Loss::kAqm ? counts_.aqm_pkts : counts_.late_pkts);
    lose(unlink(store, flow), loss);
    return nullptr;
  }
  [[nodiscard]] Fate judge(Flow& flow, WaitingPacket& head, Instant now, Nanos wait) {
    if (wait > settings_.max_wait) return Fate::kLate;
    if (head.judged) return Fate::kSend;
    head.judged = true;
    const bool acts = flow.codel.acts(settings_.codel, now, wait, octets_ > settings_.service_octets);
    if (!acts && wait <= settings_.mark_from) return Fate::kSend;  // [9347-2.2.5.2-a]
    if (settings_.ecn && wire::ecn_of(head.packet.data) != wire::Ecn::kNotEct) {
      if (wire::ecn_of(head.packet.data) != wire::Ecn::kCe) {
        (void)wire::mark_congestion(head.packet.data);
        ++counts_.marked_pkts;
      }
      return Fate::kSend;
    }
    return acts ? Fate::kDrop : Fate::kSend;
  }
  Packet unlink(PacketStore& store, Flow& flow) {
    const std::uint32_t place = flow.head;
    const WaitingPacket& waiting = store.at(place);
    const Packet packet = waiting.packet;
    flow.head = waiting.next;
    if (flow.ahead != kNoPlace) {
      const WaitingPacket& ahead = store.at(flow.ahead);
      prefetch(ahead.packet);
      flow.ahead = ahead.next;
      if (ahead.next != kNoPlace) __builtin_prefetch(&store.at(ahead.next));
    }
    if (--flow.packets == 0) --waiting_flows_;
    flow.octets -= packet.length;
    --packets_;
    octets_ -= packet.length;
    store.give_back(place);
    return packet;
  }

  FairQueueSettings settings_;
  std::uint32_t packets_ = 0;
  std::uint64_t octets_ = 0;
  std::uint32_t waiting_flows_ = 0;
  std::array<FlowList, 3> lists_;  // index: Turn
  std::uint32_t round_ = 1;
  std::size_t chosen_ = 0;
  FairQueueCounts counts_;
  FlowPlaces places_;
  std::array<Flow, kFlows> flows_;
};

}  // namespace levelgate::queueing
