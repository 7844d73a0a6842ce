// SPDX-License-Identifier: Apache-2.0
//
// Holds a YAML tree against a JSON Schema, as an editor would: the words of draft 2020-12 that the project's schema
// uses, and a test failure for any other. Plain scalars are typed as the core schema of YAML 1.2 has it.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <cstdlib>
#include <regex>
#include <string>

#include "syntax/document.h"

namespace levelgate::tests {

namespace json = boost::json;

inline json::value typed(const syntax::Node& node) {
  if (node.kind == syntax::Node::Kind::kNull) return nullptr;
  if (node.kind == syntax::Node::Kind::kList) {
    json::array list;
    for (const syntax::Node& item : node.items) list.push_back(typed(item));
    return list;
  }
  if (node.kind == syntax::Node::Kind::kMap) {
    json::object map;
    for (const auto& entry : node.entries) map[entry.key] = typed(entry.value);
    return map;
  }
  if (node.text == "true" || node.text == "false") return node.text == "true";
  static const std::regex integer("[-+]?[0-9]+|0x[0-9a-fA-F]+");
  if (std::regex_match(node.text, integer)) {
    return static_cast<std::uint64_t>(std::strtoull(node.text.c_str(), nullptr, 0));
  }
  return json::string(node.text);
}

class SchemaJudge {
 public:
  [[nodiscard]] bool accepts(const json::value& schema, const json::value& value) {
    if (schema.is_bool()) return schema.as_bool();
    for (const auto& [word, rule] : schema.as_object()) {
      if (!holds(std::string(word), rule, schema.as_object(), value)) return false;
    }
    return true;
  }

 private:
  bool holds(const std::string& word, const json::value& rule, const json::object& all, const json::value& value) {
    if (word == "type") return of_type(rule, value);
    if (word == "enum") {
      return std::find(rule.as_array().begin(), rule.as_array().end(), value) != rule.as_array().end();
    }
    if (word == "anyOf") return any_of(rule, value);
    if (word == "not") return !accepts(rule, value);
    if (word == "minimum") return !value.is_uint64() || value.as_uint64() >= rule.to_number<std::uint64_t>();
    if (word == "maximum") return !value.is_uint64() || value.as_uint64() <= rule.to_number<std::uint64_t>();
    if (word == "pattern") return !value.is_string() || matches(rule, std::string(value.as_string()));
    if (word == "items") return all_items(rule, value);
    if (word == "required") return has_all(rule, value);
    if (word == "properties" || word == "patternProperties") return true;  // with additionalProperties
    if (word == "additionalProperties") return members(all, value);
    EXPECT_TRUE(word == "description" || word == "deprecated" || word == "title" || word == "$schema") << word;
    return true;
  }

  static bool of_type(const json::value& rule, const json::value& value) {
    if (const auto* list = rule.if_array()) {
      return std::any_of(list->begin(), list->end(), [&](const json::value& one) { return of_type(one, value); });
    }
    const std::string name(rule.as_string());
    if (name == "object") return value.is_object();
    if (name == "array") return value.is_array();
    if (name == "string") return value.is_string();
    if (name == "boolean") return value.is_bool();
    if (name == "integer") return value.is_uint64();
    if (name == "null") return value.is_null();
    ADD_FAILURE() << "unknown type " << name;
    return false;
  }

  bool any_of(const json::value& rule, const json::value& value) {
    return std::any_of(rule.as_array().begin(), rule.as_array().end(),
                       [&](const json::value& one) { return accepts(one, value); });
  }

  static bool matches(const json::value& rule, const std::string& text) {
    return std::regex_search(text, std::regex(std::string(rule.as_string()), std::regex::ECMAScript));
  }

  bool all_items(const json::value& rule, const json::value& value) {
    if (!value.is_array()) return true;
    return std::all_of(value.as_array().begin(), value.as_array().end(),
                       [&](const json::value& item) { return accepts(rule, item); });
  }

  static bool has_all(const json::value& rule, const json::value& value) {
    if (!value.is_object()) return true;
    return std::all_of(rule.as_array().begin(), rule.as_array().end(),
                       [&](const json::value& key) { return value.as_object().contains(key.as_string()); });
  }

  // Nothing beside the properties named: every map of the schema is closed.
  bool members(const json::object& all, const json::value& value) {
    if (!value.is_object()) return true;
    for (const auto& [key, element] : value.as_object()) {
      const json::value* rule = nullptr;
      if (const auto* named = all.if_contains("properties")) rule = named->as_object().if_contains(key);
      if (const auto* patterns = all.if_contains("patternProperties"); rule == nullptr && patterns != nullptr) {
        for (const auto& [pattern, one] : patterns->as_object()) {
          if (matches(json::value(json::string(pattern)), std::string(key))) rule = &one;
        }
      }
      if (rule == nullptr || !accepts(*rule, element)) return false;
    }
    return true;
  }
};

}  // namespace levelgate::tests
