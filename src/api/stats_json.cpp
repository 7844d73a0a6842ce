// SPDX-License-Identifier: Apache-2.0
//
// Walks the counters once each.
#include "api/stats_json.h"

namespace levelgate::api {

namespace json = boost::json;

json::object tunnel_json(const model::TunnelStats& counters) {
  json::object out;
  model::for_each_counter(counters, [&out](std::string_view group, std::string_view name, std::uint64_t value) {
    if (group.empty()) {
      out[name] = value;
      return;
    }
    json::value& inner = out[group];
    if (!inner.is_object()) inner = json::object();
    inner.as_object()[name] = value;
  });
  return out;
}

json::array classes_json(const std::vector<model::ClassStats>& classes) {
  json::array out;
  for (const model::ClassStats& counted : classes) {
    json::object one{{"name", counted.name}};
    model::for_each_class_counter(counted, [&one](std::string_view name, std::uint64_t value) { one[name] = value; });
    out.push_back(std::move(one));
  }
  return out;
}

json::object drops_json(const model::DropCounts& drops) {
  json::object out;
  for (std::size_t reason = 0; reason < model::kDropCount; ++reason) {
    if (drops[reason] != 0) out[model::kDropTexts[reason].name] = drops[reason];
  }
  return out;
}

json::object stats_json(const model::Stats& stats) {
  json::object tunnels;
  for (const auto& tunnel : stats.tunnels) {
    json::object one = tunnel_json(tunnel.counters);
    one["classes"] = classes_json(tunnel.classes);
    tunnels[tunnel.name] = std::move(one);
  }
  return {{"schema", kSchema}, {"tunnels", std::move(tunnels)}, {"drops", drops_json(stats.drops)}};
}

}  // namespace levelgate::api
