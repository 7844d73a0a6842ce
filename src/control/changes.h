// SPDX-License-Identifier: Apache-2.0
//
// What a new configuration changes and what each change costs, key by key: printed before a reload acts. The costs are
// those of the configuration table (config/schema.cpp); a test holds one against the other.
#pragma once

#include <levelgate/model/config.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace levelgate::control {

enum class Cost : std::uint8_t {
  kLive,           // takes effect at once, at the latest with the next slot; nothing is lost
  kRekey,          // takes effect with the next SA
  kTunnelRestart,  // the tunnel's SAs are negotiated anew
  kDaemonRestart,  // cannot be done by a running daemon: the reload is refused
};

struct Change {
  std::string path;  // as in the file: tunnels.berlin.tfs.rate
  Cost cost = Cost::kLive;
  std::string before;  // for people; empty: was not there
  std::string after;   // empty: is gone
};

[[nodiscard]] std::vector<Change> changes_between(const model::Config& before, const model::Config& after);

[[nodiscard]] std::string_view cost_name(Cost cost);          // "live", "rekey", "tunnel restart", "daemon restart"
[[nodiscard]] std::string change_text(const Change& change);  // one line

}  // namespace levelgate::control
