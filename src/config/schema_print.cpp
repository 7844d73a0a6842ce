// SPDX-License-Identifier: Apache-2.0
//
// The table of keys as JSON Schema (draft 2020-12) for editors, and as the reference page of the handbook. Nothing is
// said here that the table does not say.
#include <array>

#include "config/finding_ids.h"
#include "config/schema.h"

namespace levelgate::config {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string member(std::string_view name, const std::string& value) { return quoted(name) + ": " + value; }

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
  return "{ " + member("type", quoted("string")) + ", " + member("pattern", quoted(pattern)) + " }";
}

std::string integer_schema(const KeySpec& spec) {
  std::string text = "{ " + member("type", quoted("integer")) + ", " + member("minimum", std::to_string(spec.least));
  if (spec.most != 0) text += ", " + member("maximum", std::to_string(spec.most));
  return text + " }";
}

constexpr std::string_view kAddress = "^[0-9A-Fa-f:.]+$";
constexpr std::string_view kPrefix = "^[0-9A-Fa-f:.]+(/[0-9]+)?$";
constexpr std::string_view kName = "^[A-Za-z0-9._-]{1,32}$";

std::string one_or_list(std::string_view pattern) {
  const std::string one = pattern_schema(pattern);
  return "{ " +
         member("anyOf", "[" + one + ", { " + member("type", quoted("array")) + ", " + member("items", one) + " }]") +
         " }";
}

// The form of a single value, its extra words apart.
std::string value_schema(const KeySpec& spec) {
  switch (spec.type) {
    case KeyType::kText:
      return "{ " + member("type", quoted("string")) + " }";
    case KeyType::kBoolean:
      return "{ " + member("type", quoted("boolean")) + " }";
    case KeyType::kInteger:
      return integer_schema(spec);
    case KeyType::kRate:
      return pattern_schema("^[0-9]+([.][0-9]+)? ?[kMGT]?bit/s$");
    case KeyType::kDuration:
      return pattern_schema("^[0-9]+([.][0-9]+)? ?(ns|us|ms|s|min|h|d)$");
    case KeyType::kOctets:
      return pattern_schema("^[0-9]+([.][0-9]+)? ?([KMG]i|[kMG])?B$");
    case KeyType::kAddress:
    case KeyType::kAddressOrMap:
      return pattern_schema(kAddress);
    case KeyType::kAddresses:
      return one_or_list(kAddress);
    case KeyType::kNetwork:
      return pattern_schema(kPrefix);
    case KeyType::kNetworks:
    case KeyType::kInterfaceAddresses:
      return one_or_list(kPrefix);
    case KeyType::kMac:
      return pattern_schema("^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$");
    case KeyType::kCores:
      return "{ " + member("type", quoted("array")) + ", " +
             member("items", "{ " + member("type", quoted("integer")) + " }") + " }";
    case KeyType::kAnything:
      return "{ " + member("not", "{}") + " }";
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
  for (const std::string_view word : words_of(spec.words)) list += (list.empty() ? "" : ", ") + quoted(word);
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

std::vector<std::string> map_members(std::string_view path, int depth) {
  return {member("type", quoted("object")), member("additionalProperties", "false"),
          member("properties", properties_of(path, depth + 1))};
}

std::string description_of(const KeySpec& spec) {
  std::string text(spec.meaning);
  if (spec.availability != Availability::kNow) return text + " Not available in this version.";
  if (!spec.fallback.empty()) text += " Default: " + std::string(spec.fallback) + ".";
  return text;
}

std::string schema_of(const KeySpec& spec, int depth) {
  std::vector<std::string> members{member("description", quoted(description_of(spec)))};
  const std::string path(spec.path);
  switch (spec.type) {
    case KeyType::kMap:
      for (std::string& part : map_members(path, depth)) members.push_back(std::move(part));
      break;
    case KeyType::kNamedMap:
      members.push_back(member("type", quoted("object")));
      members.push_back(member("additionalProperties", "false"));
      members.push_back(member("patternProperties",
                               object({member(kName, schema_of(*key_spec(path + ".*"), depth + 2))}, depth + 1)));
      break;
    case KeyType::kList:
      members.push_back(member("type", quoted("array")));
      members.push_back(member("items", schema_of(*key_spec(path + ".[]"), depth + 1)));
      break;
    case KeyType::kAddressOrMap:
      members.push_back(member(
          "anyOf", braces("[", {value_schema(spec), object(map_members(path, depth + 2), depth + 2)}, "]", depth + 1)));
      break;
    case KeyType::kChoice:
      members.push_back(member("anyOf", "[" + words_schema(spec) + "]"));
      break;
    case KeyType::kText:
    case KeyType::kBoolean:
    case KeyType::kInteger:
    case KeyType::kRate:
    case KeyType::kDuration:
    case KeyType::kOctets:
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

std::string form_text(const KeySpec& spec) {
  std::string words;
  for (const std::string_view word : words_of(spec.words))
    words += (words.empty() ? "" : ", ") + ("`" + std::string(word) + "`");
  std::string form;
  switch (spec.type) {
    case KeyType::kText:
      form = "text";
      break;
    case KeyType::kBoolean:
      form = "`true`, `false`";
      break;
    case KeyType::kInteger:
      form = "number";
      break;
    case KeyType::kRate:
      form = "rate, as `20 Mbit/s`";
      break;
    case KeyType::kDuration:
      form = "time, as `20ms`";
      break;
    case KeyType::kOctets:
      form = "size, as `1400B`";
      break;
    case KeyType::kAddress:
      form = "address";
      break;
    case KeyType::kAddresses:
      form = "address, or a list";
      break;
    case KeyType::kAddressOrMap:
      form = "address, or a map";
      break;
    case KeyType::kNetwork:
      form = "network";
      break;
    case KeyType::kNetworks:
      form = "network, or a list";
      break;
    case KeyType::kInterfaceAddresses:
      form = "address with prefix length, or a list";
      break;
    case KeyType::kMac:
      form = "MAC address";
      break;
    case KeyType::kCores:
      form = "list of cores";
      break;
    case KeyType::kChoice:
      return words;
    case KeyType::kMap:
    case KeyType::kNamedMap:
    case KeyType::kList:
    case KeyType::kAnything:
      break;
  }
  return words.empty() ? form : form + ", or " + words;
}

std::string range_text(const KeySpec& spec) {
  if (spec.type != KeyType::kInteger || spec.most == 0) return "";
  return " (" + std::to_string(spec.least) + " to " + std::to_string(spec.most) + ")";
}

// tunnels.*.tfs.rate is shown as tunnels.NAME.tfs.rate, routes.[].to as routes[].to.
std::string shown_path(std::string_view path) {
  std::string text(path);
  if (const std::size_t star = text.find('*'); star != std::string::npos) text.replace(star, 1, "NAME");
  if (const std::size_t item = text.find(".[]"); item != std::string::npos) text.erase(item, 1);
  return text;
}

bool container(const KeySpec& spec) {
  return spec.type == KeyType::kMap || spec.type == KeyType::kNamedMap || spec.type == KeyType::kList;
}

std::string key_row(const KeySpec& spec) {
  const std::string fallback = spec.fallback.empty() ? "" : std::string(spec.fallback);
  return "| `" + shown_path(spec.path) + "` | " + form_text(spec) + range_text(spec) + " | " + fallback + " | " +
         std::string(spec.cost) + " | " + std::string(spec.meaning) + " |\n";
}

std::string section(std::string_view top) {
  const KeySpec& head = *key_spec(top);
  std::string text = "\n## " + std::string(top) + "\n\n" + std::string(head.meaning) + "\n";
  std::string rows;
  for (const KeySpec& spec : key_specs()) {
    const bool below = spec.path == top || (spec.path.starts_with(top) && spec.path[top.size()] == '.');
    if (!below || container(spec) || spec.availability != Availability::kNow) continue;
    rows += key_row(spec);
  }
  if (rows.empty()) return "";
  return text + "\n| Key | Value | Default | A change costs | Meaning |\n|---|---|---|---|---|\n" + rows;
}

constexpr std::string_view kIntroduction =
    R"(<!-- Generated from src/config/schema.cpp and src/config/finding_ids.h. -->
# Configuration

One YAML file, by default `/etc/levelgate/levelgate.yaml`; `config/levelgate.yaml.example` is a commented example, and
`levelgate check FILE` tells everything that is wrong with a file, or what its tunnels will do on the wire. Editors find the
schema in `config/schema/levelgate.schema.json`.

An unknown key, a key that stands twice, an alias, an anchor or a tag is an error. Numbers have units: `500 Mbit/s`, `20ms`,
`64KiB`, `1400B`. Values are typed by the table below, never guessed: `no` is a word. Relative paths are relative to the file.

What a change costs when the daemon reloads (`SIGHUP`, `levelgate reload`):

* **live**: it takes effect at once; no packet is lost.
* **rekey**: it takes effect with the next SA; the schedule goes on.
* **tunnel restart**: the tunnel's schedule and queue begin anew.
* **daemon restart**: a running daemon cannot do it; the reload is refused and names the key.

A static key belongs to one SA for the life of the daemon. A reload that puts it into another SA, or brings it back after it was
gone, is refused, since its sequence numbers would repeat.
)";

}  // namespace

std::string json_schema() {
  std::vector<std::string> members{member("$schema", quoted("https://json-schema.org/draft/2020-12/schema")),
                                   member("title", quoted("levelgate configuration, version 1"))};
  for (std::string& part : map_members("", 0)) members.push_back(std::move(part));
  members.push_back(member("required", "[" + quoted("version") + "]"));
  return object(members, 0) + "\n";
}

std::string reference_page() {
  std::string text(kIntroduction);
  for (const std::string_view top : keys_below("")) text += section(top);
  text +=
      "\n## Not in this version\n\nThese keys are known. The ones marked are ignored with a warning, the others are "
      "errors.\n\n";
  for (const KeySpec& spec : key_specs()) {
    if (spec.availability == Availability::kNow) {
      for (const std::string_view word : words_of(spec.later)) {
        text += "* `" + shown_path(spec.path) + ": " + std::string(word) + "`\n";
      }
      continue;
    }
    text += "* `" + shown_path(spec.path) + "`: " + std::string(spec.meaning) +
            (spec.availability == Availability::kIgnored ? " (ignored)" : "") + "\n";
  }
  text += "\n## Findings\n\n`levelgate explain ID` prints the same.\n\n| Id | Cause | Cure |\n|---|---|---|\n";
  for (const FindingText& finding : kFindingTexts) {
    text += "| " + finding_name(finding.id) + " | " + std::string(finding.cause) + " | " + std::string(finding.cure) +
            " |\n";
  }
  return text;
}

}  // namespace levelgate::config
