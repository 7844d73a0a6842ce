// SPDX-License-Identifier: Apache-2.0
//
// The command's half of the API: one request to the daemon's UNIX socket, one reply, within a time limit (RFC 9112).
// Says apart why there is no reply, since each reason has an exit code of its own.
#pragma once

#include <cstdint>
#include <string>

namespace levelgate::apiclient {

enum class Method : std::uint8_t { kGet, kPost };

enum class Reach : std::uint8_t { kAnswered, kNoDaemon, kNotPermitted, kTimedOut, kBroken };

struct Reply {
  Reach reach = Reach::kBroken;
  unsigned status = 0;  // HTTP's, when answered
  std::string body;
  std::string problem;  // for people, when not answered
};

[[nodiscard]] Reply ask(const std::string& socket_path, Method method, const std::string& target, unsigned seconds);

}  // namespace levelgate::apiclient
