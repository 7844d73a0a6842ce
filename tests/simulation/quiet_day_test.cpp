// SPDX-License-Identifier: Apache-2.0
//
// Two whole gateways, control and data, for a day in virtual time: whatever leaves them, ESP and IKE and keepalives, is
// the same packet for packet whether anybody talks inside or nobody does (RFC 9347 §2.4.1). Rekeys happen as the
// lifetimes say; liveness is fed by authentic packets of padding, so an idle tunnel asks no more than a busy one. A
// slot a second makes the day short.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>

#include "control/tunnels.h"
#include "support/gateway.h"
#include "support/packets.h"
#include "support/seeded_random.h"

namespace levelgate::testing::quiet_day_test {
namespace {

using namespace std::chrono_literals;
using control::Tunnels;
using control::TunnelWork;
using model::TfsMode;

constexpr int kDay = 24 * 3600;  // seconds
constexpr std::size_t kHeader =
    20 + 8;  // of an outer IPv4 packet: what of it is not encrypted, SPI and number included
constexpr std::size_t kHeaderInUdp = 20 + 8 + 8;
constexpr std::uint16_t kNatShift = 20'000;
constexpr unsigned kInformational = 37;  // exchange type (RFC 7296 §3.1)

// What an observer sees of one packet.
struct Outside {
  std::int64_t when = 0;  // ns
  std::size_t octets = 0;
  std::vector<std::byte> readable;  // the headers
  bool operator==(const Outside&) const = default;
};

struct Day {
  std::array<std::vector<Outside>, 2> esp, ike, keepalives;  // by the side that sends
  std::array<std::uint64_t, 2> carried{};                    // inner packets, by the side that gets them
  std::size_t informational = 0;                             // IKE messages of that exchange
  bool operator==(const Day& other) const {
    return esp == other.esp && ike == other.ike && keepalives == other.keepalives;
  }
};

struct Weather {
  TfsMode mode = TfsMode::kFixed;
  bool loaded = false;
  bool nat = false;  // before side 0
  int seconds = kDay;
};

model::TfsSettings tfs_of(TfsMode mode) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.packet_size = 500;
  tfs.rate_bits_per_second = mode == TfsMode::kFixed ? tfs.packet_size * 8ULL : 0;  // a slot each second
  tfs.max_queue_delay = 10s;
  return tfs;
}

model::Config config_of(bool first, const model::TfsSettings& tfs) {
  static constexpr std::string_view kPsk = "a preshared key of many octets";
  model::TunnelIke own;
  own.psk = {std::make_shared<const SecretBytes>(as_bytes(kPsk.data(), kPsk.size()))};
  own.local_id = {model::IdentityKind::kFqdn, first ? "a.example" : "b.example"};
  own.remote_id = {model::IdentityKind::kFqdn, first ? "b.example" : "a.example"};
  own.start = first ? model::StartMode::kAlways : model::StartMode::kRespond;
  model::TunnelConfig tunnel;
  tunnel.name = "site";
  tunnel.local = address(first ? "198.51.100.1" : "198.51.100.2");
  tunnel.remote = address(first ? "198.51.100.2" : "198.51.100.1");
  tunnel.tfs = tfs;
  tunnel.ike = own;
  model::Config config;
  config.tunnels.push_back(tunnel);
  return config;
}

// One gateway: both towers, and what the roof does between them.
struct House {
  House(Site site, const model::TfsSettings& tfs, std::uint64_t seed)
      : random(seed), tower(random), gateway(1024), plan(site_plan(site, tfs)) {
    plan.tunnels[0].inbound.clear();
    plan.tunnels[0].outbound.reset();
  }
  void apply(Instant now) {
    const auto found = tower.negotiated().find("site");
    model::TunnelPlan& tunnel = plan.tunnels[0];
    tunnel.inbound.clear();
    tunnel.outbound.reset();
    if (found != tower.negotiated().end()) {
      tunnel.inbound = found->second.inbound;
      tunnel.outbound = found->second.outbound;
      tunnel.encapsulation = found->second.encapsulation;
      tunnel.remote = found->second.remote;
      tunnel.udp_local_port = found->second.udp_local_port;
      tunnel.udp_remote_port = found->second.udp_remote_port;
    }
    ASSERT_TRUE(gateway.publisher.apply(plan, now));
    gateway.turn(gateway.clock);
    gateway.publisher.reclaim();
  }

  SeededRandom random;
  Tunnels tower;
  Gateway gateway;
  model::ForwardingPlan plan;
};

class Life {
 public:
  explicit Life(const Weather& weather)
      : weather_(weather),
        houses_{House(Site::kA, tfs_of(weather.mode), 11), House(Site::kB, tfs_of(weather.mode), 12)} {
    for (const int side : {1, 0}) {
      const model::Config config = config_of(side == 0, tfs_of(weather.mode));
      auto policies = Tunnels::prepare(config);
      take(side, houses_[side].tower.configure(moment_, {}, config, std::move(*policies)));
    }
    settle();
  }

  Day live() {
    for (int second = 0; second < weather_.seconds; ++second) {
      moment_.now += 1s;
      ++moment_.unix_seconds;
      for (const int side : {0, 1}) pass(side);
      for (const int side : {0, 1}) deliver_esp(side);
      for (const int side : {0, 1}) look(side);
      settle();
    }
    for (const int side : {0, 1}) day_.carried[side] = houses_[side].gateway.tunnel().inner_rx_pkts;
    return std::move(day_);
  }

 private:
  struct OnWire {
    int to;
    ikestate::Path path;
    std::vector<std::byte> octets;
  };

  void pass(int side) {
    Gateway& gateway = houses_[side].gateway;
    gateway.run_until(moment_.now + Nanos(1));
    // Working hours, with pauses; nights are silent on a loaded day as well.
    const int hour = static_cast<int>(moment_.unix_seconds % kDay) / 3600;
    if (!weather_.loaded || hour < 8 || hour >= 18 || load_() % 3 == 0) return;
    const std::size_t packets = load_() % 4;
    for (std::size_t i = 0; i < packets; ++i) {
      const auto octets = 48 + load_() % 700;
      gateway.io.give(kLan, ip_frame(side == 0 ? "10.1.0.2" : "10.2.0.2", side == 0 ? "10.2.0.9" : "10.1.0.9", octets,
                                     static_cast<unsigned>(load_())));
      gateway.turn(gateway.clock);
    }
  }

  void deliver_esp(int side) {
    auto& sent = houses_[side].gateway.io.sent[kWan.value];
    Gateway& peer = houses_[1 - side].gateway;
    for (Sent& one : sent) {
      const std::size_t readable = weather_.nat ? kHeaderInUdp : kHeader;
      const auto begin = one.frame.begin() + wire::kEthernetOctets;
      day_.esp[side].push_back(
          {to_ns(one.when), one.frame.size(), {begin, begin + static_cast<std::ptrdiff_t>(readable)}});
      if (weather_.nat) translate(side, one.frame);
      peer.io.give(kWan, one.frame);
      peer.turn(peer.clock);
    }
    sent.clear();
    houses_[side].gateway.io.sent[kLan.value].clear();
  }

  void look(int side) {
    House& house = houses_[side];
    std::array<model::Event, 32> events;
    while (const std::size_t count = house.gateway.events.pop(events)) {
      for (std::size_t i = 0; i < count; ++i) take(side, house.tower.event(moment_, "site", events[i]));
    }
    take(side, house.tower.on_time(moment_));
    take(side, house.tower.tick(moment_, house.gateway.publisher.stats()));
  }

  void settle() {
    while (!wire_.empty()) {
      auto [to, path, octets] = std::move(wire_.front());
      wire_.pop_front();
      take(to, houses_[to].tower.datagram(moment_, path, octets));
    }
  }

  void take(int side, TunnelWork work) {
    for (ikestate::Effect& effect : work.rest) {
      if (auto* const send = std::get_if<ikestate::Send>(&effect)) {
        note(side, *send);
        wire_.push_back({1 - side, seen_by_peer(side, send->path), std::move(send->octets)});
      } else if (auto* const job = std::get_if<ikestate::RunJob>(&effect)) {
        take(side, houses_[side].tower.job_done(moment_, job->id, job->work()));
      } else if (std::holds_alternative<ikestate::SendKeepalive>(effect)) {
        day_.keepalives[side].push_back({to_ns(moment_.now), 1, {}});
      }
    }
    if (work.plan_changed) houses_[side].apply(moment_.now);
  }

  void note(int side, const ikestate::Send& send) {
    constexpr std::size_t kExchange = 18, kIkeHeader = 28;
    if (std::to_integer<unsigned>(send.octets[kExchange]) == kInformational) ++day_.informational;
    day_.ike[side].push_back(
        {to_ns(moment_.now), send.octets.size(), {send.octets.begin(), send.octets.begin() + kIkeHeader}});
  }

  // The NAT before side 0 gives it other ports.
  [[nodiscard]] ikestate::Path seen_by_peer(int side, const ikestate::Path& path) const {
    ikestate::Path seen{path.remote, path.local};
    if (weather_.nat && side == 0) seen.remote.port = static_cast<std::uint16_t>(seen.remote.port + kNatShift);
    if (weather_.nat && side == 1) seen.local.port = static_cast<std::uint16_t>(seen.local.port - kNatShift);
    return seen;
  }
  static void translate(int side, Frame& frame) {
    std::byte* const port = frame.data() + wire::kEthernetOctets + wire::kIpv4Octets + (side == 0 ? 0 : 2);
    const int shifted = load_be<std::uint16_t>(port) + (side == 0 ? kNatShift : -kNatShift);
    store_be<std::uint16_t>(port, static_cast<std::uint16_t>(shifted));
  }

  Weather weather_;
  std::mt19937_64 load_{3};
  ikestate::Moment moment_{at_ns(1'000'000'000), 1'790'000'000 / kDay* kDay};
  std::array<House, 2> houses_;
  std::deque<OnWire> wire_;
  Day day_;
};

void expect_same_outside(const Day& idle, const Day& loaded) {
  for (const int side : {0, 1}) {
    EXPECT_EQ(idle.carried[side], 0u);
    EXPECT_GT(loaded.carried[side], 5'000u);
    EXPECT_GT(idle.esp[side].size(), kDay - 100u) << "a slot each second";
    EXPECT_TRUE(idle.esp[side] == loaded.esp[side]);
    EXPECT_GT(idle.ike[side].size(), 20u) << "rekeys";
    EXPECT_TRUE(idle.ike[side] == loaded.ike[side]);
    EXPECT_TRUE(idle.keepalives[side] == loaded.keepalives[side]);
  }
}

TEST(ADayOfAFixedTunnel, ShowsNothingOfTheLoad) {
  expect_same_outside(Life({.loaded = false}).live(), Life({.loaded = true}).live());
}

TEST(ADayOfAFixedTunnel, ShowsNothingOfTheLoadBehindANat) {
  const Day idle = Life({.loaded = false, .nat = true}).live();
  const Day loaded = Life({.loaded = true, .nat = true}).live();
  expect_same_outside(idle, loaded);
  EXPECT_GT(idle.keepalives[0].size(), 1'000u);
  EXPECT_TRUE(idle.keepalives[1].empty());
}

// What all-pad packets save: without them an idle tunnel asks again and again whether the peer lives.
TEST(ADayOfATunnelOnDemand, ShowsTheLoad) {
  const Day idle = Life({.mode = TfsMode::kOnDemand, .loaded = false}).live();
  const Day loaded = Life({.mode = TfsMode::kOnDemand, .loaded = true}).live();
  EXPECT_GT(loaded.carried[0], 5'000u);
  EXPECT_FALSE(idle == loaded);
  EXPECT_GT(idle.informational, loaded.informational + 1'000);
  const Day fixed = Life({.loaded = false}).live();
  EXPECT_LT(fixed.informational, idle.informational / 10);
}

}  // namespace
}  // namespace levelgate::testing::quiet_day_test
