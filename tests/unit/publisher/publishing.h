// SPDX-License-Identifier: Apache-2.0
//
// A plane whose plan is published, changed and taken away, and the SAs of rekeys.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing {

inline model::TfsSettings fixed() {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kFixed;
  tfs.rate_bits_per_second = 1'400 * 8 * 1'000;
  tfs.max_queue_delay = std::chrono::seconds(10);
  return tfs;
}

inline Frame inner(std::size_t octets, unsigned mark = 0) { return ip_frame("10.1.0.9", "10.2.0.9", octets, mark); }

inline model::EspSa fresh_sa(unsigned number) {
  model::EspSa sa;
  sa.spi = Spi{0x9000 + number};
  sa.key = lab_key(100 + number);
  return sa;
}

inline std::vector<std::int64_t> times(const std::vector<Sent>& sent) {
  std::vector<std::int64_t> out;
  for (const Sent& one : sent) out.push_back(to_ns(one.when));
  return out;
}

struct PublisherTest : ::testing::Test {
  void start(const model::ForwardingPlan& wanted) {
    plan = wanted;
    plane = std::make_unique<Plane>();
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(-1));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
  }
  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
};

}  // namespace levelgate::testing
