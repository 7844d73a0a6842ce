// SPDX-License-Identifier: Apache-2.0
//
// What loading looks at beside the file, for a command: the time, and credentials only where the command was given
// some.
#pragma once

#include <chrono>
#include <cstdlib>

#include "config/circumstances.h"

namespace levelgate::cli {

[[nodiscard]] inline config::Circumstances here_and_now() {
  config::Circumstances circumstances;
  circumstances.now_seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const char* const folder = std::getenv("CREDENTIALS_DIRECTORY")) circumstances.credentials = folder;
  return circumstances;
}

}  // namespace levelgate::cli
