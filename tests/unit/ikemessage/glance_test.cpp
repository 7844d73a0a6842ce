// SPDX-License-Identifier: Apache-2.0
//
// Who calls, by the first octets: RFC 7296 §3.1 for SPIs, §2.6 for where a cookie stands. Hostile octets are a value.
#include "ikemessage/glance.h"

#include <gtest/gtest.h>

#include "support/ike_forge.h"
#include "support/ike_parties.h"

namespace levelgate::ikemessage::glance_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::IkeHeader;
using ikewire::IkeRole;
using ikewire::NotifyType;
using ikewire::PayloadType;
using model::Caller;
using testing::RawPayload;

constexpr ikewire::IkeSpi kInitiator{0x1111111111111111}, kResponder{0x2222222222222222};

RawPayload cookie(std::size_t octets = 33) {
  return testing::raw_notify(NotifyType::kCookie, std::vector<std::byte>(octets, std::byte{7}));
}
RawPayload nonce() { return {PayloadType::kNonce, false, std::vector<std::byte>(32, std::byte{1})}; }

IkeHeader header_of(ikewire::IkeSpi responder, Exchange exchange) {
  IkeHeader header;
  header.initiator_spi = kInitiator;
  header.responder_spi = responder;
  header.exchange = exchange;
  return header;
}
IkeHeader first_request() { return header_of({}, Exchange::kIkeSaInit); }

bool returns(const IkeHeader& header, const std::vector<RawPayload>& payloads) {
  return glance(testing::clear_message(header, payloads)).returns_cookie;
}

TEST(Glance, TheSpiIsTheOneOnOurSide) {
  IkeHeader header = header_of(kResponder, Exchange::kInformational);
  EXPECT_EQ(glance(testing::clear_message(header, {})).own_spi, kResponder.value);
  header.sender = IkeRole::kResponder;
  EXPECT_EQ(glance(testing::clear_message(header, {})).own_spi, kInitiator.value);
  header.responder_spi = {};
  EXPECT_EQ(glance(testing::clear_message(header, {})).own_spi, kInitiator.value) << "an answer to our first message";
  EXPECT_EQ(glance(testing::clear_message(first_request(), {nonce()})).own_spi, 0U);
}

TEST(Glance, ACookieCountsInFrontOfAFirstRequestOnly) {
  EXPECT_TRUE(returns(first_request(), {cookie(), nonce()}));
  EXPECT_TRUE(returns(first_request(), {cookie(1)}));
  EXPECT_FALSE(returns(first_request(), {nonce(), cookie()}));
  EXPECT_FALSE(returns(first_request(), {testing::raw_notify(NotifyType::kCookie2), nonce()}));
  EXPECT_FALSE(returns(first_request(), {}));
  IkeHeader other = first_request();
  other.exchange = Exchange::kIkeAuth;
  EXPECT_FALSE(returns(other, {cookie()}));
  other = first_request();
  other.direction = IkeDirection::kResponse;
  EXPECT_FALSE(returns(other, {cookie()}));
  other = first_request();
  other.sender = IkeRole::kResponder;
  EXPECT_FALSE(returns(other, {cookie()}));
  other = first_request();
  other.responder_spi = kResponder;
  EXPECT_FALSE(returns(other, {cookie()}));
}

// Every length, every octet altered, and octets by chance: an answer, and nothing read beyond the end.
TEST(Glance, WhateverOctetsCome) {
  const auto whole = testing::clear_message(first_request(), {cookie(), nonce()});
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(glance(cut).returns_cookie, length == whole.size());
    if (length < ikewire::kIkeHeaderOctets) continue;
    store_be(cut.data() + ikewire::kIkeLengthAt, static_cast<std::uint32_t>(length));  // and the header says so
    const bool has_cookie = length >= ikewire::kIkeHeaderOctets + ikewire::kPayloadHeaderOctets + cookie().body.size();
    EXPECT_EQ(glance(cut).returns_cookie, has_cookie) << length;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      std::vector<std::byte> altered = whole;
      altered[at] = std::byte(value);
      (void)glance(altered);
    }
  }
  testing::SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> octets(static_cast<std::size_t>(i % 80));
    ASSERT_TRUE(random.fill(octets));
    if (octets.size() >= ikewire::kIkeHeaderOctets && i % 2 == 0) {
      octets[17] = std::byte{0x20};
      store_be(octets.data() + ikewire::kIkeLengthAt, static_cast<std::uint32_t>(octets.size()));
    }
    const Glance seen = glance(octets);
    EXPECT_FALSE(seen.returns_cookie && seen.own_spi != 0);
  }
}

// A whole handshake with a cookie, then a rekey: each message is of the caller that it ought to be.
TEST(Glance, TheEngineKnowsItsPeersAndNobodyElse) {
  testing::IkeWorld world(5);
  std::vector<Caller> first_calls;
  int known = 0;
  world.node(1).engine->admit_by({.tiers = {.cookie_at = 0}});
  world.tap = [&](int from, std::vector<std::byte>& octets) {
    const IkeHeader header = ikewire::read_ike_header(octets).header;
    const Caller caller = world.node(1 - from).engine->caller(octets);
    if (header.responder_spi.value == 0 && header.sender == IkeRole::kInitiator) {
      first_calls.push_back(caller);
    } else {
      EXPECT_EQ(caller, Caller::kKnown);
      ++known;
    }
    EXPECT_NE(world.node(from).engine->caller(octets), Caller::kKnown) << "what we send ourselves, reflected";
    return false;
  };
  const testing::WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  EXPECT_EQ(first_calls, (std::vector{Caller::kFirst, Caller::kReturned}));
  EXPECT_GE(known, 5);
  const IkeHeader stranger = header_of(kResponder, Exchange::kIkeAuth);
  EXPECT_EQ(world.node(1).engine->caller(testing::clear_message(stranger, {})), Caller::kFirst);
  EXPECT_EQ(world.node(1).engine->caller({}), Caller::kFirst);
}

}  // namespace
}  // namespace levelgate::ikemessage::glance_test
