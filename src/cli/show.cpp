// SPDX-License-Identifier: Apache-2.0
//
// `levelgate show`: asks the running daemon, prints a table for eyes or its JSON for scripts (interface section 5).
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <memory>

#include "api/query_text.h"
#include "cli/daemon_talk.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace levelgate::cli {
namespace {

namespace json = boost::json;

struct ShowOptions {
  std::string topic;
  std::string name;
};

std::string text(const json::value& value) {
  const auto* is = value.if_string();
  return is != nullptr ? std::string(*is) : std::string();
}

const json::array& list_of(const json::value& from, const char* key) {
  static const json::array none;
  const auto* object = from.if_object();
  const auto* value = object != nullptr ? object->if_contains(key) : nullptr;
  return value != nullptr && value->is_array() ? value->as_array() : none;
}

void print_table(const json::value& answer) {
  std::vector<Column> columns;
  for (const json::value& column : list_of(answer, "columns")) {
    const auto* object = column.if_object();
    if (object == nullptr) continue;
    const bool right = object->contains("align") && text(object->at("align")) == "right";
    columns.push_back(
        {object->contains("title") ? text(object->at("title")) : "", right ? Align::kRight : Align::kLeft});
  }
  if (!columns.empty()) {
    Table table(std::move(columns));
    for (const json::value& row : list_of(answer, "rows")) {
      std::vector<std::string> cells;
      if (const auto* list = row.if_array()) {
        for (const json::value& cell : *list) cells.push_back(text(cell));
      }
      table.add(std::move(cells));
    }
    fmt::print("{}", table.text());
  }
  for (const json::value& line : list_of(answer, "lines")) fmt::print("{}\n", text(line));
}

Exit run_show(const ShowOptions& options, CommandLine& line) {
  const bool table = line.output == OutputForm::kTable;
  std::string target = "/v1/show/" + options.topic + "?form=" + (table ? "table" : "json");
  if (!options.name.empty()) target += "&name=" + api::percent_encoded(options.name);
  const auto reply = ask_daemon(line, apiclient::Method::kGet, target);
  if (!reply) return line.exit;
  if (reply->status != 200) {
    const std::string why = text_of(reply->body, "error");
    fmt::print(stderr, "levelgate: {}\n", why.empty() ? fmt::format("the daemon answered {}", reply->status) : why);
    return reply->status == 404 ? Exit::kNoSuchObject : Exit::kFailed;
  }
  if (!table) {
    fmt::print("{}", reply->body);
    return Exit::kOk;
  }
  boost::system::error_code error;
  const auto parsed = json::parse(reply->body, error);
  if (error) {
    fmt::print(stderr, "levelgate: the daemon's answer cannot be read: {}\n", error.message());
    return Exit::kFailed;
  }
  print_table(parsed);
  return Exit::kOk;
}

}  // namespace

void add_show(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("show", "what the running daemon does");
  auto options = std::make_shared<ShowOptions>();
  verb->add_option("TOPIC", options->topic,
                   "tunnels, tfs, ike, sa, certs, algorithms, drops, ports, neighbours or routes")
      ->required()
      ->check(CLI::IsMember(
          {"tunnels", "tfs", "ike", "sa", "certs", "algorithms", "drops", "ports", "neighbours", "routes"}));
  verb->add_option("NAME", options->name, "only this tunnel or port");
  verb->callback([options, &line] { line.exit = run_show(*options, line); });
}

}  // namespace levelgate::cli
