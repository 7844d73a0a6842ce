// SPDX-License-Identifier: Apache-2.0
//
// The packet size of tunnels that search for what their path carries (RFC 8899): between which bounds, and what was
// found. The plan in force remembers it.
#pragma once

#include <levelgate/model/event.h>
#include <levelgate/model/plan.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace levelgate::control {

inline constexpr std::uint32_t kLargestInner = 9216;  // default cap of one inner packet, octets

// Completes tfs.path_mtu by the ports, and sets packet_size: what `old` has found, where that lies between the
// bounds, else the base. `outer`: the port that outer packets leave by. `old` may be null.
void bound_path_mtu(model::TfsSettings& tfs, const std::vector<model::PortPlan>& ports, PortId outer,
                    const model::TunnelPlan* old);

// The plan with the size that the data plane has found. Empty: nothing changes; an event may be older than the plan,
// and what does not fit is told again.
[[nodiscard]] std::optional<model::ForwardingPlan> with_size(const model::ForwardingPlan& plan,
                                                             const model::Event& found);

}  // namespace levelgate::control
