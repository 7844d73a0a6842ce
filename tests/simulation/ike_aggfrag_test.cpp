// SPDX-License-Identifier: Apache-2.0
//
// USE_AGGFRAG octet by octet, as one reads it that holds the keys, and what becomes of demands that nobody here knows
// (RFC 9347 §5.1, §6.1.4).
#include <gtest/gtest.h>

#include "support/ike_insider.h"

namespace levelgate::testing::ike_aggfrag_test {
namespace {

using namespace std::chrono_literals;

constexpr std::byte kUnknownDemand{0x40};

class IkeAggfrag : public SpokenIke {
 protected:
  static WorldTunnel tunnel(bool required) {
    WorldTunnel tunnel = plain_world_tunnel();
    tunnel.first.ike->aggfrag_required = tunnel.second.ike->aggfrag_required = required;
    return tunnel;
  }
  static std::size_t count(const ClearMessage& message, NotifyType type) {
    return static_cast<std::size_t>(std::ranges::count_if(message.chain, [&](const ikewire::PayloadView& view) {
      return view.type == PayloadType::kNotify && ikewire::read_notify(view.body).value().type == type;
    }));
  }
  // As node 1 would ask for a Child SA, with other notifications behind its USE_AGGFRAG.
  Fill child_with(std::byte requirements, std::optional<NotifyType> beside = std::nullopt) {
    return [this, requirements, beside](ikemessage::PayloadWriter& out) {
      ikemessage::PayloadWriter usual;
      child_request("aes256gcm16-x25519", kX25519)(usual);
      const ikemessage::Payloads payloads = usual.take();
      const auto chain = ikewire::read_chain(payloads.first, payloads.octets, {.place = kInside});
      ASSERT_TRUE(chain);
      for (const ikewire::PayloadView& view : *chain) {
        if (view.type != PayloadType::kNotify) out.add_octets(view.type, view.body);
      }
      out.add_notify(NotifyType::kUseAggfrag, IkeOctetRow{requirements});
      if (beside) out.add_notify(*beside);
    };
  }
  // The last octet of a message's USE_AGGFRAG gets another bit.
  IkeOctetRow demanding(const ClearMessage& message) {
    return instead_of(message, [&](ikemessage::PayloadWriter& out) {
      for (const ikewire::PayloadView& view : message.chain) {
        IkeOctetRow body(view.body.begin(), view.body.end());
        const bool notify = view.type == PayloadType::kNotify;
        if (notify && ikewire::read_notify(view.body).value().type == NotifyType::kUseAggfrag)
          body.back() |= kUnknownDemand;
        out.add_octets(view.type, body);
      }
    });
  }
  static constexpr ikewire::ChainPlace kInside = ikewire::ChainPlace::kInsideEncrypted;
};

struct Wants {
  bool reports, fragments;
};
class IkeAggfragOctet : public IkeAggfrag, public ::testing::WithParamInterface<Wants> {};

// In IKE_AUTH and in each rekey, whoever asks: once in the request and once in the response, one octet of what is
// wanted and no reserved bit, and never with transport mode.
// [9347-5.1-a, 9347-5.1-c, 9347-6.1.4-a]
TEST_P(IkeAggfragOctet, SaysWhatIsWantedAndNothingElse) {
  WorldTunnel wanted = tunnel(true);
  wanted.first.tfs.congestion.controlled = GetParam().reports;
  wanted.first.ike->inner_fragments = GetParam().fragments;
  establish(wanted);
  for (const int number : {0, 1}) {
    IkeNode& node = world.node(number);
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, ike::RekeyTarget::kChildren));
    world.run_for(1s);
    ASSERT_TRUE(world.settled()) << world.what_disagrees();
  }
  for (const int number : {0, 1}) {
    std::size_t requests = 0, responses = 0;
    for (const ClearMessage& message : said_by(number)) {
      EXPECT_EQ(count(message, NotifyType::kUseTransportMode), 0u);
      if (!message.contents.proposals) continue;
      ++(message.header.direction == kRequest ? requests : responses);
      ASSERT_EQ(count(message, NotifyType::kUseAggfrag), 1u);
      const unsigned expected = (GetParam().reports ? 2u : 0u) | (GetParam().fragments ? 0u : 1u);
      EXPECT_TRUE(std::ranges::equal(message.contents.find(NotifyType::kUseAggfrag)->value,
                                     IkeOctetRow{static_cast<std::byte>(number == 0 ? expected : 0u)}));
    }
    EXPECT_EQ(requests, number == 0 ? 2u : 1u);
    EXPECT_EQ(responses, number == 0 ? 1u : 2u);
  }
}

INSTANTIATE_TEST_SUITE_P(All, IkeAggfragOctet,
                         ::testing::Values(Wants{false, false}, Wants{false, true}, Wants{true, false},
                                           Wants{true, true}));

class IkeAggfragDemand : public IkeAggfrag, public ::testing::WithParamInterface<bool> {};

// What is not known cannot be met: the Child SA comes up without AGGFRAG, or not at all where that is required.
// [9347-5.1-d]
TEST_P(IkeAggfragDemand, ThatIsUnknownIsDeclinedByTheResponder) {
  establish(tunnel(GetParam()));
  cut = true;
  const auto met = ask(Exchange::kCreateChildSa, child_with(std::byte{0}, NotifyType::kUseTransportMode));
  ASSERT_TRUE(met);
  EXPECT_EQ(count(*met, NotifyType::kUseAggfrag), 1u);
  EXPECT_EQ(count(*met, NotifyType::kUseTransportMode), 0u);
  const auto declined = ask(Exchange::kCreateChildSa, child_with(kUnknownDemand));
  ASSERT_TRUE(declined);
  EXPECT_EQ(count(*declined, NotifyType::kUseAggfrag), 0u);
  EXPECT_EQ(declined->contents.proposals.has_value(), !GetParam());
  EXPECT_EQ(declined->has(NotifyType::kNoProposalChosen), GetParam());
}

// The responder has set up its half by then: where AGGFRAG is required the initiator deletes the pair again.
// [9347-5.1-b, 9347-5.1-d]
TEST_P(IkeAggfragDemand, ThatIsUnknownIsDeclinedByTheInitiator) {
  establish(tunnel(GetParam()));
  std::optional<Spi> made;
  drops = [&](int from, IkeOctetRow& octets) {
    const auto message = insider->open(octets);
    if (!message || from != 1 || !message->is(Exchange::kCreateChildSa, kResponse)) return false;
    made = Spi{load_be<std::uint32_t>(message->contents.proposals->front().spi.data())};
    octets = demanding(*message);
    return false;
  };
  const std::size_t before = passed.size();
  IkeNode& node = world.node(0);
  node.carry_out(node.engine->rekey(world.moment(), node.policy->name, ike::RekeyTarget::kChildren));
  world.run_for(1s);
  ASSERT_TRUE(made);
  const auto holds = [&](int number) {
    return std::ranges::any_of(world.node(number).children, [&](const auto& one) {
      const ikestate::ChildUp& up = one.second.up;
      return (number == 0 ? up.outbound.spi : up.inbound.spi) == *made;
    });
  };
  EXPECT_EQ(holds(0), !GetParam());
  EXPECT_EQ(holds(1), !GetParam());
  for (const auto& [id, child] : node.children) {
    EXPECT_EQ(child.up.aggfrag, child.up.outbound.spi != *made);
  }
  const auto said = said_by(0, before);
  EXPECT_TRUE(std::ranges::any_of(said, [](const ClearMessage& one) { return !one.contents.deletes.empty(); }));
}

INSTANTIATE_TEST_SUITE_P(Required, IkeAggfragDemand, ::testing::Bool());

}  // namespace
}  // namespace levelgate::testing::ike_aggfrag_test
