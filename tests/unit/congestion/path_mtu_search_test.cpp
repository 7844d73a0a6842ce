// SPDX-License-Identifier: Apache-2.0
//
// The phases of RFC 8899 §5 over a path in virtual time: base, search, complete, error, and the black hole.
#include "congestion/path_mtu_search.h"

#include <gtest/gtest.h>

#include "support/case_count.h"
#include "support/searched_path.h"

namespace levelgate::congestion::path_mtu_search_test {
namespace {

using namespace std::chrono_literals;
using testing::SearchedPath;

constexpr PathMtuLimits kUsual{576, 1200, 1500, 10min, 1500};

PathMtuLimits up_to(std::uint32_t most) {
  PathMtuLimits limits = kUsual;
  limits.most = most;
  return limits;
}

std::uint32_t draw(std::mt19937& random, std::uint32_t least, std::uint32_t most) {
  return least + static_cast<std::uint32_t>(random()) % (most - least + 1);
}

TEST(PathMtuSearch, ThePortsSizeIsTriedFirst) {
  SearchedPath path(kUsual);
  path.run(5s);
  EXPECT_EQ(path.search.state(), PathMtuState::kComplete);
  EXPECT_EQ(path.size, 1500u);
  EXPECT_EQ(path.probes, (std::vector<std::uint32_t>{1500}));
  EXPECT_EQ(path.changes.size(), 1u);
}

// Whatever the path carries, from the floor to the largest: exactly that is found, in steps of ESP's alignment.
// [9347-2-b]
TEST(PathMtuSearch, FindsWhatThePathCarries) {
  std::mt19937 random(7);
  for (std::size_t i = 0; i < testing::cases(150); ++i) {
    const std::uint32_t most = random() % 2 == 0 ? 9000 : 1500;
    SearchedPath path(up_to(most), static_cast<unsigned>(i));
    path.mtu = draw(random, 600, 9000);
    path.interval = Nanos(100'000 + random() % 20'000'000);
    path.peer_interval = Nanos(100'000 + random() % 20'000'000);
    path.delay = Nanos(random() % 50'000'000);
    path.run(40s);
    EXPECT_EQ(path.size, std::min(path.mtu / 4 * 4, most)) << path.mtu;
    EXPECT_EQ(path.search.state(), PathMtuState::kComplete) << path.mtu;
    EXPECT_LE(path.changes.size(), 2u);
  }
}

// With loss the size may be too small until the next search, but it is never one that the path does not carry.
TEST(PathMtuSearch, LossNeverMakesItTooLarge) {
  std::mt19937 random(11);
  for (std::size_t i = 0; i < testing::cases(80); ++i) {
    SearchedPath path(up_to(9000), static_cast<unsigned>(i));
    path.mtu = draw(random, 1200, 9000);
    path.interval = path.peer_interval = Nanos(200'000 + random() % 5'000'000);
    path.lost_of_1000 = draw(random, 1, 200);
    for (int part = 0; part < 30; ++part) {
      path.run(1s);
      EXPECT_TRUE(path.search.state() != PathMtuState::kComplete || path.search.size() <= path.mtu);
    }
    EXPECT_GE(path.search.probes().confirmed + path.search.probes().lost + 1, path.search.probes().sent);
  }
}

TEST(PathMtuSearch, LittleLossCostsNothing) {
  std::mt19937 random(13);
  std::size_t exact = 0;
  const std::size_t count = testing::cases(80);
  for (std::size_t i = 0; i < count; ++i) {
    SearchedPath path(up_to(9000), static_cast<unsigned>(i));
    path.mtu = draw(random, 1200, 9000);
    path.lost_of_1000 = 10;
    path.run(60s);
    exact += path.size == path.mtu / 4 * 4 ? 1 : 0;
  }
  EXPECT_GE(exact * 100, count * 95);
}

TEST(PathMtuSearch, AShrinkingPathIsABlackHole) {
  SearchedPath path(kUsual);
  path.run(10s);
  ASSERT_EQ(path.size, 1500u);
  path.mtu = 1400;
  path.run(4s);
  EXPECT_EQ(path.size, 1200u);
  path.run(10s);
  EXPECT_EQ(path.size, 1400u);
  EXPECT_EQ(path.search.state(), PathMtuState::kComplete);
}

TEST(PathMtuSearch, AGrowingPathIsFoundAfterTheInterval) {
  SearchedPath path(kUsual);
  path.mtu = 1300;
  path.run(30s);
  ASSERT_EQ(path.size, 1300u);
  path.mtu = 1500;
  path.run(9min);
  EXPECT_EQ(path.size, 1300u);
  path.run(2min);
  EXPECT_EQ(path.size, 1500u);
}

// Where nothing has changed a new search is three packets, one step above.
TEST(PathMtuSearch, TryingAgainCostsThreePackets) {
  SearchedPath path(kUsual);
  path.mtu = 1300;
  path.run(30s);
  const std::size_t before = path.probes.size();
  path.run(11min);
  ASSERT_EQ(path.probes.size(), before + 3);
  for (std::size_t i = before; i < path.probes.size(); ++i) EXPECT_EQ(path.probes[i], 1304u);
  EXPECT_EQ(path.changes.size(), 1u);
}

TEST(PathMtuSearch, BelowTheBaseTheFloorIsNext) {
  SearchedPath path(kUsual);
  path.mtu = 1000;
  path.run(3500ms);
  EXPECT_EQ(path.size, 576u);
  EXPECT_EQ(path.changes.front().second, 576u);
  path.run(20s);
  EXPECT_EQ(path.size, 1000u);
}

// A peer whose packets say nothing: nothing is tried, and nothing is taken away.
TEST(PathMtuSearch, WithoutReportsTheBaseStays) {
  SearchedPath path(kUsual);
  path.reports = false;
  path.run(60s);
  EXPECT_EQ(path.search.state(), PathMtuState::kNoReports);
  EXPECT_TRUE(path.changes.empty());
  EXPECT_TRUE(path.probes.empty());
  path.reports = true;
  path.run(5s);
  EXPECT_EQ(path.size, 1500u);
  path.reports = false;
  path.run(10s);
  EXPECT_EQ(path.size, 1200u);
  EXPECT_EQ(path.search.state(), PathMtuState::kNoReports);
}

TEST(PathMtuSearch, ASilentPeerLeavesTheFloor) {
  SearchedPath path(kUsual);
  path.run(5s);
  path.peer_sends = false;
  path.run(20s);
  EXPECT_EQ(path.size, 576u);
  EXPECT_EQ(path.search.state(), PathMtuState::kError);
  path.peer_sends = true;
  path.run(10s);
  EXPECT_EQ(path.size, 1500u);
}

TEST(PathMtuSearch, WhileNothingCanBeSentNothingIsLearnt) {
  SearchedPath path(kUsual);
  path.run(5s);
  path.sends = false;
  path.run(60s);
  EXPECT_EQ(path.search.size(), 1500u);
  path.sends = true;
  path.run(5s);
  EXPECT_EQ(path.size, 1500u);
  EXPECT_EQ(path.changes.size(), 1u);
}

// TVal is 32 bits of microseconds: it wraps each 71 minutes.
TEST(PathMtuSearch, TheStampsMayWrap) {
  SearchedPath path(kUsual);
  path.mtu = 1440;
  path.interval = path.peer_interval = 50ms;
  path.run(200min);
  EXPECT_EQ(path.size, 1440u);
  EXPECT_EQ(path.changes.size(), 1u);
}

TEST(PathMtuSearch, SlowEndsAreNoBlackHole) {
  SearchedPath path(kUsual);
  path.interval = 2s;
  path.peer_interval = 3s;
  path.run(20min);
  EXPECT_EQ(path.changes.size(), 1u);
  EXPECT_EQ(path.size, 1500u);
}

// Before each probe it is announced for long enough that the longest inner packet ends, P is on, and only the probe's
// neighbours behind it are of sub-type 0, for no longer than the peer needs to report.
TEST(PathMtuSearch, EachProbeIsAnnounced) {
  SearchedPath path(up_to(9000));
  path.keeps_slots = true;
  path.mtu = 4000;
  path.peer_interval = 5ms;
  path.run(60s);
  EXPECT_EQ(path.size, 4000u);
  std::size_t probes = 0;
  for (std::size_t i = 0; i < path.slots.size(); ++i) {
    if (path.slots[i].second.probe == 0) continue;
    ++probes;
    ASSERT_GE(i, 8u);
    EXPECT_TRUE(path.slots[i].second.reports);
    for (std::size_t back = 1; back <= 8; ++back) {
      EXPECT_EQ(path.slots[i - back].second.until_probe, back);
      EXPECT_TRUE(path.slots[i - back].second.reports);
    }
    std::size_t silent = 0;
    while (!path.slots[i + 1 + silent].second.reports) ++silent;
    EXPECT_GE(silent, 5u);
    EXPECT_LE(path.slots[i + 1 + silent].first - path.slots[i].first, 2 * 10ms + 1ms + 5ms);
  }
  EXPECT_EQ(probes, path.search.probes().sent);
  EXPECT_GT(probes, 10u);
}

TEST(PathMtuSearch, TheLeadHoldsTheLongestInnerPacket) {
  PathMtuLimits limits = kUsual;
  limits.longest_inner = 65'535;
  SearchedPath path(limits);
  path.keeps_slots = true;
  path.run(5s);
  std::uint32_t lead = 0;
  for (const auto& slot : path.slots) lead = std::max(lead, slot.second.until_probe);
  EXPECT_GE((lead - 1) * (1200 - 20 - 34 - 24), 65'535u);
}

// Only an echo of the probe itself proves it: the peer's words about packets around it, and any other number, do not.
TEST(PathMtuSearch, AnyOtherEchoProvesNothing) {
  PathMtuSearch search(kUsual);
  std::uint32_t stamp = 1000;
  Instant now = at_ns(1'000'000);
  std::uint32_t probe = 0;
  for (int i = 0; i < 200 && probe == 0; ++i, stamp += 1000, now += 1ms) {
    if (search.slot(now, stamp, 1200).probe != 0) probe = stamp;
    if (probe == 0) search.echoed(stamp, now);
  }
  ASSERT_NE(probe, 0u);
  for (const std::uint32_t echo : {probe - 1000, probe - 1, probe + 1, probe + 500, 0u}) search.echoed(echo, now);
  EXPECT_EQ(search.probes().confirmed, 0u);
  search.echoed(probe, now);
  EXPECT_EQ(search.probes().confirmed, 1u);
}

// Packets that leave in one microsecond have one TVal: a probe waits for one of its own.
TEST(PathMtuSearch, AProbeSharesNoStamp) {
  PathMtuSearch search(kUsual);
  std::uint32_t stamp = 1000;
  Instant now = at_ns(1'000'000);
  for (int i = 0; i < 100; ++i, now += 10ns) {
    EXPECT_EQ(search.slot(now, stamp, 1200).probe, 0u);
    search.echoed(stamp, now);
  }
  EXPECT_EQ(search.slot(now, stamp + 1, 1200).probe, 1500u);
}

}  // namespace
}  // namespace levelgate::congestion::path_mtu_search_test
