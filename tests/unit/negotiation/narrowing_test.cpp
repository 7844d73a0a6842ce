// SPDX-License-Identifier: Apache-2.0
//
// Narrowing of traffic selectors: the cases of RFC 7296 §2.9, ports and ICMP of §3.13.1, and what an initiator refuses.
#include "negotiation/narrowing.h"

#include <gtest/gtest.h>

#include <string>

#include "negotiation/limits.h"

namespace levelgate::negotiation::narrowing_test {
namespace {

using model::SelectorPair;
using model::TrafficSelector;

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17;

TrafficSelector range(std::string_view first, std::string_view last) {
  return {*IpAddress::parse(first), *IpAddress::parse(last)};
}
TrafficSelector net(std::string_view prefix, std::uint8_t protocol = 0, std::uint16_t from = 0,
                    std::uint16_t to = 65535) {
  TrafficSelector s = TrafficSelector::from(*IpPrefix::parse(prefix));
  s.protocol = protocol;
  s.port_first = from;
  s.port_last = to;
  return s;
}
TrafficSelector opaque(std::string_view prefix) { return net(prefix, kUdp, 65535, 0); }

// Both sides the same, where only one matters.
std::optional<Narrowed> narrow_to(const Selectors& allowed, const Selectors& offered) {
  const SelectorPair policy{allowed, {}};
  return narrow({&policy, 1}, {{net("192.0.2.0/24"), net("2001:db8::/64")}, offered});
}
Selectors narrowed(const Selectors& allowed, const Selectors& offered) {
  const auto result = narrow_to(allowed, offered);
  return result ? result->selectors.responder : Selectors{};
}

TEST(Narrowing, AnOfferThatIsAllowedComesBackAsItIs) {
  const SelectorOffer offered{{net("198.51.100.0/24")}, {net("192.0.2.0/24")}};
  const SelectorPair policy{{net("192.0.2.0/24")}, {net("198.51.100.0/24")}};
  const auto result = narrow({&policy, 1}, offered);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->selectors, offered);
  EXPECT_EQ(result->more, MoreSelectors::kNone);
}

TEST(Narrowing, TheAnswerIsTheOverlap) {
  EXPECT_EQ(narrowed({net("10.1.0.0/16")}, {net("10.0.0.0/8")}), Selectors{net("10.1.0.0/16")});
  EXPECT_EQ(narrowed({net("10.0.0.0/8")}, {net("10.1.0.0/16")}), Selectors{net("10.1.0.0/16")});
  EXPECT_EQ(narrowed({range("10.0.0.5", "10.0.0.20")}, {range("10.0.0.1", "10.0.0.9")}),
            Selectors{range("10.0.0.5", "10.0.0.9")});
  EXPECT_EQ(narrowed({net("10.1.0.0/16"), net("10.3.0.0/16")}, {net("10.0.0.0/8")}),
            (Selectors{net("10.1.0.0/16"), net("10.3.0.0/16")}));
}

TEST(Narrowing, NothingInCommonIsUnacceptable) {
  EXPECT_FALSE(narrow_to({net("10.1.0.0/16")}, {net("10.2.0.0/16")}));
  EXPECT_FALSE(narrow_to({net("10.1.0.0/16", kTcp)}, {net("10.1.0.0/16", kUdp)}));
  EXPECT_FALSE(narrow_to({net("10.1.0.0/16", kTcp, 80, 80)}, {net("10.1.0.0/16", kTcp, 81, 90)}));
  EXPECT_FALSE(narrow({}, {{net("10.0.0.0/8")}, {net("10.0.0.0/8")}}));
  const SelectorPair any;
  EXPECT_FALSE(narrow({&any, 1}, {{}, {net("10.0.0.0/8")}}));
  EXPECT_FALSE(narrow({&any, 1}, {{net("10.0.0.0/8")}, {}}));
}

TEST(Narrowing, APolicyWithoutSelectorsAllowsAll) {
  EXPECT_EQ(narrowed({}, {net("10.0.0.0/8", kTcp, 22, 22)}), Selectors{net("10.0.0.0/8", kTcp, 22, 22)});
}

TEST(Narrowing, ProtocolsAndPortsAreNarrowedToo) {
  EXPECT_EQ(narrowed({net("10.0.0.0/8", kTcp, 80, 443)}, {net("10.0.0.0/8")}),
            Selectors{net("10.0.0.0/8", kTcp, 80, 443)});
  EXPECT_EQ(narrowed({net("10.0.0.0/8", kTcp, 80, 443)}, {net("10.0.0.0/8", kTcp, 400, 500)}),
            Selectors{net("10.0.0.0/8", kTcp, 400, 443)});
}

TEST(Narrowing, IcmpTypesAndCodesAreOneNumber) {
  const TrafficSelector echo = net("10.0.0.0/8", kIcmp, ikewire::icmp_port(8, 0), ikewire::icmp_port(8, 255));
  const TrafficSelector echo_code_0 = net("10.0.0.0/8", kIcmp, ikewire::icmp_port(8, 0), ikewire::icmp_port(8, 0));
  const TrafficSelector unreachable = net("10.0.0.0/8", kIcmp, ikewire::icmp_port(3, 0), ikewire::icmp_port(3, 255));
  EXPECT_EQ(narrowed({echo}, {net("10.0.0.0/8", kIcmp)}), Selectors{echo});
  EXPECT_EQ(narrowed({echo}, {echo_code_0}), Selectors{echo_code_0});
  EXPECT_FALSE(narrow_to({echo}, {unreachable}));
}

TEST(Narrowing, OpaquePortsLieInAnyAlone) {
  EXPECT_EQ(narrowed({net("10.0.0.0/8")}, {opaque("10.0.0.0/8")}), Selectors{opaque("10.0.0.0/8")});
  EXPECT_EQ(narrowed({opaque("10.0.0.0/8")}, {net("10.0.0.0/8", kUdp)}), Selectors{opaque("10.0.0.0/8")});
  EXPECT_EQ(narrowed({opaque("10.0.0.0/8")}, {opaque("10.0.0.0/8")}), Selectors{opaque("10.0.0.0/8")});
  EXPECT_FALSE(narrow_to({net("10.0.0.0/8", kUdp, 1, 65535)}, {opaque("10.0.0.0/8")}));
  EXPECT_FALSE(narrow_to({opaque("10.0.0.0/8")}, {net("10.0.0.0/8", kUdp, 1, 65535)}));
}

TEST(Narrowing, FamiliesDoNotMixAndLonelyOnesGo) {
  const SelectorPair policy;
  EXPECT_FALSE(narrow({&policy, 1}, {{net("10.0.0.0/8")}, {net("2001:db8::/32")}}));
  const auto result = narrow({&policy, 1}, {{net("10.0.0.0/8"), net("2001:db8:1::/48")}, {net("2001:db8::/32")}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->selectors, (SelectorOffer{{net("2001:db8:1::/48")}, {net("2001:db8::/32")}}));
}

// [7296-2.9-a]
TEST(Narrowing, TheTriggeringPacketIsAlwaysInside) {
  // RFC 7296 §2.9: the specific selector comes first, the wide one second.
  const SelectorOffer offered{{net("198.51.100.43/32", kTcp, 5000, 5000), net("198.51.100.0/24")},
                              {net("192.0.2.123/32", kTcp, 80, 80), net("192.0.2.0/24")}};
  const SelectorPair policies[] = {{{net("192.0.2.0/26")}, {net("198.51.100.0/26")}},
                                   {{net("192.0.2.64/26")}, {net("198.51.100.0/26")}}};
  const auto result = narrow(policies, offered);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->policy, 1u);
  EXPECT_EQ(result->selectors, (SelectorOffer{{net("198.51.100.0/26")}, {net("192.0.2.64/26")}}));
  EXPECT_EQ(result->more, MoreSelectors::kPossible);
}

TEST(Narrowing, APolicyThatAllowsPartOfTheFirstComesBeforeOthers) {
  const SelectorOffer offered{{net("198.51.100.0/24")}, {net("10.0.0.0/24"), net("10.9.0.0/24")}};
  const SelectorPair policies[] = {{{net("10.9.0.0/24")}, {}}, {{net("10.0.0.0/25")}, {}}};
  const auto result = narrow(policies, offered);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->policy, 1u);
}

TEST(Narrowing, MoreIsPossibleOnlyWhenAnotherPolicyAddsSomething) {
  const SelectorOffer offered{{net("198.51.100.0/24")}, {net("10.0.0.0/8")}};
  const SelectorPair wide{{net("10.0.0.0/8")}, {}};
  const SelectorPair inside{{net("10.3.0.0/16")}, {}};
  const SelectorPair outside{{net("172.16.0.0/12")}, {}};
  const SelectorPair first[] = {wide, inside, outside};
  EXPECT_EQ(narrow(first, offered)->more, MoreSelectors::kNone);
  const SelectorPair apart[] = {inside, {{net("10.4.0.0/16")}, {}}};
  EXPECT_EQ(narrow(apart, offered)->more, MoreSelectors::kPossible);
}

TEST(Narrowing, SelectorsWithinOthersAreSaidOnce) {
  EXPECT_EQ(narrowed({}, {net("10.0.0.1/32"), net("10.0.0.0/8"), net("10.0.0.0/8"), net("10.2.0.0/16")}),
            Selectors{net("10.0.0.0/8")});
}

TEST(Narrowing, IsBounded) {
  Selectors many;
  for (unsigned i = 0; i < 200; ++i) {
    many.push_back(net("10.0." + std::to_string(i) + ".0/25"));
  }
  const auto offered_many = narrow_to({}, many);
  ASSERT_TRUE(offered_many);
  EXPECT_EQ(offered_many->selectors.responder.size(), limits::kSelectors);
  const auto allowed_many = narrow_to(many, {net("10.0.0.0/8")});
  ASSERT_TRUE(allowed_many);
  EXPECT_EQ(allowed_many->selectors.responder.size(), limits::kNarrowedSelectors);
  EXPECT_EQ(allowed_many->more, MoreSelectors::kPossible);
}

TEST(Narrowing, TheFirstSelectorIsNotCutOff) {
  Selectors allowed;
  for (unsigned i = 200; i-- > 0;) allowed.push_back(net("10.0." + std::to_string(i) + ".0/25"));
  const Selectors result = narrowed(allowed, {net("10.0.0.7/32", kTcp, 80, 80), net("10.0.0.0/8")});
  ASSERT_EQ(result.size(), limits::kNarrowedSelectors);
  EXPECT_EQ(result[0], net("10.0.0.0/25"));
}

// --- the initiator ---

TEST(NarrowedAnswer, LiesWithinTheOffer) {
  const SelectorOffer offered{{net("10.0.0.0/8")}, {net("192.0.2.0/24", kTcp), net("198.51.100.0/24")}};
  EXPECT_EQ(check_narrowed(offered, offered), std::nullopt);
  EXPECT_EQ(check_narrowed(offered, {{net("10.1.0.0/16")}, {net("192.0.2.7/32", kTcp, 80, 80)}}), std::nullopt);
  EXPECT_EQ(check_narrowed(offered, {{net("10.0.0.0/7")}, {net("192.0.2.0/24", kTcp)}}), NarrowingFault::kBeyondOffer);
  EXPECT_EQ(check_narrowed(offered, {{net("10.0.0.0/8")}, {net("192.0.2.0/24")}}), NarrowingFault::kBeyondOffer);
  EXPECT_EQ(check_narrowed(offered, {{net("10.0.0.0/8")}, {net("192.0.2.0/24", kTcp), net("0.0.0.0/0")}}),
            NarrowingFault::kBeyondOffer);
}

TEST(NarrowedAnswer, HasBothSidesWithinBounds) {
  const SelectorOffer offered{{net("10.0.0.0/8")}, {net("192.0.2.0/24")}};
  EXPECT_EQ(check_narrowed(offered, {{}, {net("192.0.2.0/24")}}), NarrowingFault::kEmpty);
  EXPECT_EQ(check_narrowed(offered, {{net("10.0.0.0/8")}, {}}), NarrowingFault::kEmpty);
  const Selectors many(limits::kSelectors + 1, net("192.0.2.1/32"));
  EXPECT_EQ(check_narrowed(offered, {{net("10.0.0.0/8")}, many}), NarrowingFault::kTooMany);
}

TEST(PacketFirst, PutsThePacketInFrontOnce) {
  const TrafficSelector packet = net("10.0.0.1/32", kTcp, 80, 80);
  EXPECT_EQ(packet_first(packet, {net("10.0.0.0/8")}), (Selectors{packet, net("10.0.0.0/8")}));
  EXPECT_EQ(packet_first(packet, {net("10.0.0.0/8"), packet}), (Selectors{packet, net("10.0.0.0/8")}));
}

TEST(WireSelectors, UnknownTypesAreLeftOut) {
  const Selectors both = {net("10.0.0.0/8", kTcp, 1, 2), net("2001:db8::/32")};
  auto on_wire = to_wire(both);
  ASSERT_EQ(on_wire.size(), 2u);
  EXPECT_EQ(on_wire[0].type, ikewire::TsType::kIpv4);
  EXPECT_EQ(on_wire[1].type, ikewire::TsType::kIpv6);
  ikewire::WireSelector label;
  label.type = ikewire::TsType::kSecurityLabel;
  on_wire.insert(on_wire.begin(), label);
  EXPECT_EQ(from_wire(on_wire), both);
}

}  // namespace
}  // namespace levelgate::negotiation::narrowing_test
