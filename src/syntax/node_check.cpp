// SPDX-License-Identifier: Apache-2.0
//
// Walks a tree of nodes along the table of keys and reports everything that the table alone can tell.
#include <levelgate/base/ip_address.h>

#include <algorithm>
#include <optional>
#include <set>

#include "syntax/nearest_word.h"
#include "syntax/quantities.h"
#include "syntax/schema.h"

namespace levelgate::syntax {
namespace {

constexpr std::size_t kLongestName = 32;  // of tunnels, ports and interfaces
constexpr std::uint64_t kCoreLimit = 1024;

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
}

std::string last_word(std::string_view path) { return std::string(path.substr(path.rfind('.') + 1)); }

bool contains(std::string_view words, const std::string& word) {
  const auto list = words_of(words);
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

class Checker {
 public:
  explicit Checker(Complaints& complaints) : complaints_(complaints) {}

  // `pattern` is the path in the table, `path` the one in the file.
  void check_map(const Node& node, const std::string& pattern, const std::string& path) {
    for (const Node::Entry& entry : node.entries) {
      const std::string child = join(pattern, entry.key);
      const std::string full = join(path, entry.key);
      const KeySpec* const spec = entry.key == "*" || entry.key == "[]" ? nullptr : key_spec(child);
      if (spec == nullptr) {
        complaints_.error(3, entry.mark,
                          "unknown key " + quoted(entry.key) + (path.empty() ? " at the top level" : " in " + path),
                          nearest_hint(entry.key, keys_below(pattern)));
        continue;
      }
      switch (spec->availability) {
        case Availability::kNow:
          check_value(entry.value, *spec, full);
          break;
        case Availability::kIgnored:
          complaints_.warning(107, entry.mark, full + " is not available in this version: it has no effect");
          break;
        case Availability::kRefused:
          complaints_.error(10, entry.mark, full + " is not available in this version", "remove it");
          break;
      }
    }
  }

  [[nodiscard]] Worth worth() const { return worth_; }

 private:
  void wrong_kind(const Node& node, const std::string& path, std::string_view wanted) {
    complaints_.error(2, node, path + " must be " + std::string(wanted));
  }

  void check_value(const Node& node, const KeySpec& spec, const std::string& path) {
    const std::string pattern(spec.path);
    const bool empty = node.kind == Node::Kind::kNull;
    switch (spec.type) {
      case KeyType::kMap:
        if (node.kind == Node::Kind::kMap) return check_map(node, pattern, path);
        if (!empty) wrong_kind(node, path, "a map of keys");
        return;
      case KeyType::kNamedMap:
        if (!empty) check_named(node, pattern, path);
        return;
      case KeyType::kList:
        if (!empty) check_list(node, pattern, path);
        return;
      case KeyType::kAddressOrMap:
        if (node.kind == Node::Kind::kMap) return check_map(node, pattern, path);
        return check_single(node, spec, path);
      case KeyType::kTexts:
      case KeyType::kAddresses:
      case KeyType::kNetworks:
      case KeyType::kInterfaceAddresses:
        return check_several(node, spec, path);
      case KeyType::kCores:
        return check_cores(node, spec, path);
      case KeyType::kText:
      case KeyType::kBoolean:
      case KeyType::kInteger:
      case KeyType::kRate:
      case KeyType::kDuration:
      case KeyType::kOctets:
      case KeyType::kShare:
      case KeyType::kAddress:
      case KeyType::kNetwork:
      case KeyType::kMac:
      case KeyType::kChoice:
        return check_single(node, spec, path);
      case KeyType::kAnything:
        return;
    }
  }

  bool too_many(const Node& node, const std::string& pattern, const std::string& path, std::size_t count) {
    const std::uint64_t most = key_spec(pattern)->most;
    if (count <= most) return false;
    complaints_.error(40, node, path + " has " + std::to_string(count) + " entries", "at most " + std::to_string(most));
    worth_ = Worth::kNothing;
    return true;
  }

  void check_named(const Node& node, const std::string& pattern, const std::string& path) {
    if (node.kind != Node::Kind::kMap) return wrong_kind(node, path, "a map of names");
    if (too_many(node, pattern, path, node.entries.size())) return;
    const KeySpec* const spec = key_spec(pattern + ".*");
    for (const Node::Entry& entry : node.entries) {
      const bool good = !entry.key.empty() && entry.key.size() <= kLongestName &&
                        std::all_of(entry.key.begin(), entry.key.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '-' || c == '_' || c == '.';
                        });
      if (!good) {
        complaints_.error(18, entry.mark, quoted(entry.key) + " is no good name in " + path,
                          "at most 32 letters, digits, '-', '_' and '.'");
      }
      check_value(entry.value, *spec, path + "." + entry.key);
    }
  }

  void check_list(const Node& node, const std::string& pattern, const std::string& path) {
    if (node.kind != Node::Kind::kList) return wrong_kind(node, path, "a list");
    if (too_many(node, pattern, path, node.items.size())) return;
    const KeySpec* const spec = key_spec(pattern + ".[]");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string item = path + "[" + std::to_string(i) + "]";
      if (node.items[i].kind == Node::Kind::kMap) {
        check_value(node.items[i], *spec, item);
      } else {
        wrong_kind(node.items[i], item, "a map of keys");
      }
    }
  }

  void check_several(const Node& node, const KeySpec& spec, const std::string& path) {
    if (node.kind != Node::Kind::kList) return check_single(node, spec, path);
    if (node.items.empty()) wrong_kind(node, path, "at least one value");
    if (spec.most != 0 && node.items.size() > spec.most) {
      return complaints_.error(40, node, path + " has " + std::to_string(node.items.size()) + " entries",
                               "at most " + std::to_string(spec.most));
    }
    for (const Node& item : node.items) check_single(item, spec, path);
  }

  void check_cores(const Node& node, const KeySpec& spec, const std::string& path) {
    if (node.kind == Node::Kind::kScalar && contains(spec.words, node.text)) return;
    if (node.kind != Node::Kind::kList || node.items.empty()) {
      const bool number = node.kind == Node::Kind::kScalar && parse_integer(node.text).has_value();
      return complaints_.error(2, node, path + " must be auto or a list of cores",
                               number ? "did you mean [" + node.text + "]?" : "for example [2, 3]");
    }
    std::set<std::uint64_t> seen;
    for (const Node& item : node.items) {
      const std::uint64_t core = parse_integer(item.text).value_or(kCoreLimit);
      if (item.kind != Node::Kind::kScalar || core >= kCoreLimit) {
        complaints_.error(13, item, quoted(item.text) + " is not the number of a core");
      } else if (!seen.insert(core).second) {
        complaints_.error(17, item, "core " + item.text + " stands here for the second time");
      }
    }
  }

  void check_single(const Node& node, const KeySpec& spec, const std::string& path) {
    if (node.kind == Node::Kind::kNull) return wrong_kind(node, path, "a value: here is none");
    if (node.kind != Node::Kind::kScalar) return wrong_kind(node, path, "a single value");
    if (contains(spec.later, node.text)) {
      return complaints_.error(10, node, path + ": " + node.text + " is not available in this version",
                               spec.words.empty() ? "" : choices(spec));
    }
    if (!contains(spec.words, node.text)) check_scalar(node, spec, path);
  }

  static std::string choices(const KeySpec& spec) {
    const auto words = words_of(spec.words);
    if (words.size() == 1) return "only " + std::string(words.front());
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "one of " : ", ") + std::string(word);
    return text;
  }

  template <typename Value>
  void check_quantity(const Node& node, const KeySpec& spec, const std::string& path, const Quantity<Value>& value) {
    const std::string name = last_word(path);
    const int id = spec.type == KeyType::kInteger ? 13 : 12;
    if (!value) {
      std::string hint = value.error().hint;
      if (!spec.words.empty()) {
        hint += (hint.empty() ? "" : hint.ends_with('?') ? " or " : ", or ") + std::string(spec.words);
      }
      return complaints_.error(id, node, name + " " + value.error().message, std::move(hint));
    }
    std::uint64_t amount = 0;
    if constexpr (std::is_same_v<Value, Nanos>) {
      amount = static_cast<std::uint64_t>(value->count());
    } else {
      amount = *value;
    }
    if (amount >= spec.least && (spec.most == 0 || amount <= spec.most)) return;
    const std::string range = amount < spec.least ? "at least " + amount_text(spec.least, spec.type)
                                                  : "at most " + amount_text(spec.most, spec.type);
    complaints_.error(13, node, name + " " + node.text + " is out of range", range);
  }

  void check_address(const Node& node) {
    if (IpAddress::parse(node.text)) return;
    complaints_.error(14, node, quoted(node.text) + " is not an IP address",
                      "as 198.51.100.1; names are not looked up");
  }

  void check_network(const Node& node) {
    const auto prefix = IpPrefix::parse(node.text);
    if (!prefix) {
      return complaints_.error(14, node, quoted(node.text) + " is not an IP prefix",
                               node.text == "default" ? "did you mean 0.0.0.0/0?" : "as 10.2.0.0/16");
    }
    if (prefix->network() == *prefix) return;
    complaints_.error(29, node, node.text + " has bits set behind its prefix length",
                      "did you mean " + prefix->network().text() + "?");
  }

  void check_interface_address(const Node& node) {
    const auto prefix = IpPrefix::parse(node.text);
    if (!prefix) return complaints_.error(14, node, quoted(node.text) + " is not an address with prefix length");
    const bool v4 = prefix->address.family() == IpFamily::kV4;
    if (node.text.find('/') == std::string::npos) {
      return complaints_.error(29, node, node.text + " needs a prefix length",
                               "for example " + node.text + (v4 ? "/24" : "/64"));
    }
    const bool spare = prefix->length + 1 < (v4 ? 32 : 128);
    if (spare && prefix->network().address == prefix->address) {
      complaints_.error(29, node, node.text + " is the network, not an address in it");
    }
  }

  void check_scalar(const Node& node, const KeySpec& spec, const std::string& path) {
    switch (spec.type) {
      case KeyType::kText:
      case KeyType::kTexts:
        if (spec.path != "tunnels.*.description" && node.text.find('\n') != std::string::npos) {
          complaints_.error(2, node, path + " must be one line");
        }
        return;
      case KeyType::kBoolean:
        if (node.text != "true" && node.text != "false") {
          complaints_.error(15, node, path + " must be true or false, not " + quoted(node.text));
        }
        return;
      case KeyType::kInteger:
        return check_quantity(node, spec, path, parse_integer(node.text));
      case KeyType::kRate:
        return check_quantity(node, spec, path, parse_rate(node.text));
      case KeyType::kDuration:
        return check_quantity(node, spec, path, parse_duration(node.text));
      case KeyType::kOctets:
        return check_quantity(node, spec, path, parse_octets(node.text));
      case KeyType::kShare:
        return check_quantity(node, spec, path, parse_permille(node.text));
      case KeyType::kAddress:
      case KeyType::kAddresses:
      case KeyType::kAddressOrMap:
        return check_address(node);
      case KeyType::kNetwork:
      case KeyType::kNetworks:
        return check_network(node);
      case KeyType::kInterfaceAddresses:
        return check_interface_address(node);
      case KeyType::kMac:
        if (!MacAddress::parse(node.text)) complaints_.error(14, node, quoted(node.text) + " is not a MAC address");
        return;
      case KeyType::kChoice: {
        const std::string guess = nearest_hint(node.text, words_of(spec.words));
        return complaints_.error(11, node, path + " cannot be " + quoted(node.text),
                                 guess.empty() ? choices(spec) : guess);
      }
      case KeyType::kMap:
      case KeyType::kNamedMap:
      case KeyType::kList:
      case KeyType::kCores:
      case KeyType::kAnything:
        return;
    }
  }

  Complaints& complaints_;
  Worth worth_ = Worth::kReading;
};

}  // namespace

std::string amount_text(std::uint64_t amount, KeyType type) {
  if (type == KeyType::kRate) return rate_text(static_cast<double>(amount));
  if (type == KeyType::kOctets) {
    return amount % (1 << 20) == 0 ? std::to_string(amount >> 20) + "MiB" : std::to_string(amount) + "B";
  }
  if (type == KeyType::kShare) return std::to_string(amount / 10) + "." + std::to_string(amount % 10) + "%";
  if (type != KeyType::kDuration) return std::to_string(amount);
  if (amount % 1'000'000'000 == 0) return std::to_string(amount / 1'000'000'000) + "s";
  return amount % 1'000'000 == 0 ? std::to_string(amount / 1'000'000) + "ms" : std::to_string(amount / 1'000) + "us";
}

Worth check_nodes(const Node& root, Complaints& complaints) {
  if (root.kind != Node::Kind::kMap) {
    complaints.error(2, Mark{1, 1, 1}, "the file must be a map of keys", "begin with version: 1");
    return Worth::kNothing;
  }
  Checker checker(complaints);
  checker.check_map(root, "", "");
  return checker.worth();
}

}  // namespace levelgate::syntax
