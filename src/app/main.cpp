// SPDX-License-Identifier: Apache-2.0
//
// The daemon `levelgated`: arguments, the configuration, the rights it needs, and exit codes. A bad configuration ends
// it before anything starts.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

#include "app/arguments.h"
#include "app/daemon.h"
#include "app/service_moment.h"
#include "config/load.h"

namespace levelgate::app {
namespace {

// Cores would hold keys.
void forbid_cores() {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0);
}

// Streams of IKE over TCP take one each.
void allow_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// Bits of the effective set: CAP_NET_ADMIN and CAP_NET_RAW.
bool has_rights() {
  constexpr unsigned long long kNeeded = 1ull << 12 | 1ull << 13;
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "CapEff:") continue;
    status >> word;
    return (std::stoull(word, nullptr, 16) & kNeeded) == kNeeded;
  }
  return true;  // cannot tell: let the devices say it
}

int start(const Arguments& arguments) {
  config::Loaded loaded = config::load_file(arguments.config, service_moment());
  Log log(Level::kInfo, model::LogFormat::kText);
  if (!loaded.config) {
    std::fputs(config::render(loaded).c_str(), stderr);
    log.write({Level::kError, "config", "the configuration is not valid; nothing was started"});
    return static_cast<int>(ExitStatus::kBadConfig);
  }
  if (arguments.task == Task::kCheck) return static_cast<int>(ExitStatus::kStopAsked);
  log.set(loaded.config->management.log_level, loaded.config->management.log_format);
  if (!has_rights()) {
    log.write({Level::kError, "app", "CAP_NET_ADMIN and CAP_NET_RAW are needed: run as root or by the service unit"});
    return static_cast<int>(ExitStatus::kNotPermitted);
  }
  forbid_cores();
  allow_descriptors();
  return static_cast<int>(Daemon(arguments.config, std::move(*loaded.config), log).run());
}

int run(int argc, char** argv) {
  const Arguments arguments = read_arguments({argv + 1, static_cast<std::size_t>(argc - 1)});
  switch (arguments.task) {
    case Task::kRun:
    case Task::kCheck:
      return start(arguments);
    case Task::kVersion:
      std::printf("levelgated %s\n", LEVELGATE_VERSION);
      return 0;
    case Task::kHelp:
      std::fputs(kUsageText, stdout);
      return 0;
    case Task::kWrong:
      std::fprintf(stderr, "levelgated: %s\n%s", arguments.problem.c_str(), kUsageText);
      return static_cast<int>(ExitStatus::kUsage);
  }
  return static_cast<int>(ExitStatus::kInternal);
}

}  // namespace
}  // namespace levelgate::app

int main(int argc, char** argv) {
  try {
    return levelgate::app::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "levelgated: %s\n", error.what());
    return static_cast<int>(levelgate::app::ExitStatus::kInternal);
  }
}
