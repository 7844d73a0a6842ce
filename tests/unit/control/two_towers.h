// SPDX-License-Identifier: Apache-2.0
//
// Two control towers with a tunnel between them, in virtual time: messages arrive at once, and so do connections.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "control/tunnels.h"
#include "support/seeded_random.h"

namespace levelgate::control {

using namespace std::chrono_literals;

inline model::Config config_of(bool first) {
  model::TunnelConfig tunnel;
  tunnel.name = first ? "east" : "west";
  tunnel.local = *IpAddress::parse(first ? "192.0.2.1" : "192.0.2.2");
  tunnel.remote = *IpAddress::parse(first ? "192.0.2.2" : "192.0.2.1");
  model::TunnelIke own;
  static constexpr std::string_view kPsk = "a preshared key of many octets";
  own.psk = {std::make_shared<const SecretBytes>(as_bytes(kPsk.data(), kPsk.size()))};
  own.local_id = {model::IdentityKind::kFqdn, first ? "east.example" : "west.example"};
  own.remote_id = {model::IdentityKind::kFqdn, first ? "west.example" : "east.example"};
  own.start = first ? model::StartMode::kAlways : model::StartMode::kRespond;
  tunnel.ike = own;
  model::Config config;
  config.tunnels.push_back(tunnel);
  return config;
}

// Two control towers; what one sends the other gets at once, unless the wire is cut.
class TwoTowers : public ::testing::Test {
 protected:
  void configure(int side, const model::Config& next) {
    auto policies = Tunnels::prepare(next);
    ASSERT_TRUE(policies) << policies.error().what;
    take(side, tower(side).configure(moment_, config_[side], next, std::move(*policies)));
    config_[side] = next;
  }
  void boot() {
    configure(1, config_of(false));
    configure(0, config_of(true));
    settle();
  }
  void settle() {
    while (!wire_.empty()) {
      auto [to, path, octets] = std::move(wire_.front());
      wire_.pop_front();
      // A connection that is made: no octets.
      take(to, octets.empty() ? tower(to).stream_up(moment_, path) : tower(to).datagram(moment_, path, octets));
    }
  }
  // Seconds go by; both look at their counters.
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      moment_.now += 1s;
      ++moment_.unix_seconds;
      for (const int side : {0, 1}) {
        take(side, tower(side).on_time(moment_));
        take(side, tower(side).tick(moment_, stats_[side]));
      }
      settle();
    }
  }
  // Between two ids: each side's of the other one's.
  void connect(int side, ikestate::Path path) {
    path.local.port = 40'000;
    const ikestate::Path seen{path.remote, path.local, tower(1 - side).next_stream()};
    connections_[side][path.stream] = seen;
    connections_[1 - side][seen.stream] = path;
    wire_.push_front({side, path, {}});
  }
  void take(int side, TunnelWork work) {
    for (Happening& one : work.happenings) told_[side].push_back(std::move(one));
    for (ikestate::Effect& effect : work.rest) {
      if (auto* const send = std::get_if<ikestate::Send>(&effect)) {
        ikestate::Path seen{send->path.remote, send->path.local};
        if (send->path.over_tcp()) seen = connections_[side].at(send->path.stream);
        const bool lost = cut_ || (udp_cut_ && !send->path.over_tcp());
        if (!lost) wire_.push_back({1 - side, seen, std::move(send->octets)});
      } else if (const auto* const call = std::get_if<ikestate::Connect>(&effect)) {
        connect(side, call->path);
      } else if (auto* const job = std::get_if<ikestate::RunJob>(&effect)) {
        take(side, tower(side).job_done(moment_, job->id, job->work()));
      }
    }
  }
  Tunnels& tower(int side) { return side == 0 ? east_ : west_; }
  static std::string name(int side) { return side == 0 ? "east" : "west"; }
  const Life& life(int side) { return tower(side).lives().at(name(side)); }
  const Negotiated* agreed(int side) {
    const auto found = tower(side).negotiated().find(name(side));
    return found == tower(side).negotiated().end() ? nullptr : &found->second;
  }
  bool up() { return life(0).children.size() == 1 && life(1).children.size() == 1; }
  bool told(int side, std::string_view id) {
    return std::ranges::any_of(told_[side], [&](const Happening& one) { return one.id == id; });
  }

  struct OnWire {
    int to;
    ikestate::Path path;
    std::vector<std::byte> octets;
  };
  levelgate::testing::SeededRandom random_{7};
  Tunnels east_{random_}, west_{random_};
  model::Config config_[2];
  model::Stats stats_[2];
  std::deque<OnWire> wire_;
  std::map<StreamId, ikestate::Path> connections_[2];  // as the other side sees them
  std::vector<Happening> told_[2];
  ikestate::Moment moment_{at_ns(1'000'000'000), 1'790'000'000};
  bool cut_ = false;      // everything
  bool udp_cut_ = false;  // datagrams
};

}  // namespace levelgate::control
