// SPDX-License-Identifier: Apache-2.0
//
// The one table of configuration keys: path, type, range, default, meaning, and what a change costs. The check, the
// JSON Schema for editors and the reference of the handbook all come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "syntax/complaints.h"
#include "syntax/document.h"

namespace levelgate::syntax {

enum class KeyType : std::uint8_t {
  kMap,       // of fixed keys
  kNamedMap,  // names of the operator's choice
  kList,      // of maps
  kText,
  kTexts,  // one or a list
  kBoolean,
  kInteger,
  kRate,
  kDuration,
  kOctets,
  kShare,  // a percentage
  kAddress,
  kAddresses,           // one or a list
  kAddressOrMap,        // an address alone, or a map of the keys below
  kNetwork,             // a prefix without host bits
  kNetworks,            // one or a list
  kInterfaceAddresses,  // addresses with prefix lengths; one or a list
  kMac,
  kChoice,    // one of `words`
  kCores,     // a list of core numbers
  kAnything,  // of keys that are not available
};

enum class Availability : std::uint8_t {
  kNow,
  kIgnored,  // known, without effect in this version, and harmless without: a warning
  kRefused,  // known, and leaving it out of account would be unsafe: an error
};

struct KeySpec {
  std::string_view path;  // "*" for a name, "[]" for a list item
  KeyType type;
  std::string_view meaning;
  std::string_view cost;        // live | rekey | tunnel restart | daemon restart
  std::string_view fallback{};  // what holds when the key is left out; empty: nothing, or needed
  std::string_view words{};     // "a|b|c": words that are accepted, beside what the type takes
  std::string_view later{};     // words of later versions: refused by a finding of their own
  std::uint64_t least = 0;      // of the value in its base unit; of a list or a map of names: of its entries
  std::uint64_t most = 0;       // 0: no bound
  Availability availability = Availability::kNow;
};

[[nodiscard]] std::span<const KeySpec> key_specs();
// Null: not in the table. The path is that of the table: tunnels.*.tfs.rate.
[[nodiscard]] const KeySpec* key_spec(std::string_view path);
[[nodiscard]] std::vector<std::string_view> keys_below(std::string_view path);  // their last words
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view words);   // split at '|'

// An amount of the type in the unit that fits: "64MiB", "10s", "20 Mbit/s", "9600".
[[nodiscard]] std::string amount_text(std::uint64_t amount, KeyType type);

// kNothing: so large or so wrong that a further look is of no use.
enum class Worth : std::uint8_t { kReading, kNothing };

// Holds the tree against the table: unknown keys, wrong types, values out of range, what is not there yet.
[[nodiscard]] Worth check_nodes(const Node& root, Complaints& complaints);

// The whole table as JSON Schema.
[[nodiscard]] std::string json_schema();

}  // namespace levelgate::syntax
