// SPDX-License-Identifier: Apache-2.0
//
// What loading looks at beside the file, for the service: the time, and the credentials that the service manager handed
// over.
#pragma once

#include <chrono>
#include <cstdlib>

#include "config/circumstances.h"

namespace levelgate::app {

[[nodiscard]] inline config::Circumstances service_moment() {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  return {.now_seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()),
          .credentials = folder != nullptr ? folder : ""};
}

}  // namespace levelgate::app
