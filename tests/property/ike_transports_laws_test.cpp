// SPDX-License-Identifier: Apache-2.0
//
// By which transport IKE begins, over any configuration and any sequence of attempts: nothing that is not allowed, UDP
// first, the other one after a silent one, what worked again for a while, and not for ever (RFC 9329 §5.1).
#include <gtest/gtest.h>

#include <random>

#include "negotiation/limits.h"
#include "negotiation/transports.h"
#include "support/case_count.h"

namespace levelgate::negotiation::ike_transports_laws_test {
namespace {

using namespace std::chrono_literals;
using levelgate::testing::cases;
using model::EncapsulationChoice;
using model::Transport;

// A path lets each of both pass, or not.
struct Path {
  bool udp = true, tcp = true;
  std::uint32_t repeats = 0;
};

class Case {
 public:
  explicit Case(std::uint64_t seed) : dice_(seed) {
    model::TunnelIke ike;
    constexpr Transport kAll[] = {Transport::kUdp, Transport::kSeparate, Transport::kTcp, Transport::kFallback,
                                  Transport::kAuto};
    constexpr EncapsulationChoice kCarriers[] = {EncapsulationChoice::kAuto, EncapsulationChoice::kNone,
                                                 EncapsulationChoice::kUdp};
    ike.ike.transport = kAll[dice_() % std::size(kAll)];
    ike.encapsulation = kCarriers[dice_() % std::size(kCarriers)];
    const bool may_be_tcp = ike.ike.transport != Transport::kUdp && ike.ike.transport != Transport::kSeparate;
    if (may_be_tcp && dice_() % 3 == 0) {
      ike.encapsulation = EncapsulationChoice::kAuto;
      ike.esp_in_tcp = true;
    }
    if (dice_() % 3 == 0) ike.large_keys.emplace();
    config = ike;
    allowed = transports_of(ike);
  }
  Opening next() const { return next_opening(allowed, memory, now); }
  // One attempt, as the path lets it end.
  Attempt attempt(const Path& path) {
    Attempt one{.opening = next(), .end = AttemptEnd::kUp, .repeats = path.repeats};
    const bool tcp = over_tcp(one.opening);
    if (tcp && !path.tcp) one.end = AttemptEnd::kNoTcp;
    if (!tcp && !path.udp) one.end = AttemptEnd::kSilent;
    if (one.opening == Opening::kUdpApart && path.udp && !path.tcp) one.end = AttemptEnd::kNoTcp;
    memory = after(memory, one, now);
    return one;
  }
  std::uint64_t draw(std::uint64_t below) { return dice_() % below; }

  model::TunnelIke config;
  Transports allowed;
  TransportMemory memory;
  Instant now = Instant{} + 1h;

 private:
  std::mt19937_64 dice_;
};

Path any_path(Case& one) { return {one.draw(2) == 0, one.draw(2) == 0, static_cast<std::uint32_t>(one.draw(6))}; }

// Any attempts at all, between any pauses.
void live(Case& one) {
  for (std::uint64_t i = one.draw(8); i > 0; --i) {
    (void)one.attempt(any_path(one));
    one.now += Nanos(static_cast<std::int64_t>(one.draw(1'200)) * 1'000'000'000);
  }
}

TEST(Transports, NothingIsOpenedThatIsNotAllowed) {
  for (std::size_t i = 0; i < cases(4'000); ++i) {
    Case one(i);
    live(one);
    const Opening opening = one.next();
    switch (one.allowed.wish) {
      case Transport::kUdp:
        EXPECT_EQ(opening, Opening::kUdp);
        break;
      case Transport::kSeparate:
        EXPECT_FALSE(over_tcp(opening));
        break;
      case Transport::kTcp:
        EXPECT_EQ(opening, one.config.esp_in_tcp ? Opening::kTcpWhole : Opening::kTcpApart);
        break;
      case Transport::kFallback:
        EXPECT_NE(opening, Opening::kUdpApart);
        break;
      case Transport::kAuto:
        break;
    }
    // The operator's word for ESP holds.
    const bool apart = opening == Opening::kUdpApart || opening == Opening::kTcpApart;
    const bool whole = opening == Opening::kTcpWhole;
    EXPECT_FALSE(whole && one.config.encapsulation != EncapsulationChoice::kAuto) << i;
    EXPECT_FALSE(apart && one.config.esp_in_tcp) << i;
    EXPECT_FALSE(whole && !one.allowed.esp_in_tcp) << i;
    EXPECT_FALSE(apart && !one.allowed.apart) << i;
  }
}

TEST(Transports, WithoutKnowledgeUdpIsFirstUnlessTcpIsDemanded) {
  for (std::size_t i = 0; i < cases(400); ++i) {
    const Case one(i);
    EXPECT_EQ(over_tcp(one.next()), one.allowed.wish == Transport::kTcp);
  }
}

// Whatever has been, where one of both passes it is found by the second attempt, and the third is up again.
TEST(Transports, WhatPassesIsFound) {
  for (std::size_t i = 0; i < cases(4'000); ++i) {
    Case one(i);
    live(one);
    if (!one.allowed.falls_back()) continue;
    const bool udp = one.draw(2) == 0;
    const Path path{udp, !udp};
    const bool first = one.attempt(path).end == AttemptEnd::kUp;
    const bool second = one.attempt(path).end == AttemptEnd::kUp;
    EXPECT_TRUE(first || second) << i;
    EXPECT_TRUE(one.attempt(path).end == AttemptEnd::kUp) << i;
  }
}

// Where nothing passes both are tried in turn.
TEST(Transports, WhereNothingPassesBothAreTriedInTurn) {
  for (std::size_t i = 0; i < cases(1'000); ++i) {
    Case one(i);
    live(one);
    if (!one.allowed.falls_back()) continue;
    bool last = over_tcp(one.attempt({false, false}).opening);
    for (int step = 0; step < 6; ++step) {
      const bool tcp = over_tcp(one.attempt({false, false}).opening);
      EXPECT_NE(tcp, last) << i;
      last = tcp;
      one.now += 1s;
    }
  }
}

TEST(Transports, WhatWorkedIsUsedForAWhileAndUdpIsTriedAgainThen) {
  for (std::size_t i = 0; i < cases(1'000); ++i) {
    Case one(i);
    live(one);
    if (!one.allowed.falls_back()) continue;
    bool tcp = over_tcp(one.attempt({false, true}).opening);
    if (!tcp) tcp = over_tcp(one.attempt({false, true}).opening);
    ASSERT_TRUE(tcp) << i;
    const Instant worked = one.now;
    one.now = worked + Nanos(static_cast<std::int64_t>(one.draw(1'000'000'000'000)));
    EXPECT_EQ(over_tcp(one.next()), one.now < worked + limits::kTransportMemory) << i;
  }
}

// A path that has always let UDP pass is never left for TCP from the first message on.
TEST(Transports, WhereUdpPassesItStays) {
  for (std::size_t i = 0; i < cases(1'000); ++i) {
    Case one(i);
    for (int step = 0; step < 6 && one.allowed.wish != Transport::kTcp; ++step) {
      const Path path{true, one.draw(2) == 0, static_cast<std::uint32_t>(one.draw(6))};
      EXPECT_FALSE(over_tcp(one.attempt(path).opening)) << i;
      one.now += 100s;
    }
  }
}

// What was agreed to over UDP and could not be done is not offered for a while.
TEST(Transports, WhereTcpIsBlockedItIsNotOfferedForAWhile) {
  for (std::size_t i = 0; i < cases(1'000); ++i) {
    Case one(i);
    if (one.next() != Opening::kUdpApart) continue;
    EXPECT_EQ(one.attempt({true, false}).end, AttemptEnd::kNoTcp);
    EXPECT_EQ(one.attempt({true, false}).end, AttemptEnd::kUp) << i;
    one.now += limits::kTransportMemory - 1s;
    EXPECT_EQ(one.next(), Opening::kUdp) << i;
    one.now += 1s;
    EXPECT_EQ(one.next(), Opening::kUdpApart) << i;
  }
}

// Large keys speak for TCP, and nothing else does; a path that loses messages speaks against it.
TEST(Transports, AutoOffersTcpForLargeKeysOnPathsThatLoseLittle) {
  model::TunnelIke ike;
  ike.ike.transport = Transport::kAuto;
  TransportMemory memory;
  const Instant now = Instant{} + 1h;
  EXPECT_EQ(next_opening(transports_of(ike), memory, now), Opening::kUdp);
  ike.large_keys.emplace();
  EXPECT_EQ(next_opening(transports_of(ike), memory, now), Opening::kUdpApart);
  for (const Opening opening : {Opening::kUdp, Opening::kUdpApart}) {
    memory = after(memory, {opening, AttemptEnd::kUp, limits::kRepeatsOfBadPath}, now);
    EXPECT_EQ(next_opening(transports_of(ike), memory, now), Opening::kUdp);
    memory = after(memory, {opening, AttemptEnd::kUp, limits::kRepeatsOfBadPath - 1}, now);
    EXPECT_EQ(next_opening(transports_of(ike), memory, now), Opening::kUdpApart);
  }
  ike.ike.transport = Transport::kFallback;
  EXPECT_EQ(next_opening(transports_of(ike), memory, now), Opening::kUdp);
}

}  // namespace
}  // namespace levelgate::negotiation::ike_transports_laws_test
