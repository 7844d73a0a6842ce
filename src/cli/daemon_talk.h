// SPDX-License-Identifier: Apache-2.0
//
// One question to the daemon, and what its absence means for the exit code.
#pragma once

#include <optional>
#include <string>

#include "apiclient/http_client.h"
#include "cli/verbs.h"

namespace levelgate::cli {

// The reply when the daemon gave one; otherwise says why not on standard error and sets line.exit.
[[nodiscard]] std::optional<apiclient::Reply> ask_daemon(CommandLine& line, apiclient::Method method,
                                                         const std::string& target);

// The text under a key of a JSON object, or empty.
[[nodiscard]] std::string text_of(const std::string& json, const char* key);

}  // namespace levelgate::cli
