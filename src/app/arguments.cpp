// SPDX-License-Identifier: Apache-2.0
//
// Reads the arguments by hand: there are four.
#include "app/arguments.h"

#include <string_view>

namespace levelgate::app {
namespace {

Arguments wrong(std::string problem) { return {Task::kWrong, {}, std::move(problem)}; }

}  // namespace

Arguments read_arguments(std::span<const char* const> words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--config") {
      if (++i == words.size()) return wrong("--config needs a file");
      arguments.config = words[i];
    } else if (word.starts_with("--config=")) {
      arguments.config = word.substr(std::string_view("--config=").size());
    } else if (word == "--check") {
      arguments.task = Task::kCheck;
    } else if (word == "--version") {
      arguments.task = Task::kVersion;
    } else if (word == "--help" || word == "-h") {
      arguments.task = Task::kHelp;
    } else {
      return wrong("\"" + std::string(word) + "\" is not known");
    }
  }
  return arguments;
}

}  // namespace levelgate::app
