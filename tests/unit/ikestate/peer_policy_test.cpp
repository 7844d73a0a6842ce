// SPDX-License-Identifier: Apache-2.0
//
// From a configured tunnel to what may be negotiated with its peer.
#include "ikestate/peer_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/ike_world.h"

namespace levelgate::ikestate::peer_policy_test {
namespace {

using testing::WorldTunnel;

std::vector<std::uint16_t> sequence_numbers(const PeerPolicy& policy) {
  std::vector<std::uint16_t> ids;
  for (const ikewire::Transform& t : policy.esp_proposals.front().transforms) {
    if (t.type == ikewire::TransformType::kSequenceNumbers) ids.push_back(t.id);
  }
  return ids;
}

TEST(PeerPolicy, ExtendedSequenceNumbersArePreferredOrRefused) {
  WorldTunnel tunnel;
  EXPECT_EQ(sequence_numbers(*tunnel.policy(0)), (std::vector<std::uint16_t>{1, 0}));  // RFC 7296 §3.3.2
  tunnel.first.ike->esp.esn = false;
  EXPECT_EQ(sequence_numbers(*tunnel.policy(0)), (std::vector<std::uint16_t>{0}));
}

TEST(PeerPolicy, TransformsStandInTheOrderOfTheirTypes) {
  const auto policy = WorldTunnel().policy(0);
  for (const auto* proposals : {&policy->ike_proposals, &policy->esp_proposals}) {
    EXPECT_TRUE(std::ranges::is_sorted(proposals->front().transforms, {}, &ikewire::Transform::type));
  }
}

TEST(PeerPolicy, NoSelectorsMeanAnyOfBothFamilies) {
  WorldTunnel tunnel;
  tunnel.first.selectors = {};
  const auto policy = tunnel.policy(0);
  EXPECT_EQ(policy->selectors.local.size(), 2U);
  EXPECT_EQ(policy->selectors.remote.size(), 2U);
}

TEST(PeerPolicy, AFaultNamesTheKey) {
  for (const bool esp : {false, true}) {
    WorldTunnel tunnel;
    const auto credentials = tunnel.policy(0)->credentials;
    (esp ? tunnel.first.ike->esp.proposals : tunnel.first.ike->ike.proposals) = {"rot13"};
    const auto policy = make_policy(tunnel.first, credentials);
    ASSERT_FALSE(policy);
    EXPECT_NE(policy.error().what.find(esp ? "tunnels.east.esp.proposals" : "tunnels.east.ike.proposals"),
              std::string::npos);
  }
}

TEST(PeerPolicy, AggfragFollowsTheModeAndTheDemand) {
  WorldTunnel tunnel;
  EXPECT_EQ(tunnel.policy(0)->aggfrag, AggfragPolicy::kRequired);
  tunnel.first.ike->aggfrag_required = false;
  EXPECT_EQ(tunnel.policy(0)->aggfrag, AggfragPolicy::kWanted);
  tunnel.first.tfs.mode = model::TfsMode::kPlain;
  EXPECT_EQ(tunnel.policy(0)->aggfrag, AggfragPolicy::kOff);
}

}  // namespace
}  // namespace levelgate::ikestate::peer_policy_test
