// SPDX-License-Identifier: Apache-2.0
//
// What the routes of a ForwardingPlan mean to a snapshot: next hops, and the way of a tunnel's outer packets. Keeps
// nothing, changes nothing.
#pragma once

#include <levelgate/model/plan.h>

#include <map>
#include <string>

#include "dataplane/snapshot.h"

namespace levelgate::publisher {

// Names what a next hop is: equal keys, equal hops.
[[nodiscard]] std::string hop_key(const model::Route& route, const model::ForwardingPlan& plan);
[[nodiscard]] dataplane::NextHop hop_of(const model::Route& route);
// One route for each prefix: the lowest metric, the first of equals.
[[nodiscard]] std::map<IpPrefix, const model::Route*> best_routes(const model::ForwardingPlan& plan);
// The way of the outer packets: the longest route to the peer that is not a tunnel itself. `unknown_mac`: for a
// neighbour that is not known; null: it stays unresolved.
[[nodiscard]] dataplane::OuterPath outer_path(const model::ForwardingPlan& plan, const model::TunnelPlan& tunnel,
                                              const MacAddress* unknown_mac);

}  // namespace levelgate::publisher
