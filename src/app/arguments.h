// SPDX-License-Identifier: Apache-2.0
//
// The daemon's few arguments. Everything else is in the configuration.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace levelgate::app {

enum class Task : std::uint8_t { kRun, kCheck, kVersion, kHelp, kWrong };

struct Arguments {
  Task task = Task::kRun;
  std::string config = "/etc/levelgate/levelgate.yaml";
  std::string problem;  // kWrong: one line
};

// Without the program's name.
[[nodiscard]] Arguments read_arguments(std::span<const char* const> words);

inline constexpr const char* kUsageText =
    "levelgated: the IP-TFS gateway\n"
    "Usage: levelgated [--config FILE] [--check | --version | --help]\n"
    "  --config FILE  the configuration (default /etc/levelgate/levelgate.yaml)\n"
    "  --check        check the configuration and end\n"
    "  --version      print the version and end\n"
    "Signals: HUP reads the configuration again, TERM and INT stop.\n";

}  // namespace levelgate::app
