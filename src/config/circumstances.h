// SPDX-License-Identifier: Apache-2.0
//
// What loading looks at beside the file, given by whoever asks: loading has no clock and no environment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace levelgate::config {

struct Circumstances {
  std::int64_t now_seconds = 0;  // since 1970; certificates are held against it
  // $CREDENTIALS_DIRECTORY of the service; empty text: it has none. Nothing: this is not the service, and preshared
  // keys that are credentials are not looked at.
  std::optional<std::string> credentials;
};

}  // namespace levelgate::config
