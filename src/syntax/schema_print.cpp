// SPDX-License-Identifier: Apache-2.0
//
// The table of keys as JSON Schema (draft 2020-12) for editors. Nothing is said here that the table does not say.
#include <array>

#include "syntax/schema.h"

namespace levelgate::syntax {
namespace {

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string member(std::string_view name, const std::string& value) { return json_string(name) + ": " + value; }

std::string braces(std::string_view open, const std::vector<std::string>& members, std::string_view close, int depth) {
  if (members.empty()) return std::string(open) + std::string(close);
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  std::string text(open);
  for (std::size_t i = 0; i < members.size(); ++i) {
    text += (i == 0 ? "\n" : ",\n") + indent + "  " + members[i];
  }
  return text + "\n" + indent + std::string(close);
}

std::string object(const std::vector<std::string>& members, int depth) { return braces("{", members, "}", depth); }

std::string pattern_schema(std::string_view pattern) {
  return "{ " + member("type", json_string("string")) + ", " + member("pattern", json_string(pattern)) + " }";
}

std::string integer_schema(const KeySpec& spec) {
  std::string text =
      "{ " + member("type", json_string("integer")) + ", " + member("minimum", std::to_string(spec.least));
  if (spec.most != 0) text += ", " + member("maximum", std::to_string(spec.most));
  return text + " }";
}

constexpr std::string_view kAddressPattern = "^[0-9A-Fa-f:.]+$";
constexpr std::string_view kPrefix = "^[0-9A-Fa-f:.]+(/[0-9]+)?$";
constexpr std::string_view kName = "^[A-Za-z0-9._-]{1,32}$";

std::string one_or_list(std::string_view pattern) {
  const std::string one = pattern_schema(pattern);
  return "{ " +
         member("anyOf",
                "[" + one + ", { " + member("type", json_string("array")) + ", " + member("items", one) + " }]") +
         " }";
}

// The form of a single value, its extra words apart.
std::string value_schema(const KeySpec& spec) {
  switch (spec.type) {
    case KeyType::kText:
      return "{ " + member("type", json_string("string")) + " }";
    case KeyType::kBoolean:
      return "{ " + member("type", json_string("boolean")) + " }";
    case KeyType::kInteger:
      return integer_schema(spec);
    case KeyType::kRate:
      return pattern_schema("^[0-9]+([.][0-9]+)? ?[kMGT]?bit/s$");
    case KeyType::kDuration:
      return pattern_schema("^[0-9]+([.][0-9]+)? ?(ns|us|ms|s|min|h|d)$");
    case KeyType::kOctets:
      return pattern_schema("^[0-9]+([.][0-9]+)? ?([KMG]i|[kMG])?B$");
    case KeyType::kShare:
      return pattern_schema("^[0-9]+([.][0-9])? ?%$");
    case KeyType::kTexts:
      return one_or_list(".");
    case KeyType::kAddress:
    case KeyType::kAddressOrMap:
      return pattern_schema(kAddressPattern);
    case KeyType::kAddresses:
      return one_or_list(kAddressPattern);
    case KeyType::kNetwork:
      return pattern_schema(kPrefix);
    case KeyType::kNetworks:
    case KeyType::kInterfaceAddresses:
      return one_or_list(kPrefix);
    case KeyType::kMac:
      return pattern_schema("^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$");
    case KeyType::kCores:
      return "{ " + member("type", json_string("array")) + ", " +
             member("items", "{ " + member("type", json_string("integer")) + " }") + " }";
    case KeyType::kAnything:  // what is ignored may hold anything
      return spec.availability == Availability::kIgnored ? "{}" : "{ " + member("not", "{}") + " }";
    case KeyType::kChoice:
    case KeyType::kMap:
    case KeyType::kNamedMap:
    case KeyType::kList:
      return "";
  }
  return "";
}

std::string words_schema(const KeySpec& spec) {
  std::string list;
  for (const std::string_view word : words_of(spec.words)) list += (list.empty() ? "" : ", ") + json_string(word);
  // An editor reads false as a boolean; the daemon reads the word.
  if (spec.words == "false") list += ", false";
  return "{ " + member("enum", "[" + list + "]") + " }";
}

std::string schema_of(const KeySpec& spec, int depth);

std::string properties_of(std::string_view path, int depth) {
  std::vector<std::string> properties;
  for (const std::string_view key : keys_below(path)) {
    const std::string child = path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
    properties.push_back(member(key, schema_of(*key_spec(child), depth + 1)));
  }
  return object(properties, depth);
}

constexpr std::string_view kMapOrEmpty = R"(["object", "null"])";
constexpr std::string_view kListOrEmpty = R"(["array", "null"])";

std::vector<std::string> map_members(std::string_view type, std::string_view path, int depth) {
  return {member("type", std::string(type)), member("additionalProperties", "false"),
          member("properties", properties_of(path, depth + 1))};
}

std::string description_of(const KeySpec& spec) {
  std::string text(spec.meaning);
  if (spec.availability != Availability::kNow) return text + " Not available in this version.";
  if (!spec.fallback.empty()) text += " Default: " + std::string(spec.fallback) + ".";
  return text;
}

std::string schema_of(const KeySpec& spec, int depth) {
  std::vector<std::string> members{member("description", json_string(description_of(spec)))};
  if (spec.availability != Availability::kNow) members.push_back(member("deprecated", "true"));
  const std::string path(spec.path);
  switch (spec.type) {
    case KeyType::kMap:
      for (std::string& part : map_members(kMapOrEmpty, path, depth)) members.push_back(std::move(part));
      break;
    case KeyType::kNamedMap:
      members.push_back(member("type", std::string(kMapOrEmpty)));
      members.push_back(member("additionalProperties", "false"));
      members.push_back(member("patternProperties",
                               object({member(kName, schema_of(*key_spec(path + ".*"), depth + 2))}, depth + 1)));
      break;
    case KeyType::kList:
      members.push_back(member("type", std::string(kListOrEmpty)));
      members.push_back(member("items", schema_of(*key_spec(path + ".[]"), depth + 1)));
      break;
    case KeyType::kAddressOrMap:
      members.push_back(member(
          "anyOf",
          braces("[", {value_schema(spec), object(map_members(json_string("object"), path, depth + 2), depth + 2)}, "]",
                 depth + 1)));
      break;
    case KeyType::kChoice:
      members.push_back(member("anyOf", "[" + words_schema(spec) + "]"));
      break;
    case KeyType::kText:
    case KeyType::kTexts:
    case KeyType::kBoolean:
    case KeyType::kInteger:
    case KeyType::kRate:
    case KeyType::kDuration:
    case KeyType::kOctets:
    case KeyType::kShare:
    case KeyType::kAddress:
    case KeyType::kAddresses:
    case KeyType::kNetwork:
    case KeyType::kNetworks:
    case KeyType::kInterfaceAddresses:
    case KeyType::kMac:
    case KeyType::kCores:
    case KeyType::kAnything:
      members.push_back(
          member("anyOf", "[" + (spec.words.empty() ? "" : words_schema(spec) + ", ") + value_schema(spec) + "]"));
      break;
  }
  return object(members, depth);
}

}  // namespace

std::string json_schema() {
  std::vector<std::string> members{member("$schema", json_string("https://json-schema.org/draft/2020-12/schema")),
                                   member("title", json_string("levelgate configuration, version 1"))};
  for (std::string& part : map_members(json_string("object"), "", 0)) members.push_back(std::move(part));
  members.push_back(member("required", "[" + json_string("version") + "]"));
  return object(members, 0) + "\n";
}

}  // namespace levelgate::syntax
