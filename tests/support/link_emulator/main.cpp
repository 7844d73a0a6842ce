// SPDX-License-Identifier: Apache-2.0
//
// link-emulator: a bad path between two network namespaces, in user space.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "pathmodel/path_spec.h"
#include "support/link_emulator/emulator.h"
#include "syntax/quantities.h"

namespace levelgate::testing {
namespace {

constexpr std::uint64_t kMostForetold = 10'000'000;

struct Options {
  std::string left, right, path, to_right, to_left;
  std::string memory = "64MiB", mtu = "1500B";
  std::uint64_t seed = 1, foretell = 0;
  bool spares_neighbours = false;
};

template <typename T>
std::unexpected<Error> named(const char* option, const T& fault) {
  return failure(Fault::kBadInput, std::string(option) + ": " + fault);
}

Result<std::uint64_t> octets(const char* option, const std::string& text) {
  const auto value = syntax::parse_octets(text);
  if (value) return *value;
  return named(option, "\"" + text + "\" " + value.error().message +
                           (value.error().hint.empty() ? "" : ": " + value.error().hint));
}

Result<EmulatorSettings> settings_of(const Options& options) {
  EmulatorSettings settings;
  settings.seed = options.seed;
  settings.spares_neighbours = options.spares_neighbours;
  for (const auto& [option, text, stages] : {std::tuple("--to-right", &options.to_right, &settings.to_right),
                                             std::tuple("--to-left", &options.to_left, &settings.to_left)}) {
    auto parsed = pathmodel::parse_path(text->empty() ? options.path : *text);
    if (!parsed) return named(text->empty() ? "--path" : option, parsed.error().what);
    *stages = std::move(*parsed);
  }
  const auto memory = octets("--memory", options.memory), mtu = octets("--mtu", options.mtu);
  if (!memory) return std::unexpected(memory.error());
  if (!mtu) return std::unexpected(mtu.error());
  settings.most_octets = *memory;
  settings.mtu = static_cast<std::uint32_t>(std::min<std::uint64_t>(*mtu, 1U << 20));
  if (options.foretell != 0) return settings;
  for (const auto& [option, text, place] :
       {std::tuple("--left", &options.left, &settings.left), std::tuple("--right", &options.right, &settings.right)}) {
    if (text->empty()) return named(option, "is needed: NETNS:INTERFACE");
    auto parsed = parse_tap_place(*text);
    if (!parsed) return named(option, parsed.error().what);
    *place = std::move(*parsed);
  }
  return settings;
}

int run(const Options& options) {
  const auto settings = settings_of(options);
  if (!settings) {
    fmt::print(stderr, "link-emulator: {}\n", settings.error().what);
    return 2;
  }
  if (options.foretell != 0) {
    fmt::print("{}\n", foretold(*settings, options.foretell));
    return 0;
  }
  if (const auto done = emulate(*settings); !done) {
    fmt::print(stderr, "link-emulator: {}\n", done.error().what);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace levelgate::testing

int main(int argc, char** argv) {
  levelgate::testing::Options options;
  CLI::App app(
      "A bad path between two network namespaces: a TAP interface in each, and what passes between them is slow, "
      "late, lost or twice, the same at each run with one seed.");
  app.add_option("--left", options.left, "NETNS:INTERFACE, made if it is not there");
  app.add_option("--right", options.right, "NETNS:INTERFACE");
  app.add_option("--path", options.path, "both ways: key=value, ...; from=TIME, key=value, ...");
  app.add_option("--to-right", options.to_right, "that way, instead of --path");
  app.add_option("--to-left", options.to_left, "that way, instead of --path");
  app.add_option("--seed", options.seed, "of all chance")->check(CLI::Range(std::uint64_t{0}, UINT64_MAX / 2));
  app.add_flag("--spare-neighbours", options.spares_neighbours,
               "ARP, neighbour discovery and listener reports meet nothing but the delay and are not numbered");
  app.add_option("--memory", options.memory, "octets under way each way; more is dropped and counted as memory-pkts");
  app.add_option("--mtu", options.mtu, "of the interfaces");
  app.add_option("--foretell", options.foretell, "print what chance takes of so many packets each way, and end")
      ->check(CLI::Range(std::uint64_t{1}, levelgate::testing::kMostForetold));
  app.footer("Keys of a path:\n" + levelgate::pathmodel::path_keys_text() +
             "\nSIGUSR1 prints the counters as one line of JSON, SIGTERM and SIGINT print them and end.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    return app.exit(fault) == 0 ? 0 : 2;
  }
  return levelgate::testing::run(options);
}
