// SPDX-License-Identifier: Apache-2.0
//
// Connections between two gateways that are not there: what they would be told, and when.
#include "rehearsal/rehearsed_streams.h"

#include <gtest/gtest.h>

#include <string>

#include "rehearsal/timeline.h"

namespace levelgate::rehearsal::rehearsed_streams_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin = at_ns(1'000'000'000);
constexpr StreamId kOurs{7}, kTheirs{1};

struct RehearsedStreams : ::testing::Test {
  Instant now = kBegin;
  Timeline timeline;
  std::vector<std::string> told;
  bool dead = false;  // nothing arrives
  Streams streams{now,
                  {[this](Side, std::uint32_t, std::function<void()> arrives) {
                     if (!dead) timeline.at(now + 50ms, std::move(arrives));
                   },
                   [](Side) { return kTheirs; }, [this](Side side, const ikestate::Path&) { tell(side, "up"); },
                   [this](Side side, const ikestate::Path& path, ConstBytes message) {
                     tell(side, std::to_string(message.size()) + " octets by " + std::to_string(path.stream.value));
                   },
                   [this](Side side, StreamId) { tell(side, "ended"); }}};

  void tell(Side side, const std::string& what) {
    told.push_back(std::to_string((now - kBegin) / 1ms) + (side == Side::kInitiator ? " ours: " : " theirs: ") + what);
  }
  void run_for(Nanos span) {
    const Instant until = now + span;
    for (;;) {
      const Instant next = std::min(timeline.next(), streams.deadline());
      if (next > until) break;
      now = std::max(now, next);
      if (!timeline.run_one(now)) streams.on_time();
    }
    now = until;
  }
  void connect() {
    const Endpoint local{IpAddress::v4(0xc000'0201), 0}, remote{IpAddress::v4(0xc000'0202), 4'500};
    streams.connect(Side::kInitiator, {local, remote, kOurs});
  }
  static std::vector<std::byte> message(std::size_t octets) { return std::vector<std::byte>(octets, std::byte{1}); }
};

TEST_F(RehearsedStreams, WhatIsSentBeforeTheConnectionIsMadeWaitsForIt) {
  connect();
  streams.send(Side::kInitiator, kOurs, message(300));
  streams.send(Side::kInitiator, kOurs, message(400));
  run_for(1s);
  streams.prove(Side::kResponder, kTheirs);
  streams.send(Side::kResponder, kTheirs, message(500));
  run_for(30s);
  EXPECT_EQ(told, (std::vector<std::string>{"100 ours: up", "150 theirs: 300 octets by 1",
                                            "150 theirs: 400 octets by 1", "1050 ours: 500 octets by 7"}));
}

TEST_F(RehearsedStreams, ALongMessageIsHeldUntilItIsWhole) {
  connect();
  run_for(1s);
  streams.send(Side::kInitiator, kOurs, message(60'000));
  run_for(75ms);
  EXPECT_GE(streams.held_octets(Side::kResponder), 10'000u);
  run_for(1s);
  EXPECT_EQ(told.back(), "1250 theirs: 60000 octets by 1") << "10, 20, and the rest of 49 segments";
}

// As the daemon's limits have it: 10 s until a call is answered, and for the first frame of a stranger.
TEST_F(RehearsedStreams, WhereNobodyAnswersItEndsAfterTenSeconds) {
  dead = true;
  connect();
  run_for(60s);
  EXPECT_EQ(told, std::vector<std::string>{"10000 ours: ended"});
}

TEST_F(RehearsedStreams, AStrangerWhoSaysNothingIsClosed) {
  connect();
  run_for(60s);
  EXPECT_EQ(told, (std::vector<std::string>{"100 ours: up", "10150 theirs: ended", "10200 ours: ended"}));
}

TEST_F(RehearsedStreams, WhoClosesIsNotToldAndTheOtherSideIs) {
  connect();
  run_for(1s);
  streams.send(Side::kInitiator, kOurs, message(300));
  streams.close(Side::kInitiator, kOurs);
  run_for(60s);
  EXPECT_EQ(told, (std::vector<std::string>{"100 ours: up", "1050 theirs: 300 octets by 1", "1050 theirs: ended"}));
  EXPECT_EQ(streams.held_octets(Side::kResponder), 0u);
}

}  // namespace
}  // namespace levelgate::rehearsal::rehearsed_streams_test
