// SPDX-License-Identifier: Apache-2.0
//
// Configuration and surroundings become the plan that the data plane shall follow. Boot, reload and replay all use this
// one function; there is no other way to change the running system.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/model/config.h>
#include <levelgate/model/plan.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/negotiated.h"

namespace levelgate::control {

struct LearntRoute {
  IpPrefix prefix;
  std::string port;
  IpAddress next_hop;
  bool connected = false;  // no next hop
  std::uint32_t metric = 0;
  friend bool operator==(const LearntRoute&, const LearntRoute&) = default;
};

struct LearntNeighbour {
  std::string port;
  IpAddress address;
  MacAddress mac;
  friend bool operator==(const LearntNeighbour&, const LearntNeighbour&) = default;
};

// What the gateway finds around itself; empty in replay.
struct Surroundings {
  struct Port {
    MacAddress mac;
    std::uint32_t mtu = 0;  // of the device; 0: not known
    friend bool operator==(const Port&, const Port&) = default;
  };
  std::map<std::string, Port> ports;
  std::vector<LearntRoute> routes;          // from the kernel
  std::vector<LearntNeighbour> neighbours;  // from the kernel
  friend bool operator==(const Surroundings&, const Surroundings&) = default;
};

// Tunnels and ports keep the order of the file. A tunnel that `running` has by the same name keeps its worker, since a
// sealer that moved would begin its numbers anew; others go where the fewest are. `running` may be null: boot, replay.
// Tunnels without static keys have what IKE agreed upon.
[[nodiscard]] Result<model::ForwardingPlan> make_plan(const model::Config& config, const Surroundings& surroundings,
                                                      std::uint32_t worker_count,
                                                      const model::ForwardingPlan* running = nullptr,
                                                      const NegotiatedTunnels& negotiated = {});

// The route that a tunnel's outer packets take: the longest to the peer that is no tunnel and no blackhole. Null: none.
[[nodiscard]] const model::Route* outer_route(const model::ForwardingPlan& plan, const IpAddress& peer);

}  // namespace levelgate::control
