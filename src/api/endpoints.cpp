// SPDX-License-Identifier: Apache-2.0
//
// Requests to questions, answers to JSON.
#include "api/endpoints.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>

#include "api/query_text.h"
#include "api/stats_json.h"

namespace levelgate::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kShow = "/v1/show/";
constexpr std::string_view kReload = "/v1/reload";
constexpr std::string_view kExplain = "/v1/explain";
constexpr std::string_view kHappenings = "/v1/happenings";
constexpr std::string_view kYang = "/v1/export/yang-json";
constexpr std::string_view kPrometheus = "/v1/export/prometheus";

json::value value_json(const control::Value& value) {
  struct Visitor {
    json::value operator()(std::monostate) const { return nullptr; }
    json::value operator()(bool is) const { return is; }
    json::value operator()(std::uint64_t is) const { return is; }
    json::value operator()(double is) const { return is; }
    json::value operator()(const std::string& is) const { return json::string(is); }
    json::value operator()(const control::Value::List& is) const {
      json::array out;
      for (const auto& element : is) out.push_back(value_json(element));
      return out;
    }
    json::value operator()(const control::Value::Map& is) const {
      json::object out;
      for (const auto& [key, element] : is) out[key] = value_json(element);
      return out;
    }
  };
  return std::visit(Visitor{}, value.is);
}

void write_pretty(const json::value& value, std::size_t depth, std::string& to) {
  const auto begin_line = [&](std::size_t at) { to.append("\n").append(2 * at, ' '); };
  if (const auto* const object = value.if_object(); object != nullptr && !object->empty()) {
    const char* before = "{";
    for (const auto& [key, element] : *object) {
      to += before;
      begin_line(depth + 1);
      to += json::serialize(key) + ": ";
      write_pretty(element, depth + 1, to);
      before = ",";
    }
    begin_line(depth);
    to += '}';
  } else if (const auto* const array = value.if_array(); array != nullptr && !array->empty()) {
    const char* before = "[";
    for (const json::value& element : *array) {
      to += before;
      begin_line(depth + 1);
      write_pretty(element, depth + 1, to);
      before = ",";
    }
    begin_line(depth);
    to += ']';
  } else {
    to += json::serialize(value);
  }
}

json::array texts(const std::vector<std::string>& lines) {
  json::array out;
  for (const auto& line : lines) out.push_back(json::string(line));
  return out;
}

Response problem(unsigned status, const std::string& what) {
  const json::object out{{"schema", kSchema}, {"error", what}};
  return {status, json::serialize(out)};
}

unsigned status_of(Fault fault) {
  if (fault == Fault::kNotFound) return 404;
  return fault == Fault::kUnreachable ? 409 : 500;
}

Response answered(const control::Answer& answer, const Request& request) {
  const bool table = query_value(request.query, "form") == "table";
  return {200, table ? table_json(answer) : answer_json(answer)};
}

Response show(Gateway& gateway, const Request& request) {
  const std::string word = request.path.substr(kShow.size());
  const auto topic = control::topic_named(word);
  if (!topic) return problem(404, "there is nothing to show that is called \"" + word + "\"");
  const auto answer = gateway.show(*topic, query_value(request.query, "name"));
  if (!answer) return problem(status_of(answer.error().fault), answer.error().what);
  return answered(*answer, request);
}

std::optional<Command> command_of(const Request& request) {
  const std::string what = query_value(request.query, "what");
  if (request.path == "/v1/up") return Command::kUp;
  if (request.path == "/v1/down") return what == "children" ? Command::kDownChildren : Command::kDown;
  if (request.path == "/v1/rekey") return what == "ike" ? Command::kRekeyIke : Command::kRekeyChildren;
  return std::nullopt;
}

Response obey(Gateway& gateway, const Request& request, Command command) {
  const auto done = gateway.command(command, query_value(request.query, "name"));
  if (!done) return problem(status_of(done.error().fault), done.error().what);
  return {200, json::serialize(json::object{{"schema", kSchema}, {"begun", true}})};
}

Response happenings(Gateway& gateway, const Request& request) {
  const std::string after = query_value(request.query, "after");
  std::uint64_t number = 0;
  std::from_chars(after.data(), after.data() + after.size(), number);
  return answered(gateway.happenings(number), request);
}

Response explain(Gateway& gateway, const Request& request) {
  const auto answer = gateway.explain(query_value(request.query, "name"));
  return answer ? answered(*answer, request) : problem(status_of(answer.error().fault), answer.error().what);
}

Response reload(Gateway& gateway) {
  const Reloaded reloaded = gateway.reload();
  const json::object out{{"schema", kSchema},
                         {"done", reloaded.outcome.done},
                         {"readable", reloaded.readable},
                         {"lines", texts(reloaded.outcome.lines)}};
  return {reloaded.outcome.done ? 200u : 422u, json::serialize(out)};
}

}  // namespace

Response respond(Gateway& gateway, const Request& request) {
  if (request.path.starts_with(kShow)) {
    if (request.method != Method::kGet) return problem(405, "GET it");
    return show(gateway, request);
  }
  if (request.path == kReload) {
    if (request.method != Method::kPost) return problem(405, "POST it");
    return reload(gateway);
  }
  if (request.path == kExplain || request.path == kHappenings) {
    if (request.method != Method::kGet) return problem(405, "GET it");
    return request.path == kExplain ? explain(gateway, request) : happenings(gateway, request);
  }
  if (request.path == kYang || request.path == kPrometheus) {
    if (request.method != Method::kGet) return problem(405, "GET it");
    if (request.path == kYang) return {200, pretty_json(gateway.yang()), "application/yang-data+json"};
    return {200, gateway.metrics(), "text/plain; version=0.0.4"};
  }
  if (const auto command = command_of(request)) {
    if (request.method != Method::kPost) return problem(405, "POST it");
    return obey(gateway, request, *command);
  }
  return problem(404,
                 "no such path; there are /v1/show/TOPIC, /v1/explain, /v1/happenings, /v1/export/yang-json, "
                 "/v1/export/prometheus, /v1/up, /v1/down, /v1/rekey and /v1/reload");
}

std::string answer_json(const control::Answer& answer) {
  json::object out{{"schema", kSchema}};
  json::value value = value_json(answer.value);
  if (const auto* map = value.if_object()) {
    for (const auto& [key, element] : *map) out[key] = element;
  }
  return json::serialize(out);
}

std::string pretty_json(const control::Value& value) {
  std::string text;
  write_pretty(value_json(value), 0, text);
  return text + "\n";
}

std::string table_json(const control::Answer& answer) {
  json::array columns;
  for (const auto& column : answer.columns) {
    columns.push_back({{"title", column.title}, {"align", column.align == control::Align::kRight ? "right" : "left"}});
  }
  json::array rows;
  for (const auto& row : answer.rows) rows.push_back(texts(row));
  const json::object out{{"columns", std::move(columns)}, {"rows", std::move(rows)}, {"lines", texts(answer.lines)}};
  return json::serialize(out);
}

}  // namespace levelgate::api
