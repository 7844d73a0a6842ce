// SPDX-License-Identifier: Apache-2.0
//
// Requests to questions, answers to JSON.
#include "api/endpoints.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/query_text.h"
#include "api/stats_json.h"

namespace levelgate::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kShow = "/v1/show/";
constexpr std::string_view kReload = "/v1/reload";

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

json::array texts(const std::vector<std::string>& lines) {
  json::array out;
  for (const auto& line : lines) out.push_back(json::string(line));
  return out;
}

Response problem(unsigned status, const std::string& what) {
  const json::object out{{"schema", kSchema}, {"error", what}};
  return {status, json::serialize(out)};
}

unsigned status_of(Fault fault) { return fault == Fault::kNotFound ? 404 : 500; }

Response show(Gateway& gateway, const Request& request) {
  const std::string word = request.path.substr(kShow.size());
  const auto topic = control::topic_named(word);
  if (!topic) return problem(404, "there is nothing to show that is called \"" + word + "\"");
  const auto answer = gateway.show(*topic, query_value(request.query, "name"));
  if (!answer) return problem(status_of(answer.error().fault), answer.error().what);
  const bool table = query_value(request.query, "form") == "table";
  return {200, table ? table_json(*answer) : answer_json(*answer)};
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
  return problem(404, "no such path; there are /v1/show/TOPIC and /v1/reload");
}

std::string answer_json(const control::Answer& answer) {
  json::object out{{"schema", kSchema}};
  json::value value = value_json(answer.value);
  if (const auto* map = value.if_object()) {
    for (const auto& [key, element] : *map) out[key] = element;
  }
  return json::serialize(out);
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
