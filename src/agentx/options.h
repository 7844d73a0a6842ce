// SPDX-License-Identifier: Apache-2.0
//
// The command line of levelgate-agentx.
#pragma once

#include <string>

namespace levelgate::agentx {

struct Options {
  std::string socket = "/run/levelgate/api.sock";  // of the daemon
  std::string master;                              // AgentX address; empty: net-snmp's own
  int cache_seconds = 5;
  std::string text;  // to be printed instead of running
  int exit = 0;      // then
};

[[nodiscard]] Options read_options(int argc, const char* const* argv);

}  // namespace levelgate::agentx
