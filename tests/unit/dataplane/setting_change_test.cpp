// SPDX-License-Identifier: Apache-2.0
//
// A change of rate, size, mode or address takes over between two slots: no gap in the numbers, no burst, no inner
// packet lost, and the moment of the change does not depend on what is inside (RFC 9347 §2, §2.4.1).
#include <gtest/gtest.h>

#include <random>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing::setting_change_test {
namespace {

using model::Drop;
using model::TfsMode;
using model::TfsSettings;

TfsSettings fixed(std::uint64_t rate = 1'400 * 8 * 1'000, std::uint32_t packet_size = 1'400) {
  TfsSettings tfs;
  tfs.mode = TfsMode::kFixed;
  tfs.packet_size = packet_size;
  tfs.rate_bits_per_second = rate;
  tfs.max_queue_delay = std::chrono::seconds(1000);
  return tfs;
}

TfsSettings any_setting(std::mt19937& random) {
  TfsSettings tfs = fixed(2'000'000 + random() % 40'000'000, 300 + static_cast<std::uint32_t>(random() % 1'200));
  tfs.rate_layer = random() % 2 == 0 ? model::RateLayer::kL3 : model::RateLayer::kL2;
  return tfs;
}

Frame inner(std::size_t octets, unsigned mark) { return ip_frame("10.1.0.9", "10.2.0.9", octets, mark); }

struct Change {
  Instant at;
  TfsSettings tfs;
};
struct Wire {
  std::vector<std::int64_t> times;
  std::vector<std::size_t> sizes;
  std::vector<Octets> inner;
  std::uint64_t drops = 0;
};

struct SettingChange : ::testing::Test {
  // Plays `changes` over the first setting until `end`; `offered` come one by one, evenly.
  static Wire play(const TfsSettings& first, const std::vector<Change>& changes, const std::vector<Frame>& offered,
                   Instant end, Nanos build_ahead) {
    PlaneOptions options;
    options.build_ahead = build_ahead;
    options.buffers = 2048;
    Plane plane(options);
    model::ForwardingPlan plan = site_plan(Site::kA, first);
    EXPECT_TRUE(plane.apply(plan));
    plane.turn(at_ns(-1));
    const Peer peer(plan.tunnels[0]);
    std::size_t next = 0, given = 0;
    const Nanos step = offered.empty() ? end - Instant{} : (end - Instant{}) / 2 / static_cast<int>(offered.size());
    for (Instant now{}; now < end; now += step) {
      if (given < offered.size()) plane.io().give(kLan, offered[given++]);
      while (next < changes.size() && changes[next].at < std::min(now + step, end)) {
        plane.run_until(changes[next].at);
        plan.tunnels[0].tfs = changes[next++].tfs;
        EXPECT_TRUE(plane.apply(plan, at_ns(1)));
        plane.publisher->reclaim();
      }
      plane.run_until(std::min(now + step, end));
    }
    return seen(plane, plan, end);
  }
  static Wire seen(Plane& plane, const model::ForwardingPlan& plan, Instant end) {
    plane.run_until(end);
    Wire wire;
    std::vector<Octets> payloads;
    Peer peer(plan.tunnels[0]);
    std::uint64_t number = plan.tunnels[0].outbound->first_sequence.value;
    for (const Sent& sent : plane.sent(kWan)) {
      wire.times.push_back(to_ns(sent.when));
      wire.sizes.push_back(sent.frame.size());
      const auto opened = peer.open(sent.frame);
      EXPECT_TRUE(opened && opened->number == number++) << "a gap in the numbers";
      if (opened) payloads.push_back(opened->payload);
    }
    wire.inner = inner_packets(payloads);
    wire.drops = plane.all_drops();
    EXPECT_TRUE(plane.bury());
    return wire;
  }
};

// The schedule as it should be: slots of the setting in force; a change counts from the first slot that was not built
// when it came.
std::vector<std::int64_t> expected_times(TfsSettings tfs, const std::vector<Change>& changes, Nanos build_ahead,
                                         Instant end) {
  std::vector<std::int64_t> times;
  std::int64_t base = 0;
  std::uint64_t slot = 0;
  std::size_t next = 0;
  for (;;) {
    const std::uint64_t octets = tfs.packet_size + (tfs.rate_layer == model::RateLayer::kL2 ? 38u : 0u);
    const std::int64_t due =
        base + static_cast<std::int64_t>(slot * octets * 8'000'000'000ULL / tfs.rate_bits_per_second);
    if (next < changes.size() && to_ns(changes[next].at + build_ahead) <= due) {
      tfs = changes[next++].tfs;
      base = due;
      slot = 0;
      continue;
    }
    if (due >= to_ns(end)) return times;
    times.push_back(due);
    ++slot;
  }
}

TEST_F(SettingChange, TheWireIsTheScheduleOfTheSettingsWhateverIsInside) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const TfsSettings first = any_setting(random);
    const Instant end = at_ns(300'000'000);
    std::vector<Change> changes;
    std::int64_t at = 0;
    for (int i = 0; i < 8; ++i) changes.push_back({at_ns(at += 1 + random() % 20'000'000), any_setting(random)});
    changes.push_back({at_ns(at + 1'000'000), fixed(40'000'000)});  // wide enough for all that waits
    std::vector<Frame> offered;
    std::vector<Octets> wanted;
    for (unsigned i = 0; i < 150; ++i) {
      offered.push_back(inner(60 + random() % 1'800, i));
      wanted.push_back(ip_of(after_hops(offered.back(), 1)));
    }
    const Wire loaded = play(first, changes, offered, end, Nanos(1));
    const Wire idle = play(first, changes, {}, end, Nanos(1));
    EXPECT_EQ(loaded.times, idle.times) << seed;
    EXPECT_EQ(loaded.sizes, idle.sizes) << seed;
    EXPECT_EQ(loaded.times, expected_times(first, changes, Nanos(1), end)) << seed;
    EXPECT_TRUE(loaded.inner == wanted) << seed;  // none lost, twice, damaged or out of order
    EXPECT_EQ(loaded.drops, 0u) << seed;
  }
}

// What was built ahead leaves in its own slots, in its own size; then the new setting begins.
TEST_F(SettingChange, WhatWasBuiltAheadKeepsItsSlots) {
  for (unsigned seed = 100; seed < 120; ++seed) {
    std::mt19937 random(seed);
    const TfsSettings first = any_setting(random);
    const Instant end = at_ns(200'000'000);
    std::vector<Change> changes;
    std::int64_t at = 0;
    for (int i = 0; i < 6; ++i)
      changes.push_back({at_ns(at += 10'000'000 + random() % 15'000'000), any_setting(random)});
    std::vector<Frame> offered;
    for (unsigned i = 0; i < 60; ++i) offered.push_back(inner(60 + random() % 1'400, i));
    const Wire loaded = play(first, changes, offered, end, Nanos(1'500'000));
    const Wire idle = play(first, changes, {}, end, Nanos(1'500'000));
    EXPECT_EQ(loaded.times, idle.times) << seed;
    EXPECT_EQ(loaded.sizes, idle.sizes) << seed;
    EXPECT_EQ(loaded.times, expected_times(first, changes, Nanos(1'500'000), end)) << seed;
    EXPECT_EQ(loaded.inner.size(), offered.size()) << seed;
    EXPECT_EQ(loaded.drops, 0u) << seed;
  }
}

TEST_F(SettingChange, BetweenTheModesNothingIsLost) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const Instant end = at_ns(300'000'000);
    std::vector<Change> changes;
    std::int64_t at = 0;
    for (int i = 0; i < 8; ++i) {
      TfsSettings tfs = any_setting(random);
      if (random() % 2 == 0) tfs.mode = TfsMode::kOnDemand;
      changes.push_back({at_ns(at += 1 + random() % 20'000'000), tfs});
    }
    changes.push_back({at_ns(at + 1), fixed(40'000'000)});
    std::vector<Frame> offered;
    std::vector<Octets> wanted;
    for (unsigned i = 0; i < 100; ++i) {
      offered.push_back(inner(60 + random() % 1'800, i));
      wanted.push_back(ip_of(after_hops(offered.back(), 1)));
    }
    const Wire wire = play(fixed(), changes, offered, end, Nanos(1));
    EXPECT_TRUE(wire.inner == wanted) << seed;
    EXPECT_EQ(wire.drops, 0u) << seed;
  }
}

// From on-demand the schedule begins at once, with one packet and no catching up.
TEST_F(SettingChange, AScheduleThatBeginsLateOwesNothing) {
  TfsSettings on_demand = fixed();
  on_demand.mode = TfsMode::kOnDemand;
  const Wire wire = play(on_demand, {{at_ns(50'000'300), fixed()}}, {}, at_ns(55'000'000), Nanos(1));
  ASSERT_EQ(wire.times.size(), 5u);
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_EQ(wire.times[k] - wire.times[0], static_cast<std::int64_t>(k * 1'000'000));
  }
  EXPECT_GE(wire.times[0], 50'000'299);
}

// Without fragmentation a packet that was taken before may be too big: it is named, and the rest goes on.
TEST_F(SettingChange, WhatFitsNoMoreIsNamedAndStopsNothing) {
  TfsSettings whole = fixed(1'400 * 8 * 1'000, 700);
  whole.fragment = false;
  std::vector<Frame> offered;
  for (unsigned i = 0; i < 40; ++i) offered.push_back(with_df(inner(i % 2 == 0 ? 1'200 : 300, i)));
  const Wire wire =
      play(fixed(1'400 * 8 * 100, 1'400), {{at_ns(30'000'000), whole}}, offered, at_ns(80'000'000), Nanos(1));
  EXPECT_GT(wire.drops, 5u);
  EXPECT_EQ(wire.inner.size() + wire.drops, offered.size());
}

// A rekey may bring a peer that takes no fragments: what was half sent under the old SA and fits no payload is named,
// and stops nothing.
// [9347-6.1.4-c]
TEST_F(SettingChange, UnderAnSaThatForbidsThemThereAreNoFragments) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand}) {
    for (const Nanos late : {Nanos(0), Nanos(3'500'000)}) {
      PlaneOptions options;
      options.build_ahead = Nanos(500'000);
      Plane plane(options);
      TfsSettings tfs = fixed();
      tfs.mode = mode;
      tfs.init_delay = std::chrono::milliseconds(10);
      model::ForwardingPlan plan = site_plan(Site::kA, tfs);
      ASSERT_TRUE(plane.apply(plan));
      plane.turn(at_ns(-1));
      for (unsigned i = 0; i < 3; ++i) plane.io().give(kLan, inner(9'000, i));
      plane.run_until(at_ns(2'700'000));
      plan.tunnels[0].outbound->spi = Spi{0x7777};
      plan.tunnels[0].outbound->key = lab_key(77);
      plan.tunnels[0].tfs.fragment = false;
      ASSERT_TRUE(plane.apply(plan, plane.clock));
      plane.sent(kWan).clear();
      plane.turn(plane.clock + late);
      for (unsigned i = 0; i < 3; ++i) plane.io().give(kLan, with_df(inner(600, 10 + i)));
      plane.run_until(at_ns(30'000'000));
      Peer peer(plan.tunnels[0]);
      std::size_t whole = 0;
      for (const Sent& sent : plane.sent(kWan)) {
        const auto opened = peer.open(sent.frame);
        if (!opened) continue;  // was built under the old SA
        EXPECT_EQ(load_be<std::uint16_t>(opened->payload.data() + 2), 0u);
        for (const Octets& packet : inner_packets({opened->payload})) {
          EXPECT_EQ(packet.size(), load_be<std::uint16_t>(packet.data() + 2));
          ++whole;
        }
      }
      EXPECT_EQ(whole, 3u);
      EXPECT_EQ(plane.drops(Drop::kTfsTooBig), mode == TfsMode::kFixed ? 3u : 1u);
      EXPECT_TRUE(plane.bury());
    }
  }
}

// A peer that moves keeps its schedule.
TEST_F(SettingChange, AnotherAddressMovesNoSlot) {
  Plane plane;
  model::ForwardingPlan plan = site_plan(Site::kA, fixed());
  ASSERT_TRUE(plane.apply(plan));
  plane.turn(at_ns(-1));
  plane.run_until(at_ns(5'500'000));
  plan.tunnels[0].remote = address("198.51.100.77");
  ASSERT_TRUE(plane.apply(plan, at_ns(5'555'555)));
  plane.run_until(at_ns(10'500'000));
  const std::vector<Sent>& sent = plane.sent(kWan);
  ASSERT_EQ(sent.size(), 11u);
  for (std::size_t k = 0; k < sent.size(); ++k) {
    EXPECT_EQ(to_ns(sent[k].when), static_cast<std::int64_t>(k * 1'000'000));
    const Octets ip = ip_of(sent[k].frame);
    EXPECT_EQ(std::to_integer<unsigned>(ip[19]), k <= 5 ? 2u : 77u);
  }
  EXPECT_TRUE(plane.bury());
}

}  // namespace
}  // namespace levelgate::testing::setting_change_test
