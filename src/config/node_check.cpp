// SPDX-License-Identifier: Apache-2.0
//
// Walks a tree of nodes along the table of keys and reports everything that the table alone can tell.
#include <levelgate/base/ip_address.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "config/quantities.h"
#include "config/schema.h"

namespace levelgate::config {
namespace {

// Letters to insert, delete or change: small is similar.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string pattern_join(const std::string& pattern, std::string_view key) {
  return pattern.empty() ? std::string(key) : pattern + "." + std::string(key);
}

const KeySpec* spec_of(const std::string& pattern) {
  for (const KeySpec& spec : key_specs()) {
    if (spec.path == pattern) return &spec;
  }
  return nullptr;
}

// The keys that may stand directly below a path.
std::vector<std::string_view> keys_below(const std::string& pattern) {
  std::vector<std::string_view> keys;
  const std::string prefix = pattern.empty() ? "" : pattern + ".";
  for (const KeySpec& spec : key_specs()) {
    if (!spec.path.starts_with(prefix)) continue;
    const std::string_view rest = spec.path.substr(prefix.size());
    if (rest.find('.') == std::string_view::npos && rest != "*" && rest != "[]") keys.push_back(rest);
  }
  return keys;
}

std::string nearest(std::string_view key, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(3, key.size() / 3 + 1);
  for (const std::string_view candidate : known) {
    const std::size_t d = distance(key, candidate);
    if (d >= best_distance) continue;
    best_distance = d;
    best = candidate;
  }
  return best.empty() ? "" : "did you mean \"" + std::string(best) + "\"?";
}

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const std::size_t bar = words.find('|');
    list.push_back(words.substr(0, bar));
    if (bar == std::string_view::npos) break;
    words.remove_prefix(bar + 1);
  }
  return list;
}

class Checker {
 public:
  explicit Checker(Findings& findings) : findings_(findings) {}

  // `pattern` is the path in the table, `path` the one in the file.
  void check_map(const Node& node, const std::string& pattern, const std::string& path) {
    const std::vector<std::string_view> known = keys_below(pattern);
    for (const Node::Entry& entry : node.entries) {
      const std::string child = pattern_join(pattern, entry.key);
      const KeySpec* const spec = spec_of(child);
      if (spec == nullptr) {
        const std::string where = path.empty() ? "at the top level" : "in " + path;
        add(3, entry.mark, "unknown key \"" + entry.key + "\" " + where, nearest(entry.key, known));
        continue;
      }
      const std::string full = pattern_join(path, entry.key);
      if (spec->availability == Availability::kLater) {
        add(10, entry.mark, full + " is not available in this version", "remove it: it would have no effect");
        continue;
      }
      check_value(entry.value, *spec, child, full);
    }
  }

 private:
  void add(int id, const Mark& mark, std::string message, std::string hint = "") {
    findings_.push_back({Severity::kError, id, mark, std::move(message), std::move(hint)});
  }

  void wrong_kind(const Node& node, const std::string& path, std::string_view wanted) {
    add(2, node.mark, path + " must be " + std::string(wanted));
  }

  void check_value(const Node& node, const KeySpec& spec, const std::string& pattern, const std::string& path) {
    switch (spec.type) {
      case KeyType::kMap:
        if (node.kind == Node::Kind::kMap) return check_map(node, pattern, path);
        return wrong_kind(node, path, "a map of keys");
      case KeyType::kNamedMap:
        return check_named(node, pattern, path);
      case KeyType::kList:
        return check_list(node, pattern, path);
      case KeyType::kFree:
        // Where it is written as a map, its keys are in the table.
        if (node.kind == Node::Kind::kMap && !keys_below(pattern).empty()) check_map(node, pattern, path);
        if (node.kind == Node::Kind::kNull) wrong_kind(node, path, "a value");
        return;
      case KeyType::kWords:
      case KeyType::kPrefixes:
        return check_several(node, spec, path);
      case KeyType::kText:
      case KeyType::kBoolean:
      case KeyType::kInteger:
      case KeyType::kRate:
      case KeyType::kDuration:
      case KeyType::kOctets:
      case KeyType::kAddress:
      case KeyType::kPrefix:
      case KeyType::kMac:
      case KeyType::kChoice:
        if (node.kind != Node::Kind::kScalar) return wrong_kind(node, path, "a single value");
        return check_scalar(node, spec, path);
    }
  }

  void check_named(const Node& node, const std::string& pattern, const std::string& path) {
    if (node.kind != Node::Kind::kMap) return wrong_kind(node, path, "a map of names");
    const KeySpec* const spec = spec_of(pattern + ".*");
    for (const Node::Entry& entry : node.entries) {
      const bool good =
          !entry.key.empty() && entry.key.size() <= 32 && std::all_of(entry.key.begin(), entry.key.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                   c == '.';
          });
      if (!good) {
        add(18, entry.mark, "\"" + entry.key + "\" is no good name in " + path,
            "at most 32 letters, digits, '-', '_' and '.'");
      }
      check_value(entry.value, *spec, pattern + ".*", path + "." + entry.key);
    }
  }

  void check_list(const Node& node, const std::string& pattern, const std::string& path) {
    if (node.kind != Node::Kind::kList) return wrong_kind(node, path, "a list");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      check_value(node.items[i], *spec_of(pattern + ".[]"), pattern + ".[]", path + "[" + std::to_string(i) + "]");
    }
  }

  void check_several(const Node& node, const KeySpec& spec, const std::string& path) {
    if (node.kind == Node::Kind::kScalar) return check_scalar(node, spec, path);
    if (node.kind != Node::Kind::kList) return wrong_kind(node, path, "a value or a list of values");
    for (const Node& item : node.items) {
      if (item.kind == Node::Kind::kScalar) {
        check_scalar(item, spec, path);
      } else {
        wrong_kind(item, path, "a list of single values");
      }
    }
  }

  template <typename Value>
  void check_quantity(const Node& node, const KeySpec& spec, const std::string& path, const Quantity<Value>& value,
                      int id) {
    if (!value) return add(id, node.mark, value.error().message, value.error().hint);
    std::uint64_t amount = 0;
    if constexpr (std::is_same_v<Value, Nanos>) {
      amount = static_cast<std::uint64_t>(value->count());
    } else {
      amount = *value;
    }
    if (amount < spec.least || (spec.most != 0 && amount > spec.most)) {
      std::string range = "least " + amount_text(spec.least, spec.type);
      if (spec.most != 0) range += ", most " + amount_text(spec.most, spec.type);
      add(13, node.mark, path + " " + node.text + " is out of range", range);
    }
  }

  static std::string amount_text(std::uint64_t amount, KeyType type) {
    if (type == KeyType::kRate) return rate_text(static_cast<double>(amount));
    if (type == KeyType::kOctets) return std::to_string(amount) + "B";
    if (type != KeyType::kDuration) return std::to_string(amount);
    if (amount % 1'000'000'000 == 0) return std::to_string(amount / 1'000'000'000) + "s";
    return amount % 1'000'000 == 0 ? std::to_string(amount / 1'000'000) + "ms" : std::to_string(amount / 1'000) + "us";
  }

  void check_scalar(const Node& node, const KeySpec& spec, const std::string& path) {
    switch (spec.type) {
      case KeyType::kBoolean:
        if (node.text != "true" && node.text != "false") add(15, node.mark, path + " must be true or false");
        return;
      case KeyType::kInteger:
        return check_quantity(node, spec, path, parse_integer(node.text), 13);
      case KeyType::kRate:
        return check_quantity(node, spec, path, parse_rate(node.text), 12);
      case KeyType::kDuration:
        return check_quantity(node, spec, path, parse_duration(node.text), 12);
      case KeyType::kOctets:
        return check_quantity(node, spec, path, parse_octets(node.text), 12);
      case KeyType::kAddress:
        if (!IpAddress::parse(node.text)) add(14, node.mark, "\"" + node.text + "\" is not an IP address");
        return;
      case KeyType::kPrefix:
      case KeyType::kPrefixes:
        if (!IpPrefix::parse(node.text)) add(14, node.mark, "\"" + node.text + "\" is not an IP prefix");
        return;
      case KeyType::kMac:
        if (!MacAddress::parse(node.text)) add(14, node.mark, "\"" + node.text + "\" is not a MAC address");
        return;
      case KeyType::kChoice: {
        const std::vector<std::string_view> words = split_words(spec.words);
        if (std::find(words.begin(), words.end(), node.text) != words.end()) return;
        std::string hint = "one of";
        for (const std::string_view word : words) hint += " " + std::string(word);
        add(11, node.mark, path + " cannot be \"" + node.text + "\"", hint);
        return;
      }
      case KeyType::kMap:
      case KeyType::kNamedMap:
      case KeyType::kList:
      case KeyType::kWords:
      case KeyType::kText:
      case KeyType::kFree:
        return;
    }
  }

  Findings& findings_;
};

}  // namespace

void check_nodes(const Node& root, Findings& findings) {
  if (root.kind != Node::Kind::kMap) {
    findings.push_back({Severity::kError, 2, {1, 1, 1}, "the file must be a map of keys", "begin with version: 1"});
    return;
  }
  Checker(findings).check_map(root, "", "");
}

}  // namespace levelgate::config
