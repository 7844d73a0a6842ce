// SPDX-License-Identifier: Apache-2.0
//
// levelgated: builds every part, carries the controller's effects out, reloads, answers, and stops in a visible order.
#pragma once

#include <string>

namespace levelgate::app {

// Exit codes of interface §5.
enum class DaemonExit : int {
  kStopped = 0,
  kUsage = 2,
  kDevice = 69,
  kInternal = 70,
  kPermission = 77,
  kBadConfig = 78
};

// Runs until SIGTERM or SIGINT. Thread: main.
[[nodiscard]] DaemonExit run_daemon(const std::string& config_path);

}  // namespace levelgate::app
