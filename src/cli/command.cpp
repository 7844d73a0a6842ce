// SPDX-License-Identifier: Apache-2.0
//
// Puts the verbs together, reads the command line, and turns what happened into an exit code. A wrong command line is
// exit code 2, whatever CLI11 would say.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "cli/verbs.h"

namespace levelgate::cli {
namespace {

void add_global_options(CLI::App& app, CommandLine& line) {
  const std::map<std::string, OutputForm> forms{{"table", OutputForm::kTable}, {"json", OutputForm::kJson}};
  app.add_option("-o,--output", line.output, "table (for eyes) or json (for scripts, versioned)")
      ->transform(CLI::CheckedTransformer(forms).description("{table,json}"))
      ->type_name("FORM");
  app.add_option("--socket", line.socket, "the daemon's socket")->type_name("PATH")->capture_default_str();
  app.add_flag("--no-color", line.no_color, "no colour, even on a terminal");
  app.add_flag("--quiet", line.quiet, "say only what is wrong");
}

int run_parsed(CLI::App& app, CommandLine& line, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and the like come as "errors" with exit code 0.
    if (error.get_exit_code() == 0) return app.exit(error);
    const auto rest = app.remaining();
    const bool no_verb = app.get_subcommands().empty() && !rest.empty();
    const std::string what = no_verb ? "there is no verb \"" + rest.front() + "\"" : error.what();
    std::fprintf(stderr, "levelgate: %s\nRun: levelgate --help\n", what.c_str());
    return static_cast<int>(Exit::kUsage);
  }
  std::fflush(stdout);
  return static_cast<int>(line.exit);
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  try {
    CommandLine line;
    CLI::App app("levelgate: check, run and watch an IP-TFS gateway", "levelgate");
    app.require_subcommand(1);
    app.fallthrough();  // global options may stand behind the verb
    add_global_options(app, line);
    add_bench(app, line);
    add_check(app, line);
    add_explain(app, line);
    add_export(app, line);
    add_keylog(app, line);
    add_reference(app, line);
    add_reload(app, line);
    add_replay(app, line);
    add_show(app, line);
    add_tunnel_commands(app, line);
    add_version(app, line);
    return run_parsed(app, line, argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "levelgate: %s\n", error.what());
    return static_cast<int>(Exit::kFailed);
  }
}

}  // namespace levelgate::cli
