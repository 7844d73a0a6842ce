// SPDX-License-Identifier: Apache-2.0
//
// Asks, and turns each way of not getting an answer into its exit code (interface section 5).
#include "cli/daemon_talk.h"

#include <fmt/core.h>

#include <boost/json/parse.hpp>
#include <cstdio>

namespace levelgate::cli {
namespace {

constexpr unsigned kPatienceSeconds = 10;  // a reload may make keys and tables; nothing else takes time

Exit exit_of(apiclient::Reach reach) {
  switch (reach) {
    case apiclient::Reach::kAnswered:
      return Exit::kOk;
    case apiclient::Reach::kNoDaemon:
      return Exit::kDaemonNotReachable;
    case apiclient::Reach::kNotPermitted:
      return Exit::kNotPermitted;
    case apiclient::Reach::kTimedOut:
      return Exit::kTimedOut;
    case apiclient::Reach::kBroken:
      return Exit::kFailed;
  }
  return Exit::kFailed;
}

}  // namespace

std::optional<apiclient::Reply> ask_daemon(CommandLine& line, apiclient::Method method, const std::string& target) {
  apiclient::Reply reply = apiclient::ask(line.socket, method, target, kPatienceSeconds);
  if (reply.reach == apiclient::Reach::kAnswered) return reply;
  fmt::print(stderr, "levelgate: {}\n", reply.problem);
  line.exit = exit_of(reply.reach);
  return std::nullopt;
}

std::string text_of(const std::string& json, const char* key) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(json, error);
  if (error || !parsed.is_object()) return {};
  const auto* value = parsed.as_object().if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace levelgate::cli
