// SPDX-License-Identifier: Apache-2.0
//
// `levelgate check`: every fault of a configuration with its place, or what the tunnels will do on the wire (interface
// section 4). The same loader as the daemon's; opens the file, and the files of keys and certificates that it names,
// nothing else.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "cli/budget.h"
#include "cli/here_and_now.h"
#include "cli/verbs.h"
#include "config/load.h"
#include "syntax/finding_ids.h"

namespace levelgate::cli {
namespace {

namespace json = boost::json;

struct CheckOptions {
  std::string file = kDefaultConfig;
  bool strict = false;
  bool explain_budget = false;
};

const char* severity_text(syntax::Severity severity) {
  switch (severity) {
    case syntax::Severity::kError:
      return "error";
    case syntax::Severity::kWarning:
      return "warning";
    case syntax::Severity::kNote:
      return "note";
  }
  return "";
}

json::object finding_json(const syntax::Finding& finding) {
  return {{"severity", severity_text(finding.severity)},
          {"id", syntax::finding_name(finding.id)},
          {"line", finding.mark.line},
          {"column", finding.mark.column},
          {"message", finding.message},
          {"hint", finding.hint}};
}

void print_json(const config::Loaded& loaded) {
  json::array findings;
  for (const auto& finding : loaded.findings) findings.push_back(finding_json(finding));
  const json::object out{{"schema", 1}, {"ok", loaded.config.has_value()}, {"findings", std::move(findings)}};
  fmt::print("{}\n", json::serialize(out));
}

Exit run_check(const CheckOptions& options, const CommandLine& line) {
  const config::Loaded loaded = config::load_file(options.file, here_and_now());
  const bool warnings = loaded.count(syntax::Severity::kWarning) != 0;
  if (line.output == OutputForm::kJson) {
    print_json(loaded);
  } else {
    if (!line.quiet || !loaded.config) fmt::print("{}", config::render(loaded));
    if (loaded.config && !line.quiet) fmt::print("{}", budget_text(*loaded.config, options.explain_budget));
  }
  if (!loaded.config) return Exit::kConfigInvalid;
  return options.strict && warnings ? Exit::kWarnings : Exit::kOk;
}

}  // namespace

void add_check(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("check", "check a configuration: all faults at once, or what the tunnels will do");
  auto options = std::make_shared<CheckOptions>();
  verb->add_option("FILE", options->file, "the configuration")->capture_default_str();
  verb->add_flag("--strict", options->strict, "exit with 8 when there are warnings");
  verb->add_flag("--explain-budget", options->explain_budget, "show how the octets of an outer packet are spent");
  verb->callback([options, &line] { line.exit = run_check(*options, line); });
}

}  // namespace levelgate::cli
