// SPDX-License-Identifier: Apache-2.0
//
// Numbers to words.
#include "control/admin_streams.h"

#include <fmt/format.h>

namespace levelgate::control {

Value::Map stream_values(const model::StreamCounts& counts) {
  Value::Map ends;
  for (const auto& [reason, streams] : counts.ends) ends.push_back({std::string(reason), Value{streams}});
  return {{"open", Value{counts.open}},         {"unproven", Value{counts.unproven}},
          {"accepted", Value{counts.accepted}}, {"connected", Value{counts.connected}},
          {"refused", Value{counts.refused}},   {"esp-dropped", Value{counts.esp_dropped}},
          {"ended", Value{std::move(ends)}}};
}

std::string stream_line(const model::StreamCounts& counts) {
  if (counts.open + counts.accepted + counts.connected + counts.refused == 0) return {};
  std::string ends;
  for (const auto& [reason, streams] : counts.ends) {
    if (streams != 0) ends += fmt::format("{}{} {}", ends.empty() ? "; ended: " : ", ", streams, reason);
  }
  return fmt::format("TCP connections: {} open ({} unproven), {} accepted, {} made, {} refused{}", counts.open,
                     counts.unproven, counts.accepted, counts.connected, counts.refused, ends);
}

}  // namespace levelgate::control
