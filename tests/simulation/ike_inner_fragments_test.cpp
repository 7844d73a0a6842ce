// SPDX-License-Identifier: Apache-2.0
//
// Who takes no fragments of inner packets says so in USE_AGGFRAG, whoever begins and in every rekey; it binds the
// other side's sending alone (RFC 9347 §5.1, §6.1.4).
#include <gtest/gtest.h>

#include "support/ike_world.h"

namespace levelgate::testing::ike_inner_fragments_test {
namespace {

using namespace std::chrono_literals;

bool peer_takes(IkeWorld& world, int number) {
  for (const auto& [id, child] : world.node(number).children) {
    if (!child.up.peer_takes_fragments) return false;
  }
  return !world.node(number).children.empty();
}

// [9347-6.1.4-c, 9347-6.1.4-d]
TEST(IkeInnerFragments, EachSideIsToldOfTheOtherOne) {
  for (const bool first : {true, false}) {
    for (const bool second : {true, false}) {
      SCOPED_TRACE(std::to_string(first) + " and " + std::to_string(second));
      WorldTunnel tunnel;
      tunnel.first.ike->inner_fragments = first;
      tunnel.second.ike->inner_fragments = second;
      IkeWorld world(11);
      world.start(tunnel.policy(0), tunnel.policy(1));
      ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 20s)) << world.story();
      EXPECT_EQ(peer_takes(world, 0), second);
      EXPECT_EQ(peer_takes(world, 1), first);
      for (const int number : {0, 1}) {
        IkeNode& node = world.node(number);
        node.carry_out(node.engine->rekey(world.moment(), node.policy->name, ike::RekeyTarget::kChildren));
        world.run_for(8s);
        ASSERT_TRUE(world.settled()) << world.what_disagrees();
        EXPECT_EQ(peer_takes(world, 0), second);
        EXPECT_EQ(peer_takes(world, 1), first);
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_inner_fragments_test
