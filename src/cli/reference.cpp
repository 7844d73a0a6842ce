// SPDX-License-Identifier: Apache-2.0
//
// `levelgate reference`: the tables of the program as Markdown, and the JSON Schema. docs/operations.md and
// config/levelgate.schema.json hold the same text; scripts/update_reference.py brings it there, a test finds drift.
#include "cli/reference.h"

#include <fmt/core.h>
#include <levelgate/model/drops.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/counter_texts.h"
#include "cli/verbs.h"
#include "control/notice_ids.h"
#include "ikestate/report_ids.h"
#include "syntax/finding_ids.h"
#include "syntax/schema.h"

namespace levelgate::cli {
namespace {

struct ExitText {
  Exit exit;
  std::string_view meaning;
};

constexpr std::array<ExitText, 12> kExitTexts{{
    {Exit::kOk, "Done."},
    {Exit::kFailed, "Failed; the line on standard error says why."},
    {Exit::kUsage, "The command line is wrong."},
    {Exit::kConfigInvalid, "The configuration is wrong or cannot be read."},
    {Exit::kDaemonNotReachable, "Nobody listens at the daemon's socket."},
    {Exit::kNoSuchObject, "There is no tunnel, port, reason or id of that name."},
    {Exit::kTimedOut, "The daemon did not answer in time."},
    {Exit::kNotPermitted, "No right to talk to the daemon."},
    {Exit::kWarnings, "`check --strict`: right, but with warnings."},
    {Exit::kWireTells, "`bench tfc`: the wire tells something about the load, or is not level."},
    {Exit::kNotTrusted, "`bench tfc`: a control of the test itself failed, so its result says nothing."},
    {Exit::kGoalMissed, "`bench handshake`: a figure is not what it must be."},
}};

std::string row(std::initializer_list<std::string_view> cells) {
  std::string text = "|";
  for (const std::string_view cell : cells) text += " " + std::string(cell) + " |";
  return text + "\n";
}

std::string head(std::initializer_list<std::string_view> titles) {
  std::string rule = "|";
  for (std::size_t i = 0; i < titles.size(); ++i) rule += "---|";
  return row(titles) + rule + "\n";
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

Exit print_reference(const std::string& part) {
  for (const ReferencePart& known : reference_parts()) {
    if (known.name != part) continue;
    fmt::print("{}", known.text());
    return Exit::kOk;
  }
  return Exit::kNoSuchObject;  // the command line was checked against the same list
}

}  // namespace

std::string findings_reference() {
  std::string text = head({"Id", "Cause", "Cure"});
  for (const auto& finding : syntax::kFindingTexts) {
    text += row({syntax::finding_name(finding.id), finding.cause, finding.cure});
  }
  return text;
}

std::string notices_reference() {
  std::string text = head({"Id", "Cause", "Cure"});
  for (const auto& notice : control::kNoticeTexts) text += row({notice.id, notice.cause, notice.cure});
  for (const auto& report : ikestate::kReportTexts) text += row({report.id, report.cause, report.cure});
  return text;
}

std::string drops_reference() {
  std::string text = head({"Reason", "Meaning", "What to do"});
  for (const auto& drop : model::kDropTexts) text += row({code(drop.name), drop.meaning, drop.cure});
  return text;
}

std::string counters_reference() {
  std::string text = head({"Group", "Counter", "Meaning"});
  for (const CounterText& counter : kCounterTexts) {
    text += row({counter.group.empty() ? "" : code(counter.group), code(counter.name), counter.meaning});
  }
  return text;
}

std::string exit_codes_reference() {
  std::string text = head({"Code", "Meaning"});
  for (const ExitText& known : kExitTexts) {
    text += row({std::to_string(static_cast<int>(known.exit)), known.meaning});
  }
  return text;
}

const std::vector<ReferencePart>& reference_parts() {
  static const std::vector<ReferencePart> parts{{"keys", keys_reference},
                                                {"later-keys", later_keys_reference},
                                                {"findings", findings_reference},
                                                {"notices", notices_reference},
                                                {"drops", drops_reference},
                                                {"counters", counters_reference},
                                                {"exit-codes", exit_codes_reference},
                                                {"leaves", leaves_reference},
                                                {"metrics", metrics_reference},
                                                {"schema", syntax::json_schema}};
  return parts;
}

void add_reference(CLI::App& app, CommandLine& line) {
  auto* verb =
      app.add_subcommand("reference", "the tables of the handbook as Markdown, or the JSON Schema of the file");
  auto part = std::make_shared<std::string>();
  std::vector<std::string> names;
  for (const ReferencePart& known : reference_parts()) names.emplace_back(known.name);
  verb->add_option("PART", *part,
                   "keys, later-keys, findings, notices, drops, counters, exit-codes, leaves, metrics or schema")
      ->required()
      ->check(CLI::IsMember(names));
  verb->callback([part, &line] { line.exit = print_reference(*part); });
}

}  // namespace levelgate::cli
