// SPDX-License-Identifier: Apache-2.0
//
// Whose turn it is among the flows of a class: deficit round robin in octets (RFC 8290 §4.1), in which a flow keeps for
// the round what it has not used of its quantum and comes back in front while something of it is left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "queueing/codel.h"
#include "queueing/flow_places.h"
#include "queueing/packet_store.h"

namespace levelgate::queueing {

enum class Turn : std::uint8_t {
  kLight,  // has sent little in this round, in small packets
  kNew,    // has some of its quantum left
  kOld,    // has had it; waits for the next one
  kNone,   // has nothing to send
};

inline constexpr std::uint8_t kNoFlow = 0xff;
static_assert(kFlows < kNoFlow);

// One cache line.
struct alignas(64) Flow {
  std::uint32_t head = kNoPlace;  // holds while packets != 0, as tail
  std::uint32_t tail = kNoPlace;
  std::uint32_t ahead = kNoPlace;  // the one that is prefetched next, if there are so many
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::int32_t deficit = 0;
  std::uint32_t round = 0;  // for which it has its quantum
  Turn turn = Turn::kNone;
  std::uint8_t next = kNoFlow;  // behind it in its list
  Codel codel;
};
static_assert(sizeof(Flow) == 64);

// Thread: worker.
class FlowTurns {
 public:
  [[nodiscard]] Flow& operator[](std::size_t number) { return flows_[number]; }
  [[nodiscard]] const Flow& operator[](std::size_t number) const { return flows_[number]; }

  // The place is another flow's from now on.
  void renew(std::size_t number) {
    flows_[number].codel = Codel{};
    flows_[number].deficit = 0;
    flows_[number].round = round_ - 1;
  }
  // A flow that was not in turn has something to send, first a packet of `octets`.
  void join(std::size_t number, std::uint32_t octets) {
    Flow& flow = flows_[number];
    if (flow.round != round_) {
      flow.round = round_;
      flow.deficit = flow.deficit < 0 ? flow.deficit + kQuantum : kQuantum;
    }
    seat(number, turn_of(flow, octets));
  }
  // The flow whose turn it is, which has packets; only when there is one. A round is over when a flow has its second
  // turn in it.
  [[nodiscard]] std::size_t choose() {
    const std::size_t number = front();
    const Flow& flow = flows_[number];
    if (flow.packets != 0 && flow.deficit > 0) [[likely]]
      return number;
    return turn_over();
  }
  // The flow has sent `octets`: it may be the others' turn. `next()`: octets of its next packet, asked only when it has
  // one. True: another flow is in front of it now.
  template <typename Next>
  bool charge(std::size_t number, std::uint32_t octets, Next&& next) {
    Flow& flow = flows_[number];
    flow.deficit -= static_cast<std::int32_t>(octets);
    if (list_of(flow.turn).head != number) return false;  // sent out of turn
    if (flow.packets == 0) {
      leave(flow);
      return true;
    }
    if (flow.deficit > 0 && (flow.turn == Turn::kOld || turn_of(flow, next()) == flow.turn)) return false;
    behead(flow);
    seat(number, turn_of(flow, next()));
    return true;
  }
  // The first one in turn, or kNoFlow; it may have lost its packets since.
  [[nodiscard]] std::uint8_t front() const {
    if (lists_[0].head != kNoFlow) return lists_[0].head;
    return lists_[1].head != kNoFlow ? lists_[1].head : lists_[2].head;
  }
  // Looks at each flow in turn until `found(number)`.
  template <typename Found>
  bool any(Found&& found) {
    for (const List& list : lists_) {
      for (std::uint8_t number = list.head; number != kNoFlow; number = flows_[number].next) {
        if (found(number)) return true;
      }
    }
    return false;
  }

 private:
  static constexpr std::int32_t kQuantum = 1514;  // octets of one turn; RFC 8290 §4.1.1
  static constexpr std::int32_t kLight = 500;     // octets in a round of a flow that goes in front of all others

  struct List {
    std::uint8_t head = kNoFlow, tail = kNoFlow;
  };

  [[nodiscard]] List& list_of(Turn turn) { return lists_[static_cast<std::size_t>(turn)]; }
  // What a flow has used of its quantum in this round says how far in front it stands.
  [[nodiscard]] static Turn turn_of(const Flow& flow, std::uint32_t next) {
    if (flow.deficit <= 0) return Turn::kOld;
    return flow.deficit - static_cast<std::int32_t>(next) >= kQuantum - kLight ? Turn::kLight : Turn::kNew;
  }
  void seat(std::size_t number, Turn turn) {
    Flow& flow = flows_[number];
    List& list = list_of(turn);
    flow.turn = turn;
    flow.next = kNoFlow;
    (list.head == kNoFlow ? list.head : flows_[list.tail].next) = static_cast<std::uint8_t>(number);
    list.tail = static_cast<std::uint8_t>(number);
  }
  // The same after turns that are over.
  [[nodiscard]] std::size_t turn_over();
  // Of a flow that is the first of its list.
  void behead(const Flow& flow) { list_of(flow.turn).head = flow.next; }
  void leave(Flow& flow) {
    behead(flow);
    flow.turn = Turn::kNone;
  }

  std::uint32_t round_ = 1;
  std::array<List, 3> lists_;  // index: Turn
  std::array<Flow, kFlows> flows_;
};

}  // namespace levelgate::queueing
