// SPDX-License-Identifier: Apache-2.0
//
// Two gateways that hear each other: each direction of the path delays, loses and queues, and both run in one virtual
// time. What is lost is a function of the moment of sending alone, so that two runs with one wire lose the same.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "support/gateway.h"
#include "support/packets.h"

namespace levelgate::testing {

struct Direction {
  Nanos delay = std::chrono::milliseconds(10);
  unsigned lost_of_1000 = 0;
  double bits_per_second = 0;  // 0: never queues
  std::size_t buffer = 50;
  bool marks = false;          // sets CE in what passes
  std::size_t mtu = SIZE_MAX;  // octets of an IP packet; what is longer is lost, and nobody is told
  std::vector<Sent> passed{};  // everything that was sent, in order
  Instant free_at{};
  std::deque<Instant> departures{};

  // When the frame arrives; kNever: lost.
  Instant carry(const Sent& sent) {
    passed.push_back(sent);
    if (sent.frame.size() - 14 > mtu) return kNever;
    const std::uint64_t hash = (static_cast<std::uint64_t>(to_ns(sent.when)) * 0x9e3779b97f4a7c15ULL) >> 40;
    if (hash % 1000 < lost_of_1000) return kNever;
    while (!departures.empty() && departures.front() <= sent.when) departures.pop_front();
    if (departures.size() > buffer) return kNever;
    if (bits_per_second == 0) return sent.when + delay;
    const double bits = static_cast<double>(sent.frame.size() - 14) * 8;
    free_at = std::max(free_at, sent.when) + Nanos(static_cast<std::int64_t>(bits * 1e9 / bits_per_second));
    departures.push_back(free_at);
    return free_at + delay;
  }
};

class TwoWay {
 public:
  TwoWay(const model::TfsSettings& tfs_a, const model::TfsSettings& tfs_b)
      : plan_a(site_plan(Site::kA, tfs_a)), plan_b(site_plan(Site::kB, tfs_b)) {
    apply();
    a.turn(at_ns(-1));
    b.turn(at_ns(-1));
  }
  void apply() {
    if (!a.publisher.apply(plan_a, now) || !b.publisher.apply(plan_b, now)) std::abort();
  }
  // Gives A's protected side a frame each `apart`, from now on; an empty span: no more.
  void load(Nanos apart) {
    load_ = apart;
    next_load_ = apart == Nanos(0) ? kNever : now + apart;
  }
  void run(Nanos span) {
    const Instant end = now + span;
    for (;;) {
      Instant next = std::min({a.worker.next_deadline(), b.worker.next_deadline(), next_load_});
      if (!arrivals_.empty()) next = std::min(next, arrivals_.begin()->first);
      next = std::max(next, now + Nanos(1));
      if (next >= end) break;
      now = next;
      step();
    }
    now = end;
  }

  Instant now = at_ns(0);
  model::ForwardingPlan plan_a, plan_b;
  Gateway a, b;
  Direction to_b, to_a;
  // What the control tower does with what a data plane reports: a changed plan is in force at once.
  std::function<void(const model::Event&, model::ForwardingPlan&)> control;

 private:
  void step() {
    if (next_load_ <= now) {
      a.io.give(kLan,
                ip_frame("10.1.0.9", "10.2.0.9", 48 + inner_offered * 37 % 1400, static_cast<unsigned>(inner_offered)));
      ++inner_offered;
      next_load_ += load_;
    }
    while (!arrivals_.empty() && arrivals_.begin()->first <= now) {
      const auto& [gateway, frame] = arrivals_.begin()->second;
      gateway->io.give(kWan, frame);
      arrivals_.erase(arrivals_.begin());
    }
    for (Gateway* const gateway : {&a, &b}) {
      do gateway->turn(now);
      while (gateway->io.waiting() != 0);
    }
    send(a, to_b, b);
    send(b, to_a, a);
    if (control) heed();
    a.io.sent[kLan.value].clear();
    inner_delivered += b.io.sent[kLan.value].size();
    b.io.sent[kLan.value].clear();
  }
  void heed() {
    const model::ForwardingPlan before_a = plan_a, before_b = plan_b;
    std::array<model::Event, 16> events;
    for (const model::Event& event : std::span(events).first(a.events.pop(events))) control(event, plan_a);
    for (const model::Event& event : std::span(events).first(b.events.pop(events))) control(event, plan_b);
    if (!(before_a == plan_a) || !(before_b == plan_b)) apply();
  }
  void send(Gateway& from, Direction& direction, Gateway& to) {
    for (Sent& sent : from.io.sent[kWan.value]) {
      const Instant arrives = direction.carry(sent);
      if (direction.marks) {  // ECN CE, and the checksum that goes with it
        sent.frame[15] |= std::byte{3};
        const unsigned sum = std::to_integer<unsigned>(sent.frame[24]) << 8 | std::to_integer<unsigned>(sent.frame[25]);
        const unsigned marked = sum >= 3 ? sum - 3 : sum - 3 + 0xffff;
        sent.frame[24] = static_cast<std::byte>(marked >> 8);
        sent.frame[25] = static_cast<std::byte>(marked);
      }
      if (arrives != kNever) arrivals_.emplace(arrives, std::pair(&to, sent.frame));
    }
    from.io.sent[kWan.value].clear();
  }

 public:
  std::uint64_t inner_offered = 0;    // to A, by load()
  std::uint64_t inner_delivered = 0;  // at B

 private:
  std::multimap<Instant, std::pair<Gateway*, Frame>> arrivals_;
  Nanos load_{0};
  Instant next_load_ = kNever;
};

}  // namespace levelgate::testing
