// SPDX-License-Identifier: Apache-2.0
//
// What the verbs of the command share: exit codes, global options, and where output goes. Each verb is one function
// that adds itself to the command line and sets the exit code when it has run.
#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace levelgate::cli {

enum class Exit : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kConfigInvalid = 3,
  kDaemonNotReachable = 4,
  kNoSuchObject = 5,
  kTimedOut = 6,
  kNotPermitted = 7,
  kWarnings = 8,     // fine, but for warnings under --strict
  kWireTells = 9,    // bench tfc: a gate failed
  kNotTrusted = 10,  // bench tfc: a control of the test itself failed
  kGoalMissed = 11,  // bench handshake: a figure is not what it must be
};

inline constexpr const char* kDefaultConfig = "/etc/levelgate/levelgate.yaml";
inline constexpr const char* kDefaultSocket = "/run/levelgate/api.sock";

enum class OutputForm : std::uint8_t { kTable, kJson };

struct CommandLine {
  std::string socket = kDefaultSocket;
  OutputForm output = OutputForm::kTable;
  bool quiet = false;
  bool no_color = false;
  Exit exit = Exit::kOk;  // what the verb that ran has to say
};

// The command line is kept by reference until the parse is over.
void add_bench(CLI::App& app, CommandLine& line);
void add_check(CLI::App& app, CommandLine& line);
void add_explain(CLI::App& app, CommandLine& line);
void add_export(CLI::App& app, CommandLine& line);
void add_keylog(CLI::App& app, CommandLine& line);
void add_reference(CLI::App& app, CommandLine& line);
void add_reload(CLI::App& app, CommandLine& line);
void add_replay(CLI::App& app, CommandLine& line);
void add_show(CLI::App& app, CommandLine& line);
void add_tunnel_commands(CLI::App& app, CommandLine& line);  // up, down, rekey, clear-breaker, monitor
void add_version(CLI::App& app, CommandLine& line);

// The whole command: returns the process's exit code. Never throws.
[[nodiscard]] int run_command(int argc, const char* const* argv);

}  // namespace levelgate::cli
