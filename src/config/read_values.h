// SPDX-License-Identifier: Apache-2.0
//
// Single values out of nodes that the schema has checked: a missing or faulty one reads as its fallback, since the
// fault was told already.
#pragma once

#include <levelgate/base/ip_address.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/draft.h"
#include "syntax/quantities.h"

namespace levelgate::config {

[[nodiscard]] inline std::string text_of(const Node* node, const std::string& fallback = "") {
  return node != nullptr && node->kind == Node::Kind::kScalar ? node->text : fallback;
}

[[nodiscard]] inline bool boolean_of(const Node* node, bool fallback) {
  if (node == nullptr || (node->text != "true" && node->text != "false")) return fallback;
  return node->text == "true";
}

[[nodiscard]] inline std::uint64_t integer_of(const Node* node, std::uint64_t fallback) {
  return node != nullptr ? syntax::parse_integer(node->text).value_or(fallback) : fallback;
}

[[nodiscard]] inline Nanos duration_of(const Node* node, Nanos fallback) {
  return node != nullptr ? syntax::parse_duration(node->text).value_or(fallback) : fallback;
}

template <typename Choice>
[[nodiscard]] Choice choice_of(const Node* node, Choice fallback,
                               std::initializer_list<std::pair<std::string_view, Choice>> words) {
  if (node == nullptr) return fallback;
  for (const auto& [word, choice] : words) {
    if (node->text == word) return choice;
  }
  return fallback;
}

// One value, or each of a list.
template <typename Call>
void for_each_value(const Node* node, Call call) {
  if (node == nullptr) return;
  if (node->kind == Node::Kind::kScalar) call(*node);
  for (const Node& item : node->items) call(item);
}

[[nodiscard]] inline std::vector<IpPrefix> prefixes_of(const Node* node) {
  std::vector<IpPrefix> list;
  for_each_value(node, [&](const Node& item) {
    if (const auto prefix = IpPrefix::parse(item.text)) list.push_back(*prefix);
  });
  return list;
}

[[nodiscard]] inline std::vector<std::string> texts_of(const Node* node) {
  std::vector<std::string> list;
  for_each_value(node, [&](const Node& item) { list.push_back(item.text); });
  return list;
}

// The value below a path of keys; null where one of them is missing.
[[nodiscard]] inline const Node* find_below(const Node& node, std::initializer_list<std::string_view> keys) {
  const Node* at = &node;
  for (const std::string_view key : keys) {
    if (at != nullptr) at = at->find(key);
  }
  return at;
}

template <typename Call>
void each_named(const Node* node, Call call) {
  if (node == nullptr) return;
  for (const Node::Entry& entry : node->entries) call(entry);
}

// Where IKE makes the keys of a tunnel: it has one of these.
struct IkeKeys {
  const Node* auth = nullptr;
  const Node* identity = nullptr;
  [[nodiscard]] bool any() const { return auth != nullptr || identity != nullptr; }
};
[[nodiscard]] inline IkeKeys ike_keys_of(const Node& tunnel) {
  return {tunnel.find("auth"), find_below(tunnel, {"local", "identity"})};
}

[[nodiscard]] model::QosSettings read_qos(const Node& node, const std::string& path, Complaints& complaints);
void read_tunnel(const Node::Entry& entry, Draft& draft, Complaints& complaints);
// Before the tunnels, which begin with the defaults.
void read_certificates(const Node& node, Draft& draft, Complaints& complaints);
void read_ike(const Node& node, Draft& draft);
// `path`: tunnels.NAME.; `psk`: of the same tunnel, which no PPK may be.
[[nodiscard]] model::PpkSettings read_ppk(const Node& tunnel, const std::string& path, const model::SharedKey& psk,
                                          const Draft& draft, Complaints& complaints);
[[nodiscard]] model::TunnelIke read_tunnel_ike(const Node::Entry& tunnel, Draft& draft, Complaints& complaints);

}  // namespace levelgate::config
