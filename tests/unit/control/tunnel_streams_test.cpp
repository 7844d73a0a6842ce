// SPDX-License-Identifier: Apache-2.0
//
// What the plan has of a tunnel whose ESP goes in the connection of its IKE SA (RFC 9329), while connections come and
// go, and what a tower makes of UDP that is silent.
#include <gtest/gtest.h>

#include "control/reconcile.h"
#include "ikestate/report_ids.h"
#include "unit/control/two_towers.h"

namespace levelgate::control::tunnel_streams_test {
namespace {

class Streamed : public TwoTowers {
 protected:
  static model::Config in_tcp(bool first, model::Transport transport = model::Transport::kTcp) {
    model::Config config = config_of(first);
    config.tunnels[0].ike->ike.transport = transport;
    config.tunnels[0].ike->esp_in_tcp = transport == model::Transport::kTcp;
    return config;
  }
  void boot_in_tcp() {
    configure(1, in_tcp(false));
    configure(0, in_tcp(true));
    settle();
    ASSERT_TRUE(up());
  }
  StreamId stream(int side) { return agreed(side)->stream; }
};

TEST_F(Streamed, ThePlanNamesTheConnection) {
  boot_in_tcp();
  for (const int side : {0, 1}) {
    EXPECT_EQ(agreed(side)->encapsulation, model::Encapsulation::kTcp);
    ASSERT_NE(stream(side), StreamId{});
    const auto plan = make_plan(config_[side], {}, 1, nullptr, tower(side).negotiated());
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->tunnels[0].stream, stream(side));
    EXPECT_EQ(plan->tunnels[0].encapsulation, model::Encapsulation::kTcp);
  }
  EXPECT_EQ(connections_[0].at(stream(0)).stream, stream(1));
}

TEST_F(Streamed, AConnectionThatEndsIsInThePlanNoMoreAndTheNextOneIs) {
  boot_in_tcp();
  const StreamId first = stream(0), theirs = stream(1);
  TunnelWork work = tower(1).stream_ended(moment_, theirs);
  EXPECT_TRUE(work.plan_changed);
  EXPECT_EQ(stream(1), StreamId{}) << "who was called waits";
  work = tower(0).stream_ended(moment_, first);
  EXPECT_TRUE(work.plan_changed);
  EXPECT_EQ(stream(0), StreamId{}) << "until the new one is made";
  take(0, std::move(work));
  settle();
  EXPECT_GT(stream(0), first);
  EXPECT_GT(stream(1), theirs);
  EXPECT_EQ(connections_[0].at(stream(0)).stream, stream(1));
  EXPECT_EQ(life(0).children.size(), 1u) << "the same Child SA";
}

TEST_F(Streamed, AnAuthenticPacketTakesBothTowersAlong) {
  boot_in_tcp();
  const StreamId fresh = tower(1).next_stream();
  const Spi spi = agreed(1)->inbound.front().spi;
  const model::Event event{.kind = model::EventKind::kStreamMoved,
                           .port = {},
                           .tunnel = {},
                           .spi = spi,
                           .address = {},
                           .count = fresh.value};
  const TunnelWork work = tower(1).event(moment_, "west", event);
  EXPECT_TRUE(work.plan_changed);
  EXPECT_EQ(stream(1), fresh);
  const bool proven = std::ranges::any_of(work.rest, [&](const ikestate::Effect& effect) {
    const auto* const proof = std::get_if<ikestate::ProveStream>(&effect);
    return proof != nullptr && proof->stream == fresh;
  });
  EXPECT_TRUE(proven);
  EXPECT_FALSE(tower(1).event(moment_, "west", event).plan_changed) << "told again";
}

// UDP is silent here: the next attempt follows with the next look, without the pause of a failed one.
TEST_F(Streamed, WhereUdpIsSilentTheNextAttemptFollowsAtOnce) {
  configure(1, in_tcp(false, model::Transport::kFallback));
  udp_cut_ = true;
  configure(0, in_tcp(true, model::Transport::kFallback));
  settle();
  int seconds = 0;
  while (!told(0, ikestate::kFallsBack) && ++seconds < 60) pass(1);
  ASSERT_TRUE(told(0, ikestate::kFallsBack));
  pass(1);
  ASSERT_TRUE(up());
  EXPECT_EQ(agreed(0)->encapsulation, model::Encapsulation::kTcp);
}

}  // namespace
}  // namespace levelgate::control::tunnel_streams_test
