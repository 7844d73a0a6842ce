// SPDX-License-Identifier: Apache-2.0
//
// Ten thousand established IKE SAs in one engine: what they hold, and that finding one does not look at the others.
// Memory is what the allocator says; sanitizers keep their own books, so that they are left out by name.
#include <gtest/gtest.h>
#include <malloc.h>

#include "support/ike_world.h"
#include "support/test_certificates.h"

namespace levelgate::testing::ike_scale_test {
namespace {

using namespace std::chrono_literals;

constexpr int kTunnels = 10'000;
constexpr std::size_t kMostOctets = 200U << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCounted = false;
#else
constexpr bool kCounted = true;
#endif

std::size_t in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

IpAddress address(int number) { return IpAddress::v4(0x0a000000U + static_cast<std::uint32_t>(number)); }

// One side has all tunnels; each peer of it lives only for its handshake.
TEST(IkeScale, TenThousandIkeSasOfOneEngine) {
  WorldTunnel tunnel;
  tunnel.first.ike->ike.post_quantum = tunnel.second.ike->ike.post_quantum = model::PostQuantum::kOff;
  tunnel.first.ike->ike.proposals = tunnel.second.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519"};
  tunnel.first.ike->esp.proposals = tunnel.second.ike->esp.proposals = {"aes256gcm16"};
  const int tunnels = kCounted ? kTunnels : 300;
  std::vector<ikestate::PolicyPtr> policies;
  for (int i = 0; i < tunnels; ++i) {
    tunnel.second.name = "branch " + std::to_string(i);
    tunnel.second.remote = address(i);
    policies.push_back(tunnel.policy(1));
  }
  SeededRandom random(1);
  ike::Engine hub(random);
  hub.configure(policies);
  const std::size_t before = in_use();
  const ikestate::Moment moment{at_ns(1'000'000'000), kTestNow};
  std::vector<ChildId> children;
  for (int i = 0; i < tunnels; ++i) {
    tunnel.first.local = address(i);
    SeededRandom own(static_cast<std::uint64_t>(i) + 2);
    ike::Engine branch(own);
    branch.configure({tunnel.policy(0)});
    ikestate::Effects of_branch = branch.initiate(moment, "east"), of_hub;
    for (int turn = 0; turn < 16; ++turn) {
      ikestate::Effects next_branch, next_hub;
      const auto play = [&](ikestate::Effects& effects, ike::Engine& self, ikestate::Effects& own_next,
                            ike::Engine& other, ikestate::Effects& other_next) {
        for (ikestate::Effect& effect : effects) {
          ikestate::Effects more;
          if (auto* send = std::get_if<ikestate::Send>(&effect)) {
            more = other.datagram(moment, {send->path.remote, send->path.local}, send->octets);
            std::ranges::move(more, std::back_inserter(other_next));
          } else if (auto* job = std::get_if<ikestate::RunJob>(&effect)) {
            more = self.job_done(moment, job->id, job->work());
            std::ranges::move(more, std::back_inserter(own_next));
          } else if (auto* up = std::get_if<ikestate::ChildUp>(&effect); up != nullptr && &self == &hub) {
            children.push_back(up->id);
          }
        }
      };
      play(of_branch, branch, next_branch, hub, next_hub);
      play(of_hub, hub, next_hub, branch, next_branch);
      of_branch = std::move(next_branch);
      of_hub = std::move(next_hub);
    }
  }
  ASSERT_EQ(hub.size(), static_cast<std::size_t>(tunnels));
  ASSERT_EQ(children.size(), static_cast<std::size_t>(tunnels));
  const ike::EngineHoldings held = hub.holdings();
  EXPECT_EQ(held.timers, hub.size());
  EXPECT_EQ(held.child_spis, hub.size());
  EXPECT_EQ(held.jobs, 0U);
  EXPECT_EQ(hub.half_open(), 0U);
  const std::size_t octets = in_use() - before;
  RecordProperty("octets_of_an_sa", std::to_string(octets / static_cast<std::size_t>(tunnels)));
  EXPECT_TRUE(!kCounted || octets < kMostOctets) << octets / static_cast<std::size_t>(tunnels) << " octets each";
  // Each once more, by its child and by its name; then all go.
  const ikestate::Moment later{moment.now + 5s, kTestNow + 5};
  for (const ChildId child : children) hub.heard(later, child);
  for (const ikestate::PolicyPtr& policy : policies) (void)hub.forget(later, policy->name);
  EXPECT_EQ(hub.size(), 0U);
  EXPECT_EQ(hub.holdings().tunnel_entries + hub.holdings().children + hub.holdings().child_spis, 0U);
  EXPECT_EQ(hub.deadline(), kNever);
}

}  // namespace
}  // namespace levelgate::testing::ike_scale_test
