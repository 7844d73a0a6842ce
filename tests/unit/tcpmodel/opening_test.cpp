// SPDX-License-Identifier: Apache-2.0
//
// How a connection comes about and how it goes.
#include <gtest/gtest.h>

#include "support/tcp_pair.h"

namespace levelgate::tcpmodel::opening_test {
namespace {

using namespace std::chrono_literals;
using testing::TcpPair;

constexpr std::size_t kCaller = TcpPair::kCaller, kCalled = TcpPair::kCalled;

struct Opening : ::testing::Test {
  static pathmodel::PathSettings path() {
    pathmodel::PathSettings made;
    made.delay = 50ms;
    return made;
  }
  TcpPair pair{path(), 1};
};

TEST_F(Opening, TheCallerIsUpAfterOneRoundTripAndTheOtherAfterOneAndAHalf) {
  pair.call();
  ASSERT_TRUE(pair.run_until([&] { return pair.end(kCaller).up(); }, 1s));
  EXPECT_EQ(pair.since(), 100ms);
  ASSERT_TRUE(pair.run_until([&] { return pair.end(kCalled).up(); }, 1s));
  EXPECT_EQ(pair.since(), 150ms);
  pair.run_for(10s);
  EXPECT_EQ(pair.seen(kCaller).octets, 60u + 40);
  EXPECT_EQ(pair.seen(kCalled).octets, 60u);
}

TEST_F(Opening, WhereNobodyAnswersItAsksAfterOneTwoFourSecondsAndEnds) {
  pair.drops = [](std::size_t, const Segment&) { return true; };
  pair.call();
  pair.run_until([&] { return pair.end(kCaller).ended(); }, 100s);
  EXPECT_EQ(pair.since(), 20s);
  std::vector<Nanos> when;
  for (const Instant moment : pair.seen(kCaller).moments) when.push_back(moment - TcpPair::kBegin);
  EXPECT_EQ(when, (std::vector<Nanos>{0s, 1s, 3s, 7s, 15s}));
}

// Either copy of the SYN-ACK does, and the third segment of the handshake may be lost as well.
TEST_F(Opening, AnythingOfItMayBeLostOnce) {
  for (std::uint64_t which = 0; which < 4; ++which) {
    TcpPair one(path(), 1);
    std::uint64_t number = 0;
    one.drops = [&](std::size_t, const Segment&) { return number++ == which; };
    one.call();
    const std::vector<std::byte> text(5'000);
    one.write(kCaller, text);
    EXPECT_TRUE(one.run_until([&] { return one.received(kCalled).size() == text.size(); }, 5s)) << which;
  }
}

TEST_F(Opening, AfterTwoRepeatsTheWindowBeginsWithOne) {
  std::uint64_t number = 0;
  pair.drops = [&](std::size_t, const Segment&) { return number++ < 2; };
  pair.call();
  const std::vector<std::byte> text(20'000);
  pair.write(kCaller, text);
  ASSERT_TRUE(pair.run_until([&] { return pair.end(kCaller).up(); }, 10s));
  EXPECT_EQ(pair.since(), 3'100ms);
  EXPECT_EQ(pair.seen(kCaller).carrying, 1u);
}

TEST_F(Opening, WhatWasWrittenStillLeavesBeforeTheEnd) {
  pair.call();
  const std::vector<std::byte> text(50'000);
  pair.run_for(1s);
  pair.write(kCaller, text);
  pair.finish(kCaller);
  ASSERT_TRUE(pair.run_until([&] { return pair.end(kCalled).peer_finished(); }, 5s));
  EXPECT_EQ(pair.received(kCalled).size(), text.size());
  EXPECT_FALSE(pair.end(kCaller).ended()) << "the other side may still write";
  pair.finish(kCalled);
  EXPECT_TRUE(pair.run_until([&] { return pair.end(kCaller).ended() && pair.end(kCalled).ended(); }, 5s));
}

}  // namespace
}  // namespace levelgate::tcpmodel::opening_test
