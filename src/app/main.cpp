// SPDX-License-Identifier: Apache-2.0
//
// levelgated: arguments and exit codes.
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "app/daemon.h"
#include "config/load.h"

namespace {

constexpr const char* kUsage =
    "usage: levelgated --config FILE     run the gateway\n"
    "       levelgated --check FILE      say what is wrong with a configuration, and end\n"
    "       levelgated --version\n";

int usage() {
  std::fputs(kUsage, stderr);
  return static_cast<int>(levelgate::app::DaemonExit::kUsage);
}

int check(const std::string& path) {
  const levelgate::config::Loaded loaded = levelgate::config::load_file(path);
  std::fputs(levelgate::config::render(loaded).c_str(), stderr);
  using levelgate::app::DaemonExit;
  return static_cast<int>(loaded.config ? DaemonExit::kStopped : DaemonExit::kBadConfig);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  try {
    if (verb == "--help" || verb == "-h") return std::fputs(kUsage, stdout), 0;
    if (verb == "--version") return std::puts("levelgated " LEVELGATE_VERSION), 0;
    if (argc == 3 && verb == "--check") return check(argv[2]);
    if (argc == 3 && verb == "--config") return static_cast<int>(levelgate::app::run_daemon(argv[2]));
    if (argc == 2 && verb.starts_with("--config=")) {
      return static_cast<int>(levelgate::app::run_daemon(std::string(verb.substr(9))));
    }
    return usage();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "levelgated: %s\n", error.what());
    return static_cast<int>(levelgate::app::DaemonExit::kInternal);
  }
}
