// SPDX-License-Identifier: Apache-2.0
//
// One that has the keys of the IKE SA and brings what is no large key: other sizes, other orders, duplicates, parts
// that never come. It is answered INVALID_SYNTAX and holds nothing; before authentication its handshake ends, behind it
// the series does, and the SA when that repeats.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "ikeexchange/serve_create.h"
#include "ikewire/ike_header.h"
#include "support/ike_insider.h"
#include "support/ike_large.h"

namespace levelgate::testing::ike_large_insider_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::KeMethod;
using ikewire::NotifyType;
using ikewire::PayloadType;

constexpr std::size_t kKeyOctets = 261'120;

ikemessage::Payloads key_payload(std::size_t octets, KeMethod method = KeMethod::kMceliece348864f, ConstBytes link = {},
                                 std::size_t behind = 0) {
  ikemessage::PayloadWriter out;
  const IkeOctetRow key(octets, std::byte{7});
  out.add(PayloadType::kKe, ikewire::KeyExchange{method, key});
  if (!link.empty()) out.add_notify(NotifyType::kAdditionalKeyExchange, link);
  if (behind != 0) out.add_notify(NotifyType{40'000}, IkeOctetRow(behind));
  return out.take();
}

// Node 0 begins; its request with the large key never leaves, and the insider speaks in its place.
class LargeInsider : public ::testing::Test {
 protected:
  LargeInsider() {
    world.tap = [this](int from, IkeOctetRow& octets) {
      const auto header = ikewire::read_ike_header(octets).header;
      if (from == 1) answers.push_back(octets);
      if (from == 1 && muted) return true;
      if (from != 0) return false;
      const auto chain =
          ikewire::read_chain(header.first_payload, ConstBytes(octets).subspan(ikewire::kIkeHeaderOctets), {});
      const bool cut = chain && !chain->empty() && chain->back().type == PayloadType::kSkf;
      const bool large = cut && load_be<std::uint16_t>(chain->back().body.data() + 2) > limits::kBurstDatagrams;
      if (large) large_request = header;
      return large || muted;
    };
  }

  const ike::IkeSa* responder() {
    const ike::IkeSa* found = nullptr;
    world.node(1).engine->each([&](const ike::IkeSa& sa) { found = &sa; });
    return found;
  }

  void begin(const WorldTunnel& tunnel) {
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([this] { return large_request.has_value(); }, 5s)) << world.story();
    enter();
  }
  void enter() {
    muted = true;
    ASSERT_NE(responder(), nullptr);
    insider.emplace(responder()->state(), 99);
    answers.clear();
  }

  std::vector<IkeOctetRow> parts_of(const ikemessage::Payloads& payloads, std::size_t datagram_octets = 1'248) {
    return insider->say(*large_request, payloads, datagram_octets);
  }
  void give(const IkeOctetRow& octets) {
    IkeNode& node = world.node(1);
    const ikestate::Path path{{node.policy->local, ikestate::kIkePort}, {node.policy->remote, ikestate::kIkePort}};
    node.carry_out(node.engine->datagram(world.moment(), path, octets));
  }
  // Until node 1 says something other than what it has; how many datagrams that took.
  std::size_t give_until_answered(const std::vector<IkeOctetRow>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      give(parts[i]);
      if (said_error()) return i + 1;
    }
    world.run_for(50ms);
    return parts.size();
  }
  bool said_error() {
    return std::ranges::any_of(answers, [this](const IkeOctetRow& octets) {
      const auto message = insider->open(octets);
      return message && message->header.exchange == large_request->exchange && message->has(NotifyType::kInvalidSyntax);
    });
  }
  std::size_t held() { return responder() == nullptr ? 0 : responder()->held_octets(); }

  IkeWorld world{21};
  std::optional<ikewire::IkeHeader> large_request;
  std::optional<IkeInsider> insider;
  std::vector<IkeOctetRow> answers;
  bool muted = false;
};

class BeforeAuthInsider : public LargeInsider {
 protected:
  void SetUp() override { begin(tunnel_before_auth("mceliece348864f")); }
  void expect_gone() {
    EXPECT_TRUE(said_error());
    EXPECT_EQ(responder(), nullptr);
    EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u);
    EXPECT_EQ(world.broken(), "");
  }
};

TEST_F(BeforeAuthInsider, AnotherLengthIsKnownByTheFirstFragment) {
  EXPECT_EQ(give_until_answered(parts_of(key_payload(kKeyOctets - 1))), 1u);
  expect_gone();
}

TEST_F(BeforeAuthInsider, ALongerOneAsWell) {
  EXPECT_EQ(give_until_answered(parts_of(key_payload(524'160))), 1u);
  expect_gone();
}

TEST_F(BeforeAuthInsider, AnotherMethodAsWell) {
  EXPECT_EQ(give_until_answered(parts_of(key_payload(kKeyOctets, KeMethod::kMceliece348864))), 1u);
  expect_gone();
}

TEST_F(BeforeAuthInsider, MoreBehindTheKeyThanThereIsRoomFor) {
  const auto parts = parts_of(key_payload(kKeyOctets, KeMethod::kMceliece348864f, {}, 4'000));
  const std::size_t taken = give_until_answered(parts);
  EXPECT_GT(taken, 200u);
  EXPECT_LT(taken, parts.size());
  expect_gone();
}

TEST_F(BeforeAuthInsider, FewerOctetsThanItsHeaderSays) {
  ikemessage::Payloads short_one = key_payload(kKeyOctets);
  short_one.octets.resize(200'000);
  (void)give_until_answered(parts_of(short_one));
  expect_gone();
}

TEST_F(BeforeAuthInsider, AMessageWithoutAnyFragment) {
  (void)give_until_answered(insider->say(*large_request, key_payload(1'000)));
  expect_gone();
}

// In any order and each twice it is the key; what another cut of it would hold is dropped.
TEST_F(BeforeAuthInsider, OrderAndDuplicatesDoNotMatter) {
  auto parts = parts_of(key_payload(kKeyOctets));
  std::ranges::reverse(parts);
  for (const IkeOctetRow& part : parts) {
    give(part);
    give(part);
    ASSERT_LE(held(), kKeyOctets + 1'024);
  }
  world.run_for(50ms);
  EXPECT_FALSE(said_error());
  ASSERT_NE(responder(), nullptr);
  EXPECT_TRUE(responder()->state().large_key);
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u) << "used, and its place is free";
  world.run_for(limits::kHalfOpenLife + 1s);
  EXPECT_EQ(responder(), nullptr) << "nobody authenticated itself";
}

TEST_F(BeforeAuthInsider, ChangingTotalsHoldsNoMoreThanOneKey) {
  for (const std::size_t size : {1'248, 1'000, 800, 600}) {
    for (const IkeOctetRow& part : parts_of(key_payload(kKeyOctets), size)) {
      give(part);
      ASSERT_LE(held(), kKeyOctets + 1'024);
      if (held() > kKeyOctets / 2) break;
    }
  }
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 1u);
  world.run_for(limits::kLargeHandshakeIdle + 1s);
  EXPECT_EQ(world.node(1).engine->large_keys().places(), 0u);
}

// What is told of fragments goes to the address that was proven, and to nobody else.
TEST_F(BeforeAuthInsider, NobodyElseIsToldOfFragments) {
  IkeNode& node = world.node(1);
  const auto parts = parts_of(key_payload(kKeyOctets));
  const ikestate::Path elsewhere{{node.policy->local, ikestate::kIkePort},
                                 {*IpAddress::parse("203.0.113.9"), ikestate::kIkePort}};
  node.carry_out(node.engine->datagram(world.moment(), elsewhere, parts[3]));
  world.run_for(100ms);
  EXPECT_TRUE(answers.empty());
  give(parts[4]);
  world.run_for(100ms);
  EXPECT_EQ(answers.size(), 1u);
}

class AfterAuthInsider : public LargeInsider {
 protected:
  void SetUp() override { begin(tunnel_with("mceliece348864f")); }
  [[nodiscard]] std::vector<std::byte> link() { return responder()->state().series->link; }
};

TEST_F(AfterAuthInsider, AnotherLengthEndsTheSeriesAndNotTheSa) {
  EXPECT_EQ(give_until_answered(parts_of(key_payload(kKeyOctets + 1, KeMethod::kMceliece348864f, link()))), 1u);
  EXPECT_TRUE(said_error());
  ASSERT_NE(responder(), nullptr);
  EXPECT_EQ(responder()->state().series, nullptr);
  EXPECT_EQ(held(), 0u);
  EXPECT_EQ(responder()->state().phase, ikestate::Phase::kEstablished);
  muted = false;
}

TEST_F(AfterAuthInsider, FewerOctetsThanItsHeaderSaysAsWell) {
  ikemessage::Payloads short_one = key_payload(kKeyOctets, KeMethod::kMceliece348864f, link());
  short_one.octets.resize(200'000);
  (void)give_until_answered(parts_of(short_one));
  EXPECT_TRUE(said_error());
  ASSERT_NE(responder(), nullptr);
  EXPECT_EQ(responder()->state().series, nullptr);
}

// The true peer is answered and asks anew, and is cut short again by the insider.
TEST_F(AfterAuthInsider, TheThirdTimeTheSaEnds) {
  for (int round = 1; round <= 3; ++round) {
    (void)give_until_answered(parts_of(key_payload(kKeyOctets - 8, KeMethod::kMceliece348864f, link())));
    if (round == 3) break;
    ASSERT_NE(responder(), nullptr) << round;
    EXPECT_EQ(responder()->state().broken_series, static_cast<std::uint32_t>(round));
    muted = false;
    large_request.reset();
    // The request of node 0 leaves again, and gets the answer that the insider's got.
    ASSERT_TRUE(world.run_until([this] { return answers.size() > 1; }, 10s));
    for (const IkeOctetRow& octets : std::vector(answers)) {
      IkeNode& node = world.node(0);
      const ikestate::Path path{{node.policy->local, ikestate::kIkePort}, {node.policy->remote, ikestate::kIkePort}};
      if (insider->open(octets)) node.carry_out(node.engine->datagram(world.moment(), path, octets));
    }
    large_request.reset();
    ASSERT_TRUE(world.run_until([this] { return large_request.has_value() && responder()->state().series; }, 60s))
        << world.ladder.text();
    enter();
  }
  EXPECT_EQ(responder(), nullptr);
}

}  // namespace
}  // namespace levelgate::testing::ike_large_insider_test
