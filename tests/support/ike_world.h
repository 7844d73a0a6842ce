// SPDX-License-Identifier: Apache-2.0
//
// IKE engines in one process, in virtual time, over a network that a seed makes bad: loss, duplication, reordering,
// bit flips, a NAT. Each node does what the control tower does: wants its tunnel, installs Child SAs, runs jobs. What
// must always hold is checked after every step; what must hold in the end, when asked.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "ike/engine.h"
#include "support/ike_ladder.h"
#include "support/ike_streams.h"
#include "support/seeded_random.h"

namespace levelgate::testing {

using ikestate::ChildId;

struct NetworkFaults {
  double loss = 0;
  double duplicate = 0;
  double flip = 0;  // of one bit
  Nanos least_delay = std::chrono::milliseconds(1);
  Nanos most_delay = std::chrono::milliseconds(20);  // above the least one: reordering
  bool nat = false;                                  // before node 0
  std::uint16_t nat_shift = 20'000;                  // what it adds to ports; another number: it has forgotten
};

// What a node holds of a Child SA.
struct HeldChild {
  ikestate::ChildUp up;
  bool outbound = false;
};

class IkeWorld;

class IkeNode {
 public:
  IkeNode(IkeWorld& world, int number, std::uint64_t seed);

  void carry_out(ikestate::Effects effects);
  void restart();  // loses everything
  // An outer packet of the Child SA that sends, by its stream: the SPI and some octets. False: no stream took it.
  bool send_esp();
  void take_esp(StreamId stream, ConstBytes esp);

  IkeWorld& world;
  int number;
  SeededRandom random;
  std::unique_ptr<ike::Engine> engine;
  ikestate::PolicyPtr policy;
  bool wants = true;          // the tunnel, always
  Instant try_at = kNever;    // again
  Instant child_at = kNever;  // another Child SA, since all are gone
  std::map<ChildId, HeldChild> children;
  ChildId sends_by;            // the child whose outbound SA is used
  std::set<std::uint64_t> up;  // IKE SAs
  std::vector<ikestate::Report> reports;
  std::size_t reports_at_last_call = 0;
  std::uint64_t sent_datagrams = 0, sent_octets = 0, sent_keepalives = 0;
  std::uint64_t got_esp = 0;  // by streams, of Child SAs that are there

 private:
  void take(ikestate::Send& effect);
  void take(ikestate::Connect& effect);
  void take(ikestate::ProveStream& effect);
  void take(ikestate::CloseStream& effect);
  void take(ikestate::SendKeepalive& effect);
  void take(ikestate::RunJob& effect);
  void take(ikestate::ChildUp& effect);
  void take(ikestate::ChildUse& effect);
  void take(ikestate::ChildDown& effect);
  void take(ikestate::PathMoved& effect);
  void take(ikestate::IkeUp& effect);
  void take(ikestate::IkeDown& effect);
  void take(ikestate::Report& effect);
};

class IkeWorld {
 public:
  explicit IkeWorld(std::uint64_t seed, NetworkFaults faults = {});

  IkeNode& node(int number) { return *nodes_[static_cast<std::size_t>(number)]; }
  // Both tunnels are configured; node 0 and, if asked, node 1 begin.
  void start(ikestate::PolicyPtr first, ikestate::PolicyPtr second, bool both = false);
  void run_for(Nanos time);
  // Until the condition holds; false when it never did within the time.
  bool run_until(const std::function<bool()>& condition, Nanos within);
  void at(Instant when, std::function<void()> action);
  void send(int from, const ikestate::Path& path, std::vector<std::byte> octets);

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] ikestate::Moment moment() const;
  // Drops, alters or records what passes; true: dropped.
  std::function<bool(int from, std::vector<std::byte>&)> tap;
  NetworkFaults faults;
  WorldStreams streams;

  // One IKE SA and so many Child SAs at each side (0: one or more), and both sides agree.
  [[nodiscard]] std::string what_disagrees(std::size_t children = 1) const;
  [[nodiscard]] bool settled() const { return what_disagrees().empty(); }
  // What must hold after every step and does not; empty: all holds.
  [[nodiscard]] std::string what_is_broken() const;
  // The first thing that what_is_broken() said, and when.
  [[nodiscard]] const std::string& broken() const { return broken_; }
  // Reports of both nodes, for messages of failed checks.
  [[nodiscard]] std::string story() const;
  IkeLadder ladder;

 private:
  friend class IkeNode;
  struct Event {
    Instant at;
    std::uint64_t order;
    std::function<void()> run;
    bool operator<(const Event& other) const { return std::pair(other.at, other.order) < std::pair(at, order); }
  };
  [[nodiscard]] double dice() { return std::uniform_real_distribution<double>(0, 1)(dice_); }
  [[nodiscard]] Nanos delay();
  void deliver(int to, const ikestate::Path& path, std::vector<std::byte> octets);
  [[nodiscard]] std::optional<ikestate::Path> translated(int from, const ikestate::Path& path) const;
  bool step(Instant until);
  void do_what_is_due(IkeNode& node);
  [[nodiscard]] static std::string what_is_too_much(const IkeNode& node);

  std::mt19937_64 dice_;
  Instant now_ = at_ns(1'000'000'000);
  std::uint64_t order_ = 0;
  std::priority_queue<Event> events_;
  std::vector<std::unique_ptr<IkeNode>> nodes_;
  std::string broken_;
};

// A tunnel between 192.0.2.1 and 192.0.2.2 by a shared key, as configured at node `number`.
struct WorldTunnel {
  model::TunnelConfig first, second;
  model::IkeConfig config;
  WorldTunnel();
  [[nodiscard]] ikestate::PolicyPtr policy(int number) const;
};

}  // namespace levelgate::testing
