// SPDX-License-Identifier: Apache-2.0
//
// Virtual time with a network in it, for congestion control: links that delay, lose and queue, and the two ends of a
// tunnel that send by their own schedule and hear each other. Nothing here carries payloads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "congestion/path_control.h"

namespace levelgate::testing {

using namespace std::chrono_literals;

class PathWorld {
 public:
  [[nodiscard]] Instant now() const { return now_; }
  void at(Instant when, std::function<void()> what) { events_.push({when, order_++, std::move(what)}); }
  void after(Nanos span, std::function<void()> what) { at(now_ + span, std::move(what)); }
  void run(Nanos span) {
    const Instant end = now_ + span;
    while (!events_.empty() && events_.top().when <= end) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.when;
      event.what();
    }
    now_ = end;
  }

 private:
  struct Event {
    Instant when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const { return std::pair(other.when, other.order) < std::pair(when, order); }
  };
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  Instant now_ = at_ns(1'000'000'000);
};

// One direction. Without a rate it never queues.
struct Link {
  explicit Link(PathWorld& in) : world(in) {}

  PathWorld& world;
  Nanos delay = 20ms;
  double loss = 0;
  double bits_per_second = 0;
  std::size_t buffer = 50;  // packets that wait
  double marks = 0;         // share that comes out marked CE
  double overtakes = 0;     // share that is held back by `held`
  Nanos held = 0ms;
  bool dead = false;
  std::uint64_t lost = 0;

  void send(std::uint32_t octets, std::function<void(bool marked)> arrive) {
    if (dead || draw() < loss || waiting() > buffer) {
      ++lost;
      return;
    }
    Instant leaves = world.now();
    if (bits_per_second > 0) {
      free_at_ = std::max(free_at_, world.now()) + Nanos(static_cast<std::int64_t>(octets * 8e9 / bits_per_second));
      leaves = free_at_;
      departures_.push_back(leaves);
    }
    const bool marked = draw() < marks;
    const Nanos more = draw() < overtakes ? held : Nanos(0);
    world.at(leaves + delay + more, [arrive = std::move(arrive), marked] { arrive(marked); });
  }

 private:
  std::size_t waiting() {
    while (!departures_.empty() && departures_.front() <= world.now()) departures_.pop_front();
    return departures_.size();
  }
  double draw() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Instant free_at_{};
  std::deque<Instant> departures_;
  std::mt19937_64 random_{4711};
};

// One end: sends a packet per slot, with the congestion header in each.
class PathEnd {
 public:
  PathEnd(PathWorld& world, const congestion::PathSettings& settings, Link& link)
      : control(settings, world.now()), world_(world), link_(link), octets_(settings.limits.octets) {}

  void start(PathEnd& peer) {
    peer_ = &peer;
    slot();
  }
  void hear(std::uint64_t number, bool marked, const wire::CongestionHeader& header) {
    ++heard;
    if (deaf) return;
    control.arrived(number, world_.now(), marked, &header);
  }

  congestion::PathControl control;
  std::uint64_t sent = 0, heard = 0;
  std::vector<Instant> trips;
  bool deaf = false;
  std::function<void(wire::CongestionHeader&)> tamper = [](wire::CongestionHeader&) {};
  std::function<void()> watch = [] {};

 private:
  void slot() {
    if (control.turn(world_.now())) trips.push_back(world_.now());
    watch();
    const std::uint64_t rate = control.bits_per_second();
    if (rate == 0) {
      world_.after(10ms, [this] { slot(); });
      return;
    }
    wire::CongestionHeader header = control.header_at(world_.now());
    tamper(header);
    ++sent;
    link_.send(octets_, [this, number = sent, header](bool marked) { peer_->hear(number, marked, header); });
    world_.after(Nanos(static_cast<std::int64_t>(octets_ * 8e9 / static_cast<double>(rate))), [this] { slot(); });
  }

  PathWorld& world_;
  Link& link_;
  std::uint32_t octets_;
  PathEnd* peer_ = nullptr;
};

// A tunnel with a link of its own for each direction.
struct PathPair {
  PathPair(const congestion::PathSettings& here, const congestion::PathSettings& there)
      : left(world, here, to_right), right(world, there, to_left) {}
  void start() {
    left.start(right);
    right.start(left);
  }

  PathWorld world;
  Link to_right{world};
  Link to_left{world};
  PathEnd left;
  PathEnd right;
};

}  // namespace levelgate::testing
