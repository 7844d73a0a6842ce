// SPDX-License-Identifier: Apache-2.0
//
// Finding and running.
#include "cli/python_package.h"

#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace levelgate::cli {
namespace {

namespace fs = std::filesystem;

// The system's own, since python3-numpy belongs to it.
constexpr const char* kPython = "/usr/bin/python3";

// share/levelgate/PACKAGE beside the folder of the program, installed or in a build tree.
fs::path package_beside(const fs::path& program, std::string_view package) {
  return program.parent_path().parent_path() / "share" / "levelgate" / package;
}

// In a build tree both programs are neighbours; installed, the daemon is in sbin.
fs::path daemon_beside(const fs::path& program) {
  const fs::path neighbour = program.parent_path() / "levelgated";
  std::error_code ignored;
  return fs::exists(neighbour, ignored) ? neighbour
                                        : program.parent_path().parent_path() / "sbin" / neighbour.filename();
}

Exit run_to_its_end(std::vector<std::string> words, int& status) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (const int error = posix_spawn(&child, kPython, nullptr, nullptr, argv.data(), environ); error != 0) {
    fmt::print(stderr, "levelgate: {}: {}. Run: apt install python3 python3-numpy\n", kPython, std::strerror(error));
    return Exit::kFailed;
  }
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Exit::kFailed;
  }
  return Exit::kOk;
}

}  // namespace

Exit run_python_package(std::string_view name, const std::vector<std::string>& options, const CommandLine& line) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path package = package_beside(program, name);
  if (error || !fs::exists(package / "__main__.py", error)) {
    fmt::print(stderr, "levelgate: there is no {}: it belongs to the installation of this program\n", package.string());
    return Exit::kFailed;
  }
  std::vector<std::string> words{kPython,
                                 "-B",
                                 package.string(),
                                 "--levelgate",
                                 program.string(),
                                 "--levelgated",
                                 daemon_beside(program).string()};
  if (line.output == OutputForm::kJson) words.insert(words.end(), {"--output", "json"});
  if (line.quiet) words.emplace_back("--quiet");
  words.insert(words.end(), options.begin(), options.end());
  int status = 0;
  if (const Exit ran = run_to_its_end(std::move(words), status); ran != Exit::kOk) return ran;
  return WIFEXITED(status) ? static_cast<Exit>(WEXITSTATUS(status)) : Exit::kFailed;
}

}  // namespace levelgate::cli
