// SPDX-License-Identifier: Apache-2.0
//
// Three options, each with a value.
#include "agentx/options.h"

#include <charconv>
#include <string_view>

namespace levelgate::agentx {
namespace {

constexpr int kUsage = 2, kMostSeconds = 3600;
constexpr const char* kHelp =
    "levelgate-agentx: IP-TFS objects of RFC 9349 for an SNMP master agent, read-only\n"
    "  --socket PATH     the gateway's API (default /run/levelgate/api.sock)\n"
    "  --master ADDRESS  the master agent's AgentX address, as unix:/var/agentx/master or tcp:127.0.0.1:705\n"
    "  --cache SECONDS   how long an answer of the gateway serves (default 5)\n";

Options refused(std::string_view why) {
  Options options;
  options.text = "levelgate-agentx: " + std::string(why) + "\n" + kHelp;
  options.exit = kUsage;
  return options;
}

}  // namespace

Options read_options(int argc, const char* const* argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      options.text = kHelp;
      return options;
    }
    const bool known = word == "--socket" || word == "--master" || word == "--cache";
    if (!known) return refused("there is no option \"" + std::string(word) + "\"");
    if (++i == argc) return refused(std::string(word) + " needs a value");
    const std::string_view value = argv[i];
    if (word == "--socket") options.socket = value;
    if (word == "--master") options.master = value;
    if (word != "--cache") continue;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.cache_seconds);
    const bool whole = error == std::errc{} && end == value.data() + value.size();
    if (!whole || options.cache_seconds < 1 || options.cache_seconds > kMostSeconds) {
      return refused("--cache takes 1 to 3600 seconds");
    }
  }
  return options;
}

}  // namespace levelgate::agentx
