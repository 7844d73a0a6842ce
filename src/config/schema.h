// SPDX-License-Identifier: Apache-2.0
//
// The one table of configuration keys: path, type, range, default, meaning, and what a change costs. The check, the
// JSON Schema for editors and the reference page all come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/document.h"
#include "config/finding.h"

namespace levelgate::config {

enum class KeyType : std::uint8_t {
  kMap,       // of fixed keys
  kNamedMap,  // names of the operator's choice
  kList,      // of maps
  kWords,     // list of texts, or one text
  kText,
  kBoolean,
  kInteger,
  kRate,
  kDuration,
  kOctets,
  kAddress,
  kPrefix,
  kPrefixes,  // one prefix or a list
  kMac,
  kChoice,  // one of `words`
  kFree,    // several forms; load.cpp looks closer
};

enum class Availability : std::uint8_t { kNow, kLater };

struct KeySpec {
  std::string_view path;  // "*" for a name, "[]" for a list item
  KeyType type;
  std::string_view words;     // kChoice: "a|b|c"
  std::uint64_t least = 0;    // of the value in its base unit
  std::uint64_t most = 0;     // 0: no bound
  std::string_view fallback;  // what holds when the key is left out
  std::string_view meaning;
  std::string_view cost;  // live | tunnel restart | port restart | daemon restart
  Availability availability = Availability::kNow;
};

[[nodiscard]] std::span<const KeySpec> key_specs();

// Holds the tree against the table: unknown keys, wrong types, values out of range, what is not there yet.
void check_nodes(const Node& root, Findings& findings);

// The whole table as JSON Schema, and as a Markdown page.
[[nodiscard]] std::string json_schema();
[[nodiscard]] std::string reference_page();

}  // namespace levelgate::config
