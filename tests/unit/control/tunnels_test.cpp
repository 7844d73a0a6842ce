// SPDX-License-Identifier: Apache-2.0
//
// The life of tunnels that IKE keeps: tried until they are up and again when they are gone, what the data plane is to
// have at each moment of a rekey, and what the operator is told.
#include "control/tunnels.h"

#include <gtest/gtest.h>

#include "control/admin_ike.h"
#include "control/reconcile.h"
#include "ikestate/report_ids.h"
#include "unit/control/two_towers.h"

namespace levelgate::control::tunnels_test {
namespace {

using namespace std::chrono_literals;

TEST_F(TwoTowers, StartAlwaysBringsBothUpAndTheyAgree) {
  boot();
  ASSERT_TRUE(up());
  EXPECT_EQ(agreed(0)->inbound.front(), *agreed(1)->outbound);
  EXPECT_EQ(agreed(1)->inbound.front(), *agreed(0)->outbound);
  EXPECT_EQ(agreed(0)->inbound.front().payload, model::SaPayload::kAggfrag);
  EXPECT_TRUE(told(0, ikestate::kIkeEstablished) && told(1, ikestate::kChildEstablished));
}

// West takes no fragments: that binds what east sends, and nothing else (RFC 9347 §6.1.4).
// [9347-6.1.4-c, 9347-6.1.4-d]
TEST_F(TwoTowers, WhoTakesNoFragmentsBindsTheOtherOnesSending) {
  model::Config west = config_of(false);
  west.tunnels[0].ike->inner_fragments = false;
  configure(1, west);
  configure(0, config_of(true));
  settle();
  ASSERT_TRUE(up());
  EXPECT_FALSE(agreed(0)->peer_takes_fragments);
  EXPECT_TRUE(agreed(1)->peer_takes_fragments);
  for (const int side : {0, 1}) {
    const auto plan = make_plan(config_[side], {}, 1, nullptr, tower(side).negotiated());
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->tunnels[0].tfs.fragment, side == 1);
    const std::map<std::string, PortState> ports;
    const Trends trends;
    const View view{config_[side], *plan, stats_[side], ports, trends, moment_.now, &tower(side)};
    const auto shown = answer(Topic::kIke, "", view);
    ASSERT_TRUE(shown);
    std::string text;
    for (const std::string& line : shown->lines) text += line + "\n";
    EXPECT_NE(text.find(side == 0 ? "fragmentation: no (peer)" : "fragmentation: yes"), std::string::npos) << text;
  }
}

// East follows congestion, or has a breaker: west, which is fixed and asks for nothing, reports to it all the same.
// [9347-2.4.2.1-b, 9347-6.1.4-b]
TEST_F(TwoTowers, WhoAsksForReportsGetsThem) {
  for (const int why : {0, 1, 2}) {
    model::Config east = config_of(true);
    east.tunnels[0].tfs.congestion.controlled = why == 1;
    if (why == 2) east.tunnels[0].tfs.congestion.breaker.emplace();
    configure(1, config_of(false));
    configure(0, east);
    pass(5);
    ASSERT_TRUE(up()) << why;
    for (const int side : {0, 1}) {
      const auto plan = make_plan(config_[side], {}, 1, nullptr, tower(side).negotiated());
      ASSERT_TRUE(plan);
      EXPECT_EQ(plan->tunnels[0].tfs.sends_reports(), why != 0);
      EXPECT_EQ(plan->tunnels[0].tfs.congestion.reports_wanted, side == 1 && why != 0);
    }
  }
}

// The first Child SA is there and carries nothing, at the side that waits; the one behind the large key does.
TEST_F(TwoTowers, TrafficWaitsForTheLargeKeyWhereThatIsAskedFor) {
  for (const int waiting : {0, 1}) {
    SCOPED_TRACE(waiting);
    const auto config = [&](bool first) {
      model::Config made = config_of(first);
      model::LargeKeys large{.method = "mceliece348864f"};
      if (first == (waiting == 0)) large.traffic = model::LargeKeyTraffic::kWaits;
      made.tunnels.front().ike->large_keys = large;
      return made;
    };
    configure(1, config(false));
    configure(0, config(true));
    bool held = false, flowed = false;
    for (int i = 0; i < 20'000 && !wire_.empty(); ++i) {
      auto [to, path, octets] = std::move(wire_.front());
      wire_.pop_front();
      take(to, tower(to).datagram(moment_, path, octets));
      moment_.now += 1ms;
      for (const int side : {0, 1}) take(side, tower(side).on_time(moment_));
      held = held || (life(waiting).holds_back() && agreed(waiting) == nullptr && life(waiting).children.size() == 1);
      flowed = flowed || (!life(1 - waiting).children.empty() && agreed(1 - waiting)->outbound &&
                          !life(1 - waiting).children.begin()->second.up.large_key);
      if (life(waiting).holds_back()) {
        const View view{config_[waiting], {}, stats_[waiting], {}, {}, moment_.now, &tower(waiting)};
        EXPECT_NE(why_not_up(name(waiting), view).find("large key"), std::string::npos);
      }
    }
    EXPECT_TRUE(held);
    EXPECT_TRUE(flowed) << "the other side does not wait";
    pass(5);
    for (const int side : {0, 1}) {
      ASSERT_NE(agreed(side), nullptr);
      ASSERT_TRUE(agreed(side)->outbound);
      EXPECT_TRUE(life(side).children.at(life(side).sends_by).up.large_key);
    }
    // A rekey of either SA takes nothing back.
    for (const auto what : {ike::RekeyTarget::kChildren, ike::RekeyTarget::kIke}) {
      take(0, *tower(0).rekey(moment_, "east", what));
      for (int i = 0; i < 3'000; ++i) {
        settle();
        moment_.now += 1ms;
        for (const int side : {0, 1}) take(side, tower(side).on_time(moment_));
        for (const int side : {0, 1}) ASSERT_TRUE(agreed(side) != nullptr && agreed(side)->outbound);
      }
    }
    for (const int side : {0, 1}) {
      for (const auto& [id, child] : life(side).children) EXPECT_TRUE(child.up.large_key);
    }
    // It is the policy of now that counts.
    model::Config lenient = config(waiting == 0);
    lenient.tunnels.front().ike->large_keys->traffic = model::LargeKeyTraffic::kFlows;
    configure(waiting, lenient);
    EXPECT_FALSE(life(waiting).awaits_large_key);
    EXPECT_EQ(life(waiting).up.size(), 1u) << "without a new SA";
    for (const int side : {0, 1}) configure(side, {});
    settle();
  }
}

TEST_F(TwoTowers, AFailedAttemptIsRepeatedWithLongerPauses) {
  model::Config wrong = config_of(false);
  static constexpr std::string_view kOther = "another key of many octets";
  wrong.tunnels[0].ike->psk = {std::make_shared<const SecretBytes>(as_bytes(kOther.data(), kOther.size()))};
  configure(1, wrong);
  configure(0, config_of(true));
  settle();
  EXPECT_FALSE(up());
  ASSERT_TRUE(life(0).failure);
  EXPECT_EQ(life(0).failure->id, ikestate::kWrongPsk);
  pass(30);
  const std::uint32_t soon = life(0).failed_attempts;
  EXPECT_GE(soon, 3u);
  EXPECT_LE(soon, 6u);
  pass(60);
  EXPECT_LE(life(0).failed_attempts, soon + 3);
  configure(1, config_of(false));  // mended
  pass(65);
  EXPECT_TRUE(up());
  EXPECT_FALSE(life(0).failure);
}

TEST_F(TwoTowers, ARekeyInstallsInboundFirstAndSendsOnProof) {
  boot();
  const model::EspSa before = *agreed(1)->outbound;
  auto work = tower(0).rekey(moment_, "east", ike::RekeyTarget::kChildren);
  ASSERT_TRUE(work);
  take(0, std::move(*work));
  // Until the responder answered and the initiator used the new SA, step by step.
  bool both_held = false;
  while (!wire_.empty()) {
    auto [to, path, octets] = std::move(wire_.front());
    wire_.pop_front();
    take(to, tower(to).datagram(moment_, path, octets));
    const bool two = agreed(1)->inbound.size() >= 2;
    both_held = both_held || two;
    const bool unproven = two && life(1).children.size() == 2;
    EXPECT_TRUE(!unproven || *agreed(1)->outbound == before) << "sends before the proof";
  }
  EXPECT_TRUE(both_held);
  ASSERT_TRUE(up());
  EXPECT_NE(*agreed(1)->outbound, before);
  EXPECT_EQ(agreed(1)->inbound.size(), 2u);  // the old one lingers
  pass(6);
  EXPECT_EQ(agreed(1)->inbound.size(), 1u);
  EXPECT_EQ(agreed(0)->inbound.front(), *agreed(1)->outbound);
}

TEST_F(TwoTowers, OctetsAndNumbersAskForARekeyOnce) {
  boot();
  model::Config limited = config_of(true);
  limited.tunnels[0].ike->esp.rekey_octets = 1'000'000;
  configure(0, limited);
  settle();
  ASSERT_TRUE(up());
  const ikestate::ChildId first = life(0).children.begin()->first;
  model::NamedTunnelStats named{"east", {}};
  named.outbound = model::SaStats{agreed(0)->outbound->spi, 900, 999'999, ~0ULL};
  stats_[0].tunnels = {named};
  pass(2);
  EXPECT_EQ(life(0).children.begin()->first, first);
  stats_[0].tunnels[0].outbound->octets = 1'000'001;
  pass(1);
  EXPECT_NE(life(0).children.rbegin()->first, first);
  EXPECT_TRUE(up());
}

TEST_F(TwoTowers, DownStaysDownAndUpBeginsAnew) {
  boot();
  auto work = tower(0).take_down(moment_, "east", Tunnels::Extent::kWhole);
  ASSERT_TRUE(work);
  take(0, std::move(*work));
  settle();
  pass(120);
  EXPECT_TRUE(life(0).up.empty() && life(1).up.empty());
  EXPECT_EQ(agreed(0), nullptr);
  work = tower(0).bring_up(moment_, "east");
  ASSERT_TRUE(work);
  take(0, std::move(*work));
  settle();
  EXPECT_TRUE(up());
  EXPECT_FALSE(tower(0).bring_up(moment_, "north"));
  EXPECT_EQ(tower(0).rekey(moment_, "north", ike::RekeyTarget::kIke).error().fault, Fault::kNotFound);
}

TEST_F(TwoTowers, AChangeOfWhoTheyAreBeginsAnewAndOfLifetimesDoesNot) {
  boot();
  const ikestate::ChildId child = life(0).children.begin()->first;
  model::Config next = config_of(true);
  next.tunnels[0].ike->esp.rekey_time = 30min;
  next.tunnels[0].ike->ike.dpd_delay = 30s;
  configure(0, next);
  settle();
  EXPECT_TRUE(life(0).children.contains(child));
  next.tunnels[0].selectors.local = {model::TrafficSelector::from(*IpPrefix::parse("10.1.0.0/16"))};
  configure(0, next);
  settle();
  pass(3);
  ASSERT_TRUE(up());
  EXPECT_FALSE(life(0).children.contains(child));
  EXPECT_EQ(agreed(0)->selectors.local, next.tunnels[0].selectors.local);
  configure(0, model::Config{});
  settle();
  EXPECT_TRUE(tower(0).lives().empty());
  EXPECT_TRUE(life(1).up.empty());
}

TEST_F(TwoTowers, OnTrafficWaitsForAPacket) {
  model::Config shy = config_of(true);
  shy.tunnels[0].ike->start = model::StartMode::kOnTraffic;
  configure(1, config_of(false));
  configure(0, shy);
  stats_[0].tunnels = {{"east", {}}};
  pass(10);
  EXPECT_TRUE(life(0).up.empty());
  stats_[0].tunnels[0].counters.tx_drop_pkts = 1;
  pass(1);
  EXPECT_TRUE(up());
}

TEST_F(TwoTowers, WhatTheNetworkSaysIsToldOnceForAnAttempt) {
  cut_ = true;
  configure(0, config_of(true));
  const ikestate::Path path{{*IpAddress::parse("192.0.2.1"), 500}, {*IpAddress::parse("192.0.2.2"), 500}};
  for (int i = 0; i < 3; ++i) take(0, tower(0).nobody_at(moment_, path, true));
  EXPECT_EQ(std::ranges::count(told_[0], ikestate::kNobodyListens, &Happening::id), 1);
  pass(20);  // silence does not hide it
  ASSERT_TRUE(life(0).failure);
  EXPECT_EQ(life(0).failure->id, ikestate::kNobodyListens);
}

}  // namespace
}  // namespace levelgate::control::tunnels_test
