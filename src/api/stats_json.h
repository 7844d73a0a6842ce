// SPDX-License-Identifier: Apache-2.0
//
// Counters as JSON: the one shape that `replay --json` and `show ... -o json` share. Names are those of
// model/stats.h and model/drops.h.
#pragma once

#include <levelgate/model/stats.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace levelgate::api {

inline constexpr int kSchema = 1;  // of every object that scripts read

[[nodiscard]] boost::json::object tunnel_json(const model::TunnelStats& counters);
// Reasons that never occurred are left out.
// One object for each class, in the order of service.
[[nodiscard]] boost::json::array classes_json(const std::vector<model::ClassStats>& classes);
[[nodiscard]] boost::json::object drops_json(const model::DropCounts& drops);
// {"schema": 1, "tunnels": {NAME: {...}}, "drops": {REASON: COUNT}}
[[nodiscard]] boost::json::object stats_json(const model::Stats& stats);

}  // namespace levelgate::api
