// SPDX-License-Identifier: Apache-2.0
//
// The sending side of a constant-rate tunnel in virtual time, nothing but queue and slots: packets come when events
// say so, at each slot one payload is filled, and what became of each packet is told to whoever made it.
#pragma once

#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <vector>

#include "aggfrag/sender.h"
#include "queueing/class_queue.h"
#include "queueing/drain.h"
#include "queueing/flow_hash.h"
#include "support/inner_traffic.h"

namespace levelgate::testing {

struct TunnelRate {
  Nanos interval{560'000};    // 1,400 octets at 20 Mbit/s
  std::uint32_t room = 1342;  // octets of data blocks
  Nanos max_delay = std::chrono::milliseconds(20);
};

class SlottedTunnel {
 public:
  struct Fate {
    std::uint32_t octets = 0;
    Nanos wait{};  // until its last octet left
    bool lost = false, marked = false;
  };
  using Told = std::function<void(const InnerTraffic::Label&, const Fate&)>;

  SlottedTunnel(const TunnelRate& rate, const std::vector<queueing::ClassSettings>& classes, std::uint64_t key)
      : rate_(rate), queue_(classes), hash_(key), payload_(rate.room + 4) {}

  std::map<std::uint32_t, Told> told;          // by flow; may be empty
  std::deque<std::function<void()>> repeated;  // what asks for itself again lives here
  Instant now = at_ns(0);

  void at(Instant moment, std::function<void()> what) { events_.push({moment, order_++, std::move(what)}); }
  // False: refused, or no room; told as lost as well.
  bool send(std::uint32_t flow, std::uint32_t octets, std::size_t number = 0, wire::Ecn ecn = wire::Ecn::kNotEct) {
    const Packet packet = traffic_.make(flow, octets, now, ecn);
    if (queue_.push(store_, number, hash_(packet.bytes()), packet, now, bearable()) == queueing::Joined::kTaken) {
      return true;
    }
    tell(packet, true);
    return false;
  }
  void run(Instant until) {
    while (now < until) {
      if (!events_.empty() && events_.top().moment <= next_slot_) {
        const auto event = events_.top();
        events_.pop();
        now = event.moment;
        event.what();
        continue;
      }
      now = next_slot_;
      next_slot_ += rate_.interval;
      queueing::Drain<SlottedTunnel> drain(queue_, store_, now, *this);
      const aggfrag::Filled filled = sender_.fill(drain, payload_);
      data_octets += filled.data_octets;
      ++slots;
    }
  }
  [[nodiscard]] const queueing::ClassQueue& queue() const { return queue_; }

  void sent(const Packet& packet) { tell(packet, false); }
  void lost(const Packet& packet, queueing::Loss, std::size_t) { tell(packet, true); }

  std::uint64_t data_octets = 0;
  std::uint64_t slots = 0;

 private:
  struct Event {
    Instant moment;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return moment != other.moment ? moment > other.moment : order > other.order;
    }
  };

  // What leaves within the delay, without what is left of the packet that was begun.
  [[nodiscard]] std::uint64_t bearable() {
    if (next_slot_ > now + rate_.max_delay) return 0;
    const auto in_time = static_cast<std::uint64_t>((now + rate_.max_delay - next_slot_) / rate_.interval) + 1;
    std::uint64_t rest = 0;
    if (sender_.head_offset() != 0) {
      queueing::Drain<SlottedTunnel> drain(queue_, store_, now, *this);
      rest = drain.front()->length - sender_.head_offset();
    }
    const std::uint64_t octets = in_time * rate_.room;
    return octets > rest ? octets - rest : 0;
  }
  void tell(const Packet& packet, bool is_lost) {
    const InnerTraffic::Label label = InnerTraffic::label_of(packet);
    const Fate fate{packet.length, now - label.born, is_lost, wire::ecn_of(packet.data) == wire::Ecn::kCe};
    traffic_.give_back(packet);
    const auto who = told.find(label.flow);
    if (who != told.end()) who->second(label, fate);
  }

  TunnelRate rate_;
  InnerTraffic traffic_;
  queueing::PacketStore store_{32'768};
  queueing::ClassQueue queue_;
  queueing::FlowHash hash_;
  aggfrag::Sender sender_{aggfrag::Fragmentation::kAllowed};
  std::vector<std::byte> payload_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  Instant next_slot_ = at_ns(0);
};

}  // namespace levelgate::testing
