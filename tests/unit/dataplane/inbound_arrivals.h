// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of one tunnel behind a whole worker: what its peer sends, and what leaves on the protected side.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing {

inline Octets inner(std::size_t octets, unsigned mark = 0) {
  return ip_of(ip_frame("10.2.0.9", "10.1.0.9", octets, mark));
}

// The IP packet as it is behind the gateway.
inline Octets forwarded(Octets packet) {
  wire::lower_hop_limit(packet.data(), IpFamily::kV4);
  return packet;
}

struct InboundArrivals : ::testing::Test {
  void start_plan(const model::ForwardingPlan& wanted, PlaneOptions options = {}) {
    plan = wanted;
    plane = std::make_unique<Plane>(options);
    ASSERT_TRUE(plane->apply(plan));
    plane->turn(at_ns(0));
    peer = std::make_unique<Peer>(plan.tunnels[0]);
  }
  void arrive(const Frame& frame) {
    plane->io().give(kWan, frame);
    plane->settle(plane->clock);
  }
  void arrive(const Octets& payload, std::uint8_t next_header) { arrive(peer->seal(payload, next_header)); }
  // The IP packets that left on the protected side since the last call.
  std::vector<Octets> delivered() {
    std::vector<Octets> out;
    for (const Sent& sent : plane->sent(kLan)) out.push_back(ip_of(sent.frame));
    plane->sent(kLan).clear();
    return out;
  }
  void wait(Nanos time) { plane->run_until(plane->clock + time); }

  model::ForwardingPlan plan;
  std::unique_ptr<Plane> plane;
  std::unique_ptr<Peer> peer;
};

}  // namespace levelgate::testing
