// SPDX-License-Identifier: Apache-2.0
//
// `levelgate bench handshake`: how long it takes until traffic flows and until it is protected by a large key, over all
// kinds of paths, in virtual time. The page is a Python package's work; without it table and figures stand all the
// same.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/bench_verbs.h"
#include "cli/handshake_report.h"
#include "cli/key_stopwatch.h"
#include "cli/python_package.h"

namespace levelgate::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  bool quick = false;
  bool no_page = false;
  bool real = false;
  std::uint32_t real_runs = 3;
  std::uint32_t seeds = 0;
  std::uint64_t seed = 1;
  std::uint32_t queue_packets = rehearsal::kQueuePackets;
  std::string out = "levelgate-handshake.html";
};

Exit fail(const Error& error) {
  fmt::print(stderr, "levelgate: bench handshake: {}\n", error.what);
  return Exit::kFailed;
}

// The file is there as a whole, or as it was.
bool write_whole(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream file(fresh, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file) fs::rename(fresh, path, error);
  if (file && !error) return true;
  fmt::print(stderr, "levelgate: bench handshake: {} cannot be written\n", path.string());
  return false;
}

Result<HandshakeBench> measure(const Options& options, bool quiet) {
  const auto begin = std::chrono::steady_clock::now();
  HandshakeBench bench;
  bench.run.settings = options.quick ? rehearsal::quick_table() : rehearsal::whole_table();
  bench.run.first_seed = options.seed;
  bench.run.seeds = options.seeds != 0 ? options.seeds : options.quick ? 3 : 5;
  bench.run.queue_packets = options.queue_packets;
  std::set<std::uint16_t> methods;
  for (const rehearsal::KeySet keys : bench.run.settings.keys) {
    for (const std::uint16_t method : rehearsal::methods_of(keys)) methods.insert(method);
  }
  const std::vector<std::uint16_t> list(methods.begin(), methods.end());
  auto costs = measured_key_costs(list);
  if (!costs) return std::unexpected(costs.error());
  bench.costs = *costs;
  auto ready = rehearsal::ReadyKeys::make(list);
  if (!ready) return std::unexpected(ready.error());
  const bool shows = !quiet && isatty(STDERR_FILENO) == 1;
  auto results = rehearsal::run_table(bench.run, *ready, bench.costs, [&](std::size_t done, std::size_t all) {
    if (shows) fmt::print(stderr, "\r{} of {} cells{}", done, all, done == all ? "\n" : "");
  });
  if (!results) return std::unexpected(results.error());
  bench.results = std::move(*results);
  bench.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return bench;
}

Exit run_handshake(const Options& options, const CommandLine& line) {
  const fs::path page = options.out;
  if (page.extension() != ".html") {
    fmt::print(stderr, "levelgate: bench handshake: --out: the page's name ends in .html\n");
    return Exit::kUsage;
  }
  const auto bench = measure(options, line.quiet);
  if (!bench) return fail(bench.error());
  const std::string figures = handshake_json(*bench);
  fs::path figures_path = page;
  figures_path.replace_extension(".json");
  if (!write_whole(figures_path, figures)) return Exit::kFailed;
  fmt::print("{}", line.output == OutputForm::kJson ? figures : handshake_text(*bench));
  (void)std::fflush(stdout);
  if (!options.no_page) {
    std::vector<std::string> words{"--figures", figures_path.string(), "--out", page.string()};
    if (options.real) words.insert(words.end(), {"--real", "--runs", std::to_string(options.real_runs)});
    const Exit drawn = run_python_package("handshake", words, line);
    if (drawn != Exit::kOk) return drawn;
  }
  const auto& goals = bench->results.goals;
  return std::ranges::all_of(goals, &rehearsal::Goal::holds) ? Exit::kOk : Exit::kGoalMissed;
}

}  // namespace

void add_bench_handshake(CLI::App& bench, CommandLine& line) {
  auto* verb = bench.add_subcommand("handshake", "measure IKE handshakes with large keys over many kinds of paths");
  const auto options = std::make_shared<Options>();
  verb->add_flag("--quick", options->quick, "some cells of the table: seconds");
  verb->add_option("--seeds", options->seeds, "runs of each cell (5, quick: 3; cells with goals: 20 or more)")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  verb->add_option("--seed", options->seed, "of losses and waits")->type_name("N")->capture_default_str();
  verb->add_option("--queue", options->queue_packets, "packets of 1,280 octets that wait before the line")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb->add_option("--out", options->out, "the page; the JSON goes beside it")
      ->type_name("FILE.html")
      ->capture_default_str();
  auto* const no_page = verb->add_flag("--no-page", options->no_page, "table and JSON alone");
  verb->add_flag("--real", options->real, "some cells between two daemons in real time as well: needs root")
      ->excludes(no_page);
  verb->add_option("--real-runs", options->real_runs, "runs of each of them")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  verb->callback([options, &line] { line.exit = run_handshake(*options, line); });
}

}  // namespace levelgate::cli
